// Reads a file for its text: all of it in memory, within limits, and only what the vendor says it should be.
import { within } from '../net/body.ts'
import { Problem } from '../problems/problem.ts'
import type { ContentHash, DigestAlgorithm, Download, Entry } from '../providers/contract.ts'
import { createDigests, type Hashes } from '../transfer/digest-set.ts'
import { ItemFailure } from './outcome.ts'

/** Milliseconds without a byte, as everywhere. */
const IDLE = 60_000

export interface Content {
  readonly bytes: Uint8Array
  readonly hashes: Hashes
}

export interface ReadOptions {
  /** Bytes; more is `input_too_large`. */
  readonly limit: number
  readonly signal: AbortSignal
  readonly onProgress: (bytes: number) => void
}

/** The whole content, checked against size and hash. Throws {@link ItemFailure}. */
export async function readContent(
  { body, length, entry }: Download,
  { limit, signal, onProgress }: ReadOptions,
): Promise<Content> {
  const isExport = entry.exportableAs !== undefined
  const expected = isExport ? length : (entry.size ?? length)
  if ((expected ?? 0) > limit) {
    await body?.cancel().catch(() => undefined)
    throw new ItemFailure('input_too_large')
  }
  const digests = createDigests(['sha256', ...algorithmOf(entry.hash)])
  const held = holdBytes(expected)
  let size = 0
  const reader = body?.getReader()
  try {
    while (reader !== undefined) {
      const { done, value } = await within(reader.read(), IDLE)
      if (signal.aborted) throw signal.reason
      if (done) break
      size += value.byteLength
      // More than was told would be more than there is memory set aside for.
      if (size > (expected ?? limit)) {
        throw expected === null
          ? new ItemFailure('input_too_large')
          : new ItemFailure('corrupt_download', true)
      }
      await digests.write(value)
      held.add(value)
      onProgress(size)
    }
  } catch (error) {
    digests.cancel()
    await reader?.cancel().catch(() => undefined)
    if (error instanceof Problem || error instanceof ItemFailure || signal.aborted) throw error
    throw new Problem('provider_unavailable', 'The file was cut off.', { cause: error })
  }
  const hashes = await digests.finish()
  if (expected !== null && expected !== size) throw new ItemFailure('corrupt_download', true)
  if (!isExport) checkHash(entry, hashes)
  return { bytes: held.all(), hashes }
}

/** Bytes as they arrive. Where their number is known they are held once; otherwise, for a moment at the end, twice. */
function holdBytes(expected: number | null): {
  readonly add: (chunk: Uint8Array) => void
  readonly all: () => Uint8Array
} {
  let size = 0
  if (expected !== null) {
    const bytes = new Uint8Array(expected)
    const add = (chunk: Uint8Array) => {
      bytes.set(chunk, size)
      size += chunk.byteLength
    }
    return { add, all: () => bytes }
  }
  const chunks: Uint8Array[] = []
  const add = (chunk: Uint8Array) => {
    chunks.push(chunk)
    size += chunk.byteLength
  }
  return { add, all: () => join(chunks, size) }
}

/** Chunks of `size` bytes together as one. */
export function join(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const [only] = chunks
  if (only !== undefined && chunks.length === 1) return only
  const bytes = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.byteLength
  }
  return bytes
}

const COMPUTED: readonly string[] = ['md5', 'sha1', 'sha256', 'dropbox'] satisfies DigestAlgorithm[]

/** The vendor's algorithm, where it is one that can be computed. */
export function algorithmOf(hash: ContentHash | undefined): readonly DigestAlgorithm[] {
  return hash !== undefined && COMPUTED.includes(hash.algorithm)
    ? [hash.algorithm as DigestAlgorithm]
    : []
}

/** Throws `corrupt_download` where the vendor's hash is of other bytes. */
export function checkHash({ hash }: Pick<Entry, 'hash'>, hashes: Hashes): void {
  const [algorithm] = algorithmOf(hash)
  const own = algorithm && hashes[algorithm]
  if (own !== undefined && own !== hash?.value.toLowerCase()) {
    throw new ItemFailure('corrupt_download', true)
  }
}
