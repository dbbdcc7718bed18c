// Drive v3's bytes: media with ranges, exports, and resumable upload sessions.
import { randomBytes } from 'node:crypto'
import type { Context } from 'hono'
import { ContentWriter, drain } from './content.ts'
import { sendFile } from './google-answer.ts'
import { readMetadata } from './google-manage.ts'
import { exportOf, isNative, type GoogleFile } from './google-files.ts'
import { readTarget, storeUpload, UPLOAD_METADATA, type UploadTarget } from './google-upload.ts'
import { EXPORTS, GoogleError, type GoogleCaller, type GoogleState } from './google-state.ts'
import type { NodeEnv } from './trouble.ts'

export const MEDIA_HOST = 'doc-0s-dev.googleusercontent.com'
const EXPORT_LIMIT = 10 * 1024 * 1024
const GRID = 256 * 1024

/** GET /files/{id}?alt=media */
export async function getMedia(
  c: Context,
  state: GoogleState,
  mediaBase: string,
  tickets: Tickets,
): Promise<Response> {
  const caller = state.authorize(c, ['drive', 'drive.file', 'drive.readonly'])
  const query = state.query(c, ['alt', 'supportsAllDrives', 'acknowledgeAbuse'])
  const file = state.find(caller, c.req.param('id') ?? '', query)
  if (isNative(file) || file.content === undefined) {
    throw new GoogleError(
      403,
      'fileNotDownloadable',
      'Only files with binary content can be downloaded. Use Export with Docs Editors files.',
    )
  }
  const mayHave = file.owner === caller.account && query.get('acknowledgeAbuse') === 'true'
  if (file.abusive === true && !mayHave) {
    throw new GoogleError(
      403,
      'cannotDownloadAbusiveFile',
      'This file has been identified as malware or spam and cannot be downloaded.',
    )
  }
  if (!state.settings.redirectMedia) return sendBytes(c, file)
  return redirectMedia(c, mediaBase, tickets, (at) => sendBytes(at, file))
}

/** What each URL of the media host answers; the URL is all the authority there is. */
export type Tickets = Map<string, (c: Context) => Response>

export function redirectMedia(
  c: Context,
  mediaBase: string,
  tickets: Tickets,
  send: (c: Context) => Response,
): Response {
  const ticket = randomBytes(18).toString('base64url')
  tickets.set(ticket, send)
  return c.redirect(`${mediaBase}/download/${ticket}`, 302)
}

/** RFC 9110 section 14, one range. */
export function sendBytes(c: Context, file: GoogleFile): Response {
  const { content } = file
  if (content === undefined) return c.text('gone', 404)
  const { size } = content
  const header = c.req.header('range')
  const base = { 'content-type': file.mimeType, 'accept-ranges': 'bytes' }
  if (header === undefined) {
    return c.body(content.read(0, size), 200, { ...base, 'content-length': String(size) })
  }
  const match = /^bytes=(?:(\d+)-(\d*)|-(\d+))$/.exec(header)
  const start = match?.[3] === undefined ? Number(match?.[1]) : Math.max(0, size - Number(match[3]))
  const end = match?.[2] ? Math.min(size, Number(match[2]) + 1) : size
  if (match === null || start >= end) {
    const body = { error: { code: 416, errors: [{ reason: 'requestedRangeNotSatisfiable' }] } }
    return c.json(body, 416, { 'content-range': `bytes */${size}` })
  }
  return c.body(content.read(start, end), 206, {
    ...base,
    'content-length': String(end - start),
    'content-range': `bytes ${start}-${end - 1}/${size}`,
  })
}

/** GET /files/{id}/export */
export function exportFile(c: Context, state: GoogleState): Response {
  const caller = state.authorize(c, ['drive', 'drive.file', 'drive.readonly'])
  const query = state.query(c, ['mimeType'])
  const id = c.req.param('id') ?? ''
  const file = state.find(caller, id, new URLSearchParams({ supportsAllDrives: 'true' }))
  // Not in the reference's parameters, yet items of shared drives are found.
  const types = EXPORTS[file.mimeType.split('.').at(-1) ?? '']
  if (!isNative(file) || types === undefined) {
    throw new GoogleError(403, 'fileNotExportable', 'Export only supports Docs Editors files.')
  }
  const mimeType = query.get('mimeType') ?? ''
  if (!types.includes(mimeType)) {
    throw new GoogleError(400, 'badRequest', 'The requested conversion is not supported.')
  }
  const exportSize = file.exportSize ?? state.settings.exportSize
  if (exportSize !== undefined && exportSize > EXPORT_LIMIT) {
    throw new GoogleError(403, 'exportSizeLimitExceeded', 'This file is too large to be exported.')
  }
  return sendExport(c, exportOf(file, mimeType, exportSize), mimeType)
}

/** Exports have no length and no ranges. */
export function sendExport(c: Context, bytes: Buffer, mimeType: string): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes)
      controller.close()
    },
  })
  return c.body(body, 200, { 'content-type': mimeType })
}

export interface UploadSession extends UploadTarget {
  readonly id: string
  readonly caller: GoogleCaller
  /** As declared; undefined if it was not. */
  readonly size: number | undefined
  readonly fields: string | null
  readonly writer: ContentWriter
  file: GoogleFile | undefined
  /** Ends when the request before has been answered: one after the other. */
  turn: Promise<unknown>
}

