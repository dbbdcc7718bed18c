// The bytes of the benchmark: 1 MiB that looks random, over and over, and the digest of any length of it.
import { createHash } from 'node:crypto'

export const CHUNK = Buffer.alloc(1024 * 1024)
let seed = 0x2545f491
for (let at = 0; at < CHUNK.length; at += 4) {
  seed ^= seed << 13
  seed ^= seed >>> 17
  seed ^= seed << 5
  CHUNK.writeInt32LE(seed | 0, at)
}

const digests = new Map()

/** SHA-256 (hex) of the first `size` bytes. */
export function digestOf(size) {
  let digest = digests.get(size)
  if (digest === undefined) {
    const hash = createHash('sha256')
    for (const part of partsOf(size)) hash.update(part)
    digest = hash.digest('hex')
    digests.set(size, digest)
  }
  return digest
}

/** Writes `size` bytes to a stream as fast as it takes them, and ends it. */
export function pour(stream, size) {
  const parts = partsOf(size)
  const write = () => {
    for (let step = parts.next(); !step.done; step = parts.next()) {
      if (!stream.write(step.value)) return stream.once('drain', write)
    }
    stream.end()
  }
  write()
}

function* partsOf(size) {
  for (let left = size; left > 0; left -= CHUNK.length) {
    yield left >= CHUNK.length ? CHUNK : CHUNK.subarray(0, left)
  }
}
