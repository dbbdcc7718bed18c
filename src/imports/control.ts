// What a user does to an import under way: cancel, pause, resume, retry. Each is a compare-and-swap on its status, and done twice does no more.
import { and, eq, gt, inArray, isNull, ne, not, or, sql, type SQL } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { recordAuditIfChanged } from '../audit/record.ts'
import { tooManyImports, unfinishedImportsOf } from '../limits/open-things.ts'
import { invalidField, Problem } from '../problems/problem.ts'
import { dispatchImport, endPauses, isDue } from './dispatch.ts'
import {
  importFolders,
  importItems,
  imports,
  type ImportRow,
  type ImportStatus,
  type ItemState,
} from './schema.ts'
import { getImport, getSource, its, UNFINISHED } from './store.ts'

/** Files that are not done. */
const OPEN: ItemState[] = ['waiting', 'downloading', 'processing']
const AT_WORK: ItemState[] = ['downloading', 'processing']

/** Whoever is at work has lost the right to write. */
const unleased = { leaseId: null, leaseUntil: null, pauseReason: null, resumeAt: null } as const

const raised = (now: number) => ({ version: sql`${imports.version} + 1`, updatedAt: now })

/** Stops it for good. What is imported stays; files that are not done are skipped, folders that are not listed fail. */
export async function cancelImport(
  services: Services,
  userId: string,
  id: string,
): Promise<ImportRow> {
  const { db, now } = services
  const found = await getImport(db, userId, id)
  await db.batch([
    db
      .update(imports)
      .set({ ...unleased, ...raised(now()), status: 'cancelled', finishedAt: now() })
      .where(and(its(userId, id), inArray(imports.status, UNFINISHED))),
    recordAuditIfChanged(services, {
      action: 'import.cancelled',
      userId,
      actor: userId,
      provider: found.provider,
      subjectId: id,
    }),
    // `copy_enc` stays: the clock clears away what has been copied so far.
    db
      .update(importItems)
      .set({ state: 'skipped', reason: 'cancelled', changedAt: versionOf(id) })
      .where(and(itemsOf(id, OPEN), isNow(id, ['cancelled']))),
    db
      .update(importFolders)
      .set({ state: 'failed', reason: 'cancelled', cursorEnc: null })
      .where(
        and(
          eq(importFolders.importId, id),
          inArray(importFolders.state, ['chosen', 'open']),
          isNow(id, ['cancelled']),
        ),
      ),
  ])
  return expectStatus(services, userId, id, ['cancelled'], 'cancelled')
}

/** Stops it until it is resumed, whatever it was waiting for. What was under way begins again then. */
export async function pauseImport(
  services: Services,
  userId: string,
  id: string,
): Promise<ImportRow> {
  const { db, now } = services
  await getImport(db, userId, id)
  await db.batch([
    db
      .update(imports)
      .set({ ...unleased, ...raised(now()), status: 'paused', pauseReason: 'user' })
      .where(
        and(
          its(userId, id),
          inArray(imports.status, UNFINISHED),
          or(isNull(imports.pauseReason), ne(imports.pauseReason, 'user')),
        ),
      ),
    // That somebody stopped it is none of a file's attempts.
    db
      .update(importItems)
      .set({
        state: 'waiting',
        attempts: sql`${importItems.attempts} - (${importItems.state} = 'processing' AND ${importItems.attempts} > 0)`,
        bytesDone: keptBytes,
        changedAt: versionOf(id),
      })
      .where(and(itemsOf(id, AT_WORK), isNow(id, ['paused']))),
  ])
  return expectStatus(services, userId, id, ['paused'], 'paused')
}

/**
 * Ends a pause, unless the provider has asked to wait longer: 429. Where the connection needs its user, 503: a reconnect resumes
 * what waits for it without anybody asking.
 */
export async function resumeImport(
  services: Services,
  userId: string,
  id: string,
): Promise<ImportRow> {
  const { db, now } = services
  const found = await getImport(db, userId, id)
  if (found.status === 'paused') {
    await getSource(db, userId, found.connectionId)
    const left = (found.resumeAt ?? 0) - now()
    if (found.pauseReason === 'throttled' && left > 0) {
      throw new Problem('rate_limited', 'The provider has asked to wait before it is used again.', {
        retryAfter: left / 1000,
      })
    }
    const isFree = or(ne(imports.pauseReason, 'throttled'), isDue(now()))
    const [woken] = await endPauses(services, and(its(userId, id), isFree)).returning()
    if (woken !== undefined) {
      services.background(dispatchImport(services, id))
      return woken
    }
  }
  return expectStatus(services, userId, id, ['running'], 'resumed')
}

