// Inflates entries of a ZIP archive piece by piece. What they inflate to is counted as it comes, whatever the archive says of it.
import { Inflate } from 'fflate'
import { crc32 } from './crc32.ts'
import { MAX_INFLATED, MAX_INFLATED_PART } from './limits.ts'
import { Unreadable } from './unreadable.ts'
import { readDirectory, type ZipEntry } from './zip-directory.ts'

/** Bytes that are inflated at once: they become 2 MiB at most, as DEFLATE packs no more than 1,032 to one. */
const SLICE = 2 * 1024

export class Archive {
  readonly #bytes: Uint8Array
  readonly #entries: ReadonlyMap<string, ZipEntry>
  #inflated = 0

  /** Throws `broken_file`, `encrypted` or `inflated_too_large`. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#entries = readDirectory(bytes)
  }

  has(name: string): boolean {
    return this.#entries.has(name.toLowerCase())
  }

  /**
   * The data of an entry in pieces, of which each is gone with the next. Throws `inflated_too_large`, and `broken_file` for an entry
   * that is not there or whose size or check sum is another.
   */
  *read(name: string): Generator<Uint8Array> {
    const entry = this.#entries.get(name.toLowerCase())
    if (entry === undefined) throw new Unreadable('broken_file')
    let size = 0
    let sum = 0
    for (const piece of this.#inflate(entry)) {
      size += piece.length
      this.#inflated += piece.length
      if (size > MAX_INFLATED_PART || this.#inflated > MAX_INFLATED) {
        throw new Unreadable('inflated_too_large')
      }
      sum = crc32(piece, sum)
      yield piece
    }
    if (size !== entry.size || sum !== entry.crc) throw new Unreadable('broken_file')
  }

  *#inflate({ start, end, isDeflated }: ZipEntry): Generator<Uint8Array> {
    let inflated = new Uint8Array()
    const inflate = new Inflate((piece) => (inflated = piece))
    for (let at = start; at < end; at += SLICE) {
      const slice = this.#bytes.subarray(at, Math.min(at + SLICE, end))
      if (isDeflated) inflate.push(slice, at + SLICE >= end)
      yield isDeflated ? inflated : slice
    }
  }
}
