// A user as Slipway knows one: the subject of a token, a salt, and where documents go by default.
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

export const users = sqliteTable('users', {
  /** `sub` of the JWT. */
  id: text('id').primaryKey(),
  /** Random; input to the user's data key. Destroying it makes everything sealed for the user unreadable. */
  salt: text('salt').notNull(),
  defaultBackend: text('default_backend').notNull().default('r2'),
  defaultConnectionId: text('default_connection_id'),
  defaultFolderId: text('default_folder_id'),
  /** Milliseconds since the epoch, as all times here. */
  createdAt: integer('created_at').notNull(),
})

export type User = typeof users.$inferSelect
