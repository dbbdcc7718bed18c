// Uploads in one request and in sessions: what each request may carry, and what is answered when it does not fit.
// Source: files.stone, upload, upload_session/*; dropbox.com/developers/documentation/http/documentation#files-upload.
import { z } from 'zod'
import { receive } from './content.ts'
import { commitFields, commitFile, commitShape, type CommitInfo } from './dropbox-commit.ts'
import { describeFile } from './dropbox-describe.ts'
import {
  DropboxError,
  endpointError,
  malformed,
  nested,
  Refusal,
  type Tagged,
} from './dropbox-errors.ts'
import { contentHash, ContentHasher } from './dropbox-hash.ts'
import { rpc, upload, type DropboxCall, type DropboxRoute } from './dropbox-request.ts'
import {
  isOnGrid,
  sessionError,
  SessionError,
  type UploadSession,
  type UploadSessions,
} from './dropbox-session.ts'
import { flag, optional, sha256Hex, tagOf } from './dropbox-union.ts'

const cursor = z.strictObject({ session_id: z.string(), offset: z.int().min(0) })
const hash = optional(sha256Hex)
const kind = optional(tagOf('sequential', 'concurrent'))

const whole = z.strictObject({ ...commitFields, content_hash: hash })
const start = z.strictObject({ close: flag(false), session_type: kind, content_hash: hash })
const append = z.strictObject({ cursor, close: flag(false), content_hash: hash })
const finish = z.strictObject({ cursor, commit: commitShape, content_hash: hash })
const startBatch = z.strictObject({ num_sessions: z.int().min(1).max(1000), session_type: kind })
const finishBatch = z.strictObject({
  entries: z.array(z.strictObject({ cursor, commit: commitShape })).max(1000),
})

type Cursor = z.output<typeof cursor>

export function uploadRoutes(sessions: UploadSessions): readonly DropboxRoute[] {
  return [
    upload('files/upload', whole, async (call, { content_hash, ...info }) => {
      const { caller } = call
      const session = sessions.start(caller.person.email, false)
      try {
        await lookup(tooLarge, () => takeBody(call, session, content_hash))
        return await commit(call, sessions, session, info)
      } catch (error) {
        // The bytes are kept: finish may try again with another commit.
        if (error instanceof Refusal)
          throw endpointError({
            '.tag': 'path',
            reason: error.reason,
            upload_session_id: session.id,
          })
        sessions.end(session)
        await session.discard()
        throw error
      }
    }),

    upload(
      'files/upload_session/start',
      start,
      async (call, { close, session_type, content_hash }) => {
        const concurrent = session_type === 'concurrent'
        const length = checkLength(call)
        if (concurrent && close) throw endpointError('concurrent_session_close_not_allowed')
        if (concurrent && length !== 0) throw endpointError('concurrent_session_data_not_allowed')
        const session = sessions.start(call.caller.person.email, concurrent)
        if (!concurrent) await lookup(tooLarge, () => takeBody(call, session, content_hash))
        session.closed = close
        return { session_id: session.id }
      },
    ),

    upload('files/upload_session/append_v2', append, (call, argument) =>
      lookup(direct, async () => {
        const session = sessions.find(call.caller.person.email, argument.cursor.session_id)
        if (session.concurrent) return appendAnywhere(call, session, argument)
        return session.take(async () => {
          if (session.closed) throw sessionError('closed')
          checkOffset(session, argument.cursor)
          await takeBody(call, session, argument.content_hash)
          session.closed = argument.close
          if (call.state.settings.repeatedAppends > 0) {
            call.state.settings.repeatedAppends -= 1
            checkOffset(session, argument.cursor)
          }
          return null
        })
      }),
    ),

    upload('files/upload_session/finish', finish, (call, argument) =>
      lookup(failed, () => {
        const session = sessions.find(call.caller.person.email, argument.cursor.session_id)
        return session.take(async () => {
          if (session.concurrent) {
            if (checkLength(call) !== 0) throw endpointError('concurrent_session_data_not_allowed')
            if (!session.closed) throw endpointError('concurrent_session_not_closed')
            await session.join()
          }
          checkOffset(session, argument.cursor)
          if (!session.concurrent) {
            if (session.closed && checkLength(call) !== 0) throw sessionError('closed')
            await takeBody(call, session, argument.content_hash)
          }
          return finishSession(call, sessions, session, argument.commit)
        })
      }),
    ),

    rpc(
      'files/upload_session/start_batch',
      'files.content.write',
      startBatch,
      (call, argument) => ({
        session_ids: Array.from(
          { length: argument.num_sessions },
          () => sessions.start(call.caller.person.email, argument.session_type === 'concurrent').id,
        ),
      }),
    ),

    rpc(
      'files/upload_session/finish_batch_v2',
      'files.content.write',
      finishBatch,
      async (call, argument) => {
        const entries = []
        for (const entry of argument.entries) entries.push(await finishOne(call, sessions, entry))
        return { entries }
      },
    ),
  ]
}

