// How an import stops: paused until something happens, done, or failed as a whole. Each by compare-and-swap, with its files in the same batch.
import { and, eq, inArray, isNull, lt, or, sql } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { recordAlert } from '../alerts/record.ts'
import { recordAuditIfChanged } from '../audit/record.ts'
import { changes } from '../db/client.ts'
import type { ProblemCode } from '../problems/problem.ts'
import { sweepCopies } from './copy-state.ts'
import type { Lease } from './lease.ts'
import type { FailureReason } from './reasons.ts'
import { importFolders, importItems, imports, type ImportRow, type PauseReason } from './schema.ts'

type EndServices = Pick<Services, 'db' | 'now' | 'requestId' | 'country' | 'settings'>

const FREE = { leaseId: null, leaseUntil: null }
const raised = { version: sql`${imports.version} + 1` }

export async function pauseImport(
  { db, now }: EndServices,
  lease: Lease,
  { reason, resumeAt }: { readonly reason: PauseReason; readonly resumeAt: number | null },
): Promise<void> {
  const { row } = lease
  const isTrouble = reason === 'provider_unavailable'
  await db.batch([
    db
      .update(importItems)
      .set({
        state: 'waiting',
        // The version that the next statement makes: watchers have seen all before it.
        changedAt: sql`(SELECT version + 1 FROM ${imports} WHERE id = ${row.id})`,
      })
      .where(
        and(
          eq(importItems.importId, row.id),
          inArray(importItems.state, ['downloading', 'processing']),
          sql`EXISTS (SELECT 1 FROM ${imports} WHERE id = ${row.id} AND lease_id = ${lease.id})`,
        ),
      ),
    db
      .update(imports)
      .set({
        status: 'paused',
        pauseReason: reason,
        resumeAt,
        troubles: isTrouble ? sql`${imports.troubles} + 1` : 0,
        updatedAt: now(),
        ...FREE,
        ...raised,
      })
      .where(and(eq(imports.id, row.id), eq(imports.leaseId, lease.id))),
  ])
}

/** Pauses an import at which nobody is at work, though messages for it came. The next slice sets right what the last one left. */
export async function putAside(
  { db, now }: EndServices,
  row: ImportRow,
  resumeAt: number | null,
): Promise<void> {
  await db
    .update(imports)
    .set({
      status: 'paused',
      pauseReason: 'provider_unavailable',
      resumeAt,
      troubles: sql`${imports.troubles} + 1`,
      updatedAt: now(),
      ...FREE,
      ...raised,
    })
    .where(
      and(
        eq(imports.id, row.id),
        eq(imports.status, 'running'),
        or(isNull(imports.leaseId), lt(imports.leaseUntil, now())),
      ),
    )
}

/** False where there is something to be done again: a retry came in at the last moment. */
export async function completeImport(services: Services, { id, row }: Lease): Promise<boolean> {
  const { db, now } = services
  const open = sql`SELECT 1 FROM ${importItems} WHERE import_id = ${row.id}
    AND state IN ('waiting', 'downloading', 'processing')`
  const unlisted = sql`SELECT 1 FROM ${importFolders} WHERE import_id = ${row.id}
    AND state IN ('chosen', 'open')`
  const [completed] = await db.batch([
    db
      .update(imports)
      .set({ status: 'completed', finishedAt: now(), updatedAt: now(), ...FREE, ...raised })
      .where(
        and(
          eq(imports.id, row.id),
          eq(imports.leaseId, id),
          sql`NOT EXISTS (${open}) AND NOT EXISTS (${unlisted})`,
        ),
      ),
    recordAuditIfChanged(services, auditOf(row, 'import.completed')),
  ])
  if (changes(completed) === 0) return false
  await sweepCopies(services, row.id)
  return true
}

/** Ends an import that cannot go on. What was not brought in has failed, and can be tried again. */
export async function failImport(
  services: EndServices,
  row: ImportRow,
  { code, reason }: { readonly code: ProblemCode; readonly reason: FailureReason },
): Promise<void> {
  const { db, now } = services
  const isFailing = sql`EXISTS (SELECT 1 FROM ${imports}
    WHERE id = ${row.id} AND status = 'failed' AND finished_at = ${now()})`
  const { id: subjectId, userId, provider } = row
  await db.batch([
    recordAlert(
      services,
      { type: 'import.failed', userId, subjectId, provider, code },
      sql`EXISTS (SELECT 1 FROM ${imports}
        WHERE id = ${row.id} AND status IN ('running', 'paused'))`,
    ),
    db
      .update(imports)
      .set({
        status: 'failed',
        errorCode: code,
        pauseReason: null,
        resumeAt: null,
        finishedAt: now(),
        updatedAt: now(),
        ...FREE,
        ...raised,
      })
      .where(and(eq(imports.id, row.id), inArray(imports.status, ['running', 'paused']))),
    recordAuditIfChanged(services, { ...auditOf(row, 'import.failed'), code }),
    db
      .update(importItems)
      .set({
        state: 'failed',
        reason,
        changedAt: sql`(SELECT version FROM ${imports} WHERE id = ${row.id})`,
      })
      .where(
        and(
          eq(importItems.importId, row.id),
          inArray(importItems.state, ['waiting', 'downloading', 'processing']),
          isFailing,
        ),
      ),
    db
      .update(importFolders)
      .set({ state: 'failed', reason })
      .where(
        and(
          eq(importFolders.importId, row.id),
          inArray(importFolders.state, ['chosen', 'open']),
          isFailing,
        ),
      ),
  ])
}

function auditOf(row: ImportRow, action: 'import.completed' | 'import.failed') {
  const { id, userId, provider } = row
  return { action, userId, actor: 'system', provider, subjectId: id } as const
}
