// Streams a file down with GET (RFC 9110), after PROPFIND has said what it is.
import { discard } from '../../net/body.ts'
import { invalidField, Problem } from '../../problems/problem.ts'
import type { ByteRange, Download, DownloadOptions, Entry, Session } from '../contract.ts'
import { davProblem, getResource, toEntry, urlOf } from './dav.ts'
import { notWebdav, readEtag } from './multistatus.ts'
import { fromId } from './paths.ts'

export async function download(
  session: Session,
  id: string,
  options: DownloadOptions,
): Promise<Download> {
  const path = fromId(id)
  const resource = await getResource(session, path)
  const entry = toEntry(resource, path)
  if (entry.isFolder) throw new Problem('not_supported', 'A folder has no content.')
  if (options.format !== undefined) {
    throw invalidField('query.format', 'does not apply: the item has bytes of its own')
  }
  const changed = options.ifMatch !== undefined && options.ifMatch !== entry.etag
  const range = changed ? undefined : options.range
  const url = urlOf(session, path)
  const response = await get(session, url, range, entry.size)
  const tag = readEtag(response.headers.get('etag'))
  // Replaced between the two requests: a piece of it would be put beside pieces of the old one.
  if (response.status === 206 && resource.etag !== null && tag !== null && tag !== resource.etag) {
    await discard(response)
    return readDownload(await get(session, url, undefined, entry.size), entry, undefined)
  }
  return readDownload(response, entry, range)
}

async function get(
  session: Session,
  url: string,
  range: ByteRange | undefined,
  size: number | null,
): Promise<Response> {
  const response = await session.http({
    url,
    // Compressed on the way, neither length nor range would hold.
    headers: { 'accept-encoding': 'identity', ...(range && { range: rangeHeader(range) }) },
    deadline: 30_000,
    redirect: 'follow',
  })
  if (response.status === 200 || response.status === 206) return response
  if (response.status === 416 && size !== null) {
    // Apache leaves out the size that RFC 9110 section 15.5.17 asks for.
    await discard(response)
    const headers = { 'content-range': `bytes */${size}` }
    throw new Problem('range_not_satisfiable', undefined, { headers })
  }
  throw await davProblem(session, response)
}

function rangeHeader({ start, end, suffix }: ByteRange): string {
  return suffix === undefined ? `bytes=${start ?? 0}-${end ?? ''}` : `bytes=-${suffix}`
}

async function readDownload(
  response: Response,
  entry: Entry,
  range: ByteRange | undefined,
): Promise<Download> {
  const declared = response.headers.get('content-length')
  const length = declared === null ? null : Number(declared)
  const found = {
    body: response.body,
    length,
    entry,
    mimeType: entry.mimeType,
    fileName: entry.name,
  }
  if (response.status === 200) {
    // A sign-in page in place of the file has another size.
    if (length !== null && entry.size !== null && length !== entry.size && isHtml(response)) {
      await discard(response)
      throw notWebdav()
    }
    return { status: 200, ...found }
  }
  const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '')
  const total = match?.[3] === '*' ? null : Number(match?.[3])
  const contentRange = { start: Number(match?.[1]), end: Number(match?.[2]), total }
  if (match === null || !isAnswer(contentRange, range, length)) {
    await discard(response)
    throw notWebdav()
  }
  return { status: 206, ...found, contentRange }
}

/** Whether it is the range that was asked, or its beginning: other bytes in its place would go unnoticed. */
function isAnswer(
  { start, end, total }: NonNullable<Download['contentRange']>,
  range: ByteRange | undefined,
  length: number | null,
): boolean {
  if (range === undefined || end < start) return false
  if (length !== null && length !== end - start + 1) return false
  if (range.suffix !== undefined) {
    return total === null || start === Math.max(0, total - range.suffix)
  }
  return start === (range.start ?? 0) && end <= (range.end ?? Infinity)
}

const isHtml = (response: Response) =>
  (response.headers.get('content-type') ?? '').startsWith('text/html')
