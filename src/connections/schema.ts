// A connection: one account at one provider, owned by one user, with its credentials sealed.
import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'

export const CONNECTION_STATUSES = ['ACTIVE', 'REQUIRES_REAUTH', 'ERROR'] as const
export type ConnectionStatus = (typeof CONNECTION_STATUSES)[number]

export const connections = sqliteTable(
  'connections',
  {
    id: text('id').primaryKey(),
    userId: text('user_id').notNull(),
    provider: text('provider').notNull(),
    /** The vendor's stable id of the account. */
    accountId: text('account_id').notNull(),
    accountEmail: text('account_email'),
    accountName: text('account_name'),
    label: text('label').notNull(),
    status: text('status', { enum: CONNECTION_STATUSES }).notNull(),
    /** JSON array of the scopes really granted, normalised. */
    scopes: text('scopes', { mode: 'json' }).$type<string[]>().notNull(),
    /** Password providers: the server's base URL. */
    serverUrl: text('server_url'),
    /** JSON: ids that the provider's `identify` gave; nothing secret. */
    data: text('data', { mode: 'json' }).$type<Record<string, string>>().notNull(),
    /** Sealed {@link Credentials}; bound to user, connection and field. */
    credentialsEnc: text('credentials_enc').notNull(),
    /** When the access token ends; null where there is none. Beside the sealed value, so that a job can find it. */
    accessExpiresAt: integer('access_expires_at'),
    /** Raised with each new set of credentials: the comparand of every swap. */
    tokenVersion: integer('token_version').notNull().default(1),
    /** Who refreshes now, and until when nobody else may. */
    leaseId: text('lease_id'),
    leaseUntil: integer('lease_until'),
    /** Raised by each write through Slipway: part of every cached listing's key. */
    listingVersion: integer('listing_version').notNull().default(1),
    /** When the user last consented. */
    grantedAt: integer('granted_at').notNull().default(0),
    /** When the vendor last gave tokens: from here idleness counts. */
    refreshedAt: integer('refreshed_at').notNull().default(0),
    /** When the grant ends by the vendor's own word, where it gave one. */
    grantExpiresAt: integer('grant_expires_at'),
    /** When the keep-alive last tried to refresh it. */
    keptAliveAt: integer('kept_alive_at'),
    /** Until then the vendor wants no requests. */
    throttledUntil: integer('throttled_until'),
    /** JSON: quota as the last check saw it. */
    quota: text('quota', { mode: 'json' }).$type<{ total?: number; used?: number }>(),
    lastErrorCode: text('last_error_code'),
    lastUsedAt: integer('last_used_at'),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
  },
  (table) => [
    uniqueIndex('connections_account').on(table.userId, table.provider, table.accountId),
    index('connections_provider_account').on(table.provider, table.accountId),
    // The keep-alive's: those of a provider that were idle the longest.
    index('connections_idle').on(table.provider, table.refreshedAt),
  ],
)

export type Connection = typeof connections.$inferSelect

/** What is sealed in `credentials_enc`. */
export type Credentials =
  | {
      readonly kind: 'oauth2'
      readonly accessToken: string
      readonly refreshToken: string
      /** Milliseconds since the epoch. */
      readonly expiresAt: number
    }
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
