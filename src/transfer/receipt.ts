// Says of a file that was stored whether it is the one that was sent: by its size always, by a hash where there are two to compare.
import type { Answer } from '../answer.ts'
import type { DigestAlgorithm, Entry } from '../providers/contract.ts'
import type { receiptSchema } from './answers.ts'

/** As it is kept, and shown as `verification`. Hashes as the vendor writes them: hex, QuickXor in base64. */
export type Receipt = Answer<typeof receiptSchema>

/** What is known of the bytes that were sent. */
export interface Sent {
  /** Bytes. */
  readonly size: number
  /** The vendor's algorithm, where it is one that could be computed. */
  readonly digest?: DigestAlgorithm | undefined
  /** Hex, over the whole file; absent where it was not computed. */
  readonly hash?: string | undefined
}

/** Undefined: other bytes than were sent are there, and the vendor is not known to change files of this kind. */
export function judge(
  entry: Pick<Entry, 'size' | 'hash'>,
  rewritten: boolean,
  sent: Sent,
): Receipt | undefined {
  const { hash } = entry
  const comparable = hash !== undefined && sent.hash !== undefined && hash.algorithm === sent.digest
  const sameSize = entry.size === null || entry.size === sent.size
  const hashes = {
    size: entry.size ?? sent.size,
    ...(hash && { algorithm: hash.algorithm, vendor_hash: hash.value }),
    ...(comparable && { our_hash: sent.hash }),
  }
  if (sameSize && comparable && hash.value.toLowerCase() === sent.hash) {
    return { verdict: 'verified', ...hashes }
  }
  if (rewritten) return { verdict: 'rewritten_by_vendor', ...hashes }
  if (!sameSize || comparable) return undefined
  return { verdict: 'unverified', reason: reasonOf(entry, sent), ...hashes }
}

function reasonOf({ hash }: Pick<Entry, 'hash'>, sent: Sent): Receipt['reason'] {
  if (sent.digest !== undefined && sent.hash === undefined) return 'sent_in_several_requests'
  return hash === undefined ? 'vendor_gives_no_hash' : 'hash_not_computed'
}
