// Tells how much a PDF's stream is when it is decoded, piece by piece: PDF.js would hold all of it. ISO 32000-1, 7.4.
import { Inflate } from 'fflate'

/** Bytes that are decoded at once: DEFLATE makes 2 MiB of them at most. */
const SLICE = 2 * 1024

/** A piece of what is decoded: its bytes where they are of interest. */
export interface Decoded {
  readonly length: number
  readonly bytes?: Uint8Array
}

/** What is packed twice counts as so many times as much: nobody does that but to make a bomb. */
const TWICE = 1_000

/** The decoded data in pieces. Ends where the data are broken, as PDF.js does. */
export function* decodeStream(data: Uint8Array, filters: readonly string[]): Generator<Decoded> {
  const [filter, ...rest] = filters
  if (filter?.startsWith('A') === true) {
    const plain = filter.startsWith('ASCII8') || filter === 'A85' ? decodeAscii85 : decodeHex
    yield* unpack(plain(data), rest[0], rest.length > 1)
  } else yield* unpack(slicesOf(data), filter ?? 'FlateDecode', rest.length > 0)
}

/** Data without a filter, or with one that was not recognized, may be Flate all the same: other data end at once. */
function* unpack(
  pieces: Iterable<Uint8Array>,
  filter: string | undefined,
  isTwice: boolean,
): Generator<Decoded> {
  if (filter?.startsWith('L') === true) yield* measureLzw(pieces)
  else if (filter?.startsWith('R') === true) yield* measureRuns(pieces)
  else {
    for (const bytes of inflate(pieces)) {
      yield { length: isTwice ? bytes.length * TWICE : bytes.length, bytes }
    }
  }
}

function* slicesOf(data: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < data.length; at += SLICE) yield data.subarray(at, at + SLICE)
}

function* inflate(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
  let inflated = new Uint8Array()
  const inflater = new Inflate((piece) => (inflated = piece))
  let isBegun = false
  for (const piece of pieces) {
    if (!isBegun && !hasZlibHeader(piece)) return
    try {
      inflater.push(isBegun ? piece : piece.subarray(2))
    } catch {
      return
    }
    isBegun = true
    yield inflated
  }
}

/** https://www.rfc-editor.org/rfc/rfc1950#section-2.2 */
function hasZlibHeader([first = 0, second = 0]: Uint8Array): boolean {
  return (first & 15) === 8 && ((first << 8) + second) % 31 === 0
}

const CLEAR = 256
const END = 257
const MAX_CODES = 4096

/** Codes of 9 to 12 bits, of which only the lengths are followed. */
function* measureLzw(pieces: Iterable<Uint8Array>): Generator<Decoded> {
  const lengths = new Uint16Array(MAX_CODES).fill(1, 0, CLEAR)
  let next = END + 1
  let last = 0
  let bits = 0
  let value = 0
  for (const piece of pieces) {
    let length = 0
    for (const byte of piece) {
      value = ((value << 8) | byte) & 0xfffff
      bits += 8
      const width = next >= 2047 ? 12 : next >= 1023 ? 11 : next >= 511 ? 10 : 9
      if (bits < width) continue
      bits -= width
      const code = (value >> bits) & ((1 << width) - 1)
      if (code === END) return yield { length }
      if (code === CLEAR) {
        next = END + 1
        last = 0
        continue
      }
      const size = code < next ? lengths[code]! : last + 1
      length += size
      if (last > 0 && next < MAX_CODES) lengths[next++] = last + 1
      last = size
    }
    yield { length }
  }
}

/** A count below 128 is followed by so many bytes and one, a higher one by a byte that comes 257 less so many times. */
function* measureRuns(pieces: Iterable<Uint8Array>): Generator<Decoded> {
  let skipped = 0
  for (const piece of pieces) {
    let length = 0
    let at = skipped
    for (; at < piece.length;) {
      const count = piece[at]!
      if (count === 128) return yield { length }
      length += count < 128 ? count + 1 : 257 - count
      at += count < 128 ? count + 2 : 2
    }
    skipped = at - piece.length
    yield { length }
  }
}

const TILDE = 0x7e
const Z = 0x7a

/** Five characters are four bytes, `z` is four zeros, and `~` the end. */
function* decodeAscii85(data: Uint8Array): Generator<Uint8Array> {
  let value = 0
  let count = 0
  for (const slice of slicesOf(data)) {
    const bytes: number[] = []
    for (const char of slice) {
      if (char === TILDE) break
      if (char === Z && count === 0) bytes.push(0, 0, 0, 0)
      if (char < 0x21 || char > 0x75) continue
      value = value * 85 + char - 0x21
      if (++count < 5) continue
      bytes.push((value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255)
      value = count = 0
    }
    yield Uint8Array.from(bytes)
    if (slice.includes(TILDE)) return
  }
}

const BRACKET = 0x3e

/** Two digits are a byte, and `>` is the end. */
function* decodeHex(data: Uint8Array): Generator<Uint8Array> {
  let open = ''
  for (const slice of slicesOf(data)) {
    const end = slice.indexOf(BRACKET)
    const text = String.fromCharCode(...(end < 0 ? slice : slice.subarray(0, end)))
    const digits = open + text.replace(/[^0-9a-f]/gi, '')
    open = digits.length % 2 === 0 ? '' : digits.slice(-1)
    yield Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16))
    if (end >= 0) return
  }
}
