// Counts a user's objects in the bucket, where what is charged may not be what is there: after a death, and for users from before.
import { and, eq, lte, ne, sql } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { changes } from '../db/client.ts'
import { prefixOf } from '../providers/r2/keys.ts'
import { users } from '../users/schema.ts'
import { storageCounts, storageHolds as holds } from './schema.ts'

type CountServices = Pick<Services, 'db' | 'bucket' | 'now'>

/** Users of one run of the clock, and pages of 1,000 objects for each. */
const USERS = 10
const PAGES = 50

/** Counts for users of whom a hold has ended by itself, or a count is not finished. Returns for how many it was tried. */
export async function recount(services: CountServices): Promise<number> {
  const { db } = services
  const now = services.now()
  // What is staged is no object of the user's, and is cleared away by whoever staged it.
  await db.delete(holds).where(and(eq(holds.kind, 'staging'), lte(holds.expiresAt, now)))
  const due = await db.all<{ id: string }>(sql`
    SELECT user_id AS id FROM (
      SELECT user_id, MIN(expires_at) AS since FROM ${holds} WHERE expires_at <= ${now} GROUP BY user_id
      UNION ALL SELECT user_id, 0 FROM ${storageCounts})
    WHERE user_id NOT IN (${busyUsers(now)})
    GROUP BY user_id ORDER BY MIN(since) LIMIT ${USERS}`)
  for (const { id } of due) await countUser(services, id, PAGES)
  return due.length
}

/** Those whose objects may change at any moment. */
const busyUsers = (now: number) =>
  sql`SELECT user_id FROM ${holds} WHERE kind <> 'staging' AND expires_at > ${now}`

/**
 * Sets what is used to what the bucket has, and clears the holds that had ended.
 * `changed`: something was written meanwhile, or is being written. `unfinished`: there are more pages, and the next call goes on.
 */
export async function countUser(
  services: CountServices,
  userId: string,
  pages: number,
): Promise<'counted' | 'changed' | 'unfinished'> {
  const { db, now } = services
  const started = now()
  const version = await readVersion(db, userId, started)
  if (version === undefined) return 'changed'
  const before = await db
    .select()
    .from(storageCounts)
    .where(and(eq(storageCounts.userId, userId), eq(storageCounts.version, version)))
    .get()
  const sum = await sumObjects(services.bucket, userId, before, pages)
  if (!sum.isComplete) {
    const { lastKey, bytes } = sum
    const row = { version, lastKey, bytes }
    await db
      .insert(storageCounts)
      .values({ userId, ...row })
      .onConflictDoUpdate({ target: storageCounts.userId, set: row })
    return 'unfinished'
  }
  const [set] = await db.batch([
    db
      .update(users)
      .set({
        storageUsed: sum.bytes,
        storageCountedAt: now(),
        storageVersion: version + 1,
      })
      .where(
        and(
          eq(users.id, userId),
          eq(users.storageVersion, version),
          sql`${users.id} NOT IN (${busyUsers(started)})`,
        ),
      ),
    db
      .delete(holds)
      .where(
        and(
          sql`changes() > 0`,
          eq(holds.userId, userId),
          ne(holds.kind, 'staging'),
          lte(holds.expiresAt, started),
        ),
      ),
    db.delete(storageCounts).where(eq(storageCounts.userId, userId)),
  ])
  return changes(set) > 0 ? 'counted' : 'changed'
}

/** Undefined while something is being written. */
async function readVersion(
  db: CountServices['db'],
  userId: string,
  now: number,
): Promise<number | undefined> {
  const row = await db
    .select({ version: users.storageVersion })
    .from(users)
    .where(and(eq(users.id, userId), sql`${users.id} NOT IN (${busyUsers(now)})`))
    .get()
  return row?.version
}

async function sumObjects(
  bucket: R2Bucket,
  userId: string,
  before: { readonly lastKey: string; readonly bytes: number } | undefined,
  pages: number,
): Promise<{ readonly isComplete: boolean; readonly lastKey: string; readonly bytes: number }> {
  let lastKey = before?.lastKey ?? ''
  let bytes = before?.bytes ?? 0
  for (let page = 0; page < pages; page++) {
    const found = await bucket.list({
      prefix: prefixOf({ userId }),
      ...(lastKey === '' ? {} : { startAfter: lastKey }),
    })
    for (const { key, size } of found.objects) {
      bytes += size
      lastKey = key
    }
    if (!found.truncated) return { isComplete: true, lastKey, bytes }
  }
  return { isComplete: false, lastKey, bytes }
}