/**
 * Has failed files and folders tried again, as if for the first time. An import that had ended runs again; one that is paused stays
 * so. Where nothing has failed, nothing changes.
 */
export async function retryImport(
  services: Services,
  userId: string,
  id: string,
): Promise<ImportRow> {
  const { db, now } = services
  const found = await getImport(db, userId, id)
  await getSource(db, userId, found.connectionId)
  // Folders that a cancellation has closed are not opened again.
  const failedFolders = and(
    eq(importFolders.importId, id),
    eq(importFolders.state, 'failed'),
    or(isNull(importFolders.reason), ne(importFolders.reason, 'cancelled')),
  )
  const hasFolders = sql<boolean>`EXISTS (SELECT 1 FROM ${importFolders} WHERE ${failedFolders})`
  const hasFailed = or(eq(imports.status, 'failed'), gt(imports.filesFailed, 0), hasFolders)
  const most = services.settings.openLimits.imports
  // One that has not ended is among those that are counted.
  const hasRoom = or(
    inArray(imports.status, UNFINISHED),
    sql`${unfinishedImportsOf(userId)} < ${most}`,
  )
  const wasPaused = sql`${imports.status} = 'paused'`
  const [retried] = await db.batch([
    db
      .update(imports)
      .set({
        ...raised(now()),
        status: sql`CASE WHEN ${wasPaused} THEN 'paused' ELSE 'running' END`,
        errorCode: null,
        finishedAt: null,
        troubles: 0,
        dispatchedAt: null,
        isPlanned: sql`CASE WHEN ${hasFolders} THEN 0 ELSE ${imports.isPlanned} END`,
      })
      .where(and(its(userId, id), hasFailed, hasRoom))
      .returning(),
    db
      .update(importItems)
      .set({
        state: 'waiting',
        reason: null,
        attempts: 0,
        notBefore: 0,
        bytesDone: keptBytes,
        changedAt: versionOf(id),
      })
      .where(and(itemsOf(id, ['failed']), isNow(id, UNFINISHED))),
    // Of what was chosen it may not be known yet whether it is a folder at all.
    db
      .update(importFolders)
      .set({
        state: sql`CASE WHEN ${importFolders.depth} = 0 THEN 'chosen' ELSE 'open' END`,
        reason: null,
        attempts: 0,
        notBefore: 0,
        cursorEnc: null,
      })
      .where(and(failedFolders, isNow(id, UNFINISHED))),
  ])
  if (retried.length === 0) {
    const refused = await db
      .select({ id: imports.id })
      .from(imports)
      .where(and(its(userId, id), hasFailed, not(inArray(imports.status, UNFINISHED))))
      .get()
    if (refused !== undefined) throw tooManyImports(most)
  }
  const row = await getImport(db, userId, id)
  if (retried[0]?.status === 'running') services.background(dispatchImport(services, id))
  return row
}

/** Of a file that was not copied bit by bit nothing is left. */
const keptBytes = sql`CASE WHEN ${importItems.copyEnc} IS NULL THEN 0 ELSE ${importItems.bytesDone} END`

const itemsOf = (id: string, states: ItemState[]) =>
  and(eq(importItems.importId, id), inArray(importItems.state, states))

const versionOf = (id: string) => sql`(SELECT version FROM imports WHERE id = ${id})`

/** Whether the swap before it in the batch has come true, now or before. */
function isNow(id: string, statuses: ImportStatus[]): SQL {
  const status = sql`(SELECT status FROM imports WHERE id = ${id})`
  return inArray(status, statuses)
}

/** The row, where it is as it was to be; a state from which it cannot get there is named. */
async function expectStatus(
  { db }: Services,
  userId: string,
  id: string,
  wanted: readonly ImportStatus[],
  doing: string,
): Promise<ImportRow> {
  const row = await getImport(db, userId, id)
  if (wanted.includes(row.status)) return row
  throw invalidField('path.id', `is an import that is ${row.status}: it cannot be ${doing}`)
}
