// Copies a file to the default storage: charged, verified, and going on where it was when its consumer died.
import { within } from '../net/body.ts'
import { Problem } from '../problems/problem.ts'
import type { Download, Entry, UploadTarget } from '../providers/contract.ts'
import { copy } from '../transfer/copy.ts'
import { createDigests, type DigestSet, type Hashes } from '../transfer/digest-set.ts'
import { judge, type Receipt } from '../transfer/receipt.ts'
import { remoteSource, SourceChanged } from '../transfer/remote-source.ts'
import { ProviderSink, uploadOf, type Sink, type Stored } from '../transfer/sink.ts'
import { randomId } from '../crypto/random.ts'
import { algorithmOf, checkHash } from './content.ts'
import { removeCopy, writeCopy, type CopyState } from './copy-state.ts'
import { LeaseLost } from './lease.ts'
import { ItemFailure } from './outcome.ts'
import type { ImportItem } from './schema.ts'
import type { Spooled } from './spool.ts'
import type { Work } from './work.ts'

/** Bytes up to which a file goes in one request: more would be lost with a consumer that dies. */
const WHOLE = 64 * 2 ** 20

/** The slice has done its share in the middle of a file: what is there is kept, and another goes on. */
export class SliceOver extends Error {
  override readonly name = 'SliceOver'
}

/** A copy that is there in full. */
export type Kept = Extract<CopyState, { stage: 'kept' }>

export interface Original {
  /** The file as it was listed, or looked at since. */
  readonly entry: Entry
  /** Bytes: known, or found out by whoever made the source. */
  readonly size: number
  readonly mimeType: string
  /** What it is called in the storage. @param copyId of this copy alone */
  readonly name: (copyId: string) => string
  /** What it is called for people. */
  readonly fileName: string
}

/**
 * Goes on with what an earlier consumer has sent of the same version. Throws {@link SliceOver}, and {@link ItemFailure} for what
 * arrived otherwise than it should have.
 * @param known what an earlier consumer has left; `spooled`: where the bytes are, of a file that tells its size only at its end
 */
export async function keepOriginal(
  work: Work,
  item: ImportItem,
  original: Original,
  { known, spooled }: { readonly known?: CopyState | undefined; readonly spooled?: Spooled },
): Promise<Kept> {
  const { services, lease } = work
  const { version } = item
  const storage = await work.storage()
  const isSame = known?.stage === 'sending' && known.version === version && known.offset > 0
  const isOurs = isSame && known.size === original.size && known.isLeft !== true
  const before = isOurs ? known : undefined
  if (known !== undefined && before === undefined) {
    if (!(await removeCopy(services, storage, item, known))) throw notRemoved()
    await writeCopy(services, lease, item, null)
  }
  const { size } = original
  const id = before?.id ?? randomId()
  const name = before?.name ?? original.name(id)
  const stand = (offset: number, state: unknown) =>
    writeCopy(services, lease, item, { stage: 'sending', id, version, size, name, offset, state })
  // Before the storage hears of it: what it leaves is found, whenever the consumer dies.
  if (before === undefined) await stand(0, null)
  const sink = await openSink(work, { id, name, size, mimeType: original.mimeType }, before)
  const digests = createDigests([
    'sha256',
    ...digestsOf(storage.live.provider),
    ...algorithmOf(original.entry.hash),
  ])
  let isShared = before !== undefined
  const save = async () => {
    try {
      await stand(sink.offset, sink.state)
      // Whoever has the import next goes on with it.
      isShared = true
    } catch (error) {
      isShared ||= !(error instanceof LeaseLost)
      throw error
    }
  }
  let seen: Entry | undefined
  const onOpened = ({ entry }: Download) => (seen = entry)
  const { provider, session } = work.live
  const source =
    spooled?.source(digests) ??
    remoteSource(provider, session, original.entry, {
      digest: digests,
      signal: work.signal,
      onOpened,
    })
  try {
    const onCommitted = async () => {
      work.progress.set(item.id, sink.offset)
      await save()
      // What was put down to find out its length is gone with the slice: another would have to begin anew.
      if (work.isOver() && spooled === undefined) throw new SliceOver()
    }
    if (sink.stored === undefined) await copy(source, inParts(sink), original.size, onCommitted)
  } catch (error) {
    digests.cancel()
    await giveUp(work, item, sink, { error, isShared, save })
    throw error instanceof SourceChanged ? new ItemFailure('changed_while_reading', true) : error
  }
  const stored = sink.stored
  if (stored === undefined) throw new Error('a copy to the end has stored the file')
  work.progress.set(item.id, original.size)
  const sent = digests.size === original.size ? await digests.finish() : undefined
  if (sent === undefined) digests.cancel()
  const { hashes, receipt } = await inspect(work, stored, original, sent)
  const kept: Kept = {
    stage: 'kept',
    version,
    size: original.size,
    itemId: stored.entry.id,
    fileName: original.fileName,
    hashes,
    receipt: receipt ?? { verdict: 'unverified', size: original.size },
  }
  try {
    if (receipt === undefined) throw new ItemFailure('corrupt_download', true)
    checkHash(seen ?? original.entry, hashes)
  } catch (error) {
    await discardKept(work, item, kept)
    throw error
  }
  try {
    await writeCopy(services, lease, item, kept)
  } catch (error) {
    // Nobody else knows of it.
    if (error instanceof LeaseLost && !isShared) await removeCopy(services, storage, item, kept)
    throw error
  }
  return kept
}

