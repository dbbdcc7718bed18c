// Holds the pieces of an upload in R2 for a provider that takes a file in one request only, until all of them are there.
import { FragmentSource } from '../net/stream.ts'
import { Problem } from '../problems/problem.ts'
import type { Fragment } from '../providers/contract.ts'
import { copy } from '../transfer/copy.ts'
import type { ProviderSink, Sink, Stored } from '../transfer/sink.ts'
import type { Source } from '../transfer/source.ts'

/** Pieces of one upload: each costs an operation when they are sent, and the platform allows 1,000 in a request. */
const MAX_PIECES = 800

interface Piece {
  readonly key: string
  readonly offset: number
  readonly length: number
}

/**
 * Each body becomes one object, whole or not at all, so that every offset is a border between two of them. With the last one the
 * file goes to the provider in one request; if that fails, the last piece is given up, and its sender sends it again.
 */
export class StagedSink implements Sink {
  readonly size: number
  readonly least: number
  readonly dropsCut = true
  readonly #bucket: R2Bucket
  readonly #prefix: string
  readonly #inner: ProviderSink
  #offset: number
  #unsure = false

  /** @param offset bytes that are staged. */
  constructor(bucket: R2Bucket, uploadId: string, inner: ProviderSink, offset: number) {
    this.size = inner.size
    this.least = Math.max(1, Math.ceil(inner.size / MAX_PIECES))
    this.#bucket = bucket
    this.#prefix = stagingPrefix(uploadId)
    this.#inner = inner
    this.#offset = offset
  }

  get offset(): number {
    return this.#offset
  }

  get stored(): Stored | undefined {
    return this.#inner.stored
  }

  get unsure(): boolean {
    return this.#unsure
  }

  accepts(available: number): number {
    return available >= this.least ? available : 0
  }

  fragmentSize(available: number): number {
    return available
  }

  async write({ offset, length, body }: Fragment): Promise<void> {
    this.#unsure = true
    const key = pieceKey(this.#prefix, offset)
    await this.#bucket.put(key, body ?? new Uint8Array(0)).catch((error: unknown) => {
      throw new Problem('provider_unavailable', 'The bytes did not all arrive.', { cause: error })
    })
    this.#unsure = false
    if (offset + length < this.size) {
      this.#offset = offset + length
      return
    }
    try {
      await this.#deliver()
    } catch (error) {
      this.#unsure = true
      throw error
    }
    this.#offset = this.size
  }

  async ask(): Promise<void> {
    await this.#inner.ask()
    if (this.#inner.stored !== undefined) {
      await clearStaging(this.#bucket, this.#prefix)
      this.#offset = this.size
    } else {
      const pieces = await this.#pieces()
      const last = pieces.at(-1)
      const end = last === undefined ? 0 : last.offset + last.length
      // All pieces and no file: whoever sent the last one has not been told that it is done, and sends it again.
      if (last !== undefined && end === this.size) await this.#bucket.delete(last.key)
      this.#offset = end === this.size ? (last?.offset ?? 0) : end
    }
    this.#unsure = false
  }

  async abort(): Promise<void> {
    await this.#inner.abort()
    await clearStaging(this.#bucket, this.#prefix).catch(() => undefined)
  }

  async #deliver(): Promise<void> {
    const pieces = await this.#pieces()
    const staged = pieces.reduce((sum, { length }) => sum + length, 0)
    if (staged !== this.size) {
      throw new Problem(
        'provider_unavailable',
        'A part of what was sent is missing: send it again.',
      )
    }
    await copy(pieceSource(this.#bucket, pieces), this.#inner, this.size)
    await clearStaging(this.#bucket, this.#prefix)
  }

  /** Those that follow each other without a gap, from the beginning. */
  async #pieces(): Promise<Piece[]> {
    const pieces: Piece[] = []
    let end = 0
    for (const { key, size } of await listStaging(this.#bucket, this.#prefix)) {
      if (Number(key.slice(this.#prefix.length)) !== end) break
      pieces.push({ key, offset: end, length: size })
      end += size
    }
    return pieces
  }
}

const stagingPrefix = (uploadId: string) => `staging/${uploadId}/`

/** Padded, so that the order of the names is the order of the bytes. */
const pieceKey = (prefix: string, offset: number) => `${prefix}${String(offset).padStart(15, '0')}`

/** In the order of their names. There are at most {@link MAX_PIECES}, so one page has them all. */
async function listStaging(bucket: R2Bucket, prefix: string): Promise<R2Object[]> {
  return (await bucket.list({ prefix, limit: 1000 })).objects
}

async function clearStaging(bucket: R2Bucket, prefix: string): Promise<void> {
  const objects = await listStaging(bucket, prefix)
  if (objects.length > 0) await bucket.delete(objects.map(({ key }) => key))
}

/** The pieces behind each other. Opens at the beginning only: that is where a provider of this kind begins again. */
function pieceSource(bucket: R2Bucket, pieces: readonly Piece[]): Source {
  return {
    reopens: true,
    open: (offset, end) => {
      if (offset !== 0) return Promise.reject(new Error('one request takes the whole file'))
      const { readable, writable } = new FixedLengthStream(end)
      const joined = joinPieces(bucket, pieces, writable)
      // A request that ended early has its own failure; one that waits for bytes is broken off.
      joined.catch(() => undefined)
      return Promise.resolve(new FragmentSource(readable, end, false))
    },
  }
}

async function joinPieces(
  bucket: R2Bucket,
  pieces: readonly Piece[],
  writable: WritableStream<Uint8Array>,
): Promise<void> {
  try {
    for (const { key } of pieces) {
      const object = await bucket.get(key)
      if (object === null) throw new Error('a staged piece is gone')
      await object.body.pipeTo(writable, { preventClose: true })
    }
    await writable.close()
  } catch (error) {
    await writable.abort(error).catch(() => undefined)
    throw error
  }
}
