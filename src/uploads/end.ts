// Ends uploads before they are complete: at the client's word, with their connection, or when their time is over.
import { and, count, eq, isNotNull, isNull, lt, ne, notInArray, or } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { changes } from '../db/client.ts'
import { errorNames, writeLog } from '../log.ts'
import { outlive } from '../outlive.ts'
import { Problem } from '../problems/problem.ts'
import { toProblem } from '../problems/respond.ts'
import type { Sink, Stored } from '../transfer/sink.ts'
import { isPassing, type Task } from '../users/erase/task.ts'
import { completeUpload, forgetUpload } from './finish.ts'
import { openUpload } from './open.ts'
import { openStaging } from './staging-area.ts'
import { uploads, type UploadRow } from './schema.ts'
import { dropUpload, takeLease, wantLeases, type Lease } from './store.ts'
import { waitForLease } from './wait.ts'

/** Uploads that one run of the clock ends: each takes a few requests, and the platform allows 1,000. */
const BATCH = 50
/** Connections that a statement leaves out: D1 takes 100 parameters. */
const MOST_TROUBLED = 40
/** Milliseconds until the clock tries again where the vendor could not be reached. */
const RETRY = 3600_000
/** Milliseconds after which vendors have forgotten a session by themselves. */
const GIVE_UP = 8 * 24 * 3600_000

/** The client's termination. What was completed stays where it is; what the vendor could not be told is told it by the clock. */
export async function endNow(services: Services, userId: string, id: string): Promise<void> {
  const found = await waitForLease(services, userId, id, () => true)
  const work =
    'lease' in found ? endHeld(services, found.lease) : dropUpload(services.db, found.row.id)
  await outlive(services, work)
}

async function endHeld(services: Services, lease: Lease): Promise<void> {
  try {
    await cancel(services, lease)
    await dropUpload(services.db, lease.row.id)
  } catch {
    await postpone(services, lease)
  }
}

/** Ends what is open at a connection, while its credentials still open, also where bytes still come in. Never throws. */
export async function endUploadsOf(services: Services, connectionId: string): Promise<void> {
  const rows = await services.db
    .select({ id: uploads.id, userId: uploads.userId })
    .from(uploads)
    .where(and(eq(uploads.connectionId, connectionId), eq(uploads.status, 'open')))
    .limit(BATCH)
  // All senders at once: then the first is waited for, and hardly the others.
  await wantLeases(services, connectionId).catch(() => undefined)
  for (const { id, userId } of rows) {
    const lease = (await takeLease(services, { id })) ?? (await leaseFrom(services, userId, id))
    if (lease !== undefined) await cancel(services, lease).catch(() => undefined)
  }
}

/**
 * Ends what a user who is being deleted has open, at the vendors too. A vendor that fails is asked once.
 * @returns how many have not ended: somebody still sends, or the vendor is away; `more` when the share is over
 */
export async function endUploadsOfUser(
  services: Services,
  userId: string,
  { isLast, isOver }: Pick<Task, 'isLast' | 'isOver'>,
): Promise<number | 'more'> {
  const { db, now } = services
  const open = and(eq(uploads.userId, userId), eq(uploads.status, 'open'))
  const sent = and(open, isNotNull(uploads.leaseId))
  await db.update(uploads).set({ wantedAt: now() }).where(sent)
  /** Connections whose vendor has a bad day. */
  const troubled = new Set<string>()
  for (let isMoving = true; isMoving && troubled.size < MOST_TROUBLED;) {
    isMoving = false
    const others = or(isNull(uploads.connectionId), notInArray(uploads.connectionId, [...troubled]))
    const rows = await db
      .select({ id: uploads.id, connectionId: uploads.connectionId })
      .from(uploads)
      .where(and(open, others))
      .orderBy(uploads.sweepAt)
      .limit(BATCH)
    for (const { id, connectionId } of rows) {
      if (isOver()) return 'more'
      if (connectionId !== null && troubled.has(connectionId)) continue
      const lease = await takeLease(services, { id })
      if (lease === undefined) continue
      const { provider } = lease.row
      try {
        const isDead = lease.connection?.status === 'REQUIRES_REAUTH'
        const isTold = await cancel(services, lease, isLast || isDead)
        if (!isTold) writeLog({ level: 'warn', event: 'deletion_left', count: 1, provider })
        isMoving = true
      } catch (error) {
        await postpone(services, lease)
        if (connectionId === null || !isPassing(error)) continue
        troubled.add(connectionId)
        isMoving = true
      }
    }
  }
  const [left] = await db.select({ all: count() }).from(uploads).where(open)
  return left?.all ?? 0
}

