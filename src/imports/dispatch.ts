// Sends the messages that make imports go on. D1 says what is to be done; a message only says that something is, and may be lost or come twice.
import { and, eq, inArray, isNotNull, isNull, lt, lte, or, sql, type SQL } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { recordAuditOfEach } from '../audit/record.ts'
import { connections } from '../connections/schema.ts'
import { importFolders, importItems, imports } from './schema.ts'

/** All that a message says. */
export interface ImportMessage {
  readonly import_id: string
}

/** Milliseconds after which a message that nobody has taken up counts as lost. */
const LOST_MS = 90_000
/** Messages of one run of the clock. */
const MAX_SENT = 200

type DispatchServices = Pick<Services, 'db' | 'now' | 'importQueue'>

/** Sends the message of a running import. One that cannot be sent is sent by the clock. */
export async function dispatchImport(
  { db, now, importQueue }: DispatchServices,
  importId: string,
): Promise<void> {
  await importQueue.send({ import_id: importId } satisfies ImportMessage)
  await db.update(imports).set({ dispatchedAt: now() }).where(eq(imports.id, importId))
}

/** The statement that ends the pauses of these imports; whoever sends it has their messages sent, or leaves that to the clock. */
export function endPauses({ db, now }: Pick<Services, 'db' | 'now'>, which: SQL | undefined) {
  return db
    .update(imports)
    .set({
      status: 'running',
      pauseReason: null,
      resumeAt: null,
      dispatchedAt: null,
      version: sql`${imports.version} + 1`,
      updatedAt: now(),
    })
    .where(and(eq(imports.status, 'paused'), which))
}

/** That the pause was for a time, and the time has come. */
export const isDue = (now: number) => lte(imports.resumeAt, now)

const isForRenewal = eq(imports.pauseReason, 'reauth_required')

/**
 * Ends the pauses whose time has come, and sends the messages of imports that run without anybody at work on them. Returns how
 * many were sent.
 */
export async function dispatchDue(services: DispatchServices): Promise<number> {
  const { db, now } = services
  // A slice that met the old grant may pause its import when the new one is there already: nobody would renew it again.
  const isRenewed = sql`EXISTS (SELECT 1 FROM ${connections}
    WHERE ${connections.id} = ${imports.connectionId} AND ${connections.status} <> 'REQUIRES_REAUTH')`
  await endPauses(services, or(isDue(now()), and(isForRenewal, isRenewed)))
  const isDead = and(isNotNull(imports.leaseId), lt(imports.leaseUntil, now()))
  const isLost = and(
    isNull(imports.leaseId),
    or(isNull(imports.dispatchedAt), lt(imports.dispatchedAt, now() - LOST_MS)),
  )
  const due = await db
    .select({ id: imports.id })
    .from(imports)
    .where(and(eq(imports.status, 'running'), or(isDead, isLost)))
    .limit(MAX_SENT)
  for (const { id } of due) await dispatchImport(services, id)
  return due.length
}

/** The statement that ends the pauses of imports which waited for a connection to be renewed, for the batch that renews it. */
export function resumeImports(services: Pick<Services, 'db' | 'now'>, connectionId: string) {
  return endPauses(services, and(eq(imports.connectionId, connectionId), isForRenewal))
}

/** The statements that end the imports from a connection which is removed, for the batch that removes it. */
export function endImportsOf(
  services: Pick<Services, 'db' | 'now' | 'requestId' | 'country'>,
  connectionId: string,
) {
  const { db, now } = services
  const live = and(
    eq(imports.connectionId, connectionId),
    inArray(imports.status, ['running', 'paused']),
  )
  const ids = db.select({ id: imports.id }).from(imports).where(live)
  const reason = 'connection_removed' as const
  const code = 'not_found' as const
  return [
    recordAuditOfEach(services, { action: 'import.failed', actor: 'system', code }, imports, live),
    db
      .update(importItems)
      .set({
        state: 'failed',
        reason,
        changedAt: sql`(SELECT version + 1 FROM ${imports} WHERE id = import_id)`,
      })
      .where(
        and(
          inArray(importItems.importId, ids),
          inArray(importItems.state, ['waiting', 'downloading', 'processing']),
        ),
      ),
    db
      .update(importFolders)
      .set({ state: 'failed', reason })
      .where(
        and(inArray(importFolders.importId, ids), inArray(importFolders.state, ['chosen', 'open'])),
      ),
    db
      .update(imports)
      .set({
        status: 'failed',
        errorCode: code,
        pauseReason: null,
        resumeAt: null,
        leaseId: null,
        leaseUntil: null,
        finishedAt: now(),
        updatedAt: now(),
        version: sql`${imports.version} + 1`,
      })
      .where(live),
  ] as const
}
