// Uploads in one request where a file fits into it, else through an upload session.
// Source: developers.dropbox.com/dbx-performance-guide and files.stone.
import { readJson, discard } from '../../net/body.ts'
import { Problem } from '../../problems/problem.ts'
import type {
  Conflict,
  Entry,
  Fragment,
  Progress,
  Session,
  Upload,
  UploadTarget,
} from '../contract.ts'
import { putDeadline } from '../deadlines.ts'
import { freeName } from '../names.ts'
import {
  callContent,
  findMetadata,
  strangeAnswer,
  toEntry,
  whileBusy,
  type Metadata,
} from './api.ts'
import { folderPath } from './browse.ts'
import { DropboxRefusal } from './errors.ts'
import { remove } from './manage.ts'
import { checkName, formatId } from './paths.ts'

/** Bytes per request: Dropbox takes 150 MiB at most, and works in blocks of 4 MiB. */
const FRAGMENT = 24 * 1024 * 1024
/** Bytes of the largest file: 2 TiB less one block. */
const MAX_SIZE = 2 ** 41 - 2 ** 22

export interface State {
  /** Free when the upload began, unless what is there is to be replaced. */
  readonly path: string
  readonly parentId: string
  /** Bytes. */
  readonly size: number
  readonly conflict: Conflict
  /** What had the name before, where it is to be replaced: its revision. */
  readonly before?: string | undefined
  /** None until the first fragment of several has been sent. */
  readonly sessionId?: string | undefined
  /** Bytes that the session has, as far as we know. */
  readonly offset: number
}

export const upload: Upload<State> = {
  // A sequential session takes fragments of any size.
  alignment: () => 1,
  fragmentSize: () => FRAGMENT,
  resumable: true,
  digest: 'dropbox',
  hashesParts: true,

  begin: async (session, target) => {
    checkName(target.name)
    const { parentId, size, conflict } = target
    if (size > MAX_SIZE) {
      throw new Problem('payload_too_large', 'Dropbox takes files of at most 2 TiB.')
    }
    const place = await findPlace(session, await folderPath(session, parentId), target)
    return { done: false, offset: 0, state: { ...place, parentId, size, conflict, offset: 0 } }
  },

  write: async (session, state, fragment) => {
    const { offset, length, total } = fragment
    const isLast = offset + length === total
    try {
      if (isLast) return await writeLast(session, state, fragment)
      const sessionId = await append(session, state, fragment)
      const next = { ...state, sessionId, offset: offset + length }
      return { done: false, offset: next.offset, state: next }
    } catch (error) {
      if (!(error instanceof DropboxRefusal)) throw error
      const { correctOffset: kept, tags } = error
      if (kept === undefined || kept === offset) {
        // A session that is gone is not the file that is not there: it ends with its file.
        if (isEnded(state, tags)) return findFinished(session, state)
        throw error
      }
      // The session says what it has: bytes that arrived without our hearing of it, or fewer than we thought.
      return { done: false, offset: kept, state: { ...state, offset: kept } }
    }
  },

  offset: async (session, state) => {
    if (state.sessionId === undefined) return findFinished(session, state)
    // There is no call that tells: bytes of length none at the offset we believe in are taken, or the right one is named.
    const cursor = { session_id: state.sessionId, offset: state.offset }
    try {
      const response = await sendBytes(session, 'files/upload_session/append_v2', {
        cursor,
        close: false,
      })
      await discard(response)
      return { done: false, offset: state.offset, state }
    } catch (error) {
      if (!(error instanceof DropboxRefusal)) throw error
      const { correctOffset: offset, tags } = error
      if (offset !== undefined) return { done: false, offset, state: { ...state, offset } }
      if (isEnded(state, tags)) return findFinished(session, state)
      throw error
    }
  },

  // Dropbox forgets a session after seven days, and shows nothing of it; there is no call that ends one earlier.
  abort: () => Promise.resolve(),
}

/**
 * Under which name the file is to be found. Dropbox would say only when all bytes are there that the name is taken, and a file that
 * it gave another name could not be told any more once the last answer is lost.
 */
async function findPlace(
  session: Session,
  folder: string,
  { name, conflict }: UploadTarget,
): Promise<Pick<State, 'path' | 'before'>> {
  const path = `${folder}/${name}`
  const taken = await findMetadata(session, path)
  if (taken === undefined) return { path }
  if (conflict === 'rename') {
    const isTaken = async (other: string) =>
      (await findMetadata(session, `${folder}/${other}`)) !== undefined
    return { path: `${folder}/${await freeName(name, isTaken)}` }
  }
  if (conflict === 'fail' || taken['.tag'] === 'folder') throw new Problem('name_conflict')
  return { path, before: taken.rev }
}

