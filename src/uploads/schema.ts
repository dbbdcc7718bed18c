// An upload in several requests: what is needed to go on with it from any place, and who works on it now.
import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { Conflict } from '../providers/contract.ts'
import type { Item } from '../files/view.ts'

/** open: bytes are missing. completed: the file is there. failed: it cannot go on, and nothing of it is left. */
export const UPLOAD_STATUSES = ['open', 'completed', 'failed'] as const

export const uploads = sqliteTable(
  'uploads',
  {
    id: text('id').primaryKey(),
    userId: text('user_id').notNull(),
    provider: text('provider').notNull(),
    /** Null for the built-in storage. */
    connectionId: text('connection_id'),
    /** The document that it becomes, if it does. */
    documentId: text('document_id'),
    filename: text('filename').notNull(),
    /** The client's Upload-Metadata, as it came. */
    metadata: text('metadata').notNull(),
    /** Bytes. */
    size: integer('size').notNull(),
    conflict: text('conflict').$type<Conflict>().notNull(),
    status: text('status', { enum: UPLOAD_STATUSES }).notNull(),
    /** Bytes that are kept, as far as we know. */
    offset: integer('offset').notNull(),
    /** Whether the vendor has to be asked how far it really is. */
    isUnsure: integer('is_unsure', { mode: 'boolean' }).notNull().default(false),
    /** Whether pieces of it lie in the staging area. */
    isStaged: integer('is_staged', { mode: 'boolean' }).notNull().default(false),
    /** The provider's state, sealed: it may carry authority. Null once it is over. */
    stateEnc: text('state_enc'),
    /** Who takes bytes now, and until when nobody else may. */
    leaseId: text('lease_id'),
    leaseUntil: integer('lease_until'),
    /** When somebody asked the holder of the lease to let go. */
    wantedAt: integer('wanted_at'),
    /** The item that it became, as the API shows it. */
    item: text('item', { mode: 'json' }).$type<Item>(),
    errorCode: text('error_code'),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
    /** When the clock looks at it next. */
    sweepAt: integer('sweep_at').notNull(),
  },
  (table) => [
    index('uploads_user').on(table.userId, table.createdAt),
    index('uploads_connection').on(table.connectionId),
    index('uploads_sweep').on(table.sweepAt),
    // Few at any time, and counted with each new one.
    index('uploads_open')
      .on(table.userId)
      .where(sql`status = 'open'`),
  ],
)

export type UploadRow = typeof uploads.$inferSelect
