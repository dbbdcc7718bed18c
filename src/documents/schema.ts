// A document: a file that an application keeps through Slipway, wherever its bytes are.
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { Receipt } from '../transfer/receipt.ts'

/** pending: bytes are on their way. stored: they are there. */
export const DOCUMENT_STATUSES = ['pending', 'stored'] as const

export const documents = sqliteTable(
  'documents',
  {
    id: text('id').primaryKey(),
    userId: text('user_id').notNull(),
    filename: text('filename').notNull(),
    contentType: text('content_type').notNull(),
    /** Bytes. */
    size: integer('size').notNull(),
    category: text('category'),
    status: text('status', { enum: DOCUMENT_STATUSES }).notNull(),
    /** A provider id. */
    storageBackend: text('storage_backend').notNull(),
    /** Null for the built-in storage. */
    connectionId: text('connection_id'),
    /** The item's id at the provider. While pending: where a signed upload has begun to put it, else null. */
    itemId: text('item_id'),
    /** Who sends its bytes to a signed URL, and until when nobody else may; then the one who has stored them. */
    claimId: text('claim_id'),
    claimUntil: integer('claim_until'),
    /** What is known of the bytes that were stored; null while pending, and of what was stored before there were receipts. */
    receipt: text('receipt', { mode: 'json' }).$type<Receipt>(),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
  },
  (table) => [
    index('documents_user').on(table.userId, table.createdAt, table.id),
    index('documents_connection').on(table.connectionId),
  ],
)

export type DocumentRow = typeof documents.$inferSelect
