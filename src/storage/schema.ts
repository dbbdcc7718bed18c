// What is charged beside the objects that are there: writes under way, and counts that take several runs.
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** As HoldOptions in the providers' contract says. */
export const HOLD_KINDS = ['add', 'change', 'staging'] as const

/**
 * Bytes held until it is known what became of them. One that has ended by itself says that its owner died: unless it
 * was for staging, it stays and is charged until the user's objects are counted.
 */
export const storageHolds = sqliteTable(
  'storage_holds',
  {
    id: text('id').primaryKey(),
    userId: text('user_id').notNull(),
    kind: text('kind', { enum: HOLD_KINDS }).notNull(),
    bytes: integer('bytes').notNull(),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
  },
  (table) => [
    index('storage_holds_user').on(table.userId),
    index('storage_holds_expiry').on(table.expiresAt),
  ],
)

/** How far the count of a user with very many objects is. Worth nothing once the user's version is another. */
export const storageCounts = sqliteTable('storage_counts', {
  userId: text('user_id').primaryKey(),
  version: integer('version').notNull(),
  /** The last key that is counted. */
  lastKey: text('last_key').notNull(),
  bytes: integer('bytes').notNull(),
})
