// Serves the gateway's /ex/confluence/{cloudId}/wiki: a table of calls with the scopes of each, and what Atlassian has taken away.
// Source: developer.atlassian.com/cloud/confluence/rest/v2/intro, .../rest/v1/intro, .../scopes-for-oauth-2-3LO-and-forge-apps.
import type { Context, Hono } from 'hono'
import { getAttachment, listAttachments } from './confluence-attachments.ts'
import { baseOf } from './confluence-describe.ts'
import { ConfluenceError, gatewayError, v1Error, v2Error } from './confluence-errors.ts'
import { MEDIA, redirectToMedia, sendMedia } from './confluence-media.ts'
import { getPage, getSpace, listPages, listSpaces } from './confluence-pages.ts'
import type { IdPage } from './confluence-query.ts'
import { currentUser, search } from './confluence-search.ts'
import { SITES } from './confluence-settings.ts'
import { scopeMismatch, type Caller, type ConfluenceState } from './confluence-state.ts'
import {
  convertIds,
  getContainer,
  listAncestors,
  listChildPages,
  listChildren,
  listDescendants,
} from './confluence-tree.ts'
import { drain } from './content.ts'
import type { NodeEnv } from './trouble.ts'

export const API = 'api.atlassian.com'
export const SITE_HOSTS = SITES.map(({ host }) => host)

/** A call that may be made: who makes it, and the ids in its path. */
export interface Call {
  readonly c: Context<NodeEnv>
  readonly state: ConfluenceState
  readonly caller: Caller
  readonly ids: readonly [string, string]
  readonly mediaBase: () => string
  readonly reply: {
    /** A page of a v2 listing, with the cursor in the body and in the Link header. */
    readonly list: (page: IdPage, results: readonly object[]) => Response
    /** Anything else, which costs as many points as there are objects in it. */
    readonly one: (body: object, points?: number) => Response
  }
}

interface Route {
  readonly method: 'GET' | 'POST'
  readonly path: RegExp
  /** Any one of these opens it. */
  readonly scopes: readonly string[]
  readonly handle: (call: Call) => Response | Promise<Response>
}

/** A path below /wiki. `{id}` stands for the digits of an id, `{att}` for an attachment's. */
function route(
  template: string,
  scopes: readonly string[],
  handle: Route['handle'],
  method: Route['method'] = 'GET',
): Route {
  const path = template.replaceAll('{id}', '(\\d+)').replaceAll('{att}', '(att\\d+)')
  return { method, path: new RegExp(`^${path}$`), scopes, handle }
}

const READ_PAGE = ['read:page:confluence']
const READ_TREE = ['read:hierarchical-content:confluence']
const READ_METADATA = ['read:content.metadata:confluence']
const READ_ATTACHMENT = ['read:attachment:confluence']
const SEARCH = ['read:content-details:confluence', 'search:confluence']

const V2 = '/api/v2'
const V1 = '/rest/api'

const treeOf = (plural: string, type: 'page' | 'folder' | 'whiteboard' | 'database' | 'embed') => [
  route(`${V2}/${plural}/{id}/direct-children`, READ_TREE, (call) => listChildren(call, type)),
  route(`${V2}/${plural}/{id}/descendants`, READ_TREE, (call) => listDescendants(call, type)),
  route(`${V2}/${plural}/{id}/ancestors`, READ_METADATA, (call) => listAncestors(call, type)),
]

const containerOf = (plural: string, type: 'folder' | 'whiteboard' | 'database' | 'embed') => [
  route(`${V2}/${plural}/{id}`, [`read:${type}:confluence`], (call) => getContainer(call, type)),
  ...treeOf(plural, type),
]

const ROUTES: readonly Route[] = [
  route(`${V2}/spaces`, ['read:space:confluence'], listSpaces),
  route(`${V2}/spaces/{id}`, ['read:space:confluence'], getSpace),
  route(`${V2}/spaces/{id}/pages`, READ_PAGE, (call) => listPages(call, 'page', true)),
  route(`${V2}/spaces/{id}/blogposts`, READ_PAGE, (call) => listPages(call, 'blogpost', true)),
  route(`${V2}/pages`, READ_PAGE, (call) => listPages(call, 'page', false)),
  route(`${V2}/pages/{id}`, READ_PAGE, (call) => getPage(call, 'page')),
  route(`${V2}/pages/{id}/children`, READ_PAGE, listChildPages),
  route(`${V2}/blogposts`, READ_PAGE, (call) => listPages(call, 'blogpost', false)),
  route(`${V2}/blogposts/{id}`, READ_PAGE, (call) => getPage(call, 'blogpost')),
  ...treeOf('pages', 'page'),
  ...containerOf('folders', 'folder'),
  ...containerOf('whiteboards', 'whiteboard'),
  ...containerOf('databases', 'database'),
  ...containerOf('embeds', 'embed'),
  route(`${V2}/content/convert-ids-to-types`, READ_METADATA, convertIds, 'POST'),
  route(`${V2}/attachments`, READ_ATTACHMENT, (call) => listAttachments(call, undefined)),
  route(`${V2}/attachments/{att}`, READ_ATTACHMENT, getAttachment),
  route(`${V2}/pages/{id}/attachments`, READ_ATTACHMENT, (call) => listAttachments(call, 'page')),
  route(`${V2}/blogposts/{id}/attachments`, READ_ATTACHMENT, (call) =>
    listAttachments(call, 'blogpost'),
  ),
  route(
    `${V1}/content/{id}/child/attachment/{att}/download`,
    [...READ_ATTACHMENT, 'readonly:content.attachment:confluence'],
    redirectToMedia,
  ),
  route(`${V1}/search`, SEARCH, (call) => search(call, 'search')),
  route(`${V1}/content/search`, SEARCH, (call) => search(call, 'content')),
  route(
    `${V1}/user/current`,
    ['read:content-details:confluence', 'read:confluence-user'],
    currentUser,
  ),
]

