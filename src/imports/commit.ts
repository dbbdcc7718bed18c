// The one batch that makes a file a document: the document, its passages and the file's state, all of it or nothing, and only once.
import { sql, type SQL } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'
import { cellsOf, excluded } from '../db/cells.ts'
import { changes } from '../db/client.ts'
import type { DocumentRow, TextReason } from '../documents/schema.ts'
import { documents } from '../documents/schema.ts'
import type { Chunk } from '../knowledge/chunk.ts'
import { indexStatements, ownerTerm } from '../knowledge/index.ts'
import { removeCopy, sealCopy, writeCopy } from './copy-state.ts'
import type { Kept } from './keep-original.ts'
import { fence, requireHeld, touch, touched } from './lease.ts'
import { ItemFailure } from './outcome.ts'
import type { Reason } from './reasons.ts'
import { importItems, type ImportItem } from './schema.ts'
import type { Work } from './work.ts'

/** What reading a file came to. */
export interface Reading {
  readonly status: 'indexed' | 'empty' | 'unreadable'
  readonly reason: TextReason | null
  readonly chunks: readonly Chunk[]
}

export interface Result {
  /** The document that becomes this file; undefined for a new one. */
  readonly document: DocumentRow | undefined
  /** Bytes. */
  readonly size: number
  readonly mimeType: string
  readonly fileName: string
  /** Of the source, as it was read. */
  readonly version: string | null
  readonly contentHash: string | null
  readonly reading: Reading
  /** The copy that the document is to name; undefined where it refers to the source. */
  readonly kept: Kept | undefined
  readonly state: 'imported' | 'failed'
}

/** A new document has the id of the file's row: whoever does it again makes the same one. */
export const documentIdOf = (item: ImportItem, document: DocumentRow | undefined) =>
  document?.id ?? item.id

export async function commit(work: Work, item: ImportItem, result: Result): Promise<void> {
  const { services, lease } = work
  const { db } = services
  const { document, reading, kept } = result
  const id = documentIdOf(item, document)
  const held = sql`(${fence(lease)} AND ${isStillNew(work, item, result)})`
  const { userId } = lease.row
  const title = nameFor(document, result.fileName)
  const replaced = replacedBy(document, kept)
  const copyEnc = replaced && (await sealCopy(services, lease, item, replaced))
  const statements: BatchItem<'sqlite'>[] = [
    writeDocument(work, item, result, { id, title, held }),
    ...indexStatements(db, { id, ownerTerm: await ownerTerm(userId), title }, reading.chunks, held),
    db
      .update(importItems)
      .set({
        state: result.state,
        reason: reading.reason as Reason | null,
        documentId: id,
        chunks: reading.chunks.length,
        size: result.size,
        bytesDone: result.size,
        copyEnc: copyEnc ?? null,
        changedAt: touched(lease),
      })
      .where(sql`id = ${item.id} AND ${held}`),
  ]
  const results = await db.batch([touch(services, lease), ...statements])
  requireHeld(results[0])
  // Looked at once more, it is a document already.
  if (changes(results.at(-1) as D1Result) === 0) throw new ItemFailure('interrupted', true)
  // Should this fail, the clock does it.
  if (replaced !== null && (await removeCopy(services, await work.storage(), item, replaced))) {
    await writeCopy(services, lease, item, null)
  }
}

/**
 * Whether what was to be a new document is none yet: another import may have been quicker since this one looked. For a guard: all
 * of the batch, or nothing.
 */
function isStillNew({ lease }: Work, item: ImportItem, { document, contentHash }: Result): SQL {
  const { userId, connectionId, onDuplicate } = lease.row
  if (document !== undefined || onDuplicate === 'keep_both') return sql`1`
  // Two conditions, each of which has an index.
  const others = sql`SELECT 1 FROM ${documents} WHERE user_id = ${userId} AND id <> ${item.id} AND imported_at IS NOT NULL`
  return sql`NOT EXISTS (${others} AND source_connection_id = ${connectionId} AND source_item_id = ${item.itemId})
    AND NOT EXISTS (${others} AND content_hash = ${contentHash})`
}

/** A name that the user gave it stays; one that came from the source follows it. */
function nameFor(document: DocumentRow | undefined, fileName: string): string {
  if (document === undefined) return fileName
  const before = document.sourcePath?.split('/').at(-1)
  return before === undefined || document.filename.startsWith(before) ? fileName : document.filename
}

/** The object that no document names after this. */
function replacedBy(document: DocumentRow | undefined, kept: Kept | undefined) {
  if (document?.ownsObject !== true || document.itemId === null || kept === undefined) return null
  if (document.itemId === kept.itemId) return null
  return { stage: 'replaced' as const, itemId: document.itemId }
}

function writeDocument(
  work: Work,
  item: ImportItem,
  { document, size, mimeType, version, contentHash, reading, kept }: Result,
  { id, title, held }: { readonly id: string; readonly title: string; readonly held: SQL },
) {
  const { db, now } = work.services
  const { row } = work.lease
  // A document that has its bytes in the default storage keeps them there where no newer ones are.
  const own = document?.ownsObject === true && kept === undefined ? document : undefined
  const place =
    own ??
    (kept === undefined
      ? {
          storageBackend: row.provider,
          connectionId: row.connectionId === row.provider ? null : row.connectionId,
          itemId: item.itemId,
          ownsObject: false,
          receipt: null,
        }
      : {
          storageBackend: 'r2',
          connectionId: null,
          itemId: kept.itemId,
          ownsObject: true,
          receipt: kept.receipt,
        })
  const cells = {
    id,
    userId: row.userId,
    filename: title,
    contentType: mimeType,
    size,
    category: row.category ?? document?.category ?? null,
    status: 'stored' as const,
    storageBackend: place.storageBackend,
    connectionId: place.connectionId,
    itemId: place.itemId,
    receipt: place.receipt,
    ownsObject: place.ownsObject,
    sourceProvider: row.provider,
    sourceConnectionId: row.connectionId,
    sourceItemId: item.itemId,
    sourceVersion: version,
    sourceUrl: item.webUrl,
    sourcePath: item.path,
    contentHash,
    textStatus: reading.status,
    textReason: reading.reason,
    chunkCount: reading.chunks.length,
    importedAt: now(),
    createdAt: document?.createdAt ?? now(),
    updatedAt: now(),
  }
  return db
    .insert(documents)
    .select(sql`SELECT ${cellsOf(documents, cells)} WHERE ${held}`)
    .onConflictDoUpdate({
      target: documents.id,
      set: excluded(documents, ['id', 'userId', 'createdAt']),
    })
}
