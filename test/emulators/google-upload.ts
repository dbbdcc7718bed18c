// Drive v3's uploads of small files in one request, and what every kind of upload makes of its metadata.
// Source: developers.google.com/workspace/drive/api/guides/manage-uploads.
import type { Context } from 'hono'
import { contentOfBytes, drain, partsOf, type Content } from './content.ts'
import { garble } from './garble.ts'
import { sendFile } from './google-answer.ts'
import type { GoogleFile } from './google-files.ts'
import {
  isParents,
  isString,
  parentsNotWritable,
  parseMetadata,
  readId,
  storageFull,
  writableParent,
} from './google-manage.ts'
import { GoogleError, type GoogleCaller, type GoogleState } from './google-state.ts'

/** Larger files take a resumable upload. */
const LARGEST = 5 * 1024 * 1024

export const UPLOAD_METADATA = {
  name: isString,
  mimeType: isString,
  parents: isParents,
  id: isString,
}

/** What an upload makes or replaces. */
export interface UploadTarget {
  readonly replaces: GoogleFile | undefined
  readonly parent: string
  /** Generated beforehand. */
  readonly fileId: { readonly id?: string }
  readonly name: string | undefined
  readonly mimeType: string | undefined
}

/** `type`: of the bytes, for when the metadata does not say it. */
export function readTarget(
  c: Context,
  state: GoogleState,
  caller: GoogleCaller,
  request: {
    readonly query: URLSearchParams
    readonly body: Record<string, unknown>
    readonly type: string | undefined
  },
): UploadTarget {
  const { query, body, type } = request
  const id = c.req.param('id')
  const replaces = id === undefined ? undefined : state.find(caller, id, query)
  if (replaces !== undefined) {
    state.checkWritable(caller, replaces)
    if ('parents' in body) throw parentsNotWritable()
  }
  const parent = replaces === undefined ? writableParent(state, caller, body, query) : ''
  if (state.settings.full) throw storageFull()
  return {
    replaces,
    parent,
    fileId: readId(state, body),
    name: body['name'] as string | undefined,
    mimeType: (body['mimeType'] as string | undefined) ?? type,
  }
}

export function storeUpload(
  state: GoogleState,
  caller: GoogleCaller,
  target: UploadTarget,
  content: Content,
): GoogleFile {
  const { name, mimeType } = target
  const file =
    target.replaces ??
    state.files.add(caller.account, {
      ...target.fileId,
      parent: target.parent,
      name: name ?? 'Untitled',
      mimeType: mimeType ?? 'application/octet-stream',
      byApp: true,
    })
  if (name !== undefined) file.name = name
  if (mimeType !== undefined) file.mimeType = mimeType
  const isGarbled = state.settings.garbledUploads > 0
  if (isGarbled) state.settings.garbledUploads -= 1
  state.files.setContent(file, isGarbled ? garble(content) : content)
  return file
}

/** POST /upload/drive/v3/files and PATCH …/{id}: uploadType=media has bytes alone, uploadType=multipart has metadata before them. */
export async function uploadAtOnce(c: Context, state: GoogleState): Promise<Response> {
  const caller = state.authorize(c, ['drive', 'drive.file'])
  const query = state.query(c, ['uploadType', 'supportsAllDrives', 'fields'])
  const type = c.req.header('content-type') ?? ''
  const bytes = await readSmall(c)
  const parts =
    query.get('uploadType') === 'media'
      ? { body: {}, type: type === '' ? undefined : type, bytes }
      : readRelated(type, bytes)
  const target = readTarget(c, state, caller, { query, body: parts.body, type: parts.type })
  const file = storeUpload(state, caller, target, contentOfBytes(parts.bytes))
  return sendFile(c, state, caller, file, query.get('fields'))
}

/** Throws 413 for what does not belong into one request. */
async function readSmall(c: Context): Promise<Buffer> {
  const parts: Uint8Array[] = []
  let size = 0
  const body = c.req.raw.body
  if (Number(c.req.header('content-length') ?? 0) <= LARGEST) {
    for await (const part of partsOf(body)) {
      size += part.length
      // The rest is read, and forgotten.
      if (size <= LARGEST) parts.push(part)
    }
    if (size <= LARGEST) return Buffer.concat(parts)
  }
  await drain(body)
  throw new GoogleError(413, 'uploadTooLarge', 'Request Too Large')
}

interface Related {
  readonly body: Record<string, unknown>
  readonly type: string | undefined
  readonly bytes: Buffer
}

/** RFC 2387: exactly two parts, the metadata first, with the line ends of RFC 2046. */
function readRelated(type: string, bytes: Buffer): Related {
  const boundary = /^multipart\/related; *(?:.*; *)?boundary="?([^";]{1,70})"?/i.exec(type)?.[1]
  if (boundary === undefined) {
    throw new GoogleError(400, 'badContent', `Unsupported content with type: ${type}`)
  }
  const [metadata, media] = splitParts(bytes, boundary)
  if (metadata === undefined || media === undefined || metadata.type === undefined) {
    throw malformed()
  }
  const body = parseMetadata(metadata.bytes.toString(), metadata.type, UPLOAD_METADATA)
  return { body, type: media.type, bytes: media.bytes }
}

const malformed = () => new GoogleError(400, 'badRequest', 'Malformed multipart body.')

function splitParts(
  bytes: Buffer,
  boundary: string,
): readonly { readonly type: string | undefined; readonly bytes: Buffer }[] {
  const parts = []
  const delimiter = `\r\n--${boundary}`
  // The first delimiter has no line before it.
  let at = bytes.indexOf(`--${boundary}\r\n`)
  if (at !== 0) throw malformed()
  at += boundary.length + 2
  for (;;) {
    if (bytes.subarray(at, at + 2).toString() !== '\r\n') throw malformed()
    const headEnd = bytes.indexOf('\r\n\r\n', at)
    const end = bytes.indexOf(delimiter, headEnd + 2)
    if (headEnd === -1 || end === -1) throw malformed()
    const head = bytes.subarray(at, headEnd + 2).toString()
    const type = /\r\ncontent-type: *(.+)\r\n/i.exec(head)?.[1]
    parts.push({ type, bytes: bytes.subarray(headEnd + 4, Math.max(end, headEnd + 4)) })
    at = end + delimiter.length
    if (bytes.subarray(at, at + 2).toString() === '--') break
  }
  if (parts.length !== 2) throw malformed()
  return parts
}
