// Audit entries are statements for the batch that makes the change: both happen, or neither.
import { sql, type SQL } from 'drizzle-orm'
import { randomId } from '../crypto/random.ts'
import type { Db } from '../db/client.ts'
import { auditEntries, type AuditAction } from './schema.ts'

export interface AuditEntry {
  readonly action: AuditAction
  readonly userId: string
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
