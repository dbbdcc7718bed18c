// SharePoint through Graph: sites by search, id or path, their subsites and libraries, and the sites that somebody follows.
// Source: learn.microsoft.com/graph/api/site-search, .../site-get, .../site-getbypath, .../sites-list-followed.
import type { Context } from 'hono'
import { decode, defaultLibrary } from './graph-address.ts'
import { CONTEXT, DRIVE_PROPERTIES, sendDrive } from './graph-browse.ts'
import { describeDrive, pick } from './graph-describe.ts'
import { GraphError, invalidRequest, itemNotFound } from './graph-errors.ts'
import { takePage, type Browser } from './graph-pages.ts'
import { readOptions, type Options } from './graph-query.ts'
import { checkWork, type Caller } from './graph-state.ts'
import { SHAREPOINT, type GraphSite } from './graph-tenant.ts'

const SITES = ['Sites.Read.All']
const SITE = /^\/sites\/([^/:]+)(?::\/([^:]+):?)?(?:\/(drives?|sites))?$/
const SITE_PROPERTIES = [
  'id',
  'name',
  'displayName',
  'description',
  'webUrl',
  'createdDateTime',
  'lastModifiedDateTime',
  'root',
  'siteCollection',
  'isPersonalSite',
]
/** The only order there is. */
const BY_CREATION = /^(createdDateTime)(?: (asc|desc))?$/

/** GET of a path below `/sites`, and of `/me/followedSites`; undefined for another path. */
export function routeSites(c: Context, browser: Browser, path: string): Response | undefined {
  const { state } = browser
  if (path === '/sites') return searchSites(c, browser, path)
  if (path === '/me/followedSites') return listFollowed(c, browser, path)
  const match = SITE.exec(path)
  if (match === null) return undefined
  const [, id = '', below, action] = match
  const libraries = action === 'drives' || action === 'drive'
  // Libraries are files: a scope of files opens their list.
  const caller = libraries ? state.read(c) : state.authorizeWork(c, SITES)
  checkWork(caller)
  const site = findSite(browser, caller, decode(id), below?.split('/').map(decode).join('/'))
  if (action === 'drive') return sendDrive(c, browser, defaultLibrary(site))
  if (action === 'drives') return listLibraries(c, browser, path, site)
  if (action === 'sites') return listSubsites(c, browser, path, caller, site)
  const { select } = readOptions(c, ['$select'], SITE_PROPERTIES)
  return c.json({ '@odata.context': `${CONTEXT}#sites/$entity`, ...describeSite(site, select) })
}

function findSite(
  { state }: Browser,
  caller: Caller,
  id: string,
  below: string | undefined,
): GraphSite {
  // What is no GUID is taken for a host, even before a comma.
  const isGuid = /^[0-9a-f-]{36}$/i.test(id)
  if (!isGuid && !['root', SHAREPOINT].includes(id.split(',')[0] ?? ''))
    throw invalidRequest('Invalid hostname for this tenancy')
  if (below === undefined) return state.site(caller, (tenant) => tenant.siteById(id))
  return state.site(caller, (tenant) => tenant.siteByPath(`/${below}`))
}

function describeSite(site: GraphSite, select: readonly string[] | undefined): object {
  const all = {
    id: site.id,
    name: site.name,
    displayName: site.displayName,
    webUrl: `https://${SHAREPOINT}${site.path}`,
    createdDateTime: site.created,
    lastModifiedDateTime: site.created,
    isPersonalSite: false,
    // A subsite is in the collection of the site above it.
    ...(site.parent === undefined ? { root: {}, siteCollection: { hostname: SHAREPOINT } } : {}),
  }
  return pick(all, select)
}

/** GET /sites?search=: names and paths, or everything for `*`. */
function searchSites(c: Context, browser: Browser, path: string): Response {
  const { state } = browser
  const caller = state.authorizeWork(c, SITES)
  state.checkSharePoint()
  const known = ['search', '$select', '$top', '$orderby', '$skiptoken'] as const
  const options = readOptions(c, known, SITE_PROPERTIES, BY_CREATION)
  const wanted = c.req.query('search')?.toLowerCase()
  // Listing without a search is for applications, not for people.
  if (wanted === undefined) throw new GraphError(403, 'accessDenied', 'Access denied')
  if (wanted === '') throw invalidRequest('The search is empty')
  return sendSites(c, browser, path, options, () =>
    visibleTo(browser, caller).filter(
      ({ displayName, path: at }) =>
        wanted === '*' || `${displayName} ${at}`.toLowerCase().includes(wanted),
    ),
  )
}

/** GET /me/followedSites: kept with the OneDrive of the user, so there is none without one. */
function listFollowed(c: Context, browser: Browser, path: string): Response {
  const { state } = browser
  const caller = state.authorizeWork(c, SITES)
  state.ownDrive(caller)
  const options = readOptions(c, ['$select', '$skiptoken'], SITE_PROPERTIES)
  const ids = state.tenant.followed.get(caller.person.email)
  return sendSites(c, browser, path, options, () =>
    [...state.tenant.sites.values()].filter(({ id }) => ids?.has(id) === true),
  )
}

/** GET /sites/{id}/sites */
function listSubsites(
  c: Context,
  browser: Browser,
  path: string,
  caller: Caller,
  above: GraphSite,
): Response {
  const known = ['$select', '$top', '$skiptoken'] as const
  const options = readOptions(c, known, SITE_PROPERTIES)
  return sendSites(c, browser, path, options, () =>
    visibleTo(browser, caller).filter(({ parent }) => parent?.id === above.id),
  )
}

const visibleTo = ({ state }: Browser, { person }: Caller): GraphSite[] =>
  [...state.tenant.sites.values()].filter(
    ({ listed, members }) => listed && (members === undefined || members.has(person.email)),
  )

function sendSites(
  c: Context,
  browser: Browser,
  path: string,
  options: Options,
  list: () => GraphSite[],
): Response {
  const { ids, next } = takePage(c, browser, path, options, () => {
    const found = list().map(({ id }) => id)
    return options.order.down ? found.reverse() : found
  })
  const sites = ids.flatMap((id) => browser.state.tenant.sites.get(id) ?? [])
  const value = sites.map((site) => describeSite(site, options.select))
  return c.json({ '@odata.context': `${CONTEXT}#sites`, value, ...next })
}

/** GET /sites/{id}/drives: the libraries of a site, which may have none. */
function listLibraries(c: Context, browser: Browser, path: string, site: GraphSite): Response {
  const { state } = browser
  const known = ['$select', '$top', '$skiptoken'] as const
  const options = readOptions(c, known, DRIVE_PROPERTIES)
  const { ids, next } = takePage(c, browser, path, options, () =>
    site.libraries.map(({ id }) => id),
  )
  const value = ids.map((id) => {
    const drive = state.items.drive(id)
    if (drive === undefined) throw itemNotFound()
    return describeDrive(state, drive, options.select)
  })
  return c.json({ '@odata.context': `${CONTEXT}#drives`, value, ...next })
}
