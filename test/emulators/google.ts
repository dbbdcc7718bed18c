// Google as Slipway sees it: sign-in, user info, Drive v3. Written from Google's documentation alone.
import type { Context, Hono } from 'hono'
import { contentOfBytes, contentOfSize, hashContent, readAll } from './content.ts'
import {
  continueUpload,
  exportFile,
  getMedia,
  MEDIA_HOST,
  openUpload,
  redirectMedia,
  sendExport,
  type Tickets,
  type UploadSession,
} from './google-content.ts'
import { about, getDrive, getFile, listDrives, listFiles } from './google-browse.ts'
import { copyFile, createFile, deleteFile, generateIds, updateFile } from './google-manage.ts'
import { APPS, exportOf, FOLDER, SHORTCUT, type GoogleFile } from './google-files.ts'
import { seedGoogle } from './google-seed.ts'
import { mountSignIn } from './google-sign-in.ts'
import {
  defaultGoogleSettings,
  GoogleError,
  GoogleState,
  type GoogleSettings,
} from './google-state.ts'
import { uploadAtOnce } from './google-upload.ts'
import { createOAuthServer, type OAuthServer } from './oauth-server.ts'
import type { NodeEnv } from './trouble.ts'
import type { Vendor } from './vendor.ts'

export interface GoogleEmulator extends Vendor {
  readonly clients: Readonly<Record<string, string>>
  readonly oauth: OAuthServer
  readonly settings: GoogleSettings
  /** Ids of upload sessions that are neither finished nor cancelled. */
  readonly sessions: () => string[]
  /** Bytes that each of them has, the newest last. */
  readonly kept: () => number[]
  addFolder: (account: string, parent: string, name: string) => string
  /** A number is a size, whose bytes are made up. */
  addFile: (
    account: string,
    parent: string,
    name: string,
    content: Uint8Array | string | number,
  ) => string
  addMany: (account: string, parent: string, count: number) => void
  /** One of Google's own. A line that begins with `# ` is a heading. */
  addDocument: (
    account: string,
    parent: string,
    name: string,
    kind: 'document' | 'spreadsheet' | 'presentation' | 'drawing' | 'form',
    lines?: readonly string[],
  ) => string
  addShortcut: (account: string, parent: string, name: string, target: string) => string
  /** What a file says from now on. */
  edit: (id: string, content: string | Uint8Array | readonly string[]) => void
  /** Google holds it to be malware. */
  condemn: (id: string) => void
  file: (id: string) => GoogleFile | undefined
  /** Not in the bin. */
  children: (account: string, parent: string) => GoogleFile[]
  content: (id: string) => Promise<Buffer>
  /** Lower-case hex. */
  sha256: (id: string) => Promise<string>
}

const ANN = 'ann@example.com'
const BOB = 'bob@example.com'
const SCOPES = 'https://www.googleapis.com/auth/'

/** Short names come back as full URIs. */
const googleScopes = (scopes: readonly string[]) =>
  scopes
    .map((scope) => (/^(?:email|profile)$/.test(scope) ? `${SCOPES}userinfo.${scope}` : scope))
    .join(' ')

