// Charges the default storage: no user's objects and holds together ever exceed the quota, however many writes begin at once.
import { and, eq, sql } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { changes } from '../db/client.ts'
import { Problem } from '../problems/problem.ts'
import type { HoldOptions, Ledger, Usage } from '../providers/contract.ts'
import { users } from '../users/schema.ts'
import { ensureUser, findUser } from '../users/store.ts'
import { countUser } from './count.ts'
import { storageHolds as holds } from './schema.ts'

export type LedgerServices = Pick<Services, 'db' | 'bucket' | 'settings' | 'now'>

/** Milliseconds that a hold lives unless told otherwise: longer than a request does. */
const LIFE = 3600_000
/** Pages of 1,000 objects that a request counts for a user who was never counted. */
const PAGES = 100
/** The same for a request that only shows the figures; the clock counts the rest. */
const SHOWN_PAGES = 5
/** Counts that one request tries while others change what is counted. */
const TRIES = 5

/** The user's account of the default storage. Also for what is staged there on its way elsewhere (`kind: 'staging'`). */
export function openLedger(services: LedgerServices, userId: string): Ledger {
  return {
    hold: (id, bytes, options = {}) => hold(services, userId, { id, bytes, ...options }),
    settle: (id, change) => settle(services, userId, id, change),
    release: (id) => release(services, userId, id),
    usage: () => readUsage(services, userId),
  }
}

interface Wanted extends HoldOptions {
  readonly id: string
  readonly bytes: number
}

async function hold(services: LedgerServices, userId: string, wanted: Wanted): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    if (await insertHold(services, userId, wanted)) return
    // What died is charged until it is counted: a refusal must not rest on it.
    const isCounted = await wasCounted(services, userId)
    if (isCounted && !(await hasEnded(services, userId))) {
      // The count may have come from elsewhere since the refusal, which then was for the want of it.
      if (await insertHold(services, userId, wanted)) return
      throw full()
    }
    if (!isCounted && wanted.bytes === 0) continue
    const outcome = await countUser(services, userId, PAGES)
    if (outcome !== 'counted' && isCounted) throw full()
    if (outcome === 'unfinished') break
  }
  throw new Problem('rate_limited', 'The files in the storage are being counted.', {
    retryAfter: 10,
  })
}

/** Asked anew each time: a count may have ended meanwhile. */
async function wasCounted({ db, now }: LedgerServices, userId: string): Promise<boolean> {
  await ensureUser(db, userId, now())
  const row = await db
    .select({ at: users.storageCountedAt })
    .from(users)
    .where(eq(users.id, userId))
    .get()
  return row !== undefined && row.at !== null
}

const full = () =>
  new Problem('quota_exceeded', 'The file does not fit into the storage. Free some space first.')

/** One statement, so that of many at once each sees those before it. False where it is refused, or there is no user yet. */
async function insertHold(
  { db, settings, now }: LedgerServices,
  userId: string,
  { id, bytes, kind = 'add', until = now() + LIFE }: Wanted,
): Promise<boolean> {
  const result = await db.run(sql`
    INSERT INTO ${holds} (id, user_id, kind, bytes, created_at, expires_at)
    SELECT ${id}, ${users.id}, ${kind}, ${bytes}, ${now()}, ${until} FROM ${users}
    WHERE ${users.id} = ${userId} AND (
      ${bytes} = 0
      OR EXISTS (SELECT 1 FROM ${holds} AS own
        WHERE own.id = ${id} AND own.user_id = ${userId} AND own.bytes >= ${bytes})
      OR ${users.storageCountedAt} IS NOT NULL AND (${settings.storageQuota} = 0
        OR ${users.storageUsed} + ${bytes} + (SELECT COALESCE(SUM(other.bytes), 0)
          FROM ${holds} AS other WHERE other.user_id = ${userId} AND other.id <> ${id})
          <= ${settings.storageQuota}))
    ON CONFLICT (id) DO UPDATE SET
      kind = excluded.kind, expires_at = excluded.expires_at, bytes = MAX(bytes, excluded.bytes)
      WHERE user_id = excluded.user_id`)
  return changes(result) > 0
}

async function hasEnded({ db, now }: LedgerServices, userId: string): Promise<boolean> {
  const found = await db.all(sql`
    SELECT 1 FROM ${holds}
    WHERE user_id = ${userId} AND kind <> 'staging' AND expires_at <= ${now()} LIMIT 1`)
  return found.length > 0
}

/**
 * What was given up as dead, or beside what else was taken away, may have been counted or not: then a mark stays, a hold that has
 * ended, which has the objects counted anew.
 */
async function settle(
  { db, now }: LedgerServices,
  userId: string,
  id: string,
  change: number | 'unknown',
): Promise<void> {
  const isHeld = sql`EXISTS (SELECT 1 FROM ${holds} WHERE id = ${id} AND user_id = ${userId})`
  const isUnsure =
    change === 'unknown'
      ? sql`1`
      : sql`NOT ${isHeld} OR EXISTS (SELECT 1 FROM ${holds} AS own
          JOIN ${holds} AS other ON other.user_id = own.user_id AND other.id <> own.id
          WHERE own.id = ${id} AND own.kind = 'change' AND other.kind = 'change'
            AND other.expires_at > 0)`
  const grown = change === 'unknown' ? 0 : change
  await db.batch([
    db
      .update(users)
      .set({
        storageVersion: sql`${users.storageVersion} + 1`,
        storageUsed: sql`${users.storageUsed} + CASE WHEN ${isHeld} THEN ${grown} ELSE 0 END`,
      })
      .where(eq(users.id, userId)),
    db
      .insert(holds)
      .select(
        sql`SELECT ${`recount ${userId}`}, ${userId}, 'change', 0, ${now()}, 0 WHERE ${isUnsure}`,
      )
      .onConflictDoNothing(),
    db.delete(holds).where(and(eq(holds.id, id), eq(holds.userId, userId))),
  ])
}

async function release({ db }: LedgerServices, userId: string, id: string): Promise<void> {
  await db.batch([
    // An object may have been there for a moment, and a count may have seen it.
    db
      .update(users)
      .set({ storageVersion: sql`${users.storageVersion} + 1` })
      .where(eq(users.id, userId)),
    db.delete(holds).where(and(eq(holds.id, id), eq(holds.userId, userId))),
  ])
}

async function readUsage(services: LedgerServices, userId: string): Promise<Usage> {
  const { db, settings } = services
  const quota = settings.storageQuota === 0 ? null : settings.storageQuota
  // A mere look stores nothing.
  if ((await findUser(db, userId)) === undefined) return { used: 0, reserved: 0, quota }
  if (!(await wasCounted(services, userId))) await countUser(services, userId, SHOWN_PAGES)
  const [row] = await db
    .select({
      used: users.storageUsed,
      reserved: sql<number>`(SELECT COALESCE(SUM(bytes), 0) FROM ${holds} WHERE user_id = ${userId})`,
    })
    .from(users)
    .where(eq(users.id, userId))
  return {
    // What is deleted may be given back before its upload is settled.
    used: Math.max(0, row?.used ?? 0),
    reserved: row?.reserved ?? 0,
    quota,
  }
}
