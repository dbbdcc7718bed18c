// Brings one file in, from its row to a document: looked at, fetched, kept if that was asked for, read, and made known in one batch.
import { and, eq } from 'drizzle-orm'
import { documents, type DocumentRow } from '../documents/schema.ts'
import { chunk } from '../knowledge/chunk.ts'
import { extract } from '../knowledge/extract/extract.ts'
import type { TextFormat } from '../knowledge/extract/formats.ts'
import { MAX_INPUT } from '../knowledge/extract/limits.ts'
import { Unreadable } from '../knowledge/extract/unreadable.ts'
import { textFormat } from './accepts.ts'
import { commit, type Reading } from './commit.ts'
import { isUnchanged } from './duplicates.ts'
import { fetchKept, fetchOnly, type Fetched } from './fetch.ts'
import { discardKept } from './keep-original.ts'
import { fence, requireHeld, touch, touched } from './lease.ts'
import type { Reason } from './reasons.ts'
import { importItems, type ImportItem } from './schema.ts'
import { contentType } from './walk.ts'
import type { Work } from './work.ts'

/**
 * Throws what concerns the import as a whole, and what another try may mend; a file that can never be read is noted as failed here.
 * @param document what the source is already
 * @param onFetched called when the next file may be fetched: what is left to do for this one keeps the drive from nothing
 */
export async function importFile(
  work: Work,
  listed: ImportItem,
  document: DocumentRow | undefined,
  onFetched: () => void,
): Promise<void> {
  const { row, isAfterDeath } = work.lease
  if (isAfterDeath) await noteBegun(work, listed)
  // What has failed before may be another version by now, or another size.
  const isKnown = listed.version !== null && listed.attempts === 0
  const item = isKnown ? listed : await lookAt(work, listed)
  const target = row.onDuplicate === 'keep_both' ? await findOwn(work, listed) : document
  // Bytes that are kept once stay kept: a later import that does not ask for them must not lose them.
  const keeps = (row.keepOriginal || target?.ownsObject === true) && row.connectionId !== 'r2'
  if (target !== undefined && row.onDuplicate === 'skip' && isUnchanged(target, item, keeps)) {
    onFetched()
    return skip(work, item, 'duplicate', target.id)
  }
  const format = textFormat(item)
  if (format === undefined && !keeps) {
    onFetched()
    return skip(work, item, 'unsupported_type')
  }
  const isTooLarge = (item.size ?? 0) > MAX_INPUT
  if (isTooLarge && !keeps) {
    onFetched()
    const size = item.size ?? 0
    return settle(work, item, target, nothingRead(item, size, 'input_too_large'))
  }
  // What cannot be known beforehand is held against the memory as if it were long; what is only copied takes next to none.
  const isRead = format !== undefined && !isTooLarge
  const memory = isRead || item.isExport || item.size === null ? (item.size ?? UNKNOWN) : 0
  await work.memory.spend(memory, async () => {
    // It may have waited: a vendor who wants no more requests gets none.
    work.signal.throwIfAborted()
    const fetched = keeps ? await fetchKept(work, item, target) : await fetchOnly(work, item)
    const isHeavy = fetched.bytes !== undefined && !isLight(format, fetched.bytes)
    await work.heavy.spend(isHeavy ? 1 : 0, async () => {
      onFetched()
      await settleOnce(work, item, target, fetched)
    })
  })
}

/** What an earlier try has made of the file: a document that could not be read, and may have a copy. */
async function findOwn(
  { services: { db }, lease }: Work,
  { documentId }: ImportItem,
): Promise<DocumentRow | undefined> {
  if (documentId === null) return undefined
  const isOwn = and(eq(documents.id, documentId), eq(documents.userId, lease.row.userId))
  return db.select().from(documents).where(isOwn).get()
}

/** Makes it known, unless its bytes are a document already. */
async function settleOnce(
  work: Work,
  item: ImportItem,
  target: DocumentRow | undefined,
  fetched: Fetched,
): Promise<void> {
  const { contentHash, kept } = fetched
  if (contentHash === null) return settle(work, item, target, fetched)
  const twin = await work.sameContent.take(contentHash, async () => {
    const found = await findTwin(work, item, target, contentHash)
    if (found !== undefined && work.lease.row.onDuplicate === 'skip') return found
    await settle(work, item, found ?? target, fetched)
    return undefined
  })
  if (twin === undefined) return
  if (kept !== undefined) await discardKept(work, item, kept)
  await skip(work, item, 'duplicate_content', twin.id)
}

