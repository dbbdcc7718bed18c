// Forgets imports that ended long ago. Their documents stay: only the account of how they came goes.
import { and, eq, inArray, isNotNull, isNull, lt, notExists, sql } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { changes } from '../db/client.ts'
import { importFolders, importItems, imports } from './schema.ts'

/** Milliseconds that the account of an import is kept after its end. */
const LIFE_MS = 30 * 24 * 3600_000
/** Imports of one run, and files of each. */
const MAX_IMPORTS = 10
const MAX_ITEMS = 2000

/** Returns how many imports were forgotten. One with very many files takes several runs. */
export async function sweepImports({ db, now }: Services): Promise<number> {
  const old = await db
    .select({ id: imports.id })
    .from(imports)
    .where(
      and(
        inArray(imports.status, ['completed', 'cancelled', 'failed']),
        lt(imports.finishedAt, now() - LIFE_MS),
      ),
    )
    .limit(MAX_IMPORTS)
  let count = 0
  for (const { id } of old) {
    const own = eq(importItems.importId, id)
    const some = db
      .select({ id: importItems.id })
      .from(importItems)
      // A copy that is still to be cleared away is found by its row alone.
      .where(and(own, isNull(importItems.copyEnc)))
      .limit(MAX_ITEMS)
    await db.delete(importItems).where(inArray(importItems.id, some))
    const left = db
      .select({ one: sql`1` })
      .from(importItems)
      .where(own)
    const [forgotten] = await db.batch([
      db
        .delete(imports)
        .where(and(eq(imports.id, id), isNotNull(imports.finishedAt), notExists(left))),
      db.delete(importFolders).where(and(eq(importFolders.importId, id), sql`changes() > 0`)),
    ])
    if (changes(forgotten) > 0) count++
  }
  return count
}
