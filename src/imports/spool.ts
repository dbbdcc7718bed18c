// Finds out how long an export is: in memory where it is short, else put down in the bucket in parts of 10 MiB, which are all that is held.
import { within } from '../net/body.ts'
import { FragmentSource } from '../net/stream.ts'
import { Problem } from '../problems/problem.ts'
import type { Download } from '../providers/contract.ts'
import type { DigestSet } from '../transfer/digest-set.ts'
import type { Source } from '../transfer/source.ts'
import { join } from './content.ts'
import { writeCopy } from './copy-state.ts'
import type { ImportItem } from './schema.ts'
import { spoolKey } from './spool-key.ts'
import type { Work } from './work.ts'

/** Bytes of a part. */
const PART = 10 * 2 ** 20
const IDLE = 60_000

export interface Spooled {
  /** Bytes. */
  readonly size: number
  readonly source: (digests: DigestSet) => Source
  /** Takes away what was put down. */
  readonly clear: () => Promise<void>
}

export async function spool(work: Work, item: ImportItem, download: Download): Promise<Spooled> {
  const parts = cut(download.body, work.signal)
  const first = (await parts.next()).value ?? new Uint8Array(0)
  if (first.byteLength < PART) {
    await parts.return(undefined)
    check(download, first.byteLength)
    return inMemory(first)
  }
  return inBucket(work, item, download, first, parts)
}

function check({ length }: Download, size: number): void {
  if (length === null || length === size) return
  throw new Problem('provider_unavailable', 'The provider did not send all of the export.')
}

function inMemory(bytes: Uint8Array): Spooled {
  return {
    size: bytes.byteLength,
    source: (digest) => ({
      reopens: true,
      open: (offset, end) => {
        const { body } = new Response(bytes.subarray(offset, end))
        return Promise.resolve(new FragmentSource(body, end - offset, false, { digest }))
      },
    }),
    clear: () => Promise.resolve(),
  }
}

async function inBucket(
  work: Work,
  item: ImportItem,
  download: Download,
  first: Uint8Array,
  parts: AsyncGenerator<Uint8Array>,
): Promise<Spooled> {
  const { services, lease } = work
  const { bucket } = services
  const key = spoolKey(item.id)
  const upload = await bucket.createMultipartUpload(key)
  let size = 0
  try {
    await writeCopy(services, lease, item, { stage: 'spooled', uploadId: upload.uploadId })
    const kept: R2UploadedPart[] = []
    for (let part: Uint8Array | undefined = first; part !== undefined;) {
      kept.push(await upload.uploadPart(kept.length + 1, part))
      size += part.byteLength
      work.progress.set(item.id, size)
      part = (await parts.next()).value as Uint8Array | undefined
    }
    check(download, size)
    await upload.complete(kept)
  } catch (error) {
    await parts.return(undefined)
    await upload.abort().catch(() => undefined)
    throw error
  }
  return {
    size,
    source: (digest) => ({
      reopens: true,
      open: async (offset, end) => {
        const object = await bucket.get(key, { range: { offset, length: end - offset } })
        if (object === null) throw new Error('what was put down is gone')
        return new FragmentSource(object.body, end - offset, false, { digest })
      },
    }),
    clear: () => bucket.delete(key),
  }
}

/** The bytes in parts of one length, the last one shorter. Never holds more than one, and the piece that arrived last. */
async function* cut(
  body: ReadableStream<Uint8Array> | null,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, undefined> {
  const reader = body?.getReader()
  let pieces: Uint8Array[] = []
  let filled = 0
  try {
    for (;;) {
      const read = await (reader && within(reader.read(), IDLE))
      if (signal.aborted) throw signal.reason
      if (read === undefined || read.done) break
      for (let at = 0; at < read.value.byteLength;) {
        const piece = read.value.subarray(at, at + PART - filled)
        pieces.push(piece)
        at += piece.byteLength
        filled += piece.byteLength
        if (filled < PART) continue
        yield join(pieces.splice(0), filled)
        filled = 0
      }
    }
    if (filled > 0) yield join(pieces, filled)
    return undefined
  } finally {
    pieces = []
    await reader?.cancel().catch(() => undefined)
  }
}