/** The file as it is now. Of a shortcut, a listing does not say what it leads to; what was found changed would be found so each time. */
async function lookAt({ live }: Work, item: ImportItem): Promise<ImportItem> {
  const entry = await live.provider.stat(live.session, item.itemId)
  const { size, etag: version, hash = null } = entry
  const isExport = entry.exportableAs !== undefined
  return { ...item, size, version, hash, mimeType: contentType(entry), isExport }
}

/** Bytes. */
const UNKNOWN = 12 * 2 ** 20

const nothingRead = (item: ImportItem, size: number, reason: Reading['reason']): Fetched => ({
  size,
  version: item.version,
  fileName: item.name,
  contentHash: null,
  bytes: undefined,
  reason,
  kept: undefined,
})

/** A new file whose bytes are a document already. */
async function findTwin(
  work: Work,
  item: ImportItem,
  target: DocumentRow | undefined,
  contentHash: string,
): Promise<DocumentRow | undefined> {
  const { onDuplicate } = work.lease.row
  if (onDuplicate === 'keep_both' || target !== undefined) return undefined
  return work.findTwin({ contentHash, exceptId: item.id })
}

/** Reads what was fetched, and makes it known. */
async function settle(
  work: Work,
  item: ImportItem,
  document: DocumentRow | undefined,
  fetched: Fetched,
): Promise<void> {
  const { reading, letGo } = await read(work, item, fetched)
  // A file that is kept is brought in, whether or not there is text in it.
  const isRead = reading.status !== 'unreadable' || reading.reason === 'unsupported_type'
  try {
    await commit(work, item, {
      document,
      size: fetched.size,
      mimeType: item.mimeType ?? 'application/octet-stream',
      fileName: fetched.fileName,
      version: fetched.version,
      contentHash: fetched.contentHash,
      reading,
      kept: fetched.kept,
      state: isRead ? 'imported' : 'failed',
    })
  } finally {
    letGo()
  }
}

/** Formats that take no processor to speak of, and bytes of a file of them. */
const LIGHT: readonly string[] = ['text', 'csv']
const LIGHT_SIZE = 2 ** 20

const isLight = (format: TextFormat | undefined, bytes: Uint8Array) =>
  format === undefined || (LIGHT.includes(format) && bytes.byteLength <= LIGHT_SIZE)

/** With the room for its passages, which is let go when they are settled: until there is room, nothing else is read. */
async function read(
  work: Work,
  item: ImportItem,
  { bytes, reason }: Fetched,
): Promise<{ readonly reading: Reading; readonly letGo: () => void }> {
  const format = textFormat(item)
  if (bytes === undefined || format === undefined) {
    const reading = {
      status: 'unreadable',
      reason: reason ?? 'unsupported_type',
      chunks: [],
    } as const
    return { reading, letGo: () => undefined }
  }
  return work.reading.take('', async () => {
    if (!isLight(format, bytes) && !work.lease.isAfterDeath) await noteBegun(work, item)
    const reading = await readText(bytes, format)
    const units = reading.chunks.reduce((sum, { text }) => sum + text.length, 0)
    return { reading, letGo: await work.passages.take(units) }
  })
}

async function readText(bytes: Uint8Array, format: TextFormat): Promise<Reading> {
  try {
    const chunks = chunk(await extract(bytes, format))
    if (chunks.length === 0) return { status: 'empty', reason: 'no_text', chunks }
    return { status: 'indexed', reason: null, chunks }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    const status = error.reason === 'no_text' ? 'empty' : 'unreadable'
    return { status, reason: error.reason, chunks: [] }
  }
}

/** Before the work: a file that ends the Worker is not tried for ever. */
async function noteBegun({ services, lease }: Work, item: ImportItem): Promise<void> {
  const { db } = services
  const [first] = await db.batch([
    touch(services, lease),
    db
      .update(importItems)
      .set({ state: 'processing', attempts: item.attempts + 1, changedAt: touched(lease) })
      .where(and(eq(importItems.id, item.id), fence(lease))),
  ])
  requireHeld(first)
}

/** Leaves a file out, for a reason. */
async function skip(
  work: Work,
  { id }: ImportItem,
  reason: Reason,
  documentId: string | null = null,
): Promise<void> {
  await work.settle({ item: { id, state: 'skipped', reason, documentId }, made: undefined })
}
