// What every way of uploading shares: the hold, the mark by which an upload's object is known, and how it ends.
import { Problem } from '../../problems/problem.ts'
import type { Conflict, Progress, Session } from '../contract.ts'
import { bucketOf, fileEntry, keyOf } from './bucket.ts'
import { ledgerOf } from './charge.ts'
import type { FilePath } from './keys.ts'

export interface State {
  /** The upload's own id: of its hold, and the mark by which its object is known. */
  readonly id: string
  readonly path: FilePath
  /** Bytes. */
  readonly size: number
  readonly mimeType: string
  readonly conflict: Conflict
  /** When the hold was last seen to, in milliseconds since the epoch. */
  readonly heldAt: number
  /** None until the first of several fragments. */
  readonly uploadId?: string | undefined
  /** The entity tags of the parts that are there, the first part's first. */
  readonly parts: readonly string[]
}

/** The metadata that tells an upload's object from any other. */
const MARK = 'upload'

/** Holds what the object will take, which may be there at any moment from now on. */
export async function holdObject(session: Session, { id, size, conflict }: State): Promise<void> {
  const kind = conflict === 'replace' ? 'change' : 'add'
  await ledgerOf(session).hold(id, size, { kind })
}

export const marksOf = ({ id, mimeType }: State) => ({
  httpMetadata: { contentType: mimeType },
  customMetadata: { [MARK]: id },
})

/** Charges the object. `grown`: by how many bytes the storage has. */
export async function finish(
  session: Session,
  state: State,
  object: R2Object,
  grown: number | 'unknown',
): Promise<Progress<State>> {
  await ledgerOf(session).settle(state.id, grown)
  const entry = { ...fileEntry(object, state.path), mimeType: state.mimeType }
  return { done: true, entry }
}

/** After an answer that was lost. What the object has replaced is not known any more. */
export function finishLate(
  session: Session,
  state: State,
  object: R2Object,
): Promise<Progress<State>> {
  return finish(session, state, object, state.conflict === 'replace' ? 'unknown' : state.size)
}

/** When R2 knows nothing of the parts any more, the object tells whether they were put together. */
export async function findFinished(session: Session, state: State): Promise<Progress<State>> {
  const own = await findOwn(session, state)
  if (own !== undefined) return finishLate(session, state, own)
  await ledgerOf(session).release(state.id)
  throw new Problem('provider_unavailable', 'The upload has expired in the storage; start again.', {
    ended: true,
  })
}

export async function findOwn(
  session: Session,
  { id, path }: State,
): Promise<R2Object | undefined> {
  const object = await bucketOf(session).head(keyOf(session, path))
  return object?.customMetadata?.[MARK] === id ? object : undefined
}

/** Takes back an object of which nobody was told, and gives back what was held. */
export async function withdraw(session: Session, state: State): Promise<void> {
  const ledger = ledgerOf(session)
  const own = await findOwn(session, state)
  if (own === undefined) return ledger.release(state.id)
  await bucketOf(session).delete(own.key)
  await ledger.settle(state.id, state.conflict === 'replace' ? 'unknown' : 0)
}
