// The last stage looks whether anything has come since, from work that began before the deletion; if nothing has, the user's row goes.
import { and, eq, isNotNull, sql } from 'drizzle-orm'
import { recordAuditIfChanged } from '../../audit/record.ts'
import { auditEntries } from '../../audit/schema.ts'
import { changes } from '../../db/client.ts'
import { prefixOf } from '../../providers/r2/keys.ts'
import { storageHolds } from '../../storage/schema.ts'
import { deletions, users } from '../schema.ts'
import { enterStage, held } from './lease.ts'
import { OF_USERS } from './rows.ts'
import type { Outcome, Task } from './task.ts'

/**
 * Milliseconds after the mark, and after the connections have gone, in which work from before may still write what nothing is held for: a
 * folder's marker, an audit entry.
 */
export const QUIET_MS = 10_000
/** Milliseconds after which it is looked again whether a write is over. */
const LOOK_MS = 60_000

export async function check(task: Task): Promise<Outcome> {
  const { services, lease, userId } = task
  const { db, bucket, now } = services
  const row = await db.select().from(deletions).where(held(lease)).get()
  const quiet = Math.max(lease.row.createdAt + QUIET_MS, row?.notBefore ?? 0)
  if (quiet > now()) return { until: quiet }
  // Before the objects are looked for: whoever writes one holds its bytes until it is there.
  const writing = await db
    .select({ until: storageHolds.expiresAt })
    .from(storageHolds)
    .where(and(eq(storageHolds.userId, userId), sql`kind <> 'staging' AND expires_at > ${now()}`))
    .limit(1)
  if (writing.length > 0) return { until: now() + LOOK_MS }
  const { objects } = await bucket.list({ prefix: prefixOf({ userId }), limit: 1 })
  if (objects.length === 0 && (await end(task))) return 'done'
  await enterStage(services, lease, 'objects')
  return 'trouble'
}

/** One batch: all of it, or nothing where there is anything left. */
async function end({ services, lease, userId }: Task): Promise<boolean> {
  const { db } = services
  const left = [
    ...OF_USERS.map((table) => sql`SELECT 1 FROM ${table} WHERE user_id = ${userId}`),
    sql`SELECT 1 FROM ${auditEntries} WHERE user_id = ${userId}`,
    sql`SELECT 1 FROM ${auditEntries} WHERE actor = ${userId}`,
  ]
  const nothing = left.map((some) => sql`NOT EXISTS (${some})`)
  const isHeld = sql`EXISTS (SELECT 1 FROM ${deletions} WHERE ${held(lease)})`
  const [removed] = await db.batch([
    db
      .delete(users)
      .where(and(eq(users.id, userId), isNotNull(users.deletingAt), isHeld, ...nothing)),
    db.delete(deletions).where(and(eq(deletions.id, lease.row.id), sql`changes() > 0`)),
    recordAuditIfChanged(services, {
      action: 'user.deleted',
      userId: lease.row.id,
      actor: 'system',
    }),
  ])
  return changes(removed) > 0
}
