// A user as Slipway knows one: the subject of a token, a salt, where documents go by default, and what the default storage holds.
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

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
})

export type User = typeof users.$inferSelect
