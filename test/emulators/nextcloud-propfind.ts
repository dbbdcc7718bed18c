// Answers PROPFIND, PROPPATCH and OPTIONS below remote.php/dav.
import { DavError } from './dav-request.ts'
import { multistatus, readText } from './dav-propfind.ts'
import { defaultSettings as davSettings } from './dav-settings.ts'
import type { DavNode } from './dav-tree.ts'
import { createFolder } from './dav-tree.ts'
import { parsePropfind, parseProppatch, type Item, type Propfind } from './dav-xml.ts'
import { describe, type View } from './nextcloud-properties.ts'
import { findItem, hrefOf, type NextcloudRequest } from './nextcloud-request.ts'

const METHODS =
  'OPTIONS, GET, HEAD, DELETE, PROPFIND, PUT, PROPPATCH, COPY, MOVE, MKCOL, REPORT, SEARCH'

/** A 207 for the item and, with Depth: 1, what is in it. */
export async function propfind(request: NextcloudRequest): Promise<Response> {
  const { depth, asked } = await readPropfind(request)
  const { location, state, account } = request
  const view: View = { state, account, base: location.base }
  const node =
    location.area === 'files' && location.owner !== undefined ? findItem(request) : createFolder('')
  const nodes = depth === 1 && node.kind === 'folder' ? [node, ...node.children.values()] : [node]
  return entries(nodes, (of) => describe(view, of, asked))
}

/** Sabre reads a body of any media type, and answers Depth: infinity, and a missing one, as 1: sabre-io/dav lib/DAV/CorePlugin.php (httpPropFind) */
export async function readPropfind(
  request: NextcloudRequest,
): Promise<{ depth: 0 | 1; asked: Propfind }> {
  const asked = parsePropfind(await readText(request.body))
  return { depth: request.header('depth') === '0' ? 0 : 1, asked }
}

/** A multistatus in the emulator's one style. */
export function entries<T>(nodes: Iterable<T>, toItem: (node: T) => Item): Response {
  return multistatus({ settings: davSettings() }, nodes, toItem)
}

/** PROPPATCH: no property can be changed here, and each is told so (RFC 4918 section 9.2). */
export async function proppatch(request: NextcloudRequest): Promise<Response> {
  const forbidden = parseProppatch(await readText(request.body))
  const node = findItem(request)
  return entries<DavNode>([node], (of) => ({ href: hrefOf(request.location.base, of), forbidden }))
}

/** OPTIONS with the classes of sabre and its plugins. */
export function options(): Response {
  const headers = {
    allow: METHODS,
    dav: '1, 3, extended-mkcol, access-control, calendarserver-principal-property-search, nextcloud-checksum-update, nc-calendar-search, nc-enable-birthday-calendar',
    'ms-author-via': 'DAV',
    'accept-ranges': 'bytes',
  }
  return new Response(null, { status: 200, headers })
}

/** @throws DavError 405 with what is allowed */
export function refuseMethod(method: string): never {
  if (METHODS.split(', ').includes(method)) {
    throw new DavError(405, `The ${method} method is not allowed on this node`, undefined, {
      allow: METHODS,
    })
  }
  throw new DavError(
    501,
    `There was no plugin in the system that was willing to handle this ${method} method.`,
  )
}
