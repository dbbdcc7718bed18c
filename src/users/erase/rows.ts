// Deletes the user's rows and the passages of the user's documents, in portions that a statement bears.
import { sql, type SQL } from 'drizzle-orm'
import { alerts } from '../../alerts/schema.ts'
import { documents } from '../../documents/schema.ts'
import { importFolders, importItems, imports } from '../../imports/schema.ts'
import { ownerTerm } from '../../knowledge/index.ts'
import { chunks } from '../../knowledge/schema.ts'
import { attempts } from '../../oauth/schema.ts'
import { storageCounts, storageHolds } from '../../storage/schema.ts'
import { uploads } from '../../uploads/schema.ts'
import { connections } from '../../connections/schema.ts'
import type { Outcome, Task } from './task.ts'

/** Rows of one statement. A passage is taken out of the full-text index too. */
const ROWS = 1000
const PASSAGES = 200

/** Whatever has a user's id in a column of this name, but for the user's own row, the deletion's, and the audit log. */
export const OF_USERS = [
  documents,
  uploads,
  imports,
  connections,
  attempts,
  storageCounts,
  storageHolds,
  alerts,
] as const

export async function rows(task: Task): Promise<Outcome> {
  const { services, userId } = task
  const own = sql`user_id = ${userId}`
  const ofImports = sql`import_id IN (SELECT id FROM ${imports} WHERE user_id = ${userId})`
  const owner = `owner : "${await ownerTerm(userId)}"`
  const passages = sql`id IN (SELECT rowid FROM chunks_fts WHERE chunks_fts MATCH ${owner} LIMIT ${PASSAGES})`
  // Those that write under way are held for are waited for.
  const isOver = sql`(kind = 'staging' OR expires_at <= ${services.now()})`
  const steps: readonly (readonly [SQL, SQL])[] = [
    [sql`${chunks}`, passages],
    [sql`${importItems}`, portion(sql`${importItems}`, ofImports)],
    [sql`${importFolders}`, portion(sql`${importFolders}`, ofImports)],
    ...OF_USERS.map((table) => {
      const which = table === storageHolds ? sql`${own} AND ${isOver}` : own
      return [sql`${table}`, portion(sql`${table}`, which)] as const
    }),
  ]
  for (const [table, which] of steps) {
    for (;;) {
      if (task.isOver()) return 'more'
      const { meta } = await services.db.run(sql`DELETE FROM ${table} WHERE ${which}`)
      if (meta.changes === 0) break
    }
  }
  return 'done'
}

const portion = (table: SQL, which: SQL) =>
  sql`rowid IN (SELECT rowid FROM ${table} WHERE ${which} LIMIT ${ROWS})`
