// The schema of a receipt: what is known of the bytes of a file that was stored.
import { z } from 'zod'
import { choice, count, text } from '../answer.ts'

/** Why nobody can say more than that the size is right. */
export const UNVERIFIED_REASONS = [
  /** The bytes came, or went on, in requests of which no one carried the whole file. */
  'sent_in_several_requests',
  'vendor_gives_no_hash',
  /** The vendor's hash is of a kind that is not computed here while bytes flow. */
  'hash_not_computed',
  /** A document from before there were receipts. */
  'received_before',
] as const

export const receiptSchema = z
  .object({
    verdict: choice(
      ['verified', 'unverified', 'rewritten_by_vendor'],
      '`verified`: the vendor’s hash is that of the bytes that passed. `unverified`: the size is right, and `reason` says why nobody can say more. `rewritten_by_vendor`: the vendor changes files of this kind when it stores them.',
    ),
    reason: choice(UNVERIFIED_REASONS, 'With `unverified`.').optional(),
    size: count('Bytes that the vendor has; those that were sent, where it does not say.', 1024),
    algorithm: text('Of the vendor’s hash.', 'md5').optional(),
    vendor_hash: text(
      'As the vendor writes it: hex, QuickXor in base64.',
      'd41d8cd98f00b204e9800998ecf8427e',
    ).optional(),
    our_hash: text(
      'Computed while the bytes passed, in hex.',
      'd41d8cd98f00b204e9800998ecf8427e',
    ).optional(),
  })
  .meta({
    id: 'Receipt',
    description: 'What is known of the bytes of a file that was uploaded.',
    examples: [
      {
        verdict: 'verified',
        size: 52_431,
        algorithm: 'md5',
        vendor_hash: '9e107d9d372bb6826bd81d3542a419d6',
        our_hash: '9e107d9d372bb6826bd81d3542a419d6',
      },
    ],
  })
