// Ends uploads before they are complete: at the client's word, with their connection, or when their time is over.
import { and, eq, isNotNull, isNull, lt, ne, or } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { changes } from '../db/client.ts'
import { errorNames, writeLog } from '../log.ts'
import { outlive } from '../outlive.ts'
import { Problem } from '../problems/problem.ts'
import { toProblem } from '../problems/respond.ts'
import type { Sink, Stored } from '../transfer/sink.ts'
import { completeUpload, forgetUpload } from './finish.ts'
import { openUpload } from './open.ts'
import { openStaging } from './staging-area.ts'
import { uploads, type UploadRow } from './schema.ts'
import { dropUpload, takeLease, wantLeases, type Lease } from './store.ts'
import { waitForLease } from './wait.ts'

/** Uploads that one run of the clock ends: each takes a few requests, and the platform allows 1,000. */
const BATCH = 50
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
 * Ends what a user has open, at the vendors too. @param isLast whether to forget also what a vendor cannot be told
 * @returns how many have ended, and how many of those that were looked at have not: somebody still sends, or the vendor is away
 */
export async function endUploadsOfUser(
  services: Services,
  userId: string,
  isLast: boolean,
): Promise<{ readonly ended: number; readonly left: number }> {
  const { db, now } = services
  const open = and(eq(uploads.userId, userId), eq(uploads.status, 'open'))
  await db
    .update(uploads)
    .set({ wantedAt: now() })
    .where(and(open, isNotNull(uploads.leaseId)))
  const rows = await db
    .select({ id: uploads.id })
    .from(uploads)
    .where(open)
    .orderBy(uploads.sweepAt)
    .limit(BATCH)
  let ended = 0
  for (const { id } of rows) {
    const lease = await takeLease(services, { id })
    if (lease === undefined) continue
    const isDead = lease.connection?.status === 'REQUIRES_REAUTH'
    try {
      await cancel(services, lease, isLast || isDead)
      ended++
    } catch {
      await postpone(services, lease)
    }
  }
  return { ended, left: rows.length - ended }
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
 */
async function cancel(services: Services, lease: Lease, force = false): Promise<void> {
  const opened = await openUpload(services, lease, false).catch(async (error: unknown) => {
    // What is staged is ours, whatever the provider says.
    await openStaging(services, lease.row).clear()
    // Without its connection nobody can tell the vendor: its session ends by itself.
    if (force || (error instanceof Problem && error.code === 'not_found')) return undefined
    throw error
  })
  // Whoever died over the last answer has noted no end: a file that is there is not taken away again.
  const stored = opened && lease.row.isUnsure ? await findStored(opened.sink, force) : undefined
  if (opened !== undefined && stored !== undefined) {
    return completeUpload(services, lease, opened.live, stored)
  }
  const isTold = opened === undefined || (await opened.sink.abort())
  if (!isTold && !force) throw new Problem('provider_unavailable')
  await forgetUpload(services, lease)
}

/** What the upload has become, if it has. Throws when the vendor cannot be asked, unless that is forced. */
async function findStored(sink: Sink, force: boolean): Promise<Stored | undefined> {
  await sink.ask().catch((error: unknown) => {
    if (!force && toProblem(error).options.ended !== true) throw error
  })
  return sink.stored
}