/**
 * Operations of v1 that v2 has replaced.
 * Source: developer.atlassian.com/cloud/confluence/changelog/#CHANGE-2520.
 */
const REMOVED =
  /^\/rest\/api\/(?:content(?:\/\d+(?:\/(?:child|label|version|property|history)(?!.*\/download$)(?:\/.*)?)?)?|space(?:\/.*)?)$/

/** Writes need scopes that the app does not have. */
const WRITTEN = /^\/rest\/api\/content\/\d+\/child\/attachment(?:\/att\d+(?:\/data)?)?$/

export function mountConfluence(
  app: Hono<NodeEnv>,
  state: ConfluenceState,
  served: (host: string) => string,
): void {
  app.all(`/${API}/ex/confluence/*`, async (c) => {
    try {
      const response = await answer(c, state, () => served(MEDIA))
      for (const [name, value] of Object.entries(state.points.headers())) {
        response.headers.set(name, value)
      }
      return response
    } catch (error) {
      // No answer goes out before the body is read.
      await drain(c.req.raw.body)
      if (error instanceof ConfluenceError) return error.toResponse(c)
      throw error
    }
  })
  app.get(`/${MEDIA}/file/:fileId/binary`, (c) => sendMedia(c, state))
  // A 3LO token is of no use at the site itself, however valid it is.
  for (const host of SITE_HOSTS) {
    app.all(`/${host}/*`, (c) => gatewayError(401, 'Unauthorized').toResponse(c))
  }
}

async function answer(
  c: Context<NodeEnv>,
  state: ConfluenceState,
  mediaBase: () => string,
): Promise<Response> {
  // The path as it was sent: an id is digits, and nothing climbs.
  const sent = (c.env.incoming.url ?? '').split('?')[0] ?? ''
  const [, cloudId = '', path = ''] = /^\/[^/]+\/ex\/confluence\/([^/]+)(\/.*)?$/.exec(sent) ?? []
  const { scopes } = state.authenticate(c)
  const below = /^\/wiki(\/.*)$/.exec(path)?.[1]
  if (below === undefined) throw gatewayError(404, 'Not Found')
  const found = ROUTES.filter((one) => one.path.test(below))
  const match = found.find(({ method }) => method === c.req.method)
  if (match === undefined) throw refuseRoute(c.req.method, below, found.length > 0, scopes)
  const caller = state.enter(c, cloudId, match.scopes)
  state.points.check()
  // One for the request; the answer adds its objects.
  state.points.spend(1)
  // The download is what it is.
  if (match.handle !== redirectToMedia) checkAccept(c)
  const [, first = '', second = ''] = match.path.exec(below) ?? []
  return match.handle({
    c,
    state,
    caller,
    ids: [first, second],
    mediaBase,
    reply: repliesTo(c, state, caller),
  })
}

function refuseRoute(
  method: string,
  path: string,
  known: boolean,
  scopes: readonly string[],
): ConfluenceError {
  // Downloads take a session of the site or Basic.
  if (path.startsWith('/download/')) return scopeMismatch()
  if (method !== 'GET' && WRITTEN.test(path)) return scopeMismatch()
  if (path.startsWith('/rest/')) {
    if (!REMOVED.test(path)) return v1Error(known ? 405 : 404, 'No such resource')
    const reads = scopes.some((scope) => scope.startsWith('read:'))
    return reads ? v1Error(410, 'This endpoint has been removed. Use REST v2.') : scopeMismatch()
  }
  return v2Error(known ? 405 : 404, null)
}

/** Throws 406 for whoever takes no JSON. */
function checkAccept(c: Context): void {
  const accept = c.req.header('accept') ?? '*/*'
  if (!/application\/(?:json|\*)|\*\/\*/.test(accept)) {
    throw v2Error(406, 'Accept: application/json')
  }
}

function repliesTo(c: Context, state: ConfluenceState, caller: Caller): Call['reply'] {
  const base = baseOf(caller)
  return {
    one: (body, points = 1) => {
      state.points.spend(points)
      return c.json(body)
    },
    list: (page, results) => {
      state.points.spend(results.length)
      const next = page.next === undefined ? undefined : nextOf(c, page.next)
      const links = [
        ...(next === undefined ? [] : [`<${next}>; rel="next"`]),
        `<${base}>; rel="base"`,
      ]
      return c.json({ results, _links: { ...(next === undefined ? {} : { next }), base } }, 200, {
        link: links.join(', '),
      })
    },
  }
}

/** Relative to the site: to the gateway, it lacks /ex/confluence/{cloudId}. */
function nextOf(c: Context, cursor: string): string {
  const url = new URL(c.req.url)
  url.searchParams.set('cursor', cursor)
  return `${url.pathname.replace(/^.*?\/wiki\//, '/wiki/')}${url.search}`
}