const isEnded = ({ sessionId }: State, tags: readonly string[]) =>
  sessionId !== undefined && (tags.includes('not_found') || tags.includes('closed'))

async function writeLast(
  session: Session,
  state: State,
  fragment: Fragment,
): Promise<Progress<State>> {
  const { sessionId, path, conflict } = state
  const commit = {
    path,
    mode: conflict === 'replace' ? 'overwrite' : 'add',
    autorename: conflict === 'rename',
    // Without it the same bytes under the same name would count as no conflict.
    strict_conflict: conflict !== 'replace',
  }
  const response = await sendLast(session, sessionId, commit, fragment).catch((error: unknown) =>
    commitAgain(session, sessionId, commit, fragment.total, error),
  )
  const metadata = await readJson<Metadata | null>(response)
  if (metadata === null) throw strangeAnswer()
  return { done: true, entry: await checkStored(session, state, metadata) }
}

function sendLast(
  session: Session,
  sessionId: string | undefined,
  commit: object,
  fragment: Fragment,
): Promise<Response> {
  if (sessionId === undefined) return sendBytes(session, 'files/upload', commit, fragment)
  const cursor = { session_id: sessionId, offset: fragment.offset }
  return sendBytes(session, 'files/upload_session/finish', { cursor, commit }, fragment)
}

/** Where others write to the account at the same time, all bytes are in the session already: only the commit is sent again. */
async function commitAgain(
  session: Session,
  sessionId: string | undefined,
  commit: object,
  total: number,
  error: unknown,
): Promise<Response> {
  const isBusy = error instanceof DropboxRefusal && error.tags.includes('too_many_write_operations')
  const kept = sessionId ?? (isBusy ? error.sessionId : undefined)
  if (!isBusy || kept === undefined) throw error
  const cursor = { session_id: kept, offset: total }
  return whileBusy(() => sendBytes(session, 'files/upload_session/finish', { cursor, commit }))
}

/** Starts the session with the first bytes, or adds to it. Returns its id. */
async function append(session: Session, state: State, fragment: Fragment): Promise<string> {
  const { sessionId } = state
  if (sessionId === undefined) {
    const response = await sendBytes(
      session,
      'files/upload_session/start',
      { close: false },
      fragment,
    )
    const body = await readJson<{ session_id?: unknown } | null>(response)
    if (typeof body?.session_id !== 'string') throw strangeAnswer()
    return body.session_id
  }
  const cursor = { session_id: sessionId, offset: fragment.offset }
  const arg = { cursor, close: false }
  await discard(await sendBytes(session, 'files/upload_session/append_v2', arg, fragment))
  return sessionId
}

function sendBytes(
  session: Session,
  route: string,
  arg: object,
  fragment?: Pick<Fragment, 'body' | 'length'>,
): Promise<Response> {
  return callContent(session, route, arg, {
    headers: { 'content-type': 'application/octet-stream', accept: 'application/json' },
    body: fragment?.body ?? '',
    deadline: putDeadline(fragment?.length ?? 0),
  })
}

async function checkStored(session: Session, state: State, metadata: Metadata): Promise<Entry> {
  const entry = toEntry(metadata, state.parentId, 'file')
  if (entry.size === state.size) return entry
  // One that was replaced has its earlier versions, which must not go with it.
  if (state.conflict !== 'replace') await removeStray(session, metadata)
  throw new Problem('provider_unavailable', 'Dropbox kept another number of bytes than were sent.')
}

async function removeStray(session: Session, { id }: Metadata): Promise<void> {
  if (id !== undefined) await remove(session, formatId(id)).catch(() => undefined)
}

/** When the last answer was lost, the file is what tells; one that is to be replaced may be of the same size. */
async function findFinished(session: Session, state: State): Promise<Progress<State>> {
  const found = await findMetadata(session, state.path)
  const isOurs = found?.size === state.size && found.rev !== state.before
  if (isOurs) return { done: true, entry: toEntry(found, state.parentId) }
  if (state.sessionId === undefined) return { done: false, offset: 0, state }
  throw expired()
}

const expired = () =>
  new Problem('provider_unavailable', 'The upload has expired at Dropbox; start it again.', {
    ended: true,
  })
