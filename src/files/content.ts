// Streams an item's bytes to the caller: ranges, conditions and safe headers, without touching the bytes.
import type { z } from 'zod'
import type { AppContext } from '../app-context.ts'
import type { LiveConnection } from '../connections/session.ts'
import { invalidField, Problem } from '../problems/problem.ts'
import { unsatisfiable } from '../providers/content-range.ts'
import type { ByteRange, Entry } from '../providers/contract.ts'
import type { contentQuery } from './fields.ts'
import { allowsRange, matchesAny, parseRange, resolveRange, toEntityTag } from './range.ts'
import { contentHeaders, refuseWorkerScripts } from './serve.ts'

export interface ContentOptions extends z.infer<typeof contentQuery> {
  /** Instead of the item's own name, where a document has another. */
  readonly fileName?: string | undefined
}

/** GET and HEAD of content (RFC 9110 sections 9.3.1, 9.3.2, 13, 14). */
export async function sendContent(
  c: AppContext,
  live: LiveConnection,
  itemId: string,
  options: ContentOptions,
): Promise<Response> {
  refuseWorkerScripts(c)
  const asked = parseRange(c.req.header('Range'))
  const conditional = c.req.header('If-None-Match') !== undefined
  const ifRange = c.req.header('If-Range')
  const head = c.req.method === 'HEAD'
  // One call more, only for those who ask for it: the rest is decided by what the download itself tells.
  const needsEntry = head || conditional || (asked !== undefined && ifRange !== undefined)
  const entry = needsEntry ? await live.provider.stat(live.session, itemId) : undefined
  if (entry !== undefined) {
    const tag = toEntityTag(entry.etag)
    if (matchesAny(c.req.header('If-None-Match'), tag)) {
      return new Response(null, { status: 304, headers: { etag: tag ?? '' } })
    }
    if (head) return headOf(entry, asked, ifRange, options)
  }
  const range = entry && !allowsRange(ifRange, toEntityTag(entry.etag)) ? undefined : asked
  const download = await live.provider.download(live.session, itemId, {
    range,
    ifMatch: entry?.etag ?? undefined,
    format: options.format,
  })
  const headers = new Headers(contentHeaders(nameOf(download, options), options.disposition))
  const tag = toEntityTag(download.entry.etag)
  if (tag !== undefined) headers.set('etag', tag)
  if (download.length !== null) headers.set('content-length', String(download.length))
  if (download.entry.exportableAs === undefined) headers.set('accept-ranges', 'bytes')
  if (download.contentRange !== undefined && download.status === 206) {
    const { start, end, total } = download.contentRange
    headers.set('content-range', `bytes ${start}-${end}/${total ?? '*'}`)
  }
  if (download.entry.modifiedAt !== null) {
    headers.set('last-modified', new Date(download.entry.modifiedAt).toUTCString())
  }
  return new Response(download.body, { status: download.status, headers })
}

function nameOf(
  download: { readonly fileName: string; readonly mimeType: string | null },
  options: ContentOptions,
) {
  return { name: options.fileName ?? download.fileName, mimeType: download.mimeType }
}

function headOf(
  entry: Entry,
  asked: ByteRange | undefined,
  ifRange: string | undefined,
  options: ContentOptions,
): Response {
  if (entry.isFolder && entry.exportableAs === undefined) {
    throw new Problem('not_supported', 'A folder has no content.')
  }
  const exported = entry.exportableAs !== undefined
  if (exported && options.format !== undefined && !entry.exportableAs.includes(options.format)) {
    throw invalidField('query.format', 'is not among exportable_as of this item')
  }
  const mimeType = exported ? (options.format ?? entry.exportableAs[0] ?? null) : entry.mimeType
  const file = { name: options.fileName ?? entry.name, mimeType }
  const headers = new Headers(contentHeaders(file, options.disposition))
  const tag = toEntityTag(entry.etag)
  if (tag !== undefined) headers.set('etag', tag)
  if (!exported) headers.set('accept-ranges', 'bytes')
  const { size } = entry
  if (exported || size === null) return new Response(null, { headers })
  if (asked !== undefined && allowsRange(ifRange, tag)) {
    const range = resolveRange(asked, size)
    if (range === undefined) throw unsatisfiable(size)
    headers.set('content-range', `bytes ${range.start}-${range.end}/${size}`)
    headers.set('content-length', String(range.end - range.start + 1))
    return new Response(null, { status: 206, headers })
  }
  headers.set('content-length', String(size))
  return new Response(null, { headers })
}