/** An entry of a batch fails for itself. */
async function finishOne(
  call: DropboxCall,
  sessions: UploadSessions,
  entry: { readonly cursor: Cursor; readonly commit: CommitInfo },
): Promise<object> {
  try {
    return await lookup(failed, () => {
      const session = sessions.find(call.caller.person.email, entry.cursor.session_id)
      return session.take(async () => {
        if (!session.closed) throw sessionError('not_closed')
        if (session.concurrent) await session.join()
        checkOffset(session, entry.cursor)
        const file = await finishSession(call, sessions, session, entry.commit)
        return { '.tag': 'success', ...file }
      })
    })
  } catch (error) {
    if (!(error instanceof DropboxError) || typeof error.body === 'string') throw error
    const { error: failure } = error.body as { error: object }
    return { '.tag': 'failure', failure }
  }
}

async function finishSession(
  call: DropboxCall,
  sessions: UploadSessions,
  session: UploadSession,
  info: CommitInfo,
): Promise<object> {
  try {
    return await commit(call, sessions, session, info)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const { reason } = error
    // Here it is a member of its own, beside `path`.
    const busy = reason['.tag'] === 'too_many_write_operations'
    throw endpointError(busy ? reason : nested('path', reason))
  }
}

async function commit(
  { state, caller }: DropboxCall,
  sessions: UploadSessions,
  session: UploadSession,
  info: CommitInfo,
): Promise<object> {
  const item = await commitFile(state, caller, info, await session.seal())
  sessions.end(session)
  return describeFile(state, caller, item)
}

/** A request without a session before it has no lookup to fail. */
const tooLarge = () => endpointError('payload_too_large')

/** An append's errors are the lookup's own; finish has them one level down. */
const direct = (reason: Tagged) => endpointError(reason)

/** Members with fields of their own stand below `lookup_failed` too: it holds a union. */
const failed = (reason: Tagged) =>
  endpointError(reason['.tag'].startsWith('concurrent_') ? reason : nested('lookup_failed', reason))

async function lookup<T>(
  wrap: (reason: Tagged) => DropboxError,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof SessionError ? wrap(error.reason) : error
  }
}

function checkOffset(session: UploadSession, { offset }: Cursor): void {
  if (offset === session.size) return
  throw new SessionError({ '.tag': 'incorrect_offset', correct_offset: session.size })
}

/** The body's length; undefined where it may come chunked. */
function checkLength({ c, state: { settings } }: DropboxCall): number | undefined {
  const header = c.req.header('content-length')
  if (header === undefined) {
    if (settings.refuseChunked) throw malformed('Missing HTTP "Content-Length" header.')
    return undefined
  }
  if (Number(header) > settings.requestLimit) throw endpointError('payload_too_large')
  return Number(header)
}

/** Appends the request's body. What does not fit, or does not come whole, is forgotten. */
async function takeBody(
  call: DropboxCall,
  session: UploadSession,
  expected: string | undefined,
): Promise<void> {
  const { settings } = call.state
  const length = checkLength(call)
  const before = session.size
  const hasher = new ContentHasher()
  const incoming: AsyncIterable<Uint8Array> = call.c.env.incoming
  const body = expected === undefined ? incoming : watch(incoming, hasher)
  const got = await session.append(body)
  const refuse = async (error: Error, keep = false) => {
    if (!keep) await session.truncate(before)
    throw error
  }
  if (length !== undefined && got !== length)
    await refuse(malformed('request body: it ended too early'), settings.keepParts)
  if (got > settings.requestLimit) await refuse(endpointError('payload_too_large'))
  if (session.size > settings.fileLimit) await refuse(sessionError('too_large'))
  if (expected !== undefined && hasher.digest() !== expected)
    await refuse(endpointError('content_hash_mismatch'))
}

async function* watch(
  body: AsyncIterable<Uint8Array>,
  hasher: ContentHasher,
): AsyncGenerator<Uint8Array> {
  for await (const part of body) {
    hasher.update(part)
    yield part
  }
}

/** A concurrent session takes pieces at any multiple of 4 MiB; the one that closes it may be shorter. */
async function appendAnywhere(
  call: DropboxCall,
  session: UploadSession,
  { cursor: { offset }, close, content_hash }: z.output<typeof append>,
): Promise<null> {
  const length = checkLength(call)
  if (session.closed && close) throw sessionError('closed')
  if (!isOnGrid(offset)) throw sessionError('concurrent_session_invalid_offset')
  if (!close && !isOnGrid(length ?? 0)) throw sessionError('concurrent_session_invalid_data_size')
  const { content, complete } = await receive(call.c.req.raw.body, length)
  if (!complete) throw malformed('request body: it ended too early')
  if (content_hash !== undefined && (await contentHash(content)) !== content_hash) {
    content.discard()
    throw endpointError('content_hash_mismatch')
  }
  session.put(offset, content)
  if (close) session.closed = true
  return null
}
