// Alerts that are still to be told: written with the change that they are about, and gone once they are delivered or given up.
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** A closed list, as receivers see it in `type`. */
export const ALERT_TYPES = [
  'import.failed',
  'connection.refresh_failed',
  'connection.reauth_required',
] as const
export type AlertType = (typeof ALERT_TYPES)[number]

export const alerts = sqliteTable(
  'alerts',
  {
    /** Also `webhook-id`: the same at each try. */
    id: text('id').primaryKey(),
    userId: text('user_id').notNull(),
    type: text('type', { enum: ALERT_TYPES }).notNull(),
    /** The id of the import or connection. */
    subjectId: text('subject_id').notNull(),
    provider: text('provider').notNull(),
    /** A code of the problem table. */
    code: text('code').notNull(),
    createdAt: integer('created_at').notNull(),
    attempts: integer('attempts').notNull().default(0),
    /** Before then it is not sent. */
    nextAt: integer('next_at').notNull(),
    /** Who sends it now, and until when nobody else may. */
    leaseId: text('lease_id'),
    leaseUntil: integer('lease_until'),
  },
  (table) => [index('alerts_next').on(table.nextAt), index('alerts_user').on(table.userId)],
)
export type AlertRow = typeof alerts.$inferSelect
