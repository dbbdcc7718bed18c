// Reads and replaces what is sealed under one key, by the index on the key's id: never a whole table, never over something newer.
import { sql } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { sealedKeyOf } from '../crypto/sealed-key.ts'
import type { SealedColumn } from './sealed-columns.ts'

export interface SealedRow {
  /** The rowid. */
  readonly row: number
  readonly sealed: string
  readonly record: string
  /** Null where the owner is gone: then nothing opens it. */
  readonly userId: string | null
  readonly salt: string | null
}

/** Rows sealed under a key, in the order of their rowids, behind `after`. */
export function readSealed(
  { db }: Pick<Services, 'db'>,
  { table, column, join, record }: SealedColumn,
  page: { readonly keyId: string; readonly after: number; readonly limit: number },
): Promise<SealedRow[]> {
  const name = sql.raw(column.name)
  return db.all<SealedRow>(sql`SELECT t.rowid AS "row", ${name} AS sealed,
      ${sql.raw(record)} AS record, u.id AS userId, u.salt AS salt
    FROM ${table} AS t ${sql.raw(join)}
    WHERE ${sql.raw(sealedKeyOf(column.name))} = ${page.keyId} AND ${name} IS NOT NULL
      AND t.rowid > ${page.after}
    ORDER BY t.rowid LIMIT ${page.limit}`)
}

/** A row's rowid, its text as it was read, and the text that takes its place. */
export type Replacement = readonly [row: number, sealed: string, fresh: string]

/** Characters of a statement's parameter: D1 takes 2 MB. */
const MAX_PARAMETER = 1_000_000

/** The statements that replace them, each only where the text is still the one that was read. Mostly one. */
export function replaceSealed(
  { db }: Pick<Services, 'db'>,
  { table, column, name }: SealedColumn,
  replacements: readonly Replacement[],
) {
  return portionsOf(replacements).map((portion) =>
    db
      .update(table)
      .set({ [name]: sql`new.value ->> 2` })
      .from(sql`json_each(${JSON.stringify(portion)}) AS new`)
      .where(sql`${table}.rowid = new.value ->> 0 AND ${column} = new.value ->> 1`),
  )
}

function portionsOf(replacements: readonly Replacement[]): Replacement[][] {
  const portions: Replacement[][] = []
  let room = 0
  for (const one of replacements) {
    const length = one[1].length + one[2].length + 32
    if (length > room) {
      portions.push([])
      room = MAX_PARAMETER
    }
    portions.at(-1)?.push(one)
    room -= length
  }
  return portions
}

/** How many rows of a column are under which other key; the empty id is of what is in no sealed form. */
export function countOthers(
  { db }: Pick<Services, 'db'>,
  { table, column }: SealedColumn,
  currentId: string,
) {
  const key = sql.raw(sealedKeyOf(column.name))
  const count = (side: '<' | '>') => sql`SELECT ${key} AS id, count(*) AS "rows"
    FROM ${table} WHERE ${key} ${sql.raw(side)} ${currentId} AND ${sql.raw(column.name)} IS NOT NULL
    GROUP BY ${key}`
  // Two ranges of the index: what is under the newest key is not read.
  return db.all<{ id: string; rows: number }>(sql`${count('<')} UNION ALL ${count('>')}`)
}
