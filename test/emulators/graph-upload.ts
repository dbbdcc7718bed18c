// Upload sessions and downloads on the file hosts behind Graph: pre-signed URLs that refuse any other authority.
import { randomBytes } from 'node:crypto'
import type { Context } from 'hono'
import { ContentWriter, drain } from './content.ts'
import type { GraphApi } from './graph-drive-api.ts'
import { readBody, settleName } from './graph-drive-api.ts'
import type { GraphDrive, GraphItem } from './graph-items.ts'
import { GraphError, itemNotFound, type MicrosoftState } from './graph-state.ts'
import type { NodeEnv } from './trouble.ts'

const GRID = 320 * 1024
const MOST = 60 * 1024 * 1024

export interface GraphSession {
  readonly id: string
  readonly drive: GraphDrive
  readonly parent: GraphItem
  readonly name: string
  readonly behavior: string
  readonly writer: ContentWriter
  total: number | undefined
}

/** POST …/createUploadSession */
export async function openSession(
  c: Context,
  state: MicrosoftState,
  sessions: Map<string, GraphSession>,
  baseOf: (host: string) => string,
  place: { drive: GraphDrive; parent: GraphItem; name: string },
): Promise<Response> {
  state.write(c)
  const { drive, parent, name } = place
  const body = await readBody(c, ['item', 'deferCommit'])
  const item = (body['item'] ?? {}) as Record<string, unknown>
  const personal = drive.type === 'personal'
  const known = [
    '@microsoft.graph.conflictBehavior',
    '@odata.type',
    'name',
    'fileSystemInfo',
    ...(personal ? ['fileSize', 'description'] : ['driveItemSource', 'mediaSource']),
  ]
  const unknown = Object.keys(item).find((one) => !known.includes(one))
  if (unknown !== undefined)
    throw new GraphError(400, 'invalidRequest', `Unknown property ${unknown}`)
  if (item['name'] !== undefined && item['name'] !== name) {
    throw new GraphError(
      400,
      'invalidRequest',
      'The name in the URL does not match the name in the body',
    )
  }
  state.checkName(name)
  if (state.settings.full)
    throw new GraphError(507, 'quotaLimitReached', 'Insufficient Space Available')
  const behavior = item['@microsoft.graph.conflictBehavior'] ?? 'fail'
  const late = personal || state.settings.lateConflict
  if (behavior === 'fail' && !late) settleName(state, parent.id, name, behavior)
  const id = randomBytes(24).toString('base64url')
  sessions.set(id, {
    id,
    drive,
    parent,
    name,
    behavior: String(behavior),
    writer: new ContentWriter(),
    total: undefined,
  })
  const uploadUrl = `${baseOf(hostOf(drive))}/uploadSession/${id}?guid='1'&tempauth=${randomBytes(64).toString('base64url')}`
  return c.json({ uploadUrl, expirationDateTime: tomorrow(), nextExpectedRanges: ['0-'] })
}

export const hostOf = (drive: GraphDrive) =>
  drive.type === 'personal'
    ? 'my.microsoftpersonalcontent.com'
    : drive.type === 'business'
      ? 'contoso-my.sharepoint.com'
      : 'contoso.sharepoint.com'

const tomorrow = () => new Date(Date.now() + 86_400_000).toISOString()

/** PUT, GET and DELETE of an uploadUrl. */
export async function useSession(
  c: Context<NodeEnv>,
  api: GraphApi,
  sessions: Map<string, GraphSession>,
): Promise<Response> {
  try {
    return await handleSession(c, api, sessions)
  } catch (error) {
    await drain(c.req.raw.body)
    if (error instanceof GraphError) return error.toResponse(c, 'innererror')
    throw error
  }
}

async function handleSession(
  c: Context<NodeEnv>,
  api: GraphApi,
  sessions: Map<string, GraphSession>,
): Promise<Response> {
  if (c.req.header('authorization') !== undefined) {
    throw new GraphError(
      401,
      'unauthenticated',
      'An Authorization header on a pre-authenticated URL',
    )
  }
  const session = sessions.get(c.req.param('id') ?? '')
  if (session === undefined) {
    throw new GraphError(
      404,
      'itemNotFound',
      'The upload session was not found',
      'uploadSessionNotFound',
    )
  }
  if (c.req.method === 'DELETE') {
    sessions.delete(session.id)
    await session.writer.discard()
    return c.body(null, 204)
  }
  return c.req.method === 'GET'
    ? sendRanges(c, session, 200)
    : takeFragment(c, api, sessions, session)
}

function sendRanges(c: Context, { writer, total }: GraphSession, status: 200 | 202): Response {
  const end = total === undefined ? '' : String(total - 1)
  return c.json(
    {
      expirationDateTime: tomorrow(),
      nextExpectedRanges: [`${writer.size}-${status === 200 ? end : ''}`],
    },
    status,
  )
}

