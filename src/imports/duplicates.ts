// Finds the documents that a file of an import is already: by its source, or by its bytes.
import { and, eq, inArray, sql, type SQL } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import type { Db } from '../db/client.ts'
import { documents, type DocumentRow } from '../documents/schema.ts'
import type { ImportItem, ImportRow } from './schema.ts'

type Order = Pick<ImportRow, 'userId' | 'connectionId'>

/** The user's newest document of each of these files, by the file's id at the provider. */
export async function findBySource(
  { db }: Pick<Services, 'db'>,
  order: Order,
  items: readonly Pick<ImportItem, 'itemId'>[],
): Promise<ReadonlyMap<string, DocumentRow>> {
  const ids = JSON.stringify(items.map(({ itemId }) => itemId))
  return bySource(await selectBySource(db, order, sql`SELECT value FROM json_each(${ids})`))
}

/** The statement for {@link findBySource}, with what gives the ids; its rows are for {@link bySource}. */
export function selectBySource(db: Db, { userId, connectionId }: Order, ids: SQL) {
  return db
    .select()
    .from(documents)
    .where(
      and(
        eq(documents.userId, userId),
        eq(documents.sourceConnectionId, connectionId),
        inArray(documents.sourceItemId, sql`(${ids})`),
      ),
    )
    .orderBy(documents.createdAt)
}

export function bySource(rows: readonly DocumentRow[]): ReadonlyMap<string, DocumentRow> {
  return new Map(rows.map((row) => [row.sourceItemId ?? '', row]))
}

/** Bytes that are looked for: in documents other than `exceptId`. */
export interface Wanted {
  readonly contentHash: string
  readonly exceptId: string
}

/** For each, the user's newest other document with the same bytes. */
export async function findByContent(
  { db }: Pick<Services, 'db'>,
  userId: string,
  wanted: readonly Wanted[],
): Promise<readonly (DocumentRow | undefined)[]> {
  const newest = sql`(
    SELECT twin.id FROM ${documents} AS twin
    WHERE twin.user_id = ${userId} AND twin.content_hash = wanted.value ->> 'contentHash'
      AND twin.id <> wanted.value ->> 'exceptId' AND twin.imported_at IS NOT NULL
    ORDER BY twin.created_at DESC LIMIT 1)`
  const rows = await db
    .select({ at: sql<number>`wanted.key`, document: documents })
    .from(sql`json_each(${JSON.stringify(wanted)}) AS wanted`)
    .innerJoin(documents, eq(documents.id, newest))
  const found = new Map(rows.map(({ at, document }) => [at, document]))
  return wanted.map((_, at) => found.get(at))
}

/** Whether there is nothing that importing the file again would add. */
export function isUnchanged(
  document: DocumentRow,
  item: Pick<ImportItem, 'version'>,
  keepOriginal: boolean,
): boolean {
  return (
    item.version !== null &&
    document.sourceVersion === item.version &&
    // What could not be read may be readable by now, or its limit may have been raised.
    (document.textStatus !== 'unreadable' || document.textReason === 'unsupported_type') &&
    (document.ownsObject || !keepOriginal)
  )
}
