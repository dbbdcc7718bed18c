// Uploads into the bucket: one put for a file that comes in one request, else multipart. An object is there in full or not at all,
// and what it takes is held from the beginning.
import { Problem } from '../../problems/problem.ts'
import type { Fragment, Progress, Session, Upload, UploadTarget } from '../contract.ts'
import { freeName } from '../names.ts'
import { bucketOf, findTaken, keyOf } from './bucket.ts'
import { ledgerOf } from './charge.ts'
import { checkLength, childPath, type FilePath } from './keys.ts'
import { folderOf } from './manage.ts'
import {
  findFinished,
  findOwn,
  finish,
  finishLate,
  holdObject,
  marksOf,
  withdraw,
  type State,
} from './object.ts'
import { checkSize, MAX_PUT, partSize } from './parts.ts'

/** Milliseconds after which a write holds its bytes again, so that the hold never ends while they flow. */
const HOLD_AGAIN = 20 * 60_000
/** Milliseconds that parts are held for: longer than an upload in several requests may rest. */
const PARTS_LIFE = 25 * 3600_000

export const upload: Upload<State> = {
  alignment: partSize,
  fragmentSize: (total, available) =>
    available === total && total <= MAX_PUT ? Infinity : partSize(total),
  resumable: true,
  digest: 'md5',

  begin: async (session, target) => {
    checkSize(target.size)
    const folder = await folderOf(session, target.parentId)
    checkLength(session, childPath(folder, target.name))
    const path = childPath(folder, await settleName(session, folder, target))
    const { id, size, mimeType, conflict } = target
    const state = { id, path, size, mimeType, conflict, heldAt: session.now(), parts: [] }
    await holdObject(session, state)
    return { done: false, offset: 0, state }
  },

  write: async (session, state, fragment) => {
    if (fragment.length === fragment.total) return putWhole(session, state, fragment)
    const next = fragment.length === 0 ? state : await putPart(session, state, fragment)
    if (next === undefined) return findFinished(session, state)
    const offset = fragment.offset + fragment.length
    if (offset < fragment.total) return { done: false, offset, state: next }
    return complete(session, next)
  },

  offset: async (session, state) => {
    const own = await findOwn(session, state)
    if (own !== undefined) return finishLate(session, state, own)
    const offset = Math.min(state.parts.length * partSize(state.size), state.size)
    return { done: false, offset, state }
  },

  abort: async (session, state) => {
    const parts = multipartOf(session, state)
    // One that is gone is what was wanted; one that cannot be reached is ended by R2 after seven days.
    await parts?.abort().catch(() => undefined)
    await withdraw(session, state).catch(() => undefined)
  },
}

async function settleName(
  session: Session,
  folder: FilePath,
  { name, conflict }: UploadTarget,
): Promise<string> {
  const taken = await findTaken(session, childPath(folder, name))
  if (taken === undefined) return name
  if (conflict === 'rename') {
    return freeName(name, async (other) => (await findTaken(session, folder + other)) !== undefined)
  }
  if (conflict === 'fail' || taken === 'folder') throw new Problem('name_conflict')
  return name
}

/** Parts are no object, and may rest. */
async function holdParts(session: Session, state: State): Promise<State> {
  const now = session.now()
  await ledgerOf(session).hold(state.id, state.size, { kind: 'staging', until: now + PARTS_LIFE })
  return { ...state, heldAt: now }
}

async function putWhole(
  session: Session,
  state: State,
  { body }: Fragment,
): Promise<Progress<State>> {
  if (session.now() - state.heldAt > HOLD_AGAIN) await holdObject(session, state)
  const before = await sizeBefore(session, state)
  const object = await bucketOf(session)
    .put(keyOf(session, state.path), body ?? new Uint8Array(0), {
      ...marksOf(state),
      // Somebody may have taken the name while the bytes were on their way.
      ...(state.conflict === 'replace' ? {} : { onlyIf: new Headers({ 'if-none-match': '*' }) }),
    })
    .catch((error: unknown) => {
      throw new Problem('provider_unavailable', 'The bytes did not all arrive in the storage.', {
        cause: error,
      })
    })
  // The bindings' types leave out that a condition can fail here.
  if ((object as R2Object | null) === null) {
    const own = await findOwn(session, state)
    if (own === undefined) throw new Problem('name_conflict')
    return finishLate(session, state, own)
  }
  return finish(session, state, object, state.size - before)
}

/** Bytes that are about to be replaced. That nobody else does so meanwhile is the ledger's to notice. */
async function sizeBefore(session: Session, { path, conflict }: State): Promise<number> {
  if (conflict !== 'replace') return 0
  return (await bucketOf(session).head(keyOf(session, path)))?.size ?? 0
}

/** The state with the part in it; undefined where R2 knows no such upload any more. */
async function putPart(
  session: Session,
  state: State,
  { offset, length, total, body }: Fragment,
): Promise<State | undefined> {
  const size = partSize(total)
  const index = offset / size
  const isWhole = length === size || (length < size && offset + length === total)
  if (!Number.isInteger(index) || !isWhole) throw new Error('a fragment is a part')
  const begun = state.uploadId === undefined ? await beginParts(session, state) : undefined
  const parts = begun ?? multipartOf(session, state)
  if (parts === undefined || body === null) throw new Error('a part goes into an upload')
  try {
    const { etag } = await parts.uploadPart(index + 1, body)
    // Not before the first part is there: should it fail, the file may still come in one request.
    const isDue = begun !== undefined || session.now() - state.heldAt > HOLD_AGAIN
    const held = isDue ? await holdParts(session, state) : state
    return { ...held, uploadId: parts.uploadId, parts: [...state.parts.slice(0, index), etag] }
  } catch (error) {
    // Nobody else knows of it yet.
    await begun?.abort().catch(() => undefined)
    if (isGone(error)) return undefined
    if (error instanceof Problem) throw error
    throw new Problem('provider_unavailable', 'The bytes did not all arrive in the storage.', {
      cause: error,
    })
  }
}

function beginParts(session: Session, state: State): Promise<R2MultipartUpload> {
  return bucketOf(session).createMultipartUpload(keyOf(session, state.path), marksOf(state))
}

function multipartOf(session: Session, { path, uploadId }: State): R2MultipartUpload | undefined {
  if (uploadId === undefined) return undefined
  return bucketOf(session).resumeMultipartUpload(keyOf(session, path), uploadId)
}

/** Error 10024: the upload was completed, aborted, or is older than seven days. */
const isGone = (error: unknown) =>
  error instanceof Error && /\b10024\b|upload does not exist/.test(error.message)

/** Puts the parts together. The last step of R2 knows no condition, so that the name is looked at right before it. */
async function complete(session: Session, state: State): Promise<Progress<State>> {
  const parts = multipartOf(session, state)
  if (parts === undefined) return findFinished(session, state)
  if (state.conflict !== 'replace' && (await findTaken(session, state.path)) !== undefined) {
    const own = await findOwn(session, state)
    if (own !== undefined) return finishLate(session, state, own)
    await upload.abort(session, state)
    throw new Problem('name_conflict', undefined, { ended: true })
  }
  await holdObject(session, state)
  const before = await sizeBefore(session, state)
  const etags = state.parts.map((etag, index) => ({ partNumber: index + 1, etag }))
  const object = await parts.complete(etags).catch((error: unknown) => {
    if (isGone(error)) return undefined
    throw new Problem('provider_unavailable', 'The storage could not put the file together.', {
      cause: error,
    })
  })
  if (object === undefined) return findFinished(session, state)
  return finish(session, state, object, state.size - before)
}
