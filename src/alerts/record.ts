// Alerts are statements for the batch that makes the change: what is not changed is not told, and what is changed is not forgotten.
import { sql, type SQL } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { randomId } from '../crypto/random.ts'
import { cellsOf } from '../db/cells.ts'
import type { ProblemCode } from '../problems/problem.ts'
import { users } from '../users/schema.ts'
import { alerts, type AlertType } from './schema.ts'

export interface Alert {
  readonly type: AlertType
  readonly userId: string
  /** The id of the import or connection. */
  readonly subjectId: string
  readonly provider: string
  readonly code: ProblemCode
}

/** Alerts that may wait: a receiver that is away for long while everything fails is not told of more. */
const MOST_WAITING = 10_000

/**
 * The statement that notes an alert, where somebody wants to be told.
 * @param when that the change is about to happen: the statement stands before it in the batch
 */
export function recordAlert(
  { db, now, settings }: Pick<Services, 'db' | 'now' | 'settings'>,
  alert: Alert,
  when: SQL,
) {
  const cells = cellsOf(alerts, { ...alert, id: randomId(), createdAt: now(), nextAt: now() })
  // Of somebody who is being deleted nothing new is kept.
  const isLeaving = sql`SELECT 1 FROM ${users} WHERE id = ${alert.userId} AND deleting_at IS NOT NULL`
  const isWanted = settings.alerts === undefined ? sql`0` : sql`1`
  return db.insert(alerts).select(
    sql`SELECT ${cells} WHERE ${isWanted} AND ${when} AND NOT EXISTS (${isLeaving})
      AND (SELECT count(*) FROM ${alerts}) < ${MOST_WAITING}`,
  )
}
