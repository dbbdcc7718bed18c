// Sends the messages that make deletions go on. D1 says how far each is; a message only says that there is something to do, and may be lost.
import { and, eq, isNull, lt, lte, or } from 'drizzle-orm'
import type { Services } from '../../app-context.ts'
import { deletions } from '../schema.ts'

/** All that a message says: the pseudonym, never the user. */
export interface DeletionMessage {
  readonly deletion_id: string
}

/** Milliseconds after which a message that nobody has taken up counts as lost. */
const LOST_MS = 90_000
/** Seconds: the platform holds no message back for longer. */
const MAX_DELAY = 12 * 3600
/** Messages of one run of the clock. */
const MAX_SENT = 100

type DispatchServices = Pick<Services, 'db' | 'now' | 'jobQueue'>

/** One that cannot be sent is sent by the clock. @param at when it is to come, in milliseconds since the epoch: now, or within 12 hours */
export async function dispatchDeletion(
  { db, now, jobQueue }: DispatchServices,
  id: string,
  at = 0,
): Promise<void> {
  const delaySeconds = Math.min(Math.max(Math.ceil((at - now()) / 1000), 0), MAX_DELAY)
  const dispatchedAt = now() + delaySeconds * 1000
  await jobQueue.send({ deletion_id: id } satisfies DeletionMessage, { delaySeconds })
  await db.update(deletions).set({ dispatchedAt }).where(eq(deletions.id, id))
}

/** Sends those whose time has come and on which nobody is at work. Returns how many were sent. */
export async function dispatchDeletions(services: DispatchServices): Promise<number> {
  const { db, now } = services
  const due = await db
    .select({ id: deletions.id })
    .from(deletions)
    .where(
      and(
        lte(deletions.notBefore, now()),
        or(isNull(deletions.leaseUntil), lt(deletions.leaseUntil, now())),
        or(isNull(deletions.dispatchedAt), lt(deletions.dispatchedAt, now() - LOST_MS)),
      ),
    )
    .orderBy(deletions.notBefore)
    .limit(MAX_SENT)
  for (const { id } of due) await dispatchDeletion(services, id)
  return due.length
}
