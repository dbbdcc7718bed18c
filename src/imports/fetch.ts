// Gets the bytes of a file to be read: from the drive, or by way of the copy that is kept in the default storage.
import type { DocumentRow } from '../documents/schema.ts'
import { MAX_INPUT } from '../knowledge/extract/limits.ts'
import type { Entry } from '../providers/contract.ts'
import { textFormat } from './accepts.ts'
import { documentIdOf, type Reading } from './commit.ts'
import { readContent } from './content.ts'
import { readCopy, removeCopy, writeCopy } from './copy-state.ts'
import { keepOriginal, type Kept } from './keep-original.ts'
import type { ImportItem } from './schema.ts'
import { spool } from './spool.ts'
import type { Work } from './work.ts'

/** What a file was read from, and what came of it. */
export interface Fetched {
  readonly size: number
  readonly version: string | null
  readonly fileName: string
  readonly contentHash: string | null
  /** Undefined where it is not to be read, or was found to be a duplicate. */
  readonly bytes: Uint8Array | undefined
  /** Why there are no bytes to be read. */
  readonly reason?: Reading['reason']
  readonly kept: Kept | undefined
}

export async function fetchOnly(work: Work, item: ImportItem): Promise<Fetched> {
  const { provider, session } = work.live
  const known = item.isExport ? undefined : entryOf(item)
  const download = await provider.download(session, item.itemId, { known })
  const { entry, fileName } = download
  const { bytes, hashes } = await readContent(download, {
    limit: MAX_INPUT,
    signal: work.signal,
    onProgress: (size) => work.progress.set(item.id, size),
  })
  return {
    size: bytes.byteLength,
    version: entry.etag,
    fileName,
    contentHash: hashes.sha256 ?? null,
    bytes,
    kept: undefined,
  }
}

/** Copies the file to the default storage, and reads it from there. */
export async function fetchKept(
  work: Work,
  item: ImportItem,
  target: DocumentRow | undefined,
): Promise<Fetched> {
  const { kept, fileName } = await keep(work, item, target)
  const { size, version, hashes } = kept
  const known = { size, version, fileName, contentHash: hashes.sha256 ?? null, kept }
  if (textFormat(item) === undefined) {
    return { ...known, bytes: undefined, reason: 'unsupported_type' }
  }
  if (size > MAX_INPUT) return { ...known, bytes: undefined, reason: 'input_too_large' }
  const { live } = await work.storage()
  const download = await live.provider.download(live.session, kept.itemId, {})
  const { bytes } = await readContent(download, {
    limit: MAX_INPUT,
    signal: work.signal,
    onProgress: () => undefined,
  })
  return { ...known, bytes }
}

async function keep(
  work: Work,
  item: ImportItem,
  target: DocumentRow | undefined,
): Promise<{ readonly kept: Kept; readonly fileName: string }> {
  const { services, lease } = work
  const known = await readCopy(services, lease, item)
  if (known?.stage === 'kept' && known.version === item.version && known.isLeft !== true) {
    return { kept: known, fileName: known.fileName }
  }
  const entry = entryOf(item)
  const mimeType = item.mimeType ?? 'application/octet-stream'
  if (!item.isExport && item.size !== null) {
    const name = objectName(item, target, item.name)
    const original = { entry, size: item.size, mimeType, name, fileName: item.name }
    return { kept: await keepOriginal(work, item, original, { known }), fileName: item.name }
  }
  if (known !== undefined) {
    await removeCopy(services, await work.storage(), item, known)
    await writeCopy(services, lease, item, null)
  }
  const { provider, session } = work.live
  const download = await provider.download(session, item.itemId, {})
  const { fileName } = download
  const spooled = await spool(work, item, download)
  const name = objectName(item, target, fileName)
  const original = { entry: download.entry, size: spooled.size, mimeType, name, fileName }
  const kept = await keepOriginal(work, item, original, { spooled })
  await spooled.clear()
  return { kept, fileName }
}

/** Each copy has an object of its own: a newer one stands beside the older one until the document names it. */
function objectName(item: ImportItem, target: DocumentRow | undefined, fileName: string) {
  const extension = /\.[A-Za-z0-9]{1,16}$/.exec(fileName)?.[0] ?? ''
  return (copyId: string) => `${documentIdOf(item, target)}-${copyId}${extension}`
}

function entryOf(item: ImportItem): Entry {
  return {
    id: item.itemId,
    name: item.name,
    isFolder: false,
    size: item.size,
    mimeType: item.mimeType,
    modifiedAt: null,
    etag: item.version,
    ...(item.hash && { hash: item.hash }),
    ...(item.isExport && { exportableAs: [item.mimeType ?? ''] }),
  }
}
