// Serves Graph v1.0 and the file hosts behind it below the emulators' prefixes.
import { randomBytes, randomUUID } from 'node:crypto'
import { Hono, type Context } from 'hono'
import { drain } from './content.ts'
import { locateDrive, noSegment, resolve, type Target } from './graph-address.ts'
import { runBatch, type Answer } from './graph-batch.ts'
import { drives, getItem, listItems, me, sendDrive } from './graph-browse.ts'
import { monitorCopy, startCopy, type CopyJob } from './graph-copy.ts'
import { hostOf } from './graph-describe.ts'
import { redirectToContent, sendDownload, SIGNATURE } from './graph-download.ts'
import { GraphError, itemNotFound } from './graph-errors.ts'
import { createFolder, deleteItem, putContent, updateItem } from './graph-manage.ts'
import type { Browser } from './graph-pages.ts'
import { allowPages, openSession, useSession, type Sessions } from './graph-session.ts'
import { routeSites } from './graph-sites.ts'
import type { MicrosoftState } from './graph-state.ts'
import { routeTeams } from './graph-teams.ts'
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
  /** A request inside of a batch. */
  readonly answer: Answer
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
    answer: async (c, path, init) => {
      const url = `/${GRAPH}/v1.0${path}`
      return graph.request(url, init, { ...c.env, incoming: { url } })
    },
    downloadUrl: (item) => {
      const ticket = randomBytes(24).toString('base64url')
      running.tickets.set(ticket, item.id)
      const drive = state.items.drive(item.driveId)
      if (drive === undefined) throw itemNotFound()
      const unique = encodeURIComponent(item.id)
      return `${baseOf(hostOf(drive))}/download/${ticket}?UniqueId=${unique}&${SIGNATURE}`
    },
  }
  const graph = new Hono<NodeEnv>()
  graph.all(`/${GRAPH}/v1.0/*`, async (c) => {
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
  app.route('/', graph)
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
  const { state } = api
  const reads = c.req.method === 'GET'
  if (path === '/$batch' && c.req.method === 'POST') return runBatch(c, state, api.answer)
  if (reads && path === '/me') return me(c, api)
  if (reads && path === '/me/drives') return drives(c, api)
  const place = locateDrive(c, state, path)
  if (place === undefined) {
    const answer = reads ? (routeSites(c, api, path) ?? routeTeams(c, api, path)) : undefined
    if (answer !== undefined) return answer
    state.read(c)
    throw noSegment(path)
  }
  if (reads && place.below === '') {
    state.checkReach(place.caller, place.drive, state.items.rootOf(place.drive))
    return sendDrive(c, api, place.drive)
  }
  const target = resolve(state, place, path)
  if (!reads && target.action !== 'copy') state.checkWritable(target.drive)
  return routeItem(c, api, target)
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
