// Audit entries are statements for the batch that makes the change: both happen, or neither.
import { sql, type SQL } from 'drizzle-orm'
import type { SQLiteTable } from 'drizzle-orm/sqlite-core'
import { randomId } from '../crypto/random.ts'
import { cellsOf } from '../db/cells.ts'
import type { Db } from '../db/client.ts'
import { auditEntries, type AuditAction } from './schema.ts'

export interface AuditEntry {
  readonly action: AuditAction
  /** Or what yields it when the entry is written. */
  readonly userId: string | SQL<string>
  readonly actor: string
  readonly provider?: string | undefined
  readonly subjectId?: string | undefined
  readonly code?: string | undefined
}

interface AuditOrigin {
  readonly db: Db
  readonly requestId: string
  readonly country: string | null
  readonly now: () => number
}

/** The statement that records an entry. */
export function recordAudit(origin: AuditOrigin, entry: AuditEntry) {
  return origin.db.insert(auditEntries).values(auditRow(origin, entry))
}

/**
 * The same, but only if the statement before it in the batch changed a row: the entry of a compare-and-swap that lost is
 * not written.
 */
export function recordAuditIfChanged(origin: AuditOrigin, entry: AuditEntry) {
  const row = auditRow(origin, entry)
  const values: SQL = sql`SELECT ${row.id}, ${row.at}, ${row.action}, ${row.userId}, ${row.actor},
    ${row.provider}, ${row.subjectId}, ${row.code}, ${row.requestId}, ${row.country} WHERE changes() > 0`
  return origin.db.insert(auditEntries).select(values)
}

/**
 * The statement that records an entry about each row of which `which` holds, for its user. To stand before the statement that changes
 * them. @param table one with an id, a user and a provider
 */
export function recordAuditOfEach(
  origin: AuditOrigin,
  entry: Pick<AuditEntry, 'action' | 'actor' | 'code'>,
  table: SQLiteTable,
  which: SQL | undefined,
) {
  const cells = cellsOf(auditEntries, {
    ...auditRow(origin, { ...entry, userId: '' }),
    id: sql`lower(hex(randomblob(16)))`,
    userId: sql`user_id`,
    provider: sql`provider`,
    subjectId: sql`id`,
  })
  return origin.db.insert(auditEntries).select(sql`SELECT ${cells} FROM ${table} WHERE ${which}`)
}

function auditRow({ requestId, country, now }: AuditOrigin, entry: AuditEntry) {
  return {
    id: randomId(),
    at: now(),
    action: entry.action,
    userId: entry.userId,
    actor: entry.actor,
    provider: entry.provider ?? null,
    subjectId: entry.subjectId ?? null,
    code: entry.code ?? null,
    requestId,
    country,
  }
}
