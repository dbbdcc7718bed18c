// Streams a file down from the pre-signed URL that Graph gives, without any credential on that leg.
import { discard } from '../../net/body.ts'
import { invalidField, Problem } from '../../problems/problem.ts'
import { fromStart, rangeHeader, readAnswer } from '../content-range.ts'
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
  if (entry.isFolder || entry.exportableAs !== undefined) {
    throw new Problem('not_supported', 'The item has no content.')
  }
  if (options.format !== undefined) {
    throw invalidField('query.format', 'does not apply: the item has bytes of its own')
  }
  const changed = options.ifMatch !== undefined && options.ifMatch !== entry.etag
  const range =
    changed || options.range === undefined ? undefined : fromStart(options.range, entry.size)
  const given = item[DOWNLOAD_URL]
  const response =
    given === undefined
      ? await fetchFresh(session, content, range)
      : await fetchContent(session, content, range, given)
  const answer = await readDownload(session, response, entry, range)
  if (answer.status === 200 || options.ifMatch === undefined) return answer
  // The URL leads to whatever is there. What had this version after the answer began had it when it began.
  const now = await getItem(session, content).catch(async (error: unknown) => {
    await answer.body?.cancel().catch(() => undefined)
    throw error
  })
  if (toEntry(session, now, content.driveId).etag === options.ifMatch) return answer
  await answer.body?.cancel().catch(() => undefined)
  return download(session, id, { ...options, range: undefined })
}

/** URLs live for minutes; one that has ended is replaced once. */
async function fetchContent(
  session: Session,
  content: Address,
  range: ByteRange | undefined,
  url: string,
): Promise<Response> {
  const response = await fetchSigned(session, url, range)
  if (![401, 403, 404, 410].includes(response.status)) return response
  await discard(response)
  return fetchFresh(session, content, range)
}

async function fetchFresh(
  session: Session,
  content: Address,
  range: ByteRange | undefined,
): Promise<Response> {
  const redirect = await callGraph(session, `${itemPath(content)}/content`)
  const location = redirect.headers.get('location')
  await discard(redirect)
  if (location === null) throw strangeAnswer()
  return fetchSigned(session, location, range)
}

/** The range belongs on this leg alone. The URL is sent as it is: its query is signed. */
function fetchSigned(
  session: Session,
  url: string,
  range: ByteRange | undefined,
): Promise<Response> {
  const headers: Record<string, string> = { 'accept-encoding': 'identity' }
  if (range !== undefined) headers['range'] = rangeHeader(range)
  return session.anonymous({ url, headers, redirect: 'follow' })
}

async function readDownload(
  session: Session,
  response: Response,
  entry: Entry,
  range: ByteRange | undefined,
): Promise<Download> {
  if (response.status !== 200 && response.status !== 206) {
    // On the file host 401 and 404 are about the URL, never about the user's grant.
    const ended = [401, 404, 410].includes(response.status)
    const refusal = await readRefusal(response, session.now())
    throw ended ? strangeAnswer() : refusal
  }
  const answer = readAnswer(response, range)
  if (answer === undefined) {
    await discard(response)
    throw strangeAnswer()
  }
  return { ...answer, entry, mimeType: entry.mimeType, fileName: entry.name }
}
