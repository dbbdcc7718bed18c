// Puts the passages of a document into the index, or takes them out: statements for the batch that changes the document itself.
import { and, eq, inArray, notExists, sql, type SQL } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'
import type { Db } from '../db/client.ts'
import { documents } from '../documents/schema.ts'
import type { Chunk } from './chunk.ts'
import { chunks as table } from './schema.ts'
import { hiddenTerms } from './terms.ts'

/** Bytes of passages that one statement brings; D1 takes 2 MB in a parameter. */
const MAX_BYTES = 800_000

export interface IndexedDocument {
  readonly id: string
  /** When the document was written of which these are the passages. */
  readonly updatedAt: number
  /** The document's name. */
  readonly title: string
  readonly passages: readonly Chunk[]
}

/**
 * The statements that make these the documents' passages, in place of all that they had. Each applies only where `guard` holds: a
 * condition on other tables, such as a lease that must still be one's own. A document that is not there, or was written by somebody
 * else, is left alone.
 * @param owner of all of them, as `ownerTerm` makes it
 */
export function indexStatements(
  db: Db,
  owner: string,
  indexed: readonly IndexedDocument[],
  guard: SQL,
): BatchItem<'sqlite'>[] {
  const written = JSON.stringify(indexed.map(({ id, updatedAt }) => [id, updatedAt]))
  const isWritten = sql`EXISTS (SELECT 1 FROM ${documents} AS made
    WHERE made.id = value ->> 0 AND made.updated_at = value ->> 1)`
  const ids = sql`(SELECT value ->> 0 FROM json_each(${written}) WHERE ${isWritten})`
  return [
    db.delete(table).where(and(inArray(table.documentId, ids), guard)),
    ...portions(indexed).map((rows) =>
      // In the order of the table's columns.
      db.insert(table).select(sql`
        SELECT NULL, value ->> 0, ${owner}, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
          value ->> 8, value ->> 9
        FROM json_each(${rows}) WHERE ${isWritten} AND ${guard}`),
    ),
  ]
}

/** For the batch that deletes a document, behind the statement that does: its passages go if it has gone. */
export function unindexStatement(db: Db, documentId: string) {
  const document = db
    .select({ id: documents.id })
    .from(documents)
    .where(eq(documents.id, documentId))
  return db.delete(table).where(and(eq(table.documentId, documentId), notExists(document)))
}

/** For the batch that renames a document: its passages are found by the new name. */
export function retitleStatement(db: Db, documentId: string, title: string) {
  return db
    .update(table)
    .set({ title: searchedTitle(title) })
    .where(eq(table.documentId, documentId))
}

function searchedTitle(title: string): string {
  const hidden = hiddenTerms(title)
  return hidden === null ? title : `${title} ${hidden}`
}

/** JSON arrays of passages, none of them too long for a statement. */
function portions(indexed: readonly IndexedDocument[]): string[] {
  const encoder = new TextEncoder()
  const all: string[] = []
  let rows: string[] = []
  let bytes = 0
  for (const { id, updatedAt, title, passages } of indexed) {
    const searched = searchedTitle(title)
    for (const { ordinal, text, overlap, page, pageEnd, heading } of passages) {
      const hidden = hiddenTerms(heading === null ? text : `${text}\n${heading}`)
      const row = JSON.stringify([
        id,
        updatedAt,
        ordinal,
        text,
        overlap,
        page,
        pageEnd,
        heading,
        searched,
        hidden,
      ])
      const size = encoder.encode(row).length + 1
      if (rows.length > 0 && bytes + size > MAX_BYTES) {
        all.push(`[${rows.join()}]`)
        rows = []
        bytes = 0
      }
      rows.push(row)
      bytes += size
    }
  }
  if (rows.length > 0) all.push(`[${rows.join()}]`)
  return all
}

/** The term of the index that stands for a user: one word, whatever the user's id is. */
export async function ownerTerm(userId: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(userId))
  const hex = Array.from(new Uint8Array(digest, 0, 16), (byte) =>
    byte.toString(16).padStart(2, '0'),
  )
  return `u${hex.join('')}`
}
