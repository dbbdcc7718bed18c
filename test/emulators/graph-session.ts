// Upload sessions as Graph opens them, and the fragments, ranges and refusals of the file host that takes the bytes.
// Source: learn.microsoft.com/graph/api/driveitem-createuploadsession.
import { randomBytes } from 'node:crypto'
import type { Context } from 'hono'
import { ContentWriter, drain } from './content.ts'
import type { Target } from './graph-address.ts'
import { describeItem, hostOf, type Describer } from './graph-describe.ts'
import { GraphError, invalidRequest, nameTaken } from './graph-errors.ts'
import type { GraphDrive } from './graph-items.ts'
import { placeOf, storeContent, type Place } from './graph-manage.ts'
import { readBehavior, type ConflictBehavior } from './graph-names.ts'
import { checkNames, readBody, readClientTime, readObject } from './graph-query.ts'
import { isPersonal } from './graph-state.ts'
import type { NodeEnv } from './trouble.ts'

const BEHAVIOR = '@microsoft.graph.conflictBehavior'
const GRID = 320 * 1024
/** A fragment is smaller than this. */
const TOO_LARGE = 60 * 1024 * 1024
const DAY = 86_400_000

export interface GraphSession {
  readonly id: string
  readonly drive: GraphDrive
  readonly place: Place
  readonly behavior: ConflictBehavior
  readonly clientTime: string | undefined
  /** The file appears with a POST of its own, after the last byte. */
  readonly deferred: boolean
  readonly writer: ContentWriter
  total: number | undefined
  /** Ends when the request before has been answered: one after the other. */
  turn: Promise<unknown>
}

export type Sessions = Map<string, GraphSession>

/** POST …/createUploadSession. Properties that the kind of drive does not know are refused. */
export async function openSession(
  c: Context,
  { state }: Describer,
  sessions: Sessions,
  target: Target,
  baseOf: (host: string) => string,
): Promise<Response> {
  state.write(c)
  checkNames(new URL(c.req.url).searchParams, [])
  const { drive } = target
  const personal = isPersonal(drive)
  const body = await readBody(c, ['item', 'deferCommit'], true)
  const own = personal ? ['fileSize', 'description'] : ['driveItemSource', 'mediaSource']
  const common = [BEHAVIOR, '@odata.type', 'name', 'fileSystemInfo']
  const item = readObject(body['item'] ?? {}, [...common, ...own])
  const place = placeOf(state.items, target)
  if (item['name'] !== undefined && item['name'] !== place.name)
    throw invalidRequest('The name in the URL does not match the name in the body')
  const overItem = target.parent === undefined
  const behavior = readBehavior(item[BEHAVIOR], overItem ? 'replace' : 'fail')
  const existing = state.items.child(place.parent.id, place.name)
  if (existing !== undefined) state.checkChange(c, existing)
  const size = item['fileSize'] ?? 0
  if (typeof size !== 'number' || size < 0) throw invalidRequest('fileSize is no size')
  state.checkRoom(drive, size)
  // Personal drives find out at the end.
  const late = personal || state.settings.lateConflict
  if (existing !== undefined && behavior === 'fail' && !late) throw nameTaken()
  const deferred = body['deferCommit'] === true
  if (deferred && personal)
    throw new GraphError(501, 'notSupported', 'No deferred commit on personal drives here')
  const id = randomBytes(24).toString('base64url')
  const clientTime = readClientTime(item['fileSystemInfo'])
  const writer = new ContentWriter()
  const rest = { total: undefined, turn: Promise.resolve() }
  sessions.set(id, { id, drive, place, behavior, clientTime, deferred, writer, ...rest })
  const secret = randomBytes(600).toString('base64url')
  return c.json({
    '@odata.context': 'https://graph.microsoft.com/v1.0/$metadata#microsoft.graph.uploadSession',
    // The signature is part of the URL: a query that is written anew does not fit it.
    uploadUrl: `${baseOf(hostOf(drive))}/uploadSession/${id}?guid='${id.slice(0, 8)}'&overwrite=False&tempauth=v1.a%2Bb.${secret}`,
    expirationDateTime: tomorrow(),
    nextExpectedRanges: ['0-'],
  })
}

const tomorrow = () => new Date(Date.now() + DAY).toISOString()

/** PUT, GET, POST and DELETE of an uploadUrl. No answer goes out before the request's body is read. */
export async function useSession(
  c: Context<NodeEnv>,
  describer: Describer,
  sessions: Sessions,
): Promise<Response> {
  try {
    const session = await findSession(c, describer, sessions)
    switch (c.req.method) {
      case 'GET':
        return await inTurn(sessions, session, () => Promise.resolve(sendRanges(c, session, 200)))
      case 'DELETE':
        sessions.delete(session.id)
        await session.writer.discard()
        return c.body(null, 204)
      case 'POST':
        return await commitDeferred(c, describer, sessions, session)
      default:
        return await inTurn(sessions, session, () => takeFragment(c, describer, sessions, session))
    }
  } catch (error) {
    await drain(c.req.raw.body)
    if (error instanceof GraphError) return error.toResponse(c, 'innererror')
    throw error
  }
}

/** What a fragment that was cut leaves is known only when the cut has been noticed. */
function inTurn(
  sessions: Sessions,
  session: GraphSession,
  work: () => Promise<Response>,
): Promise<Response> {
  const answer = session.turn.then(() => {
    // It may have ended with the request before.
    if (!sessions.has(session.id)) throw sessionNotFound()
    return work()
  })
  session.turn = answer.catch(() => undefined)
  return answer
}

