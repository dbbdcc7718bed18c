// The right to work on a deletion: one slice has it at a time, so that stages are ended once. What a stage does may be done twice all the same.
import { and, eq, isNull, lt, lte, or, sql, type SQL } from 'drizzle-orm'
import type { Services } from '../../app-context.ts'
import { randomId } from '../../crypto/random.ts'
import { deletions, type Deletion, type DeletionStage } from '../schema.ts'

/** Milliseconds that a lease lasts: longer than a slice, by far. */
const LEASE_MS = 180_000

export interface Lease {
  readonly id: string
  /** As it was when the lease was taken. */
  readonly row: Deletion
}

type LeaseServices = Pick<Services, 'db' | 'now'>

/** Undefined when it is over, its time has not come, or somebody is at work on it. A slice that died counts as a try. */
export async function takeLease(
  { db, now }: LeaseServices,
  id: string,
): Promise<Lease | undefined> {
  const leaseId = randomId()
  const [row] = await db
    .update(deletions)
    .set({
      leaseId,
      leaseUntil: now() + LEASE_MS,
      dispatchedAt: now(),
      attempts: sql`${deletions.attempts} + (${deletions.leaseId} IS NOT NULL)`,
    })
    .where(
      and(
        eq(deletions.id, id),
        lte(deletions.notBefore, now()),
        or(isNull(deletions.leaseId), lt(deletions.leaseUntil, now())),
      ),
    )
    .returning()
  return row && { id: leaseId, row }
}

/**
 * When a message that came in vain has to be followed by another, in milliseconds since the epoch: when the time comes, or when the
 * lease ends, whose holder may be dead. Undefined when the deletion is over, or a message is on its way.
 */
export async function findTurn(
  { db, now }: LeaseServices,
  id: string,
): Promise<number | undefined> {
  const row = await db.select().from(deletions).where(eq(deletions.id, id)).get()
  if (row === undefined || (row.dispatchedAt ?? 0) > now()) return undefined
  return Math.max(row.notBefore, row.leaseUntil ?? 0, now())
}

/** Which row is this slice's to change. */
export const held = ({ id, row }: Lease): SQL | undefined =>
  and(eq(deletions.id, row.id), eq(deletions.leaseId, id))

/**
 * The statement that begins the next stage, for the batch that makes the one before true.
 * @param change beside it: before `notBefore` no other slice begins, and the last look is not taken
 */
export function enterStage(
  { db }: LeaseServices,
  lease: Lease,
  stage: DeletionStage,
  change: { readonly notBefore?: number } = {},
) {
  return db
    .update(deletions)
    .set({ ...change, stage, attempts: 0 })
    .where(held(lease))
}

/**
 * Ends a slice. @param notBefore when it goes on, in milliseconds since the epoch; as soon as it may if left out
 * @returns when that is; undefined when the lease was lost, and somebody else goes on
 */
export async function releaseLease(
  { db, now }: LeaseServices,
  lease: Lease,
  { attempts, notBefore }: { readonly attempts: number; readonly notBefore?: number },
): Promise<number | undefined> {
  const [row] = await db
    .update(deletions)
    .set({
      leaseId: null,
      leaseUntil: null,
      attempts,
      // The message of a wait is sent next; until then none is on its way.
      ...(notBefore === undefined ? { dispatchedAt: now() } : { dispatchedAt: null, notBefore }),
    })
    .where(held(lease))
    .returning({ notBefore: deletions.notBefore })
  return row && Math.max(row.notBefore, now())
}
