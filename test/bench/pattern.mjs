// The bytes of the benchmark: they look random, repeat with a period that no fragment's size is a multiple of, and cost nothing to make.
import { createHash } from 'node:crypto'

const PERIOD = 1024 * 1024 - 3
/** Two periods: whatever is wanted from any place in the first lies in one piece. */
const BYTES = Buffer.alloc(2 * PERIOD)
let seed = 0x2545f491
for (let at = 0; at < PERIOD; at++) {
  seed ^= seed << 13
  seed ^= seed >>> 17
  seed ^= seed << 5
  BYTES[at] = seed
}
BYTES.copy(BYTES, PERIOD, 0, PERIOD)

/** Bytes of one write. */
const STEP = 512 * 1024

/** The pattern's bytes from `offset` on, at most a period of them: a view, nothing is copied. */
export function bytesAt(offset, length) {
  const at = offset % PERIOD
  return BYTES.subarray(at, at + Math.min(length, PERIOD))
}

/** Whether `part` is what the pattern has at `offset`. Compared in place: a thirtieth of what a hash costs. */
export function isPattern(part, offset) {
  for (let at = 0; at < part.length; at += PERIOD) {
    const piece = part.subarray(at, at + PERIOD)
    if (!bytesAt(offset + at, piece.length).equals(piece)) return false
  }
  return true
}

const digests = new Map()

/** SHA-256 (hex) of the first `size` bytes. */
export function digestOf(size) {
  let digest = digests.get(size)
  if (digest === undefined) {
    const hash = createHash('sha256')
    for (let at = 0; at < size; at += PERIOD) hash.update(bytesAt(at, size - at))
    digest = hash.digest('hex')
    digests.set(size, digest)
  }
  return digest
}

/** Writes `length` bytes from `offset` on to a stream as fast as it takes them. Resolves when it has taken them. */
export function pour(stream, offset, length) {
  return new Promise((resolve, reject) => {
    let at = 0
    const write = () => {
      while (at < length) {
        const part = bytesAt(offset + at, Math.min(STEP, length - at))
        at += part.length
        if (!stream.write(part)) return stream.once('drain', write)
      }
      stream.off('close', stop)
      resolve()
    }
    const stop = () => reject(new Error('the connection was closed while bytes were sent'))
    stream.once('close', stop)
    write()
  })
}
