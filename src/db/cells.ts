// Rows made by SQL: `INSERT … SELECT` takes its cells in the order of the table's columns, which nobody should have to know by heart.
import { getTableColumns, sql, type SQL } from 'drizzle-orm'
import type { SQLiteTable } from 'drizzle-orm/sqlite-core'

type Cell = SQL | string | number | null

/** The cells of every column of a table, with commas between them. Values as SQLite keeps them: JSON as text, truth as 0 or 1. */
export function cellsOf<T extends SQLiteTable>(
  table: T,
  cells: Readonly<Record<keyof T['_']['columns'], Cell>>,
): SQL {
  const names = Object.keys(getTableColumns(table)) as (keyof T['_']['columns'])[]
  return sql.join(
    names.map((name) => sql`${cells[name]}`),
    sql`, `,
  )
}

/** For the conflict of such a row: each of these columns as the new row has it. */
export function excluded<T extends SQLiteTable>(
  table: T,
  except: readonly (keyof T['_']['columns'])[],
): Record<string, SQL> {
  const columns = Object.entries(getTableColumns(table)).filter(([name]) => !except.includes(name))
  return Object.fromEntries(
    columns.map(([name, column]) => [name, sql.raw(`excluded."${column.name}"`)]),
  )
}
