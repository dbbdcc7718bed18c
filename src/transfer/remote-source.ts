// A provider's file as a source: opened at any offset, and never stitched together from two versions.
import { FragmentSource, type SourceOptions, type Witness } from '../net/stream.ts'
import { within } from '../net/body.ts'
import { Problem } from '../problems/problem.ts'
import type { Download, Entry, Provider, Session } from '../providers/contract.ts'
import type { Source } from './source.ts'

/** Bytes that are read at once where a server sends from the beginning what was asked for from the middle. */
const SKIPPED = 256 * 1024
/** Milliseconds without a byte, as everywhere. */
const IDLE = 60_000

/** The file is not what it was when its entry was read: what was copied so far belongs to a version that is gone. */
export class SourceChanged extends Problem {
  constructor() {
    super('provider_unavailable', 'The file changed while it was read.', { ended: true })
  }
}

export interface RemoteOptions extends Pick<SourceOptions, 'digest' | 'signal'> {
  /** One of the entry's `exportableAs`; its first unless told. */
  readonly format?: string | undefined
  /** Called with what each opening found, before a byte is read. */
  readonly onOpened?: (download: Download) => void
}

/**
 * The content of `entry` as it was when the entry was read. Opening throws {@link SourceChanged} where there is another version by
 * now, and what `download` throws; reading throws `provider_unavailable` and `provider_timeout`, which pass. A digest sees each
 * byte once, however often the source is opened. An export is made anew for every request and cannot be opened but at 0.
 */
export function remoteSource(
  provider: Provider,
  session: Session,
  entry: Entry,
  { digest, signal, format, onOpened }: RemoteOptions = {},
): Source {
  const witness = digest && seeOnce(digest)
  const isExport = entry.exportableAs !== undefined
  return {
    reopens: true,
    open: async (offset, end) => {
      if (isExport && offset !== 0) throw new SourceChanged()
      const isPart = !isExport && (offset > 0 || end !== entry.size)
      const download = await provider.download(session, entry.id, {
        range: isPart && offset < end ? { start: offset, end: end - 1 } : undefined,
        ifMatch: isExport ? undefined : (entry.etag ?? undefined),
        format: isExport ? format : undefined,
        known: isExport ? undefined : entry,
      })
      try {
        onOpened?.(download)
        check(download, entry, offset, end)
        const skipped = download.status === 200 ? offset : 0
        if (skipped > 0) await skip(download.body, skipped)
        return new FragmentSource(download.body, end - offset, false, {
          isRemote: true,
          mustEnd: download.length === null && end === (entry.size ?? end),
          signal,
          digest: witness?.from(offset),
        })
      } catch (error) {
        await download.body?.cancel().catch(() => undefined)
        throw error
      }
    },
  }
}

/**
 * Whether two entries of one item stand for the same bytes. Undefined where neither says enough to tell.
 */
export function isSameVersion(one: Entry, other: Entry): boolean | undefined {
  if (one.etag !== null || other.etag !== null) return one.etag === other.etag
  if (one.size !== other.size) return false
  if (one.modifiedAt === null || other.modifiedAt === null) return undefined
  return one.modifiedAt === other.modifiedAt
}

/** Throws unless the answer holds the bytes from `offset` to `end` of the version that `entry` is of. */
function check(download: Download, entry: Entry, offset: number, end: number): void {
  const { status, length, contentRange } = download
  const same = isSameVersion(entry, download.entry)
  // From the middle, what cannot be told to be the same is another.
  if (same === false || (same === undefined && offset > 0)) throw new SourceChanged()
  if (entry.exportableAs !== undefined) {
    if (length !== null && length !== end) throw new SourceChanged()
    return
  }
  const total = entry.size ?? (offset === 0 ? end : null)
  if (status === 200) {
    if (length !== null && total !== null && length !== total) throw new SourceChanged()
    return
  }
  if (contentRange === undefined) throw strangeRange()
  if (contentRange.total !== null && total !== null && contentRange.total !== total) {
    throw new SourceChanged()
  }
  if (contentRange.start !== offset || contentRange.end !== end - 1) throw strangeRange()
}

const strangeRange = () =>
  new Problem('provider_unavailable', 'The provider sent another part of the file than was asked.')

/** Reads the first bytes of a body and forgets them. */
async function skip(body: ReadableStream<Uint8Array> | null, bytes: number): Promise<void> {
  if (body === null) throw strangeRange()
  const reader = body.getReader({ mode: 'byob' })
  let buffer = new ArrayBuffer(SKIPPED)
  try {
    for (let left = bytes; left > 0;) {
      const view = new Uint8Array(buffer, 0, Math.min(left, SKIPPED))
      const { done, value } = await within(reader.read(view), IDLE)
      if (done) throw strangeRange()
      left -= value.byteLength
      buffer = value.buffer as ArrayBuffer
    }
    reader.releaseLock()
  } catch (error) {
    await reader.cancel().catch(() => undefined)
    if (error instanceof Problem) throw error
    throw new Problem('provider_unavailable', 'The provider did not send all of the file.', {
      cause: error,
    })
  }
}

/** A digest of a file whose bytes may come more than once. */
function seeOnce(digest: Pick<Witness, 'write'>): {
  readonly from: (offset: number) => Pick<Witness, 'write'>
} {
  let seen = 0
  return {
    from: (offset) => {
      let at = offset
      return {
        write: async (chunk) => {
          const known = Math.max(0, seen - at)
          at += chunk.byteLength
          if (known >= chunk.byteLength) return
          seen = at
          await digest.write(chunk.subarray(known))
        },
      }
    },
  }
}
