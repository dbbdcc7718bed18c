// Takes the bytes of a pending document from a signed URL: stored once and whole, or nothing is left and they can be sent again.
import type { Services } from '../app-context.ts'
import { writing } from '../files/writing.ts'
import { outlive } from '../outlive.ts'
import { Problem } from '../problems/problem.ts'
import { ensureUser } from '../users/store.ts'
import { claimLost, takeClaim, type Claim } from './claim.ts'
import type { DocumentRow } from './schema.ts'
import { chooseTarget, deleteObject, openStorage, type Storage } from './storage.ts'
import { findDocument, markStored } from './store.ts'

/**
 * Stores `body`, which holds exactly the bytes that the document was announced with. Throws `forbidden` when the document has its
 * bytes already and `upload_locked` while another request sends them.
 */
export async function receiveBytes(
  services: Services,
  row: DocumentRow,
  body: ReadableStream<Uint8Array> | null,
): Promise<void> {
  if (row.status !== 'pending') throw usedUp()
  const user = await ensureUser(services.db, row.userId, services.now())
  const target = await chooseTarget(services, user, row.storageBackend)
  const storage = await openStorage(services, row.userId, target)
  const itemId = await storage.foretellId(row)
  if (itemId === undefined) throw new Error('what takes signed uploads knows its ids beforehand')
  const claim = await takeClaim(services, row, itemId)
  if (claim === undefined) throw await refusal(services, row)
  const work = storeClaimed(services, storage, row, claim, itemId, body).finally(claim.stop)
  // A caller that leaves ends the request, not what belongs to it: a claim or an object without an owner.
  await outlive(services, work)
}

async function storeClaimed(
  services: Services,
  storage: Storage,
  row: DocumentRow,
  claim: Claim,
  itemId: string,
  body: ReadableStream<Uint8Array> | null,
): Promise<void> {
  try {
    // One who died after the last byte and before the row was marked has left this.
    if (row.itemId !== null) await deleteObject(services, row, row.itemId)
    const uploaded = await writing(services, storage.live, () =>
      storage.put({
        document: row,
        contentType: row.contentType,
        size: row.size,
        body,
        from: 'request',
        signal: claim.signal,
      }),
    )
    if (await markStored(services, row, uploaded, claim.id)) return
    throw claimLost()
  } catch (error) {
    const outcome = await settle(services, row, claim, itemId, error)
    if (outcome !== undefined) throw outcome
  }
}

/**
 * After a failure: what has really become of the document. Its own object goes, and the claim with it; what belongs to another
 * claim stays. Returns what to throw; undefined when the document is stored after all.
 */
async function settle(
  services: Services,
  row: DocumentRow,
  claim: Claim,
  itemId: string,
  error: unknown,
): Promise<unknown> {
  try {
    const found = await findDocument(services.db, row.userId, row.id)
    if (found === undefined) {
      await deleteObject(services, row, itemId)
      return new Problem('not_found', 'The document was removed meanwhile.')
    }
    // The answer to the write was lost, not the write.
    if (found.status === 'stored') return found.claimId === claim.id ? undefined : usedUp()
    if (!(await claim.renew())) return error
    // Something else has the name: it is not ours to remove.
    const isOther = error instanceof Problem && error.code === 'name_conflict'
    if (!isOther) await deleteObject(services, row, itemId)
    await claim.release(true)
  } catch {
    // The claim ends by itself, and the next one, or the sweep, finds what is left by the noted place.
  }
  return error
}

const usedUp = () => new Problem('forbidden', 'The URL was used: the document has its bytes.')

/** Why a claim was not to be had. */
async function refusal(services: Services, row: DocumentRow): Promise<Problem> {
  const found = await findDocument(services.db, row.userId, row.id)
  if (found === undefined) return new Problem('not_found', 'There is no such document.')
  if (found.status !== 'pending') return usedUp()
  return new Problem('upload_locked', 'Another request is sending these bytes.', { retryAfter: 5 })
}
