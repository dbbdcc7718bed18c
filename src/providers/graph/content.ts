// Streams a file down from the pre-signed URL that Graph gives, without any credential on that leg.
import { discard } from '../../net/body.ts'
import { invalidField, Problem } from '../../problems/problem.ts'
import type { ByteRange, Download, DownloadOptions, Entry, Session } from '../contract.ts'
import { contentAddress, parseId, type Address } from './address.ts'
import { callGraph, ENTRY_FIELDS, getItem, itemPath, strangeAnswer, toEntry } from './api.ts'
import { readRefusal } from './errors.ts'

const DOWNLOAD_URL = '@microsoft.graph.downloadUrl'

export async function download(
  session: Session,
  id: string,
  options: DownloadOptions,
): Promise<Download> {
  const address = parseId(session, id)
  const content = contentAddress(address)
  const item = await getItem(session, content, `${ENTRY_FIELDS},${DOWNLOAD_URL}`)
  const found = toEntry(session, item, content.driveId)
  const entry = { ...found, id }
  if (entry.isFolder || item.package !== undefined) {
    throw new Problem('not_supported', 'The item has no content.')
  }
  if (options.format !== undefined) {
    throw invalidField('query.format', 'does not apply: the item has bytes of its own')
  }
  const changed = options.ifMatch !== undefined && options.ifMatch !== entry.etag
  const range = changed ? undefined : options.range
  const given = item[DOWNLOAD_URL]
  const response =
    given === undefined
      ? await fetchFresh(session, content, entry, range)
      : await fetchContent(session, content, entry, range, given)
  return readDownload(response, entry)
}

/** URLs live for minutes; one that has ended is replaced once. */
async function fetchContent(
  session: Session,
  content: Address,
  entry: Entry,
  range: ByteRange | undefined,
  url: string,
): Promise<Response> {
  const response = await fetchSigned(session, url, entry, range)
  if (![401, 403, 404, 410].includes(response.status)) return response
  await discard(response)
  return fetchFresh(session, content, entry, range)
}

async function fetchFresh(
  session: Session,
  content: Address,
  entry: Entry,
  range: ByteRange | undefined,
): Promise<Response> {
  const redirect = await callGraph(session, `${itemPath(content)}/content`)
  const location = redirect.headers.get('location')
  await discard(redirect)
  if (location === null) throw strangeAnswer()
  return fetchSigned(session, location, entry, range)
}

/** The range belongs on this leg alone. The URL is sent as it is: its query is signed. */
function fetchSigned(
  session: Session,
  url: string,
  entry: Entry,
  range: ByteRange | undefined,
): Promise<Response> {
  const headers: Record<string, string> = { 'accept-encoding': 'identity' }
  if (range !== undefined) headers['range'] = rangeHeader(range, entry.size)
  return session.anonymous({ url, headers, redirect: 'follow' })
}

/** Suffix ranges are not served everywhere, so they are sent with their first byte. */
function rangeHeader({ start, end, suffix }: ByteRange, size: number | null): string {
  if (suffix === undefined) return `bytes=${start ?? 0}-${end ?? ''}`
  return size === null || suffix === 0 || size === 0
    ? `bytes=-${suffix}`
    : `bytes=${Math.max(0, size - suffix)}-`
}

async function readDownload(response: Response, entry: Entry): Promise<Download> {
  const { status } = response
  if (status !== 200 && status !== 206) throw await readRefusal(response, Date.now())
  const declared = response.headers.get('content-length')
  const found = {
    body: response.body,
    length: declared === null ? null : Number(declared),
    entry,
    mimeType: entry.mimeType,
    fileName: entry.name,
  }
  if (status === 200) return { status, ...found }
  const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '')
  if (match === null) {
    await discard(response)
    throw strangeAnswer()
  }
  const total = match[3] === '*' ? null : Number(match[3])
  return {
    status,
    ...found,
    contentRange: { start: Number(match[1]), end: Number(match[2]), total },
  }
}