/** Takes a copy away that no document is to name. Throws {@link LeaseLost} before, where it may be a document's by now. */
export async function discardKept(work: Work, item: ImportItem, kept: Kept): Promise<void> {
  const { services, lease } = work
  const copy = { stage: 'replaced', itemId: kept.itemId } as const
  await writeCopy(services, lease, item, copy)
  if (await removeCopy(services, await work.storage(), item, copy)) {
    await writeCopy(services, lease, item, null)
  }
}

const notRemoved = () => new Problem('provider_unavailable', 'An earlier copy is still in the way.')

function digestsOf(provider: Parameters<typeof uploadOf>[0]) {
  const { digest } = uploadOf(provider)
  return digest === undefined ? [] : [digest]
}

async function openSink(
  work: Work,
  target: Pick<UploadTarget, 'id' | 'name' | 'size' | 'mimeType'>,
  before: Extract<CopyState, { stage: 'sending' }> | undefined,
): Promise<ProviderSink> {
  const { live, folderId } = await work.storage()
  const { provider, session } = live
  if (before === undefined) {
    return ProviderSink.begin(provider, session, {
      ...target,
      parentId: folderId,
      conflict: 'replace',
    })
  }
  const { size, offset, state } = before
  const sink = ProviderSink.resume(provider, session, { size, offset, state, isUnsure: true })
  await sink.ask()
  return sink
}

/** The same sink, but a large file goes in parts, each of which is kept. */
function inParts(sink: ProviderSink): Sink {
  if (sink.size <= WHOLE) return sink
  const fragmentSize = (available: number) => sink.fragmentSize(Math.min(available, sink.size - 1))
  return new Proxy(sink, {
    get: (target, name) => {
      if (name === 'fragmentSize') return fragmentSize
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/**
 * After a failure: what can be gone on with stays, everything else goes. Of a slice that has lost the import only what nobody else
 * can have taken over: the copy of whoever has it now may be a document's by this time.
 */
async function giveUp(
  work: Work,
  item: ImportItem,
  sink: ProviderSink,
  { error, isShared, save }: { error: unknown; isShared: boolean; save: () => Promise<void> },
): Promise<void> {
  if (work.signal.aborted) {
    if (!isShared) await sink.abort()
    return
  }
  const isEnded = error instanceof Problem && error.options.ended === true
  if (!isEnded && (sink.offset > 0 || error instanceof SliceOver)) return save()
  if (await sink.abort()) await writeCopy(work.services, work.lease, item, null)
}

/**
 * Whether the storage has what was sent: by its own hash where it gives one, else by reading the file back.
 * @param sent hashes of what was sent, unless a part of it was sent by another consumer
 */
async function inspect(
  work: Work,
  { entry, rewritten }: Stored,
  { size, entry: source }: Original,
  sent: Hashes | undefined,
): Promise<{ readonly hashes: Hashes; readonly receipt: Receipt | undefined }> {
  const { live } = await work.storage()
  const { digest } = uploadOf(live.provider)
  if (sent !== undefined) {
    const hash = digest && sent[digest]
    const receipt = judge(entry, rewritten, { size, digest, hash })
    if (receipt === undefined || receipt.verdict === 'verified') return { hashes: sent, receipt }
  }
  const algorithms = ['sha256' as const, ...algorithmOf(source.hash)]
  const { body, length } = await live.provider.download(live.session, entry.id, {})
  const digests = createDigests(algorithms)
  await readAll(body, digests, work.signal)
  const hashes = await digests.finish()
  if ((sent !== undefined && sent.sha256 !== hashes.sha256) || length !== size) {
    return { hashes, receipt: undefined }
  }
  const [algorithm] = algorithmOf(source.hash)
  const theirs = algorithm && source.hash?.value.toLowerCase()
  if (sent !== undefined) {
    const both = { vendor_hash: hashes.sha256 ?? '', our_hash: sent.sha256 ?? '' }
    return { hashes, receipt: { verdict: 'verified', size, algorithm: 'sha256', ...both } }
  }
  // Against the vendor's hash of the source; checkHash has the last word on it.
  const receipt: Receipt =
    algorithm === undefined
      ? { verdict: 'unverified', reason: 'sent_in_several_requests', size }
      : {
          verdict: 'verified',
          size,
          algorithm,
          vendor_hash: theirs ?? '',
          our_hash: hashes[algorithm] ?? '',
        }
  return { hashes, receipt }
}

/** Milliseconds without a byte. */
const IDLE = 60_000

async function readAll(
  body: ReadableStream<Uint8Array> | null,
  digests: DigestSet,
  signal: AbortSignal,
): Promise<void> {
  const reader = body?.getReader()
  if (reader === undefined) return
  try {
    for (;;) {
      signal.throwIfAborted()
      const { done, value } = await within(reader.read(), IDLE)
      if (done) return
      await digests.write(value)
    }
  } catch (error) {
    digests.cancel()
    await reader.cancel().catch(() => undefined)
    throw error
  }
}
