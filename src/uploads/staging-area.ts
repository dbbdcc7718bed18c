// The pieces of one upload in R2: charged to the user's quota from the first to the last, and cleared away together.
import type { Services } from '../app-context.ts'
import { Problem } from '../problems/problem.ts'
import type { Ledger } from '../providers/contract.ts'
import { openLedger } from '../storage/ledger.ts'
import type { UploadRow } from './schema.ts'
import { LIFETIME } from './store.ts'

/** Where all pieces lie, those of each upload below its id. */
export const STAGING = 'staging/'
/** Pieces of one upload: each costs an operation when they are sent, and the platform allows 1,000 in a request. */
export const MAX_PIECES = 800
/** Milliseconds that the charge outlives the upload by: the clock comes every quarter of an hour. */
const GRACE = 2 * 3600_000

export interface Piece {
  readonly key: string
  /** Where its first byte stands in the file. */
  readonly offset: number
  /** Bytes. */
  readonly length: number
}

export interface StagingArea {
  /** Stores a piece, whole or not at all. Throws `quota_exceeded`. */
  readonly put: (offset: number, body: ReadableStream<Uint8Array> | Uint8Array) => Promise<void>
  /** Those that follow each other without a gap, from the beginning. */
  readonly pieces: () => Promise<Piece[]>
  readonly open: (piece: Piece) => Promise<ReadableStream<Uint8Array>>
  readonly drop: (piece: Piece) => Promise<void>
  /** Ends the charge with the pieces. */
  readonly clear: () => Promise<void>
}

export function openStaging(services: Services, row: UploadRow): StagingArea {
  const { bucket, now } = services
  const prefix = `${STAGING}${row.id}/`
  const ledger: Ledger = openLedger(services, row.userId)
  // There are at most MAX_PIECES, so one page has them all, in the order of their names.
  const list = async () => (await bucket.list({ prefix, limit: 1000 })).objects
  return {
    put: async (offset, body) => {
      // All of the file at once: an upload that fits at its beginning fits to its end.
      const until = now() + LIFETIME + GRACE
      await ledger.hold(row.id, row.size, { kind: 'staging', until })
      // Padded, so that the order of the names is the order of the bytes.
      const key = prefix + String(offset).padStart(15, '0')
      await bucket.put(key, body).catch((error: unknown) => {
        throw new Problem('provider_unavailable', 'The bytes did not all arrive.', { cause: error })
      })
    },
    pieces: async () => {
      const pieces: Piece[] = []
      let end = 0
      for (const { key, size } of await list()) {
        const offset = Number(key.slice(prefix.length))
        // One that came late, after its bytes had been sent anew in pieces of other lengths, stands in nobody's way.
        if (offset < end) continue
        if (offset > end) break
        pieces.push({ key, offset: end, length: size })
        end += size
      }
      return pieces
    },
    open: async ({ key }) => {
      const object = await bucket.get(key)
      if (object === null) throw new Error('a staged piece is gone')
      return object.body
    },
    drop: ({ key }) => bucket.delete(key),
    clear: async () => {
      const objects = await list()
      if (objects.length > 0) await bucket.delete(objects.map(({ key }) => key))
      await ledger.release(row.id)
    },
  }
}
