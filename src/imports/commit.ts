// The document that a file becomes: where its bytes are, what it is called, and what has to go once it is there.
import type { DocumentRow, TextReason } from '../documents/schema.ts'
import type { Chunk } from '../knowledge/chunk.ts'
import { errorNames, stackOf, writeLog } from '../log.ts'
import { removeCopy, sealCopy, writeCopy, type CopyState } from './copy-state.ts'
import type { Kept } from './keep-original.ts'
import { LeaseLost } from './lease.ts'
import { ItemFailure } from './outcome.ts'
import type { ImportItem } from './schema.ts'
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

/** Resolves when the file is a document, together with others that are done at the same time. */
export async function commit(work: Work, item: ImportItem, result: Result): Promise<void> {
  const { services, lease } = work
  const { document, reading, kept, state } = result
  const id = documentIdOf(item, document)
  const replaced = replacedBy(document, kept)
  const copyEnc = replaced && (await sealCopy(services, lease, item, replaced))
  const isSettled = await work.settle({
    item: { id: item.id, state, reason: reading.reason, documentId: id },
    made: {
      isNew: document === undefined && lease.row.onDuplicate !== 'keep_both',
      seenAt: document?.updatedAt ?? null,
      document: documentOf(work, item, result, id),
      passages: reading.chunks,
      copyEnc: copyEnc ?? null,
    },
  })
  // Looked at once more, it is a document already, or none any more.
  if (!isSettled) throw new ItemFailure('interrupted', true)
  if (replaced !== null) await clearAway(work, item, replaced)
}

/** Removes the object that no document names any more. Should this fail, the clock does it: the file is a document all the same. */
async function clearAway(work: Work, item: ImportItem, replaced: CopyState): Promise<void> {
  const { services, lease } = work
  try {
    if (!(await removeCopy(services, await work.storage(), item, replaced))) return
    await writeCopy(services, lease, item, null)
  } catch (error) {
    if (error instanceof LeaseLost) throw error
    const at = stackOf(error) ?? ''
    const { id: import_id, provider } = lease.row
    const errors = errorNames(error)
    writeLog({ level: 'warn', event: 'import_failure', import_id, provider, errors, at })
  }
}

/** A name that the user gave it stays; one that came from the source follows it. */
function nameFor(document: DocumentRow | undefined, fileName: string): string {
  if (document === undefined) return fileName
  const before = document.sourcePath?.split('/').at(-1)
  // An export has an extension that its source has not.
  const isSources = [document.filename, document.filename.replace(/\.[^.]+$/, '')].some(
    (name) => name === before,
  )
  return before === undefined || isSources ? fileName : document.filename
}

/** The object that no document names after this. */
function replacedBy(document: DocumentRow | undefined, kept: Kept | undefined) {
  if (document?.ownsObject !== true || document.itemId === null || kept === undefined) return null
  if (document.itemId === kept.itemId) return null
  return { stage: 'replaced' as const, itemId: document.itemId }
}

function documentOf(
  work: Work,
  item: ImportItem,
  { document, size, mimeType, fileName, version, contentHash, reading, kept }: Result,
  id: string,
) {
  const { now } = work.services
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
  return {
    id,
    userId: row.userId,
    filename: nameFor(document, fileName),
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
}