async function findSession(
  c: Context,
  { state }: Describer,
  sessions: Sessions,
): Promise<GraphSession> {
  if (c.req.header('authorization') !== undefined)
    throw new GraphError(401, 'unauthenticated', 'A token on a pre-authenticated URL')
  const session = sessions.get(c.req.param('id') ?? '')
  if (session !== undefined && state.settings.expiredSessions > 0) {
    state.settings.expiredSessions -= 1
    sessions.delete(session.id)
    await session.writer.discard()
  } else if (session !== undefined) {
    return session
  }
  throw sessionNotFound()
}

const sessionNotFound = () =>
  new GraphError(404, 'itemNotFound', 'The upload session was not found', 'uploadSessionNotFound')

function sendRanges(c: Context, { writer, total }: GraphSession, status: 200 | 202): Response {
  const end = total === undefined || status === 202 ? '' : String(total - 1)
  const nextExpectedRanges = writer.size === total ? [] : [`${writer.size}-${end}`]
  return c.json({ expirationDateTime: tomorrow(), nextExpectedRanges }, status)
}

async function takeFragment(
  c: Context<NodeEnv>,
  describer: Describer,
  sessions: Sessions,
  session: GraphSession,
): Promise<Response> {
  const { settings } = describer.state
  const { writer } = session
  const { first, size, total } = readFragment(c, session, settings.refuseChunked)
  if (first !== writer.size) {
    const inner = first < writer.size ? 'fragmentOverlap' : 'fragmentOutOfOrder'
    const message = 'Uploaded fragment overlaps with existing data.'
    throw new GraphError(416, 'invalidRange', message, inner)
  }
  // Room is looked for when the size is known, which is with the first fragment on work accounts.
  describer.state.checkRoom(session.drive, total)
  session.total = total
  const got = await writer.append(c.env.incoming)
  if (got !== size) {
    // A fragment that was cut stores nothing, except where personal drives keep its beginning.
    const keeps = isPersonal(session.drive) && settings.keepParts && got < size
    if (!keeps) await writer.truncate(first)
    throw invalidRequest('The body was cut', 'fragmentLengthMismatch')
  }
  if (writer.size !== total || session.deferred) return sendRanges(c, session, 202)
  return commit(c, describer, sessions, session)
}

/** Throws 400 for a fragment that breaks the rules of its kind, before a byte of it is stored. */
function readFragment(
  c: Context,
  session: GraphSession,
  refuseChunked: boolean,
): { first: number; size: number; total: number } {
  const length = c.req.header('content-length')
  if (length === undefined && refuseChunked) {
    throw invalidRequest(
      'The size of the provided stream is not known. Make sure the request is not chunked, and the Content-Length header is specified',
    )
  }
  const match = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(c.req.header('content-range') ?? '')
  if (match === null) {
    throw invalidRequest(
      isPersonal(session.drive)
        ? 'The Content-Range header is missing or malformed.'
        : 'Content-Range must include a total length',
    )
  }
  const [first = 0, last = 0, total = 0] = match.slice(1).map(Number)
  const size = last - first + 1
  if (size < 1 || last >= total) throw invalidRequest('The range is outside of the total')
  if (total !== (session.total ?? total)) throw invalidRequest('Another total than before')
  if (length !== undefined && Number(length) !== size)
    throw invalidRequest('The length differs from the range', 'fragmentLengthMismatch')
  if (size >= TOO_LARGE)
    throw invalidRequest('The fragment is too large', 'maxFragmentLengthExceeded')
  if (last !== total - 1 && size % GRID !== 0)
    throw invalidRequest('A fragment must be a multiple of 320 KiB')
  return { first, size, total }
}

async function commitDeferred(
  c: Context,
  describer: Describer,
  sessions: Sessions,
  session: GraphSession,
): Promise<Response> {
  const empty = c.req.header('content-length') === '0'
  if (!session.deferred || !empty) throw invalidRequest('Only an empty POST commits')
  if (session.writer.size !== session.total)
    throw invalidRequest('Bytes are missing', 'uploadSessionIncomplete')
  return commit(c, describer, sessions, session)
}

async function commit(
  c: Context,
  describer: Describer,
  sessions: Sessions,
  session: GraphSession,
): Promise<Response> {
  const { state } = describer
  const { place, behavior, drive } = session
  sessions.delete(session.id)
  const existing = state.items.child(place.parent.id, place.name)
  const replaceable = behavior === 'replace' && existing?.kind === 'file'
  if (existing !== undefined && behavior !== 'rename' && !replaceable) {
    await session.writer.discard()
    throw nameTaken()
  }
  const content = await session.writer.finish()
  const { item, created } = storeContent(state, { drive }, place, behavior, content)
  if (session.clientTime !== undefined) item.clientModified = session.clientTime
  // The file host's own form, not Graph's.
  const { '@microsoft.graph.downloadUrl': url, ...rest } = await describeItem(describer, item)
  return c.json({ ...rest, '@content.downloadUrl': url }, created ? 201 : 200)
}

/** OPTIONS of an uploadUrl: a page may send these two headers and no other. */
export function allowPages(c: Context): Response {
  return c.body(null, 200, {
    'access-control-allow-origin': c.req.header('origin') ?? '*',
    'access-control-allow-methods': 'PUT, GET, DELETE',
    'access-control-allow-headers': 'content-range, content-type',
  })
}