/** From a sender at work; undefined when it does not let go, or has come to its end. */
async function leaseFrom(services: Services, userId: string, id: string) {
  return waitForLease(services, userId, id, () => true).then(
    (found) => ('lease' in found ? found.lease : undefined),
    () => undefined,
  )
}

/** Ends what has expired. Returns how many uploads went. */
export async function sweepUploads(services: Services): Promise<number> {
  const now = services.now()
  // Nothing has to be told to anybody: those that are must not wait behind them.
  const over = await services.db
    .delete(uploads)
    .where(and(lt(uploads.sweepAt, now), ne(uploads.status, 'open')))
  const rows = await services.db
    .select()
    .from(uploads)
    .where(
      and(
        lt(uploads.sweepAt, now),
        eq(uploads.status, 'open'),
        or(isNull(uploads.leaseUntil), lt(uploads.leaseUntil, now)),
      ),
    )
    .orderBy(uploads.sweepAt)
    .limit(BATCH)
  let count = changes(over)
  for (const row of rows) if (await sweep(services, row)) count++
  return count
}

async function sweep(services: Services, row: UploadRow): Promise<boolean> {
  const lease = await takeLease(services, { id: row.id })
  if (lease === undefined) return false
  try {
    await cancel(services, lease, row.expiresAt + GIVE_UP < services.now())
    return true
  } catch (error) {
    writeLog({ level: 'warn', event: 'sweep_failure', errors: errorNames(error) })
    await postpone(services, lease)
    return false
  }
}

/** Nobody can go on with it, and the clock will cancel it later. */
async function postpone({ db, now }: Services, lease: Lease): Promise<void> {
  const over = { expiresAt: Math.min(lease.row.expiresAt, now()), sweepAt: now() + RETRY }
  await db
    .update(uploads)
    .set({ ...over, leaseId: null, leaseUntil: null })
    .where(and(eq(uploads.id, lease.row.id), eq(uploads.leaseId, lease.id)))
}

/**
 * Cancels, or, where all of it has arrived without anybody knowing, completes.
 * @param force whether to forget it although the vendor cannot be told
 * @returns whether the vendor knows, as far as there is anybody to tell
 */
async function cancel(services: Services, lease: Lease, force = false): Promise<boolean> {
  let isTold = true
  const opened = await openUpload(services, lease, false).catch(async (error: unknown) => {
    // What is staged is ours, whatever the provider says.
    await openStaging(services, lease.row).clear()
    // Without its connection nobody can tell the vendor: its session ends by itself.
    if (error instanceof Problem && error.code === 'not_found') return undefined
    if (!force) throw error
    isTold = false
    return undefined
  })
  // Whoever died over the last answer has noted no end: a file that is there is not taken away again.
  const stored = opened && lease.row.isUnsure ? await findStored(opened.sink, force) : undefined
  if (opened !== undefined && stored !== undefined) {
    await completeUpload(services, lease, opened.live, stored)
    return true
  }
  if (opened !== undefined) isTold = await opened.sink.abort()
  if (!isTold && !force) throw new Problem('provider_unavailable')
  await forgetUpload(services, lease)
  return isTold
}

/** What the upload has become, if it has. Throws when the vendor cannot be asked, unless that is forced. */
async function findStored(sink: Sink, force: boolean): Promise<Stored | undefined> {
  await sink.ask().catch((error: unknown) => {
    if (!force && toProblem(error).options.ended !== true) throw error
  })
  return sink.stored
}
