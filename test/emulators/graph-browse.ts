// Reading Graph: who am I, drives, an item, the pages of a folder and of a search.
import { randomBytes } from 'node:crypto'
import type { Context } from 'hono'
import type { Target } from './graph-address.ts'
import { describeDrive, describeItem, pick, type Describer } from './graph-describe.ts'
import { GraphError, invalidRequest, itemNotFound } from './graph-errors.ts'
import { etagOf, type GraphItem } from './graph-items.ts'
import { readOptions, type Options } from './graph-query.ts'
import { PERSONAL_TENANT } from './graph-settings.ts'
import type { SkipPage } from './graph-state.ts'

/** What the reading half needs. */
export interface Browser extends Describer {
  /** Below which Graph's own links lead. */
  readonly base: () => string
}

const CONTEXT = 'https://graph.microsoft.com/v1.0/$metadata'
const DRIVE_PROPERTIES = ['id', 'driveType', 'name', 'webUrl', 'owner', 'quota']

/** GET /me */
export function me(c: Context, { state }: Browser): Response {
  const { person } = state.authorize(c, ['User.Read'])
  const names = ['id', 'displayName', 'mail', 'userPrincipalName']
  const { select } = readOptions(c, ['$select'], names)
  const all = {
    id: person.id,
    displayName: person.name,
    // Personal accounts have none.
    mail: person.tenant === PERSONAL_TENANT ? null : person.email,
    userPrincipalName: person.email,
  }
  return c.json({ '@odata.context': `${CONTEXT}#users/$entity`, ...pick(all, select) })
}

/** GET /me/drive and /drives/{id} */
export function drive(c: Context, { state }: Browser, id: string | undefined): Response {
  const caller = state.read(c)
  const found = id === undefined ? state.ownDrive(caller) : state.drive(id)
  const root = state.items.find(found, 'root')
  if (root === undefined) throw itemNotFound()
  state.checkReach(caller, found, root)
  const { select } = readOptions(c, ['$select'], DRIVE_PROPERTIES)
  const shown = pick(describeDrive(state, found), select)
  return c.json({ '@odata.context': `${CONTEXT}#drives/$entity`, ...shown })
}

/** GET /me/drives: not the libraries of sites, which are listed at the site. */
export function drives(c: Context, { state }: Browser): Response {
  const own = state.ownDrive(state.read(c))
  const { select } = readOptions(c, ['$select', '$top'], DRIVE_PROPERTIES)
  const value = [pick(describeDrive(state, own), select)]
  return c.json({ '@odata.context': `${CONTEXT}#drives`, value })
}

/** GET of an item, with its children for `$expand`. */
export async function getItem(c: Context, browser: Browser, { item }: Target): Promise<Response> {
  const { select, expand } = readOptions(c, ['$select', '$expand'])
  if (item === undefined) throw itemNotFound()
  if (c.req.header('if-none-match') === etagOf(item)) return c.body(null, 304)
  const shown = await describeItem(browser, item, { select })
  const children = expand ? sort(browser, browser.state.items.childrenOf(item.id)) : []
  const below = await Promise.all(children.map((child) => describeItem(browser, child)))
  return c.json({
    '@odata.context': `${CONTEXT}#driveItem/$entity`,
    ...shown,
    ...(expand ? { children: below } : {}),
  })
}

/** Children and search results, page by page. */
export async function listItems(c: Context, browser: Browser, target: Target): Promise<Response> {
  const { state } = browser
  const options = readOptions(c, ['$select', '$top', '$orderby', '$expand', '$skiptoken'])
  const { item, path } = target
  if (item === undefined) throw itemNotFound()
  if (item.kind !== 'folder' && item.kind !== 'notebook')
    throw invalidRequest('The item is not a folder')
  const pathless = target.action !== 'children'
  const page = openPage(browser, target, item, options)
  const { ids, size } = page
  const shown = ids.slice(0, size)
  const rows = shown.flatMap((id) => state.items.items.get(id) ?? [])
  const view = { select: options.select, pathless }
  const value = await Promise.all(rows.map((row) => describeItem(browser, row, view)))
  // A page of one row that is repeated would never end.
  const repeated = state.settings.repeatRows && size > 1
  const next = { path, ids: ids.slice(repeated ? size - 1 : size), size }
  return c.json({
    '@odata.context': `${CONTEXT}#Collection(driveItem)`,
    ...(pathless ? {} : { '@odata.count': state.items.childrenOf(item.id).length }),
    value,
    ...(ids.length > size ? { '@odata.nextLink': nextLink(c, browser, next) } : {}),
  })
}

function openPage(browser: Browser, target: Target, item: GraphItem, options: Options): SkipPage {
  const { state } = browser
  const { path } = target
  const { skipToken, top } = options
  if (skipToken !== undefined) {
    const known = state.pages.get(skipToken)
    if (known?.path !== path) throw invalidRequest('The skip token is not valid')
    return known
  }
  const found =
    target.action === 'children'
      ? state.items.childrenOf(item.id)
      : findByName(browser, item, target.action)
  const ids = sort(browser, found, options.order).map(({ id }) => id)
  return { path, ids, size: Math.min(top, state.settings.maxPage) }
}

/** The caller's own query with a token; `$` is literal, as the vendor writes it. */
function nextLink(c: Context, { state, base }: Browser, page: SkipPage): string {
  const token = randomBytes(18).toString('base64url')
  state.pages.set(token, page)
  const query = new URL(c.req.url).searchParams
  query.delete('$skiptoken')
  query.append('$skiptoken', token)
  const pairs = [...query].map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  return `${base()}/v1.0${page.path}?${pairs.join('&')}`
}

function findByName({ state }: Browser, folder: GraphItem, action: string): GraphItem[] {
  const literal = /^search\(q='(.*)'\)$/s.exec(decodeURIComponent(action))?.[1]
  // A quote that is not doubled ends the literal.
  if (literal === undefined || literal.replaceAll("''", '').includes("'")) {
    throw new GraphError(400, 'BadRequest', 'Syntax error in the search literal')
  }
  const wanted = literal.replaceAll("''", "'").toLowerCase()
  if (wanted === '') throw invalidRequest('An empty search')
  return [...state.items.items.values()].filter(
    (item) =>
      item.driveId === folder.driveId &&
      item.id !== folder.id &&
      item.name.toLowerCase().includes(wanted) &&
      state.items.isWithin(item, folder.id),
  )
}

/** Folders are not put first. */
function sort(
  { state }: Browser,
  rows: readonly GraphItem[],
  order: Options['order'] = { by: 'name', down: false },
): GraphItem[] {
  const compare = (a: GraphItem, b: GraphItem) => {
    if (order.by === 'size') return state.items.sizeOf(a) - state.items.sizeOf(b)
    if (order.by === 'name') return a.name.localeCompare(b.name, 'en')
    return a.modified.localeCompare(b.modified)
  }
  return [...rows].sort((a, b) => (order.down ? compare(b, a) : compare(a, b)))
}
