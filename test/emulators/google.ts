// Google as Slipway sees it: sign-in, user info, Drive v3. Written from Google's documentation alone.
import type { Context, Hono } from 'hono'
import { contentOfBytes, contentOfSize, hashContent, readAll } from './content.ts'
import {
  continueUpload,
  exportFile,
  getMedia,
  MEDIA_HOST,
  openUpload,
  sendBytes,
  sendExport,
  type UploadSession,
} from './google-content.ts'
import {
  about,
  createFile,
  deleteFile,
  getDrive,
  getFile,
  listDrives,
  listFiles,
  updateFile,
} from './google-drive-api.ts'
import { exportOf, FOLDER, seedGoogle, type GoogleFile } from './google-files.ts'
import {
  defaultGoogleSettings,
  GoogleError,
  GoogleState,
  type GoogleSettings,
} from './google-state.ts'
import { createOAuthServer, type OAuthServer } from './oauth-server.ts'
import type { NodeEnv } from './trouble.ts'
import type { Vendor } from './vendor.ts'

export interface GoogleEmulator extends Vendor {
  readonly clients: Readonly<Record<string, string>>
  readonly oauth: OAuthServer
  readonly settings: GoogleSettings
  /** Ids of upload sessions that are neither finished nor cancelled. */
  readonly sessions: () => string[]
  addFolder: (account: string, parent: string, name: string) => string
  /** A number is a size, whose bytes are made up. */
  addFile: (
    account: string,
    parent: string,
    name: string,
    content: Uint8Array | string | number,
  ) => string
  addMany: (account: string, parent: string, count: number) => void
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

export function createGoogle(): GoogleEmulator {
  const oauth = createOAuthServer(
    {
      vendor: 'Google',
      clientId: 'slipway-dev-google',
      clientSecret: 'slipway-dev-secret-google',
      providers: ['google_drive'],
      parameters: {
        access_type: /^(?:online|offline)$/,
        prompt: /^(?:(?:consent|select_account)(?: |$))+$/,
        include_granted_scopes: /^(?:true)?$/,
      },
      isScope: (scope) =>
        ['openid', 'email', 'profile'].includes(scope) || scope.startsWith(SCOPES),
      granular: true,
      isOffline: (query) => query.get('access_type') === 'offline',
      scopeInAnswer: (scopes) =>
        scopes
          .map((scope) =>
            /^(?:email|profile)$/.test(scope) ? `${SCOPES}userinfo.${scope}` : scope,
          )
          .join(' '),
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
  const tickets = new Map<string, string>()

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
    mount: (app, served) => {
      mountSignIn(app, oauth, state)
      mountDrive(app as unknown as Hono<NodeEnv>, state, uploads, tickets, served.baseOf)
    },
    reset: () => {
      oauth.reset()
      for (const { writer } of uploads.values()) void writer.discard()
      uploads.clear()
      tickets.clear()
      Object.assign(state.settings, defaultGoogleSettings())
      state.pageTokens.clear()
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
        state.files.add(account, { parent, name, mimeType: 'text/plain', content }).md5 =
          '0'.repeat(32)
      }
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

function mountSignIn(app: Hono, oauth: OAuthServer, state: GoogleState): void {
  app.get('/accounts.google.com/o/oauth2/v2/auth', (c) => oauth.authorizePage(c))
  app.get('/accounts.google.com/o/oauth2/v2/consent', (c) => oauth.decide(c))
  app.post('/oauth2.googleapis.com/token', (c) => oauth.token(c))
  app.post('/oauth2.googleapis.com/revoke', (c) => oauth.revoke(c))
  app.get('/openidconnect.googleapis.com/v1/userinfo', (c) => {
    const grant = oauth.authenticate(c.req.header('authorization'))
    if (grant === undefined || !grant.scopes.includes('openid')) {
      return c.json({ error: 'invalid_request', error_description: 'Invalid Credentials' }, 401)
    }
    const { sub, name } = state.profile(grant.account)
    return c.json({
      sub,
      ...(grant.scopes.includes('profile') ? { name } : {}),
      ...(grant.scopes.includes('email') ? { email: grant.account, email_verified: true } : {}),
    })
  })
}

function mountDrive(
  app: Hono<NodeEnv>,
  state: GoogleState,
  uploads: Map<string, UploadSession>,
  tickets: Map<string, string>,
  baseOf: (host: string) => string,
): void {
  const api = '/www.googleapis.com/drive/v3'
  const upload = '/www.googleapis.com/upload/drive/v3/files'
  const open = (c: Context) => openUpload(c, state, uploads, baseOf('www.googleapis.com'))
  type Handler = (c: Context<NodeEnv>) => Response | Promise<Response>
  const guarded = (handler: Handler) => async (c: Context<NodeEnv>) => {
    try {
      return await handler(c)
    } catch (error) {
      if (error instanceof GoogleError) return error.toResponse(c)
      throw error
    }
  }
  app.get(
    `${api}/about`,
    guarded((c) => about(c, state)),
  )
  app.get(
    `${api}/drives`,
    guarded((c) => listDrives(c, state)),
  )
  app.get(
    `${api}/drives/:id`,
    guarded((c) => getDrive(c, state)),
  )
  app.get(
    `${api}/files`,
    guarded((c) => listFiles(c, state)),
  )
  app.post(
    `${api}/files`,
    guarded((c) => createFile(c, state)),
  )
  app.get(
    `${api}/files/:id/export`,
    guarded((c) => exportFile(c, state)),
  )
  app.get(
    `${api}/files/:id`,
    guarded((c) =>
      new URL(c.req.url).searchParams.get('alt') === 'media'
        ? getMedia(c, state, baseOf(MEDIA_HOST), tickets)
        : getFile(c, state),
    ),
  )
  app.patch(
    `${api}/files/:id`,
    guarded((c) => updateFile(c, state)),
  )
  app.delete(
    `${api}/files/:id`,
    guarded((c) => deleteFile(c, state)),
  )
  app.post(
    upload,
    guarded((c) => open(c)),
  )
  app.patch(
    `${upload}/:id`,
    guarded((c) => open(c)),
  )
  for (const path of [upload, `${upload}/:id`]) {
    app.put(
      path,
      guarded((c) => continueUpload(c, state, uploads)),
    )
    app.delete(
      path,
      guarded((c) => continueUpload(c, state, uploads)),
    )
  }
  app.get(`/${MEDIA_HOST}/download/:ticket`, (c) => {
    const file = state.files.byId.get(tickets.get(c.req.param('ticket')) ?? '')
    if (c.req.header('authorization') !== undefined || file === undefined) return c.text('', 401)
    return sendBytes(c, file)
  })
  app.get(
    '/docs.google.com/export',
    guarded((c) => {
      const caller = state.authorize(c, ['drive', 'drive.file', 'drive.readonly'])
      const query = new URL(c.req.url).searchParams
      const supported = new URLSearchParams({ supportsAllDrives: 'true' })
      const file = state.find(caller, query.get('id') ?? '', supported)
      const mimeType = query.get('mime') ?? ''
      return sendExport(c, exportOf(file, mimeType, state.settings.exportSize), mimeType)
    }),
  )
}
