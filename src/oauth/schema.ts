// A connect attempt: single use is decided here, by compare-and-swap on the status, as KV is eventually consistent.
import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'

/** pending -> exchanging -> completed | awaiting_claim | failed; awaiting_claim -> claiming -> completed | failed. */
export const ATTEMPT_STATUSES = [
  'pending',
  'exchanging',
  'awaiting_claim',
  'claiming',
  'completed',
  'failed',
] as const

export const attempts = sqliteTable(
  'oauth_attempts',
  {
    id: text('id').primaryKey(),
    userId: text('user_id').notNull(),
    provider: text('provider').notNull(),
    status: text('status', { enum: ATTEMPT_STATUSES }).notNull(),
    /** SHA-256 of `state`. */
    stateHash: text('state_hash').notNull(),
    /** SHA-256 of the binding cookie's value. */
    bindingHash: text('binding_hash').notNull(),
    /** SHA-256 of the claim code, while one is outstanding. */
    claimHash: text('claim_hash'),
    /** Sealed credentials and account that wait for their owner to claim them. */
    pendingEnc: text('pending_enc'),
    connectionId: text('connection_id'),
    errorCode: text('error_code'),
    /** The problem's own words, which say what to do. */
    errorDetail: text('error_detail'),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
  },
  (table) => [
    uniqueIndex('oauth_attempts_state').on(table.stateHash),
    index('oauth_attempts_expiry').on(table.expiresAt),
    // What a user has open is counted with each new one.
    index('oauth_attempts_user').on(table.userId, table.status, table.createdAt),
  ],
)

export type Attempt = typeof attempts.$inferSelect
