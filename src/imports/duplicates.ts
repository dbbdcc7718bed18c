// Finds the documents that a file of an import is already: by its source, or by its bytes.
import { and, desc, eq, inArray, isNotNull, ne, sql } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { documents, type DocumentRow } from '../documents/schema.ts'
import type { ImportItem, ImportRow } from './schema.ts'

type Order = Pick<ImportRow, 'userId' | 'connectionId'>

/** The user's newest document of each of these files, by the file's id at the provider. */
export async function findBySource(
  { db }: Pick<Services, 'db'>,
  { userId, connectionId }: Order,
  items: readonly Pick<ImportItem, 'itemId'>[],
): Promise<ReadonlyMap<string, DocumentRow>> {
  const ids = JSON.stringify(items.map(({ itemId }) => itemId))
  const rows = await db
    .select()
    .from(documents)
    .where(
      and(
        eq(documents.userId, userId),
        eq(documents.sourceConnectionId, connectionId),
        inArray(documents.sourceItemId, sql`(SELECT value FROM json_each(${ids}))`),
      ),
    )
    .orderBy(documents.createdAt)
  return new Map(rows.map((row) => [row.sourceItemId ?? '', row]))
}

/** Another document of the user with the same bytes. */
export async function findByContent(
  { db }: Pick<Services, 'db'>,
  userId: string,
  contentHash: string,
  exceptId: string,
): Promise<DocumentRow | undefined> {
  return db
    .select()
    .from(documents)
    .where(
      and(
        eq(documents.userId, userId),
        eq(documents.contentHash, contentHash),
        ne(documents.id, exceptId),
        isNotNull(documents.importedAt),
      ),
    )
    .orderBy(desc(documents.createdAt))
    .limit(1)
    .get()
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
