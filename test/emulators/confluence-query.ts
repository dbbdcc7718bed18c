// Reads the query of a v2 request, refuses what Confluence does not know, and cuts listings into pages with cursors.
// Source: developer.atlassian.com/cloud/confluence/rest/v2/intro.
import { randomBytes } from 'node:crypto'
import type { Context } from 'hono'
import { v2Error, type ConfluenceError } from './confluence-errors.ts'
import { compareIds, lastVersion, type ConfluenceItem } from './confluence-items.ts'
import type { ConfluenceState } from './confluence-state.ts'

/** Names of parameters, and what their values look like. */
export type Parameters = Readonly<Record<string, RegExp>>

export const ID = /^\d+$/
export const ATTACHMENT_ID = /^att\d+$/
export const BOOLEAN = /^(?:true|false)$/
export const ANY = /^[^]+$/
/** Comma-separated, 250 at most. */
export const IDS = /^\d+(?:,\d+){0,249}$/
export const KEYS = /^~?[A-Za-z0-9]+(?:,~?[A-Za-z0-9]+){0,249}$/

export const oneOf = (...values: readonly string[]) => new RegExp(`^(?:${values.join('|')})$`)

/** Array parameters are comma-separated. */
export const someOf = (...values: readonly string[]) => {
  const one = `(?:${values.join('|')})`
  return new RegExp(`^${one}(?:,${one})*$`)
}

/** Each name, ascending and with a `-` descending. */
export const sortOf = (...names: readonly string[]) => new RegExp(`^-?(?:${names.join('|')})$`)

export const PAGING: Parameters = {
  cursor: ANY,
  limit: /^(?:[1-9]\d?|1\d\d|2[0-4]\d|250)$/,
}

/** Throws 400 for a parameter that is not among these, is given twice, or has a value that it cannot have. */
export function readQuery(c: Context, parameters: Parameters): URLSearchParams {
  const query = new URL(c.req.url).searchParams
  for (const name of new Set(query.keys())) {
    if (query.getAll(name).length > 1) throw v2Error(400, `Provided more than one value: ${name}`)
    if (!Object.hasOwn(parameters, name)) throw v2Error(400, `Unknown parameter: ${name}`)
    if (parameters[name]?.test(query.get(name) ?? '') !== true) {
      throw v2Error(400, `Provided value for '${name}' is not the correct type or is out of range`)
    }
  }
  return query
}

/** A page of ids; `next` is the cursor of the page after it. */
export interface IdPage {
  readonly ids: readonly string[]
  readonly next: string | undefined
}

/**
 * The page that a request asks for. `all` is asked only for the first one: what comes after it is what was there then.
 * Throws 400 for a cursor that is unknown or comes from another request.
 */
export function cutPage(
  state: ConfluenceState,
  c: Context,
  query: URLSearchParams,
  defaultLimit: number,
  all: () => readonly string[],
  refuse: (status: 400, detail: string) => ConfluenceError = v2Error,
): IdPage {
  const request = describeRequest(c, query)
  const limit = Math.min(Number(query.get('limit') ?? defaultLimit), state.settings.maxPage)
  const token = query.get('cursor')
  const known = token === null ? undefined : state.cursors.get(token)
  if (token !== null && known?.request !== request) {
    throw refuse(400, 'The cursor is invalid')
  }
  const { ids, offset } = known ?? { ids: all(), offset: 0 }
  const end = offset + limit
  if (end >= ids.length) return { ids: ids.slice(offset), next: undefined }
  // With characters that a query has to escape.
  const next = `${Buffer.from(JSON.stringify({ at: randomBytes(9).toString('hex') })).toString('base64')}+/==`
  state.cursors.set(next, { request, ids, offset: end })
  return { ids: ids.slice(offset, end), next }
}

/** What may differ from page to page. The links of v1 do not repeat how hits are to look. */
const UNBOUND = [
  'cursor',
  'limit',
  'next',
  'excerpt',
  'expand',
  'includeArchivedSpaces',
  'excludeCurrentSpaces',
]

/** The path and the filters: what a cursor belongs to. */
function describeRequest(c: Context, query: URLSearchParams): string {
  const filters = [...query]
    .filter(([name]) => !UNBOUND.includes(name))
    .sort(([one], [other]) => (one < other ? -1 : 1))
  return JSON.stringify([new URL(c.req.url).pathname, filters])
}

/** In the order that `sort` names. */
export function sortItems(
  items: readonly ConfluenceItem[],
  sort: string,
): readonly ConfluenceItem[] {
  const [, minus, name = ''] = /^(-?)(.*)$/.exec(sort) ?? []
  const compare: Record<string, (a: ConfluenceItem, b: ConfluenceItem) => number> = {
    id: (a, b) => compareIds(a.id, b.id),
    title: (a, b) => compareText(a.title.toLowerCase(), b.title.toLowerCase()),
    'created-date': (a, b) => compareText(a.createdAt, b.createdAt),
    'modified-date': (a, b) => compareText(lastVersion(a).createdAt, lastVersion(b).createdAt),
    'child-position': (a, b) => a.position - b.position,
  }
  const by = compare[name]
  if (by === undefined) throw new Error(`no order by ${name}`)
  return [...items].sort((a, b) => (minus === '-' ? by(b, a) : by(a, b)))
}

const compareText = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0)
