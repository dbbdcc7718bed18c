// Counters that only grow, by name and two labels. Triggers add to most of them with the very change that they count.
import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

export const metricCounts = sqliteTable(
  'metric_counts',
  {
    name: text('name').notNull(),
    /** A provider's id; empty where there is none. */
    provider: text('provider').notNull(),
    /** A problem's code, a reason or a status; empty for a success. */
    code: text('code').notNull(),
    value: integer('value').notNull(),
  },
  (table) => [primaryKey({ columns: [table.name, table.provider, table.code] })],
)
