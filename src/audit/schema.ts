// The audit log: who did what to which connection, when. Triggers in the migrations refuse DELETE, and UPDATE but for the pseudonym that takes
// the place of a user who is deleted.
import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** A closed list: no free text, so no secret and no file name can stand here. */
export const AUDIT_ACTIONS = [
  'cloud.connected',
  'cloud.reconnected',
  'cloud.renamed',
  'cloud.disconnected',
  'cloud.refreshed',
  'cloud.refresh_failed',
  'cloud.reauth_required',
  'document.created',
  'document.deleted',
  'import.started',
  'import.cancelled',
  'import.completed',
  'import.failed',
  'cloud.credentials_purged',
  'user.default_storage_changed',
  'user.deletion_requested',
  'user.deleted',
  'admin.connections_read',
  'admin.audit_read',
  'keys.rotated',
] as const
export type AuditAction = (typeof AUDIT_ACTIONS)[number]

export const auditEntries = sqliteTable(
  'audit_entries',
  {
    id: text('id').primaryKey(),
    at: integer('at').notNull(),
    action: text('action', { enum: AUDIT_ACTIONS }).notNull(),
    userId: text('user_id').notNull(),
    /** The user, or `system` for what happens without one asking. */
    actor: text('actor').notNull(),
    /** Of purged credentials all of them, separated by commas. */
    provider: text('provider'),
    /** The id of the connection, document, import or key. */
    subjectId: text('subject_id'),
    /** A code of the problem table, where something failed. */
    code: text('code'),
    requestId: text('request_id').notNull(),
    /** ISO 3166-1 alpha-2, as the platform tells it. */
    country: text('country'),
  },
  (table) => [
    index('audit_user_time').on(table.userId, table.at),
    index('audit_time').on(table.at),
    // One for each filter of the log, in the order in which it is read: of one time the rowid decides, which every index ends with.
    index('audit_actor_time').on(table.actor, table.at),
    index('audit_action_time').on(table.action, table.at),
    index('audit_request').on(table.requestId, table.at),
    index('audit_provider_time')
      .on(table.provider, table.at)
      .where(sql`provider IS NOT NULL`),
    index('audit_code_time')
      .on(table.code, table.at)
      .where(sql`code IS NOT NULL`),
  ],
)
