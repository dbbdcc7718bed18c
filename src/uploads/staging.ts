// Holds the pieces of an upload in R2 for a provider that takes a file in one request only, until all of them are there.
import { FragmentSource } from '../net/stream.ts'
import { Problem } from '../problems/problem.ts'
import type { Fragment } from '../providers/contract.ts'
import { copy } from '../transfer/copy.ts'
import type { ProviderSink, Sink, Stored } from '../transfer/sink.ts'
import type { Source } from '../transfer/source.ts'
import { MAX_PIECES, type Piece, type StagingArea } from './staging-area.ts'

/**
 * Each body becomes one object, whole or not at all, so that every offset is a border between two of them. With the last one the
 * file goes to the provider in one request; if that fails, the last piece is given up, and its sender sends it again.
 */
export class StagedSink implements Sink {
  readonly size: number
  readonly least: number
  readonly dropsCut = true
  readonly #area: StagingArea
  readonly #inner: ProviderSink
  #offset: number
  #unsure: boolean

  /** @param kept `offset`: bytes that are staged, unless `isUnsure`. */
  constructor(
    area: StagingArea,
    inner: ProviderSink,
    { offset, isUnsure }: { readonly offset: number; readonly isUnsure: boolean },
  ) {
    this.size = inner.size
    this.least = Math.max(1, Math.ceil(inner.size / MAX_PIECES))
    this.#area = area
    this.#inner = inner
    this.#offset = offset
    this.#unsure = isUnsure
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
    await this.#area.put(offset, body ?? new Uint8Array(0))
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
      await this.#area.clear()
      this.#offset = this.size
    } else {
      const pieces = await this.#area.pieces()
      const last = pieces.at(-1)
      const end = last === undefined ? 0 : last.offset + last.length
      // All pieces and no file: whoever sent the last one has not been told that it is done, and sends it again.
      if (last !== undefined && end === this.size) await this.#area.drop(last)
      this.#offset = end === this.size ? (last?.offset ?? 0) : end
    }
    this.#unsure = false
  }

  async abort(): Promise<boolean> {
    const isCleared = await this.#area.clear().then(
      () => true,
      () => false,
    )
    return (await this.#inner.abort()) && isCleared
  }

  async #deliver(): Promise<void> {
    const pieces = await this.#area.pieces()
    const staged = pieces.reduce((sum, { length }) => sum + length, 0)
    if (staged !== this.size) {
      throw new Problem(
        'provider_unavailable',
        'A part of what was sent is missing: send it again.',
      )
    }
    await copy(pieceSource(this.#area, pieces), this.#inner, this.size)
    await this.#area.clear()
  }
}

/** The pieces behind each other. Opens at the beginning only: that is where a provider of this kind begins again. */
function pieceSource(area: StagingArea, pieces: readonly Piece[]): Source {
  return {
    reopens: true,
    open: (offset, end) => {
      if (offset !== 0) return Promise.reject(new Error('one request takes the whole file'))
      const { readable, writable } = new FixedLengthStream(end)
      const joined = joinPieces(area, pieces, writable)
      // A request that ended early has its own failure; one that waits for bytes is broken off.
      joined.catch(() => undefined)
      return Promise.resolve(new FragmentSource(readable, end, false))
    },
  }
}

async function joinPieces(
  area: StagingArea,
  pieces: readonly Piece[],
  writable: WritableStream<Uint8Array>,
): Promise<void> {
  try {
    for (const piece of pieces) {
      const body = await area.open(piece)
      await body.pipeTo(writable, { preventClose: true })
    }
    await writable.close()
  } catch (error) {
    await writable.abort(error).catch(() => undefined)
    throw error
  }
}