/** POST /upload/drive/v3/files and PATCH …/{id}, uploadType=resumable. */
export async function openUpload(
  c: Context,
  state: GoogleState,
  sessions: Map<string, UploadSession>,
  base: string,
): Promise<Response> {
  const caller = state.authorize(c, ['drive', 'drive.file'])
  const query = state.query(c, ['uploadType', 'supportsAllDrives', 'fields'])
  const body = await readMetadata(c, UPLOAD_METADATA)
  const declared = c.req.header('x-upload-content-length')
  if (declared !== undefined && !/^\d+$/.test(declared)) {
    throw new GoogleError(400, 'badRequest', 'X-Upload-Content-Length')
  }
  const type = c.req.header('x-upload-content-type')
  const session: UploadSession = {
    id: randomBytes(24).toString('base64url'),
    caller,
    ...readTarget(c, state, caller, { query, body, type }),
    size: declared === undefined ? undefined : Number(declared),
    fields: query.get('fields'),
    writer: new ContentWriter(),
    file: undefined,
    turn: Promise.resolve(),
  }
  sessions.set(session.id, session)
  const path = new URL(c.req.url).pathname.replace(/^\/[^/]+/, '')
  const location = `${base}${path}?uploadType=resumable&upload_id=${session.id}`
  return c.body(null, 200, { location, 'x-guploader-uploadid': session.id })
}

/** PUT and DELETE of a session; its URL is all the authority there is. */
export async function continueUpload(
  c: Context<NodeEnv>,
  state: GoogleState,
  sessions: Map<string, UploadSession>,
): Promise<Response> {
  const session = await findSession(c, state, sessions)
  if (session === undefined) {
    await drain(c.req.raw.body)
    return c.text('', 404)
  }
  if (c.req.method === 'DELETE') {
    sessions.delete(session.id)
    await session.writer.discard()
    return new Response(null, { status: 499 })
  }
  const length = c.req.header('content-length')
  if (length === undefined) {
    await drain(c.req.raw.body)
    return c.text('Content-Length is required', 411)
  }
  // What a chunk that was cut leaves is known only when the cut has been noticed.
  const answer = session.turn.then(() => takeChunk(c, state, session, Number(length)))
  session.turn = answer.catch(() => undefined)
  return answer
}

async function findSession(
  c: Context,
  { settings }: GoogleState,
  sessions: Map<string, UploadSession>,
): Promise<UploadSession | undefined> {
  const session = sessions.get(new URL(c.req.url).searchParams.get('upload_id') ?? '')
  if (session === undefined || settings.expiredSessions === 0) return session
  settings.expiredSessions -= 1
  sessions.delete(session.id)
  if (session.file === undefined) await session.writer.discard()
  return undefined
}

async function takeChunk(
  c: Context<NodeEnv>,
  state: GoogleState,
  session: UploadSession,
  length: number,
): Promise<Response> {
  const header = c.req.header('content-range')
  const bad = async (why: string) => {
    await drain(c.req.raw.body)
    return c.text(why, 400)
  }
  if (session.file !== undefined) {
    await drain(c.req.raw.body)
    return sendFile(c, state, session.caller, session.file, session.fields)
  }
  const match = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+|\*)$/.exec(header ?? '')
  if (header !== undefined && match === null) return bad('malformed Content-Range')
  const total = match?.[3] === undefined || match[3] === '*' ? undefined : Number(match[3])
  const whole = total ?? (header === undefined ? length : undefined)
  if (session.size !== undefined && whole !== undefined && whole !== session.size) {
    return bad('the total differs from X-Upload-Content-Length')
  }
  if (match !== null && match[1] === undefined) {
    // All of it is there; only the total was not known until now.
    if (whole === session.writer.size) return finishUpload(c, state, session)
    return resumeAt(c, session)
  }
  const first = Number(match?.[1] ?? 0)
  if (match !== null && Number(match[2]) - first + 1 !== length)
    return bad('Content-Range and Content-Length differ')
  if (first !== session.writer.size) {
    await drain(c.req.raw.body)
    return resumeAt(c, session)
  }
  if (whole !== undefined && first + length > whole) return bad('the chunk goes past the total')
  const last = first + length === whole
  if (!last && length % GRID !== 0) return bad('a chunk must be a multiple of 256 KiB')
  const got = await session.writer.append(c.env.incoming)
  if (got !== length) {
    // What is kept of a cut body ends on the grid.
    await session.writer.truncate(session.writer.size - (session.writer.size % GRID))
    return c.text('the body was cut', 400)
  }
  if (!last && state.settings.keepFewer && length > GRID)
    await session.writer.truncate(first + GRID)
  if (!last) return resumeAt(c, session)
  return finishUpload(c, state, session)
}

function resumeAt(_: Context, { writer }: UploadSession): Response {
  const headers = new Headers()
  if (writer.size > 0) headers.set('range', `bytes=0-${writer.size - 1}`)
  return new Response(null, { status: 308, headers })
}

async function finishUpload(
  c: Context,
  state: GoogleState,
  session: UploadSession,
): Promise<Response> {
  const file = storeUpload(state, session.caller, session, await session.writer.finish())
  // The session goes on answering with the finished file, but it is open no more.
  session.file = file
  return sendFile(c, state, session.caller, file, session.fields)
}
