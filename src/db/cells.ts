// Rows made by SQL: `INSERT … SELECT` takes its cells in the order of the table's columns, which nobody should have to know by heart.
import { getTableColumns, SQL, sql } from 'drizzle-orm'
import type { SQLiteTable } from 'drizzle-orm/sqlite-core'

type Names<T extends SQLiteTable> = keyof T['_']['columns']
type Cells<T extends SQLiteTable> = Readonly<
  Partial<{ [Name in Names<T>]: SQL | T['_']['columns'][Name]['_']['data'] | null | undefined }>
>

/** The cells of every column of a table, with commas between them; what is left out has the column's default, or NULL. */
export function cellsOf<T extends SQLiteTable>(table: T, cells: Cells<T>): SQL {
  const columns = Object.entries(getTableColumns(table))
  return sql.join(
    columns.map(([name, column]) => {
      const cell: unknown = cells[name as Names<T>]
      if (cell instanceof SQL) return cell
      return sql`${sql.param(cell ?? column.default ?? null, column)}`
    }),
    sql`, `,
  )
}

/** For the conflict of such a row: each of these columns as the new row has it. */
export function excluded<T extends SQLiteTable>(
  table: T,
  except: readonly Names<T>[],
): Record<string, SQL> {
  const columns = Object.entries(getTableColumns(table)).filter(([name]) => !except.includes(name))
  return Object.fromEntries(
    columns.map(([name, column]) => [name, sql.raw(`excluded."${column.name}"`)]),
  )
}