export function createGoogle(): GoogleEmulator {
  const oauth = createOAuthServer(
    {
      vendor: 'Google',
      clientId: 'slipway-dev-google',
      clientSecret: 'slipway-dev-secret-google',
      providers: ['google_drive'],
      parameters: {
        login_hint: /^[^\s]*$/,
        access_type: /^(?:online|offline)$/,
        prompt: /^(?:(?:consent|select_account)(?: |$))+$/,
        include_granted_scopes: /^(?:true)?$/,
      },
      isScope: (scope) =>
        ['openid', 'email', 'profile'].includes(scope) || scope.startsWith(SCOPES),
      granular: true,
      // A refresh token comes with the first consent, and with one that was forced.
      isOffline: (query, _, first) =>
        query.get('access_type') === 'offline' &&
        (first || (query.get('prompt') ?? '').split(' ').includes('consent')),
      callbackExtras: (scopes) => ({
        scope: googleScopes(scopes),
        authuser: '0',
        prompt: 'consent',
      }),
      scopeInAnswer: googleScopes,
      rotation: 'never',
      tokenPrefixes: { access: 'ya29.', refresh: '1//', code: '4/0A' },
      refreshFields: [],
      refusesOrigin: false,
      describeError: (error, detail) => ({ error, error_description: detail }),
      errorOnDeny: {},
    },
    [
      { email: ANN, name: 'Ann Lee' },
      { email: BOB, name: 'Bob Marsh' },
    ],
  )
  const state = new GoogleState(oauth)
  const uploads = new Map<string, UploadSession>()
  const tickets: Tickets = new Map()

  const contentOf = (id: string) => {
    const content = state.files.byId.get(id)?.content
    if (content === undefined) throw new Error(`The Google emulator has no bytes of ${id}`)
    return content
  }

  const emulator: GoogleEmulator = {
    name: 'google',
    hosts: [
      'accounts.google.com',
      'oauth2.googleapis.com',
      'openidconnect.googleapis.com',
      'www.googleapis.com',
      'docs.google.com',
    ],
    extraHosts: [MEDIA_HOST],
    clients: {
      GOOGLE_DRIVE_CLIENT_ID: oauth.rules.clientId,
      GOOGLE_DRIVE_CLIENT_SECRET: oauth.rules.clientSecret,
    },
    oauth,
    settings: state.settings,
    sessions: () =>
      [...uploads.values()].filter((one) => one.file === undefined).map(({ id }) => id),
    kept: () =>
      [...uploads.values()]
        .filter((one) => one.file === undefined)
        .map(({ writer }) => writer.size),
    mount: (app, served) => {
      mountSignIn(app, oauth, state)
      mountDrive(app as unknown as Hono<NodeEnv>, state, uploads, tickets, served.baseOf)
    },
    reset: () => {
      oauth.reset()
      for (const { writer, file } of uploads.values()) if (!file) void writer.discard()
      uploads.clear()
      tickets.clear()
      Object.assign(state.settings, defaultGoogleSettings())
      state.pageTokens.clear()
      state.generatedIds.clear()
      state.files.clear()
      seedGoogle(state.files, ANN, BOB)
    },
    addFolder: (account, parent, name) =>
      state.files.add(account, { parent, name, mimeType: FOLDER }).id,
    addFile: (account, parent, name, content) =>
      state.files.add(account, {
        parent,
        name,
        mimeType: 'application/octet-stream',
        content:
          typeof content === 'number'
            ? contentOfSize(content)
            : contentOfBytes(Buffer.from(content)),
      }).id,
    addMany: (account, parent, count) => {
      for (let index = 0; index < count; index += 1) {
        const name = `item-${String(index).padStart(5, '0')}.txt`
        const content = contentOfSize(16)
        state.files.add(account, { parent, name, mimeType: 'text/plain', content })
      }
    },
    addDocument: (account, parent, name, kind, lines) => {
      const mimeType = `${APPS}${kind}`
      return state.files.add(account, { parent, name, mimeType, ...(lines && { lines }) }).id
    },
    addShortcut: (account, parent, name, target) => {
      const mimeType = state.files.byId.get(target)?.mimeType ?? 'text/plain'
      const link = { parent, name, mimeType: SHORTCUT, target: { id: target, mimeType } }
      return state.files.add(account, link).id
    },
    edit: (id, content) => {
      const file = state.files.byId.get(id)
      if (file === undefined) throw new Error(`The Google emulator has no file ${id}`)
      if (typeof content === 'string' || content instanceof Uint8Array) {
        state.files.setContent(file, contentOfBytes(Buffer.from(content)))
      } else {
        file.lines = content
        state.files.touch(file)
      }
    },
    condemn: (id) => {
      const file = state.files.byId.get(id)
      if (file === undefined) throw new Error(`The Google emulator has no file ${id}`)
      file.abusive = true
    },
    file: (id) => state.files.byId.get(id),
    children: (account, parent) =>
      state.files
        .childrenOf(parent === 'root' ? state.files.rootOf(account) : parent)
        .filter((file) => !file.trashed),
    content: (id) => readAll(contentOf(id)),
    sha256: (id) => hashContent(contentOf(id)),
  }
  emulator.reset()
  return emulator
}

