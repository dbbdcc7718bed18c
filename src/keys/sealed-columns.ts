// Everything that is sealed and kept: what the rotation seals anew, row by row, and what it leaves to its end.
import { getTableName } from 'drizzle-orm'
import type { SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core'
import { connections } from '../connections/schema.ts'
import { importFolders, importItems } from '../imports/schema.ts'
import { attempts } from '../oauth/schema.ts'
import { uploads } from '../uploads/schema.ts'

/*
 * | what                                   | lives                              | under an old key                                |
 * | -------------------------------------- | ---------------------------------- | ----------------------------------------------- |
 * | the columns below                      | as long as their row               | sealed anew when opened (an attempt's: not), and by the rotation |
 * | KV `oauth-state:`                      | 30 minutes                         | opens until then                                |
 * | listings in the platform's cache       | 30 seconds                         | is made again where it does not open            |
 * | page cursors, which clients hold       | as long as the client keeps them   | open; without the key the cursor is refused     |
 * | signed URLs and tickets (signed only)  | 7 days at most                     | are good; without the key they are not          |
 *
 * So an old key may go when no row is left under it, and, for the sake of links that were given out, 7 days after it was the newest.
 */

/** A sealed column. `join` and `record` are SQL, of its own table as `t` and of users as `u`. */
export interface SealedColumn {
  readonly table: SQLiteTable
  readonly column: SQLiteColumn
  /** What the schema calls it. */
  readonly name: string
  /** From its own table to its owner's salt. */
  readonly join: string
  /** What the ciphertext is bound to besides the user: as where it is sealed. */
  readonly record: string
  readonly field: string
}

const OWN = 'LEFT JOIN users AS u ON u.id = t.user_id'
const OF_IMPORT =
  'LEFT JOIN imports AS i ON i.id = t.import_id LEFT JOIN users AS u ON u.id = i.user_id'

export const SEALED_COLUMNS: readonly SealedColumn[] = [
  {
    table: connections,
    column: connections.credentialsEnc,
    name: 'credentialsEnc',
    join: OWN,
    record: 't.id',
    field: 'credentials',
  },
  {
    // For half an hour and a sweep, but credentials wait in them.
    table: attempts,
    column: attempts.pendingEnc,
    name: 'pendingEnc',
    join: OWN,
    record: 't.id',
    field: 'pending',
  },
  {
    // For a day after the last byte.
    table: uploads,
    column: uploads.stateEnc,
    name: 'stateEnc',
    join: OWN,
    record: 't.id',
    field: 'upload_state',
  },
  {
    // As long as an import is paused.
    table: importFolders,
    column: importFolders.cursorEnc,
    name: 'cursorEnc',
    join: OF_IMPORT,
    record: "t.import_id || ' ' || t.item_id",
    field: 'import_state',
  },
  {
    // Until the copy is a document's, or has been cleared away.
    table: importItems,
    column: importItems.copyEnc,
    name: 'copyEnc',
    join: OF_IMPORT,
    record: "t.import_id || ' ' || t.id",
    field: 'import_state',
  },
]

/** What a pass of the rotation is called by. */
export const placeOf = ({ table }: SealedColumn): string => getTableName(table)
