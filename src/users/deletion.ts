// Asks for a user's deletion: one batch marks the account, ends what is under way, and notes what is to be done; from then on the user is refused.
import { and, eq, inArray, isNull, notInArray, sql } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { recordAuditIfChanged } from '../audit/record.ts'
import { connections } from '../connections/schema.ts'
import { randomId } from '../crypto/random.ts'
import { cellsOf } from '../db/cells.ts'
import { imports } from '../imports/schema.ts'
import { attempts } from '../oauth/schema.ts'
import { dispatchDeletion } from './erase/dispatch.ts'
import { deletions, users } from './schema.ts'

/**
 * Marks the account; the work itself is done by the queue. Asked again while that goes on, it changes nothing.
 * @param actor who asks: the user, or an administrator
 * @returns whether anything is stored of such a user
 */
export async function requestDeletion(
  services: Services,
  userId: string,
  actor: string,
): Promise<boolean> {
  const { db, now } = services
  const user = await db.select().from(users).where(eq(users.id, userId)).get()
  if (user === undefined) return false
  if (user.deletingAt !== null) return true
  const id = randomId()
  const at = now()
  const held = db
    .select({ all: sql`group_concat(DISTINCT ${connections.provider})` })
    .from(connections)
    .where(eq(connections.userId, userId))
  const row = { id, userId, stage: 'stop' as const, createdAt: at, providers: sql`(${held})` }
  await db.batch([
    db
      .update(users)
      .set({ deletingAt: at })
      .where(and(eq(users.id, userId), isNull(users.deletingAt))),
    // Of two at once one makes the row, and has its entry.
    db.insert(deletions).select(sql`SELECT ${cellsOf(deletions, row)} WHERE changes() > 0`),
    recordAuditIfChanged(services, { action: 'user.deletion_requested', userId, actor }),
    // Whoever is at work on one has lost the right to write.
    db
      .update(imports)
      .set({
        status: 'cancelled',
        pauseReason: null,
        resumeAt: null,
        leaseId: null,
        leaseUntil: null,
        finishedAt: at,
        updatedAt: at,
        version: sql`${imports.version} + 1`,
      })
      .where(and(eq(imports.userId, userId), inArray(imports.status, ['running', 'paused']))),
    // What waits sealed in them is ended at the vendor.
    db
      .update(attempts)
      .set({ status: 'failed', errorCode: 'forbidden', claimHash: null, expiresAt: at - 1 })
      .where(
        and(
          eq(attempts.userId, userId),
          notInArray(attempts.status, ['completed', 'failed', 'claiming']),
        ),
      ),
  ])
  services.background(dispatchDeletion(services, id))
  return true
}
