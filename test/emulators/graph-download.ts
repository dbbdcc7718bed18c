// Downloads: Graph leads to a pre-signed URL of the file host, which takes a range and refuses a token.
// Source: learn.microsoft.com/graph/api/driveitem-get-content.
import type { Context } from 'hono'
import type { Target } from './graph-address.ts'
import { contentOf, type Describer } from './graph-describe.ts'
import { GraphError, itemNotFound } from './graph-errors.ts'
import { etagOf, mimeTypeOf } from './graph-items.ts'
import { checkNames } from './graph-query.ts'
import type { MicrosoftState } from './graph-state.ts'
import type { NodeEnv } from './trouble.ts'

/** GET …/content: 302, where a range would be of no use. */
export function redirectToContent(
  c: Context,
  { downloadUrl }: Describer,
  { item }: Target,
): Response {
  checkNames(new URL(c.req.url).searchParams, [])
  contentOf(item)
  if (item === undefined) throw itemNotFound()
  if (c.req.header('if-none-match') === etagOf(item)) return c.body(null, 304)
  return c.body(null, 302, { location: downloadUrl(item) })
}

/** GET of a download URL. `tickets`: which item each one opens. */
export function sendDownload(
  c: Context<NodeEnv>,
  state: MicrosoftState,
  tickets: ReadonlyMap<string, string>,
): Response {
  try {
    return readDownload(c, state, tickets)
  } catch (error) {
    if (error instanceof GraphError) return error.toResponse(c, 'innererror')
    throw error
  }
}

/** Part of every download URL, with characters that a query written anew would spell otherwise. */
export const SIGNATURE = 'tempauth=v1.a%2Bb.c!d'

function readDownload(
  c: Context<NodeEnv>,
  state: MicrosoftState,
  tickets: ReadonlyMap<string, string>,
): Response {
  const { settings } = state
  if (c.req.header('authorization') !== undefined)
    throw new GraphError(401, 'unauthenticated', 'A token on a pre-authenticated URL')
  if (!(c.env.incoming.url ?? '').includes(SIGNATURE))
    throw new GraphError(401, 'unauthenticated', 'The signature does not fit')
  const item = state.items.items.get(tickets.get(c.req.param('ticket') ?? '') ?? '')
  if (settings.expiredDownloads > 0) {
    settings.expiredDownloads -= 1
    throw itemNotFound()
  }
  const content = contentOf(item)
  if (item === undefined) throw itemNotFound()
  const { size } = content
  const headers = {
    'content-type': mimeTypeOf(item),
    'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(item.name)}`,
    'accept-ranges': 'bytes',
    etag: etagOf(item),
  }
  const range = settings.ignoreRange ? undefined : readRange(c, size, settings.suffixRanges)
  if (range === undefined)
    return c.body(content.read(0, size), 200, { ...headers, 'content-length': String(size) })
  const { start, end } = range
  if (start >= end) {
    const error = new GraphError(416, 'invalidRange', 'The range is outside of the file')
    const response = error.toResponse(c, 'innererror')
    response.headers.set('content-range', `bytes */${size}`)
    return response
  }
  return c.body(content.read(start, end), 206, {
    ...headers,
    'content-length': String(end - start),
    'content-range': `bytes ${start}-${end - 1}/${size}`,
  })
}

/** From `start` up to and without `end`; undefined when everything is to be sent. */
function readRange(
  c: Context,
  size: number,
  suffixes: boolean,
): { start: number; end: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(c.req.header('range') ?? '')
  if (match === null) return undefined
  const [, first = '', last = ''] = match
  if (first !== '') {
    const end = last === '' ? size : Math.min(size, Number(last) + 1)
    return { start: Number(first), end }
  }
  if (last === '' || !suffixes) return undefined
  return { start: Math.max(0, size - Number(last)), end: Number(last) === 0 ? 0 : size }
}
