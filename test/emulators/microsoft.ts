// Microsoft as Slipway sees it: Entra sign-in, Graph v1.0, and the file hosts behind it. Written from Microsoft's documentation alone.
import { randomBytes } from 'node:crypto'
import type { Context, Hono } from 'hono'
import { contentOfBytes, contentOfSize, hashContent, readAll } from './content.ts'
import {
  createFolder,
  deleteItem,
  drive,
  getItem,
  listItems,
  me,
  putContent,
  resolve,
  updateItem,
  type GraphApi,
  type Target,
} from './graph-drive-api.ts'
import { seedMicrosoft, type GraphItem } from './graph-items.ts'
import {
  defaultMicrosoftSettings,
  GraphError,
  itemNotFound,
  MicrosoftState,
  PEOPLE,
  type MicrosoftSettings,
} from './graph-state.ts'
import { hostOf, openSession, sendDownload, useSession, type GraphSession } from './graph-upload.ts'
import { createOAuthServer, type OAuthServer } from './oauth-server.ts'
import type { NodeEnv } from './trouble.ts'
import type { Vendor } from './vendor.ts'

export interface MicrosoftEmulator extends Vendor {
  readonly clients: Readonly<Record<string, string>>
  readonly oauth: OAuthServer
  readonly settings: MicrosoftSettings
  /** Ids of open upload sessions. */
  readonly sessions: () => string[]
  rootId: (account: string) => string
  addFolder: (account: string, parent: string, name: string) => string
  /** A number is a size, whose bytes are made up. */
  addFile: (
    account: string,
    parent: string,
    name: string,
    content: Uint8Array | string | number,
  ) => string
  addMany: (account: string, parent: string, count: number) => void
  item: (id: string) => GraphItem | undefined
  children: (account: string, parent: string) => GraphItem[]
  content: (id: string) => Promise<Buffer>
  /** Lower-case hex. */
  sha256: (id: string) => Promise<string>
}

const GRAPH = 'graph.microsoft.com'
const FILE_HOSTS = [
  'contoso-my.sharepoint.com',
  'contoso.sharepoint.com',
  'my.microsoftpersonalcontent.com',
]
const SCOPES = [
  'Files.Read',
  'Files.ReadWrite',
  'Files.Read.All',
  'Files.ReadWrite.All',
  'Sites.Read.All',
  'Team.ReadBasic.All',
  'Channel.ReadBasic.All',
  'User.Read',
  'offline_access',
  'openid',
  'profile',
  'email',
]

export function createMicrosoft(): MicrosoftEmulator {
  const oauth = createSignIn()
  const state = new MicrosoftState(oauth)
  const sessions = new Map<string, GraphSession>()
  const tickets = new Map<string, string>()

  const itemOf = (id: string) => {
    const item = state.items.items.get(id)
    if (item === undefined) throw new Error(`The Microsoft emulator has no item ${id}`)
    return item
  }
  const driveOf = (account: string) => {
    const drive = state.items.driveOf(account)
    if (drive === undefined) throw new Error(`no Microsoft account ${account}`)
    return drive
  }
  const parentOf = (account: string, parent: string) =>
    parent === 'root' ? driveOf(account).rootId : parent
  const contentOf = (id: string) => {
    const { content } = itemOf(id)
    if (content === undefined) throw new Error(`The Microsoft emulator has no bytes of ${id}`)
    return content
  }

  const emulator: MicrosoftEmulator = {
    name: 'microsoft',
    hosts: ['login.microsoftonline.com', GRAPH],
    extraHosts: FILE_HOSTS,
    clients: {
      ONEDRIVE_CLIENT_ID: oauth.rules.clientId,
      ONEDRIVE_CLIENT_SECRET: oauth.rules.clientSecret,
    },
    oauth,
    settings: state.settings,
    sessions: () => [...sessions.keys()],
    rootId: (account) => driveOf(account).rootId,
    mount: (app, served) => {
      mountSignIn(app, oauth)
      mountGraph(app as unknown as Hono<NodeEnv>, state, sessions, tickets, served.baseOf)
    },
    reset: () => {
      oauth.reset()
      for (const { writer } of sessions.values()) void writer.discard()
      sessions.clear()
      tickets.clear()
      Object.assign(state.settings, defaultMicrosoftSettings())
      state.pages.clear()
      state.items.clear()
      seedMicrosoft(state.items, 'ann@contoso.com', 'pat@outlook.com')
    },
    addFolder: (account, parent, name) =>
      state.items.put({
        driveId: driveOf(account).id,
        name,
        parent: parentOf(account, parent),
        kind: 'folder',
      }).id,
    addFile: (account, parent, name, content) =>
      state.items.put({
        driveId: driveOf(account).id,
        name,
        parent: parentOf(account, parent),
        kind: 'file',
        content:
          typeof content === 'number'
            ? contentOfSize(content)
            : contentOfBytes(Buffer.from(content)),
      }).id,
    addMany: (account, parent, count) => {
      for (let index = 0; index < count; index += 1) {
        state.items.put({
          driveId: driveOf(account).id,
          name: `item-${String(index).padStart(5, '0')}.txt`,
          parent: parentOf(account, parent),
          kind: 'file',
          content: contentOfSize(16),
        })
      }
    },
    item: (id) => state.items.items.get(id),
    children: (account, parent) => state.items.childrenOf(parentOf(account, parent)),
    content: (id) => readAll(contentOf(id)),
    sha256: (id) => hashContent(contentOf(id)),
  }
  emulator.reset()
  return emulator
}

