// A user as Slipway knows one: the subject of a token, a salt, where documents go by default, and what the default storage holds.
// And how far the deletion of one is.
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

export const users = sqliteTable('users', {
  /** `sub` of the JWT. */
  id: text('id').primaryKey(),
  /** Random; input to the user's data key. Destroying it makes everything sealed for the user unreadable. */
  salt: text('salt').notNull(),
  defaultBackend: text('default_backend').notNull().default('r2'),
  defaultConnectionId: text('default_connection_id'),
  defaultFolderId: text('default_folder_id'),
  /** Bytes of the user's objects in the default storage. */
  storageUsed: integer('storage_used').notNull().default(0),
  /** Raised with everything that may have changed the user's objects: what a count is compared with. */
  storageVersion: integer('storage_version').notNull().default(0),
  /** When the objects were last counted; null = never, so that nothing can be charged yet. */
  storageCountedAt: integer('storage_counted_at'),
  /** Milliseconds since the epoch, as all times here. */
  createdAt: integer('created_at').notNull(),
  /** When the account's deletion was asked for: from then on the user is refused, and triggers keep anything new from being stored. */
  deletingAt: integer('deleting_at'),
})

export type User = typeof users.$inferSelect

/**
 * stop: what is under way ends. vendors: what was made there goes. connections: grants are ended and purged, then the salt is destroyed.
 * objects, rows: what is left here goes. audit: the entries get the pseudonym. check: nothing is left, and the user's row goes.
 */
export const DELETION_STAGES = [
  'stop',
  'vendors',
  'connections',
  'objects',
  'rows',
  'audit',
  'check',
] as const
export type DeletionStage = (typeof DELETION_STAGES)[number]

/** The deletion of a user, for as long as it takes. */
export const deletions = sqliteTable(
  'deletions',
  {
    /** Random: what stands for the user in the audit log afterwards. */
    id: text('id').primaryKey(),
    userId: text('user_id').notNull().unique(),
    stage: text('stage', { enum: DELETION_STAGES }).notNull(),
    /** Separated by commas: of whom there were credentials. */
    providers: text('providers'),
    /** How often in a row the stage could not be ended. */
    attempts: integer('attempts').notNull().default(0),
    /** Milliseconds; before then it is not gone on with. */
    notBefore: integer('not_before').notNull().default(0),
    /** Who is at work on it, and until when nobody else may be. */
    leaseId: text('lease_id'),
    leaseUntil: integer('lease_until'),
    /** When its message was last sent. */
    dispatchedAt: integer('dispatched_at'),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [index('deletions_due').on(table.notBefore)],
)

export type Deletion = typeof deletions.$inferSelect
