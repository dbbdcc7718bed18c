// Several digests of the same bytes at once, each algorithm computed once however many want it.
import type { DigestAlgorithm } from '../providers/contract.ts'
import { createDigest, type Digest } from './digest.ts'

export interface DigestSet {
  /** Bytes so far. */
  readonly size: number
  readonly write: (chunk: Uint8Array) => Promise<void>
  /** The hashes, lower-case hex, by algorithm. */
  readonly finish: () => Promise<Hashes>
  /** Gives them up. Never throws. */
  readonly cancel: () => void
  readonly of: (algorithm: DigestAlgorithm) => Digest | undefined
}

export type Hashes = Readonly<Partial<Record<DigestAlgorithm, string>>>

export function createDigests(algorithms: readonly DigestAlgorithm[]): DigestSet {
  const digests = [...new Set(algorithms)].map((algorithm) => createDigest(algorithm))
  return {
    get size() {
      return digests[0]?.size ?? 0
    },
    write: async (chunk) => {
      await Promise.all(digests.map((digest) => digest.write(chunk)))
    },
    finish: async () => {
      const hashes = await Promise.all(digests.map((digest) => digest.finish()))
      return Object.fromEntries(digests.map(({ algorithm }, at) => [algorithm, hashes[at]]))
    },
    cancel: () => {
      for (const digest of digests) digest.cancel()
    },
    of: (algorithm) => digests.find((digest) => digest.algorithm === algorithm),
  }
}