function createSignIn(): OAuthServer {
  return createOAuthServer(
    {
      vendor: 'Microsoft',
      clientId: '5110a7d0-0000-4000-8000-000000000001',
      clientSecret: 'slipway~dev-secret_microsoft.1',
      providers: ['onedrive', 'microsoft_365'],
      parameters: {
        response_mode: /^query$/,
        prompt: /^(?:login|none|consent|select_account)?$/,
        domain_hint: /^[a-z.]*$/,
      },
      isScope: (scope) => SCOPES.includes(scope),
      granular: false,
      isOffline: (_, scopes) => scopes.includes('offline_access'),
      // offline_access is not named, and names come back as full URIs.
      scopeInAnswer: (scopes) =>
        scopes
          .filter((scope) => scope !== 'offline_access')
          .map((scope) => `https://graph.microsoft.com/${scope}`)
          .join(' '),
      rotation: 'keep-old',
      tokenPrefixes: { access: 'EwB', refresh: '0.AXwA', code: 'M.C5' },
      refreshFields: ['scope'],
      refusesOrigin: true,
      describeError: (error, detail) => ({
        error,
        error_description: `AADSTS${CODES[error] ?? 90000}: ${detail}`,
        error_codes: [CODES[error] ?? 90000],
        timestamp: new Date().toISOString(),
        trace_id: randomBytes(8).toString('hex'),
        correlation_id: randomBytes(8).toString('hex'),
      }),
      errorOnDeny: {
        error_description: 'AADSTS65004: User declined to consent to access the app.',
        error_subcode: 'cancel',
      },
    },
    PEOPLE.map(({ email, name }) => ({ email, name })),
  )
}

const CODES: Readonly<Record<string, number>> = {
  invalid_grant: 700082,
  invalid_client: 7000215,
  invalid_request: 9002313,
}

function mountSignIn(app: Hono, oauth: OAuthServer): void {
  const base = '/login.microsoftonline.com/:tenant/oauth2/v2.0'
  app.get(`${base}/authorize`, (c) => oauth.authorizePage(c))
  app.get(`${base}/consent`, (c) => oauth.decide(c))
  app.post(`${base}/token`, (c) => oauth.token(c))
}

function mountGraph(
  app: Hono<NodeEnv>,
  state: MicrosoftState,
  sessions: Map<string, GraphSession>,
  tickets: Map<string, string>,
  baseOf: (host: string) => string,
): void {
  const api: GraphApi = {
    state,
    base: () => baseOf(GRAPH),
    downloadUrl: (item) => {
      const ticket = randomBytes(24).toString('base64url')
      tickets.set(ticket, item.id)
      const drive = state.items.drive(item.driveId)
      if (drive === undefined) throw itemNotFound()
      return `${baseOf(hostOf(drive))}/download/${ticket}?tempauth=v1.a%2Bb&UniqueId=${encodeURIComponent(item.id)}`
    },
    openSession: (c, drive, parent, name) =>
      openSession(c, state, sessions, baseOf, { drive, parent, name }),
  }
  app.all(`/${GRAPH}/v1.0/*`, async (c) => {
    try {
      return await routeGraph(c, api)
    } catch (error) {
      if (error instanceof GraphError) return error.toResponse(c)
      throw error
    }
  })
  for (const host of FILE_HOSTS) {
    app.on(['PUT', 'GET', 'DELETE'], `/${host}/uploadSession/:id`, (c) =>
      useSession(c, api, sessions),
    )
    app.get(`/${host}/download/:ticket`, (c) => sendDownload(c, state, tickets))
  }
}

async function routeGraph(c: Context<NodeEnv>, api: GraphApi): Promise<Response> {
  const { state } = api
  // The path as it was sent: a colon that is encoded is part of a name.
  const target = (c.env.incoming.url ?? '').split('?')[0] ?? ''
  const path = target.slice(`/${GRAPH}/v1.0`.length)
  if (c.req.method === 'GET') {
    if (path === '/me') return me(c, api)
    if (path === '/me/drive') return drive(c, api, undefined)
    const match = /^\/drives\/([^/]+)$/.exec(path)
    if (match?.[1] !== undefined) return drive(c, api, decodeURIComponent(match[1]))
  }
  const found = resolve(state, state.read(c), path)
  return routeItem(c, api, found)
}

async function routeItem(c: Context<NodeEnv>, api: GraphApi, target: Target): Promise<Response> {
  const { action } = target
  const route = `${c.req.method} ${action.startsWith('search(') ? 'search' : action}`
  switch (route) {
    case 'GET ':
      return getItem(c, api, target)
    case 'PATCH ':
      return updateItem(c, api, target)
    case 'DELETE ':
      return deleteItem(c, api, target)
    case 'GET children':
    case 'GET search':
      return listItems(c, api, target)
    case 'POST children':
      return createFolder(c, api, target)
    case 'GET content': {
      if (target.item?.content === undefined) throw itemNotFound()
      return c.redirect(api.downloadUrl(target.item), 302)
    }
    case 'PUT content':
      return putContent(c, api, target)
    case 'POST createUploadSession': {
      const { drive, parent, name } = target
      if (parent?.kind !== 'folder' || name === undefined) throw itemNotFound()
      return api.openSession(c, drive, parent, name)
    }
    default:
      throw new GraphError(405, 'notSupported', `The emulator does not serve ${route}`)
  }
}
