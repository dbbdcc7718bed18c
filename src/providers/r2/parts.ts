// The parts of a multipart upload. Every one but the last has the same size, which depends on the size of the file alone.
// Source: developers.cloudflare.com/r2/objects/multipart-objects and /r2/platform/limits.
import { Problem } from '../../problems/problem.ts'

const MIB = 2 ** 20

/** Parts of 5 MiB at least, 10,000 at most. Those up to 50 MiB are factors of it: requests of 50 MiB are always whole parts. */
const SIZES = [
  { size: 5 * MIB, most: 1000 },
  { size: 10 * MIB, most: 1000 },
  { size: 25 * MIB, most: 1000 },
  { size: 50 * MIB, most: 10_000 },
  { size: 95 * MIB, most: 10_000 },
]

/** Bytes of the largest file, about 928 GiB. */
const MAX_SIZE = 95 * MIB * 10_000

/** Bytes that one put takes: 5 GiB less 5 MiB. */
export const MAX_PUT = 5 * 2 ** 30 - 5 * MIB

/** Bytes of each part but the last of a file of `total` bytes. */
export function partSize(total: number): number {
  return (SIZES.find(({ size, most }) => total <= size * most) ?? { size: 95 * MIB }).size
}

/** Throws `payload_too_large`. */
export function checkSize(total: number): void {
  if (total > MAX_SIZE) {
    throw new Problem('payload_too_large', `The storage takes files of at most ${MAX_SIZE} bytes.`)
  }
}
