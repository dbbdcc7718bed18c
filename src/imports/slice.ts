// One message, one slice: takes the import's lease, lists folders and brings files in until its share is done, and says how it goes on.
import { and, eq, inArray, min, sql } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { openConnection } from '../connections/session.ts'
import type { DocumentRow } from '../documents/schema.ts'
import { errorNames, stackOf, writeLog } from '../log.ts'
import { Problem } from '../problems/problem.ts'
import { toProblem } from '../problems/respond.ts'
import { sweepCopies } from './copy-state.ts'
import { completeImport, failImport, pauseImport } from './ends.ts'
import { importFile } from './file.ts'
import { SliceOver } from './keep-original.ts'
import {
  holdLease,
  fence,
  LeaseLost,
  releaseLease,
  takeLease,
  touch,
  touched,
  type Lease,
} from './lease.ts'
import { openQueue, parallelOf, restoreOrphans } from './queue.ts'
import { judgeFailure, judgePause, MAX_ATTEMPTS, MAX_TROUBLES, retryAt } from './outcome.ts'
import { notePlanned } from './plan.ts'
import { importFolders as folders, importItems, imports, type ImportItem } from './schema.ts'
import { createWork, type Work } from './work.ts'

/** Milliseconds after which a slice begins nothing more. */
const SHARE_MS = 45_000
/** Statements and subrequests after which it begins nothing more: the platform allows 1,000 of each in an invocation. */
const SHARE_OPERATIONS = 600
/** Files that are fetched, read and settled at once. */
const MAX_BEGUN = 32
/** Milliseconds that a slice waits for what is due soon, rather than pausing the import. */
const SHORT_WAIT = 10_000

/** Milliseconds after which a file counts as stuck, however slowly its bytes still drip: the platform ends a consumer after 15 minutes. */
const FILE_MS = 600_000

/** What is to be done next. `over`: nothing by this message. */
export type Next = 'more' | 'over'

export async function runSlice(services: Services, importId: string): Promise<Next> {
  const lease = await takeLease(services, importId)
  // Paused, ended, or somebody is at work on it, who sends the next message.
  if (lease === undefined) return 'over'
  const progress = new Map<string, number>()
  const tally = { files: 0, begun: 0, waiting: 0 }
  const hold = holdLease(services, lease, () => showProgress(services, lease, progress))
  const stop = new AbortController()
  hold.signal.addEventListener('abort', () => stop.abort(hold.signal.reason))
  try {
    await restoreOrphans(services, lease, { afterDeath: lease.isAfterDeath })
    if (lease.isAfterDeath && lease.row.troubles > MAX_TROUBLES) {
      await failImport(services, lease.row, { code: 'internal', reason: 'interrupted' })
      return 'over'
    }
    const live = await openConnection(services, lease.row.userId, lease.row.connectionId)
    const ends = services.now() + SHARE_MS
    const isOver = () =>
      stop.signal.aborted ||
      services.now() > ends ||
      services.meter.statements > SHARE_OPERATIONS ||
      services.meter.subrequests > SHARE_OPERATIONS
    const { signal } = stop
    const work = createWork({ services, lease, live, signal, isOver, progress, tally })
    await runFiles(work, stop)
    return await finish(services, lease, isOver)
  } catch (error) {
    stop.abort(error)
    return await end(services, lease, error)
  } finally {
    hold.end()
    const { statements, subrequests } = services.meter
    const { files: count } = tally
    writeLog({
      level: 'info',
      event: 'import_slice',
      request_id: services.requestId,
      import_id: importId,
      provider: lease.row.provider,
      statements,
      subrequests,
      count,
    })
  }
}

/**
 * Several at once: each lane fetches the next file as soon as the drive has given the one before, which is read and settled
 * meanwhile. The first failure that concerns all ends all.
 */
async function runFiles(work: Work, stop: AbortController): Promise<void> {
  const queue = openQueue(work)
  const begun = new Set<Promise<void>>()
  // After a death one by one, each to its end.
  const most = work.lease.isAfterDeath ? 1 : MAX_BEGUN
  const fail = (error: unknown) => stop.abort(error)
  const run = async () => {
    for (let next = await queue.next(); next !== undefined; next = await queue.next()) {
      const { item, document } = next
      await new Promise<void>((resolve) => {
        const done = runFile(work, item, document, resolve)
          .catch(fail)
          .finally(() => {
            begun.delete(done)
            resolve()
          })
        begun.add(done)
      })
      while (begun.size >= most) await Promise.race(begun)
    }
  }
  await Promise.all(Array.from({ length: parallelOf(work) }, () => run().catch(fail)))
  await Promise.all(begun)
  await queue.end().catch(fail)
  // Whoever was stopped by another was stopped for its reason.
  if (stop.signal.aborted) throw stop.signal.reason
}

