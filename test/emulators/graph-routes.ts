// Serves Graph v1.0 and the file hosts behind it below the emulators' prefixes.
import { randomBytes, randomUUID } from 'node:crypto'
import type { Context, Hono } from 'hono'
import { drain } from './content.ts'
import { resolve, type Target } from './graph-address.ts'
import { drive, drives, getItem, listItems, me, type Browser } from './graph-browse.ts'
import { monitorCopy, startCopy, type CopyJob } from './graph-copy.ts'
import { hostOf } from './graph-describe.ts'
import { redirectToContent, sendDownload, SIGNATURE } from './graph-download.ts'
import { GraphError, itemNotFound } from './graph-errors.ts'
import { createFolder, deleteItem, putContent, updateItem } from './graph-manage.ts'
import { allowPages, openSession, useSession, type Sessions } from './graph-session.ts'
import type { MicrosoftState } from './graph-state.ts'
import type { NodeEnv } from './trouble.ts'

export const GRAPH = 'graph.microsoft.com'
export const FILE_HOSTS = [
  'contoso-my.sharepoint.com',
  'contoso.sharepoint.com',
  'my.microsoftpersonalcontent.com',
]

/** What is under way: upload sessions, download URLs and copies, by their secrets. */
export interface Running {
  readonly sessions: Sessions
  readonly tickets: Map<string, string>
  readonly copies: Map<string, CopyJob>
}

interface GraphApi extends Browser, Running {
  readonly baseOf: (host: string) => string
}

export function mountGraph(
  app: Hono<NodeEnv>,
  state: MicrosoftState,
  running: Running,
  baseOf: (host: string) => string,
): void {
  const api: GraphApi = {
    ...running,
    state,
    baseOf,
    base: () => baseOf(GRAPH),
    downloadUrl: (item) => {
      const ticket = randomBytes(24).toString('base64url')
      running.tickets.set(ticket, item.id)
      const drive = state.items.drive(item.driveId)
      if (drive === undefined) throw itemNotFound()
      const unique = encodeURIComponent(item.id)
      return `${baseOf(hostOf(drive))}/download/${ticket}?UniqueId=${unique}&${SIGNATURE}`
    },
  }
  app.all(`/${GRAPH}/v1.0/*`, async (c) => {
    c.header('request-id', randomUUID())
    const asked = c.req.header('client-request-id')
    if (asked !== undefined) c.header('client-request-id', asked)
    try {
      return await routeGraph(c, api)
    } catch (error) {
      // No answer goes out before the body is read.
      await drain(c.req.raw.body)
      if (error instanceof GraphError) return error.toResponse(c)
      throw error
    }
  })
  for (const host of FILE_HOSTS) {
    const session = `/${host}/uploadSession/:id`
    app.options(session, allowPages)
    app.on(['PUT', 'GET', 'DELETE', 'POST'], session, (c) => useSession(c, api, running.sessions))
    app.get(`/${host}/download/:ticket`, (c) => sendDownload(c, state, running.tickets))
    app.get(`/${host}/monitor/:id`, (c) => monitorCopy(c, running.copies))
  }
}

async function routeGraph(c: Context<NodeEnv>, api: GraphApi): Promise<Response> {
  // The path as it was sent: a colon that is encoded is part of a name.
  const sent = (c.env.incoming.url ?? '').split('?')[0] ?? ''
  const path = sent.slice(`/${GRAPH}/v1.0`.length)
  if (c.req.method === 'GET') {
    if (path === '/me') return me(c, api)
    if (path === '/me/drive') return drive(c, api, undefined)
    if (path === '/me/drives') return drives(c, api)
    const id = /^\/drives\/([^/]+)$/.exec(path)?.[1]
    if (id !== undefined) return drive(c, api, decodeURIComponent(id))
  }
  return routeItem(c, api, resolve(api.state, api.state.read(c), path))
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
    case 'GET content':
      return redirectToContent(c, api, target)
    case 'PUT content':
      return putContent(c, api, target)
    case 'POST createUploadSession':
      return openSession(c, api, api.sessions, target, api.baseOf)
    case 'POST copy':
      return startCopy(c, api, target, api.copies, api.baseOf)
    default:
      throw new GraphError(405, 'notSupported', `The emulator does not serve ${route}`)
  }
}