function mountDrive(
  app: Hono<NodeEnv>,
  state: GoogleState,
  uploads: Map<string, UploadSession>,
  tickets: Tickets,
  baseOf: (host: string) => string,
): void {
  const api = '/www.googleapis.com/drive/v3'
  const upload = '/www.googleapis.com/upload/drive/v3/files'
  const open = (c: Context) => {
    const type = c.req.query('uploadType')
    if (type === 'media' || type === 'multipart') return uploadAtOnce(c, state)
    if (type === 'resumable') return openUpload(c, state, uploads, baseOf('www.googleapis.com'))
    throw new GoogleError(400, 'badRequest', 'The uploadType is missing or unknown')
  }
  type Handler = (c: Context<NodeEnv>) => Response | Promise<Response>
  const guarded = (handler: Handler) => async (c: Context<NodeEnv>) => {
    try {
      return await handler(c)
    } catch (error) {
      if (error instanceof GoogleError) return error.toResponse(c)
      throw error
    }
  }
  // Asked for each time: the port is known only once the server listens.
  const media = () => baseOf(MEDIA_HOST)
  const routes: [string, string, Handler][] = [
    ['GET', `${api}/about`, (c) => about(c, state)],
    ['GET', `${api}/drives`, (c) => listDrives(c, state)],
    ['GET', `${api}/drives/:id`, (c) => getDrive(c, state)],
    ['GET', `${api}/files`, (c) => listFiles(c, state)],
    ['POST', `${api}/files`, (c) => createFile(c, state)],
    ['GET', `${api}/files/generateIds`, (c) => generateIds(c, state)],
    ['GET', `${api}/files/:id/export`, (c) => exportFile(c, state)],
    ['POST', `${api}/files/:id/copy`, (c) => copyFile(c, state)],
    [
      'GET',
      `${api}/files/:id`,
      (c) =>
        c.req.query('alt') === 'media' ? getMedia(c, state, media(), tickets) : getFile(c, state),
    ],
    ['PATCH', `${api}/files/:id`, (c) => updateFile(c, state)],
    ['DELETE', `${api}/files/:id`, (c) => deleteFile(c, state)],
    ['POST', upload, open],
    ['PATCH', `${upload}/:id`, open],
    ['GET', '/docs.google.com/export', (c) => exportByLink(c, state, media(), tickets)],
  ]
  for (const path of [upload, `${upload}/:id`]) {
    for (const method of ['PUT', 'DELETE']) {
      routes.push([method, path, (c) => continueUpload(c, state, uploads)])
    }
  }
  for (const [method, path, handler] of routes) app.on(method, path, guarded(handler))
  app.get(`/${MEDIA_HOST}/download/:ticket`, (c) => {
    const send = tickets.get(c.req.param('ticket'))
    if (c.req.header('authorization') !== undefined || send === undefined) return c.text('', 401)
    return send(c)
  })
}

/** A document's own links: with the Bearer, past the limit of 10 MB, and perhaps on to the media host. */
function exportByLink(c: Context, state: GoogleState, media: string, tickets: Tickets): Response {
  const caller = state.authorize(c, ['drive', 'drive.file', 'drive.readonly'])
  const supported = new URLSearchParams({ supportsAllDrives: 'true' })
  const file = state.find(caller, c.req.query('id') ?? '', supported)
  const mimeType = c.req.query('mime') ?? ''
  if (!(mimeType in state.exportLinks(file))) {
    throw new GoogleError(400, 'badRequest', 'The requested conversion is not supported.')
  }
  const bytes = exportOf(file, mimeType, file.exportSize ?? state.settings.exportSize)
  const send = (at: Context) => sendExport(at, bytes, mimeType)
  return state.settings.redirectMedia ? redirectMedia(c, media, tickets, send) : send(c)
}
