// Reading Graph: who am I, drives, an item, the pages of a folder and of a search.
import type { Context } from 'hono'
import type { Target } from './graph-address.ts'
import { describeDrive, describeItem, pick } from './graph-describe.ts'
import { GraphError, invalidRequest, itemNotFound } from './graph-errors.ts'
import { etagOf, type GraphDrive, type GraphItem } from './graph-items.ts'
import { takePage, type Browser } from './graph-pages.ts'
import { readOptions, type Options } from './graph-query.ts'
import { PERSONAL_TENANT } from './graph-settings.ts'

export const CONTEXT = 'https://graph.microsoft.com/v1.0/$metadata'
export const DRIVE_PROPERTIES = [
  'id',
  'driveType',
  'name',
  'webUrl',
  'owner',
  'quota',
  'sharePointIds',
]

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

/** GET of a drive, however it was addressed. */
export function sendDrive(c: Context, { state }: Browser, drive: GraphDrive): Response {
  const { select } = readOptions(c, ['$select'], DRIVE_PROPERTIES)
  const shown = describeDrive(state, drive, select)
  return c.json({ '@odata.context': `${CONTEXT}#drives/$entity`, ...shown })
}

/** GET /me/drives: not the libraries of sites, which are listed at the site. */
export function drives(c: Context, { state }: Browser): Response {
  const own = state.ownDrive(state.read(c))
  const { select } = readOptions(c, ['$select', '$top'], DRIVE_PROPERTIES)
  const value = [describeDrive(state, own, select)]
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
  const { ids, next } = takePage(c, browser, path, options, () => {
    const found = pathless
      ? findByName(browser, item, target.action)
      : state.items.childrenOf(item.id)
    return sort(browser, found, options.order).map(({ id }) => id)
  })
  const rows = ids.flatMap((id) => state.items.items.get(id) ?? [])
  const view = { select: options.select, pathless }
  const value = await Promise.all(rows.map((row) => describeItem(browser, row, view)))
  return c.json({
    '@odata.context': `${CONTEXT}#Collection(driveItem)`,
    ...(pathless ? {} : { '@odata.count': state.items.childrenOf(item.id).length }),
    value,
    ...next,
  })
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