async function takeFragment(
  c: Context<NodeEnv>,
  api: GraphApi,
  sessions: Map<string, GraphSession>,
  session: GraphSession,
): Promise<Response> {
  const { state } = api
  const length = c.req.header('content-length')
  if (length === undefined && state.settings.refuseChunked) {
    throw new GraphError(
      400,
      'invalidRequest',
      'The size of the provided stream is not known. Make sure the request is not chunked, and the Content-Length header is specified',
    )
  }
  const match = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(c.req.header('content-range') ?? '')
  if (match === null)
    throw new GraphError(400, 'invalidRequest', 'Content-Range must include a total length')
  const [first, last, total] = match.slice(1).map(Number) as [number, number, number]
  const size = last - first + 1
  session.total ??= total
  if (total !== session.total || last >= total)
    throw new GraphError(400, 'invalidRequest', 'Another total')
  if (length !== undefined && Number(length) !== size) {
    throw new GraphError(400, 'invalidRequest', 'The length differs', 'fragmentLengthMismatch')
  }
  if (size >= MOST)
    throw new GraphError(400, 'invalidRequest', 'Too large', 'maxFragmentLengthExceeded')
  const isLast = last === total - 1
  if (!isLast && size % GRID !== 0) {
    throw new GraphError(400, 'invalidRequest', 'A fragment must be a multiple of 320 KiB')
  }
  if (first !== session.writer.size) {
    const inner = first < session.writer.size ? 'fragmentOverlap' : 'fragmentOutOfOrder'
    throw new GraphError(
      416,
      'invalidRange',
      'Uploaded fragment overlaps with existing data.',
      inner,
    )
  }
  const got = await session.writer.append(c.env.incoming)
  if (got !== size) {
    // A fragment that was cut stores nothing.
    await session.writer.truncate(first)
    throw new GraphError(400, 'invalidRequest', 'The body was cut', 'fragmentLengthMismatch')
  }
  return isLast ? commit(c, api, sessions, session) : sendRanges(c, session, 202)
}

async function commit(
  c: Context,
  { state }: GraphApi,
  sessions: Map<string, GraphSession>,
  session: GraphSession,
): Promise<Response> {
  const { drive, parent, name, behavior } = session
  const existing = state.items.child(parent.id, name)
  if (existing !== undefined && behavior === 'fail') {
    sessions.delete(session.id)
    await session.writer.discard()
    throw new GraphError(409, 'nameAlreadyExists', 'An item with the same name already exists')
  }
  const content = await session.writer.finish()
  sessions.delete(session.id)
  let item = existing
  if (item !== undefined && behavior === 'replace') {
    item.content?.discard()
    item.content = content
    delete item.hash
    state.items.touch(item, true)
  } else {
    const free = settleName(state, parent.id, name, behavior)
    item = state.items.put({
      driveId: drive.id,
      name: free,
      parent: parent.id,
      kind: 'file',
      content,
    })
  }
  // The file host's own form, not Graph's.
  return c.json(
    {
      id: item.id,
      name: item.name,
      size: content.size,
      '@content.downloadUrl': 'https://x.invalid/',
    },
    existing === item ? 200 : 201,
  )
}

/** GET of a download URL. */
export function sendDownload(
  c: Context,
  state: MicrosoftState,
  tickets: Map<string, string>,
): Response {
  const item = state.items.items.get(tickets.get(c.req.param('ticket') ?? '') ?? '')
  if (c.req.header('authorization') !== undefined)
    return c.json({ error: { code: 'unauthenticated' } }, 401)
  if (state.settings.expiredDownloads > 0) {
    state.settings.expiredDownloads -= 1
    return c.json({ error: { code: 'itemNotFound' } }, 404)
  }
  const content = item?.content
  if (item === undefined || content === undefined) return itemNotFound().toResponse(c, 'innererror')
  const { size } = content
  const header = c.req.header('range')
  const base = { 'content-type': 'application/octet-stream' }
  const match = /^bytes=(\d+)-(\d*)$/.exec(header ?? '')
  if (header === undefined || match === null || state.settings.ignoreRange) {
    return c.body(content.read(0, size), 200, { ...base, 'content-length': String(size) })
  }
  const start = Number(match[1])
  const end = match[2] ? Math.min(size, Number(match[2]) + 1) : size
  if (start >= end) {
    return c.json({ error: { code: 'invalidRange' } }, 416, { 'content-range': `bytes */${size}` })
  }
  return c.body(content.read(start, end), 206, {
    ...base,
    'content-length': String(end - start),
    'content-range': `bytes ${start}-${end - 1}/${size}`,
  })
}
