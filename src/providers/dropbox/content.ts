// Streams a file down, or an export of one that has no bytes of its own.
import { discard } from '../../net/body.ts'
import { invalidField, Problem } from '../../problems/problem.ts'
import {
  contentLength,
  fromStart,
  rangeHeader,
  readAnswer,
  unsatisfiable,
} from '../content-range.ts'
import type { ByteRange, Download, DownloadOptions, Session } from '../contract.ts'
import { callContent, exportTypes, strangeAnswer, toEntry, type Metadata } from './api.ts'
import { getItem } from './browse.ts'
import { toPath } from './paths.ts'

/** Milliseconds: Dropbox makes an export while it is asked for. */
const EXPORT_DEADLINE = 60_000

export async function download(
  session: Session,
  id: string,
  options: DownloadOptions,
): Promise<Download> {
  if (id === 'root') throw new Problem('not_supported', 'A folder has no content.')
  const metadata = await getItem(session, id)
  if (metadata['.tag'] === 'folder') throw new Problem('not_supported', 'A folder has no content.')
  if (metadata.is_downloadable === false) return exportFile(session, id, metadata, options)
  if (options.format !== undefined) {
    throw invalidField('query.format', 'does not apply: the item has bytes of its own')
  }
  const changed = options.ifMatch !== undefined && options.ifMatch !== metadata.rev
  const range = changed
    ? undefined
    : options.range && fromStart(options.range, metadata.size ?? null)
  return fetchFile(session, id, metadata, range)
}

async function fetchFile(
  session: Session,
  id: string,
  metadata: Metadata,
  range: ByteRange | undefined,
): Promise<Download> {
  const size = metadata.size ?? null
  const headers = { 'accept-encoding': 'identity', ...(range && { range: rangeHeader(range) }) }
  const response = await callContent(
    session,
    'files/download',
    { path: toPath(id) },
    { headers, replay: true, deadline: 30_000 },
  ).catch((error: unknown) => {
    const outside = error instanceof Problem && error.code === 'range_not_satisfiable'
    throw outside && size !== null ? unsatisfiable(size) : error
  })
  const now = readResult(response)
  if (range !== undefined && now?.rev !== undefined && now.rev !== metadata.rev) {
    // Replaced between the two requests: a piece of it would be put beside pieces of the old one.
    await discard(response)
    return fetchFile(session, id, now, undefined)
  }
  const answer = readAnswer(response, range)
  if (answer === undefined) {
    await discard(response)
    throw strangeAnswer()
  }
  const entry = toEntry({ ...metadata, ...now }, undefined, 'file')
  return { ...answer, entry, mimeType: entry.mimeType, fileName: entry.name }
}

/** What the vendor says that it sends: the metadata travels beside the bytes. */
function readResult(response: Response): Metadata | undefined {
  try {
    const value = JSON.parse(response.headers.get('dropbox-api-result') ?? '') as Metadata | null
    return typeof value?.id === 'string' && typeof value.name === 'string' ? value : undefined
  } catch {
    return undefined
  }
}

/** Always whole: an export knows no ranges. */
async function exportFile(
  session: Session,
  id: string,
  metadata: Metadata,
  { format }: DownloadOptions,
): Promise<Download> {
  const types = exportTypes(metadata) ?? []
  const [first] = types
  if (first === undefined) {
    throw new Problem('not_supported', 'This kind of file cannot be downloaded.')
  }
  const chosen = format === undefined ? first : types.find(({ type }) => type === format)
  if (chosen === undefined) {
    throw invalidField('query.format', 'is not among exportable_as of this item')
  }
  const response = await callContent(
    session,
    'files/export',
    { path: toPath(id), export_format: chosen.format },
    { headers: { 'accept-encoding': 'identity' }, replay: true, deadline: EXPORT_DEADLINE },
  )
  const entry = toEntry(metadata)
  return {
    status: 200,
    body: response.body,
    length: contentLength(response),
    entry,
    mimeType: chosen.type,
    fileName: entry.name.replace(/\.[^.]*$/, '') + chosen.ending,
  }
}