/** Throws what ends the slice; everything else is noted with the file. */
async function runFile(
  work: Work,
  item: ImportItem,
  document: DocumentRow | undefined,
  onFetched: () => void,
): Promise<void> {
  const { services, tally } = work
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(new Problem('provider_timeout')), FILE_MS)
  const signal = AbortSignal.any([work.signal, late.signal])
  tally.begun++
  try {
    await importFile({ ...work, signal }, item, document, onFetched)
  } catch (error) {
    if (work.signal.aborted) throw work.signal.reason
    // Goes on where it was, in the next slice.
    if (error instanceof SliceOver) return await settleItem(work, item, { state: 'waiting' })
    const outcome = judgeFailure(error)
    if (outcome.kind === 'stop') throw error
    if (toProblem(error).code === 'internal' && outcome.reason === 'interrupted') {
      const at = stackOf(error) ?? ''
      const { id: import_id, provider } = work.lease.row
      writeLog({
        level: 'error',
        event: 'import_failure',
        request_id: services.requestId,
        import_id,
        provider,
        errors: errorNames(error),
        at,
      })
    }
    const attempts = item.attempts + 1
    const isOver = outcome.kind === 'failed' || attempts >= MAX_ATTEMPTS
    await settleItem(work, item, {
      state: isOver ? 'failed' : 'waiting',
      reason: isOver ? outcome.reason : null,
      attempts,
      notBefore: retryAt(services.now(), item.attempts),
    })
  } finally {
    clearTimeout(timer)
    work.progress.delete(item.id)
    tally.begun--
    tally.files++
  }
}

const isUnderWay = inArray(importItems.state, ['downloading', 'processing'])

async function settleItem(
  { services, lease }: Work,
  item: ImportItem,
  change: Partial<Pick<ImportItem, 'state' | 'reason' | 'attempts' | 'notBefore'>>,
): Promise<void> {
  const { db } = services
  await db.batch([
    touch(services, lease),
    db
      .update(importItems)
      .set({ ...change, changedAt: touched(lease) })
      // One that is settled stays so, although nobody may have heard of it.
      .where(and(eq(importItems.id, item.id), isUnderWay, fence(lease))),
  ])
}

async function showProgress(
  { db }: Services,
  lease: Lease,
  progress: ReadonlyMap<string, number>,
): Promise<void> {
  if (progress.size === 0) return
  const told = JSON.stringify(Object.fromEntries(progress))
  await db.batch([
    db
      .update(imports)
      .set({ version: sql`${imports.version} + 1` })
      .where(and(eq(imports.id, lease.row.id), eq(imports.leaseId, lease.id))),
    db
      .update(importItems)
      .set({
        bytesDone: sql`(SELECT value FROM json_each(${told}) WHERE key = ${importItems.id})`,
        changedAt: touched(lease),
      })
      .where(
        and(
          inArray(importItems.id, sql`(SELECT key FROM json_each(${told}))`),
          isUnderWay,
          fence(lease),
        ),
      ),
  ])
}

/** After a share that ended without a failure: there is more, or something later, or nothing. */
async function finish(services: Services, lease: Lease, isOver: () => boolean): Promise<Next> {
  const { now } = services
  if (isOver()) {
    await restoreOrphans(services, lease, { afterDeath: false })
    await releaseLease(services, lease)
    return 'more'
  }
  await notePlanned(services, lease)
  const due = await nextDue(services, lease.row.id)
  if (due === undefined && (await completeImport(services, lease))) return 'over'
  const wait = (due ?? 0) - now()
  if (wait < SHORT_WAIT) {
    await new Promise<void>((resolve) => setTimeout(resolve, Math.max(0, wait)))
    await releaseLease(services, lease)
    return 'more'
  }
  await pauseImport(services, lease, { reason: 'provider_unavailable', resumeAt: due ?? null })
  return 'over'
}

/** When the next file or folder is due; undefined when there is none left. */
async function nextDue({ db }: Services, importId: string): Promise<number | undefined> {
  const [[item], [folder]] = await db.batch([
    db
      .select({ at: min(importItems.notBefore) })
      .from(importItems)
      .where(and(eq(importItems.importId, importId), eq(importItems.state, 'waiting'))),
    db
      .select({ at: min(folders.notBefore) })
      .from(folders)
      .where(and(eq(folders.importId, importId), inArray(folders.state, ['chosen', 'open']))),
  ])
  const times = [item?.at, folder?.at].filter((at) => typeof at === 'number')
  return times.length === 0 ? undefined : Math.min(...times)
}

/** A slice that failed as a whole: the import pauses or fails, or is not ours any more. */
async function end(services: Services, lease: Lease, error: unknown): Promise<Next> {
  if (error instanceof LeaseLost) {
    // Whoever ended the import could not clear away what was being written: now nobody writes.
    await sweepCopies(services, lease.row.id)
    return 'over'
  }
  const judged = judgePause(error, services.now(), lease.row.troubles)
  switch (judged.kind) {
    case 'pause':
      await pauseImport(services, lease, judged)
      return 'over'
    case 'failed':
      await failImport(services, lease.row, judged)
      return 'over'
    case 'bug':
      // The message comes again, and must find the import free.
      await releaseLease(services, lease)
      throw error
  }
}
