// Streams a file down, or an export of a document that has no bytes of its own.
import { discard } from '../../net/body.ts'
import { invalidField, Problem } from '../../problems/problem.ts'
import { contentLength, rangeHeader, readAnswer, unsatisfiable } from '../content-range.ts'
import type { ByteRange, Download, DownloadOptions, Entry, Session } from '../contract.ts'
import {
  API,
  ENTRY_FIELDS,
  filePath,
  followShortcut,
  getFile,
  isNative,
  resourceKeyHeader,
  strangeAnswer,
  toEntry,
  withQuery,
  type DriveFile,
} from './api.ts'
import { asShortcut } from './browse.ts'
import { DriveRefusal, readRefusal, READ_SCOPE } from './errors.ts'
import { exportName, exportTypes } from './export-types.ts'

/** Milliseconds: a large document takes Google a while to convert. */
const EXPORT_DEADLINE = 60_000

export async function download(
  session: Session,
  id: string,
  options: DownloadOptions,
): Promise<Download> {
  const file = await getFile(session, id, ENTRY_FIELDS)
  const target = await followShortcut(session, file)
  const entry = file === target ? toEntry(file) : asShortcut(file, target)
  if (entry.isFolder) throw new Problem('not_supported', 'A folder has no content.')
  if (isNative(target.mimeType)) return exportFile(session, target, entry, options.format)
  if (options.format !== undefined) {
    throw invalidField('query.format', 'does not apply: the item has bytes of its own')
  }
  const changed = options.ifMatch !== undefined && options.ifMatch !== entry.etag
  const range = changed ? undefined : options.range
  // Google answers 416 to every range of an empty file.
  if (range !== undefined && entry.size === 0) throw unsatisfiable(0)
  const media = await fetchMedia(session, file, target, entry, range)
  if (media.status === 200 || options.ifMatch === undefined) return media
  // Drive knows no If-Match. What had this version after the answer began had it when it began.
  const now = await getFile(session, target.id, ENTRY_FIELDS, keyOf(file)).catch(
    async (error: unknown) => {
      await media.body?.cancel().catch(() => undefined)
      throw error
    },
  )
  if (toEntry(now).etag === options.ifMatch) return media
  await media.body?.cancel().catch(() => undefined)
  return download(session, id, { ...options, range: undefined })
}

const keyOf = (file: DriveFile) => file.shortcutDetails?.targetResourceKey

async function fetchMedia(
  session: Session,
  file: DriveFile,
  target: DriveFile,
  entry: Entry,
  range: ByteRange | undefined,
): Promise<Download> {
  const key = keyOf(file)
  const headers = {
    'accept-encoding': 'identity',
    ...(range && { range: rangeHeader(range) }),
    ...(key === undefined ? {} : resourceKeyHeader(target.id, key)),
  }
  const url = withQuery(`${API}${filePath(target.id)}`, { alt: 'media', supportsAllDrives: 'true' })
  const response = await followMedia(session, await session.http({ url, headers }), headers.range)
  const answer = readAnswer(response, range)
  if (answer === undefined) {
    await discard(response)
    throw strangeAnswer()
  }
  return { ...answer, entry, mimeType: entry.mimeType, fileName: entry.name }
}

/** Media may come from *.googleusercontent.com, which is given no credentials. */
async function followMedia(
  session: Session,
  response: Response,
  range: string | undefined,
): Promise<Response> {
  const location = response.headers.get('location')
  let answer = response
  if (response.status >= 300 && response.status < 400 && location !== null) {
    await discard(response)
    const headers = { 'accept-encoding': 'identity', ...(range === undefined ? {} : { range }) }
    answer = await session.anonymous({ url: location, headers, redirect: 'follow' })
  }
  if (answer.status === 200 || answer.status === 206) return answer
  throw await readRefusal(answer, READ_SCOPE, session.now())
}

async function exportFile(
  session: Session,
  target: DriveFile,
  entry: Entry,
  format: string | undefined,
): Promise<Download> {
  const offered = exportTypes(target.mimeType)
  if (offered === undefined) throw new Problem('not_supported', 'This kind of file has no content.')
  const mimeType = format ?? offered[0] ?? ''
  if (!offered.includes(mimeType)) {
    throw invalidField('query.format', 'is not among exportable_as of this item')
  }
  const url = withQuery(`${API}${filePath(target.id)}/export`, { mimeType })
  const response = await session.http({ url, deadline: EXPORT_DEADLINE })
  const body = await followMedia(session, response, undefined).catch((error: unknown) => {
    if (!(error instanceof DriveRefusal) || error.reason !== 'exportsizelimitexceeded') throw error
    return exportByLink(session, target, mimeType, error)
  })
  return {
    status: 200,
    body: body.body,
    length: contentLength(body),
    entry,
    mimeType,
    fileName: exportName(entry.name, mimeType),
  }
}

/** Past 10 MB the document's own export links still work; they lead to docs.google.com with the Bearer, then elsewhere without. */
async function exportByLink(
  session: Session,
  target: DriveFile,
  mimeType: string,
  refusal: DriveRefusal,
): Promise<Response> {
  const { exportLinks } = await getFile(session, target.id, 'id,exportLinks')
  const url = exportLinks?.[mimeType]
  if (url === undefined || !url.startsWith('https://docs.google.com/')) throw refusal
  return followMedia(session, await session.http({ url, deadline: EXPORT_DEADLINE }), undefined)
}
