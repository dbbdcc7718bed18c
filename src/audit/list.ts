// Reads the audit log, the newest entries first. Each filter has an index in this order.
import { and, desc, eq, gte, lt, lte, or, sql } from 'drizzle-orm'
import type { Db } from '../db/client.ts'
import { auditEntries, type AuditAction } from './schema.ts'

export interface AuditFilter {
  readonly userId?: string | undefined
  readonly actor?: string | undefined
  readonly action?: AuditAction | undefined
  readonly provider?: string | undefined
  readonly requestId?: string | undefined
  readonly code?: string | undefined
  /** Milliseconds since the epoch; `from` is included, `to` is not. */
  readonly from?: number | undefined
  readonly to?: number | undefined
}

/** Where a page ended. Of entries of the same time the rowid decides: entries are never removed, so it stays. */
export interface AuditPlace {
  readonly at: number
  readonly row: number
}

export type ListedEntry = typeof auditEntries.$inferSelect & AuditPlace

const row = sql<number>`${auditEntries}.rowid`

export async function listAudit(
  db: Db,
  filter: AuditFilter,
  page: { readonly before: AuditPlace | undefined; readonly limit: number },
): Promise<ListedEntry[]> {
  const { before } = page
  const rows = await db
    .select({ entry: auditEntries, row })
    .from(auditEntries)
    .where(
      and(
        whereEqual(filter),
        filter.from === undefined ? undefined : gte(auditEntries.at, filter.from),
        filter.to === undefined ? undefined : lt(auditEntries.at, filter.to),
        // The first condition is the index's; the second is of the entries of one time.
        before && lte(auditEntries.at, before.at),
        before && or(lt(auditEntries.at, before.at), lt(row, before.row)),
      ),
    )
    .orderBy(desc(auditEntries.at), desc(row))
    .limit(page.limit)
  return rows.map((one) => ({ ...one.entry, row: one.row }))
}

function whereEqual(filter: AuditFilter) {
  const columns = ['userId', 'actor', 'action', 'provider', 'requestId', 'code'] as const
  return and(
    ...columns.map((name) => {
      const value = filter[name]
      return value === undefined ? undefined : eq(auditEntries[name], value)
    }),
  )
}
