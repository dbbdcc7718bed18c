// The buffers that bodies are read into: two for each source, and those of all sources of an isolate together within a budget.

/** Bytes of one buffer, at most: large enough that JavaScript is not what takes the time. */
const MAX_CHUNK = 1024 * 1024
/** The least: below it a source would be slower than what it saves in memory is worth. */
const MIN_CHUNK = 128 * 1024
/** Bytes of all buffers in the isolate, which has 128 MiB for everything: each source has two. */
const BUDGET = 32 * 1024 * 1024

/** Until when each source counts, in milliseconds since the epoch. One whose request was torn down never says that it has ended. */
const shares = new Set<{ readonly until: number }>()

/** One source's buffers. */
export class ChunkBuffers {
  readonly #lifetime: number
  readonly #share = { until: 0 }
  /** Those that nobody reads into or writes from. */
  readonly #free: ArrayBuffer[] = []

  /** @param lifetime milliseconds that a source may rest between two reads */
  constructor(lifetime: number) {
    this.#lifetime = lifetime
  }

  /** Bytes of a buffer by now: a power of two, so that fragments of whole MiB end where a chunk does. */
  get size(): number {
    const now = Date.now()
    this.#share.until = now + this.#lifetime
    shares.add(this.#share)
    for (const share of shares) if (share.until < now) shares.delete(share)
    let size = MAX_CHUNK
    while (size > MIN_CHUNK && 2 * size * shares.size > BUDGET) size /= 2
    return size
  }

  /** A buffer of at least `length` bytes. */
  take(length: number): ArrayBuffer {
    const kept = this.#free.pop()
    if (kept !== undefined && kept.byteLength >= length) return kept
    if (kept !== undefined) letGo(kept)
    return new ArrayBuffer(Math.max(length, this.size))
  }

  /** Takes one back for the next read, unless it is larger than a buffer may be by now. */
  giveBack(buffer: ArrayBuffer): void {
    if (buffer.byteLength <= this.size) this.#free.push(buffer)
    else letGo(buffer)
  }

  /** The source has ended. */
  release(): void {
    shares.delete(this.#share)
    for (const buffer of this.#free.splice(0)) letGo(buffer)
  }
}

/** Gives the memory back at once: the collector would not notice for a while, as the object itself is small. */
function letGo(buffer: ArrayBuffer): void {
  buffer.transfer(0)
}
