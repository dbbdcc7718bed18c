// Pages of any of Graph's collections: an opaque token continues the very request that it was handed out for.
// Source: learn.microsoft.com/graph/paging.
import { randomBytes } from 'node:crypto'
import type { Context } from 'hono'
import type { Describer } from './graph-describe.ts'
import { invalidRequest } from './graph-errors.ts'
import type { Options } from './graph-query.ts'
import type { SkipPage } from './graph-state.ts'

/** What the reading half needs. */
export interface Browser extends Describer {
  /** Below which Graph's own links lead. */
  readonly base: () => string
}

/** What of a page is shown, and the link to the next one. */
export interface Page {
  readonly ids: readonly string[]
  readonly next: { readonly '@odata.nextLink'?: string }
}

/** `path`: as it was sent, below `/v1.0`. `list`: all ids, asked for with the first page only. */
export function takePage(
  c: Context,
  browser: Browser,
  path: string,
  options: Pick<Options, 'top' | 'skipToken'>,
  list: () => readonly string[],
): Page {
  const { ids, size } = openPage(browser, path, options, list)
  // A page of one row that is repeated would never end.
  const repeated = browser.state.settings.repeatRows && size > 1
  const rest = { path, ids: ids.slice(repeated ? size - 1 : size), size }
  return {
    ids: ids.slice(0, size),
    next: ids.length > size ? { '@odata.nextLink': nextLink(c, browser, rest) } : {},
  }
}

function openPage(
  { state }: Browser,
  path: string,
  { skipToken, top }: Pick<Options, 'top' | 'skipToken'>,
  list: () => readonly string[],
): SkipPage {
  if (skipToken === undefined) {
    return { path, ids: list(), size: Math.min(top, state.settings.maxPage) }
  }
  const known = state.pages.get(skipToken)
  if (known?.path !== path) throw invalidRequest('The skip token is not valid')
  return known
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
