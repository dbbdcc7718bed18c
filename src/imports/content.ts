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
  const digests = createDigests(['sha256', ...algorithmOf(entry.hash)])
  const chunks: Uint8Array[] = []
  let size = 0
  const reader = body?.getReader()
  try {
    if ((length ?? 0) > limit) throw new ItemFailure('input_too_large')
    while (reader !== undefined) {
      const { done, value } = await within(reader.read(), IDLE)
      if (signal.aborted) throw signal.reason
      if (done) break
      size += value.byteLength
      if (size > limit) throw new ItemFailure('input_too_large')
      await digests.write(value)
      chunks.push(value)
      onProgress(size)
    }
  } catch (error) {
    digests.cancel()
    await reader?.cancel().catch(() => undefined)
    if (error instanceof Problem || error instanceof ItemFailure || signal.aborted) throw error
    throw new Problem('provider_unavailable', 'The file was cut off.', { cause: error })
  }
  const hashes = await digests.finish()
  const expected = isExport ? length : (entry.size ?? length)
  if (expected !== null && expected !== size) throw new ItemFailure('corrupt_download', true)
  if (!isExport) checkHash(entry, hashes)
  return { bytes: join(chunks, size), hashes }
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
