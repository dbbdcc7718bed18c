// How far the rotation is: one row for each sealed column and old key, so that every run goes on where the last one ended.
import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

export const keyPasses = sqliteTable(
  'key_passes',
  {
    /** The name of the sealed column, as `sealed-columns.ts` has it. */
    place: text('place').notNull(),
    /** The old key. */
    keyId: text('key_id').notNull(),
    /** The key that rows are sealed with anew: where it is another one by now, the pass begins again. */
    target: text('target').notNull(),
    /** The last rowid that was seen. */
    after: integer('after').notNull(),
    /** Rows that could not be opened, and were passed over. */
    failed: integer('failed').notNull(),
    /** When the last row had been seen; null before. */
    endedAt: integer('ended_at'),
  },
  (table) => [primaryKey({ columns: [table.place, table.keyId] })],
)

export type KeyPass = typeof keyPasses.$inferSelect
