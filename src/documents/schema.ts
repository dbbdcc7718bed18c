// A document: a file that an application keeps through Slipway, wherever its bytes are.
import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { UnreadableReason } from '../knowledge/reasons.ts'
import type { Receipt } from '../transfer/receipt.ts'

/** pending: bytes are on their way. stored: they are there. */
export const DOCUMENT_STATUSES = ['pending', 'stored'] as const

/** indexed: its passages can be searched. empty: it can be read, and there is no text in it. unreadable: it cannot. */
export const TEXT_STATUSES = ['indexed', 'empty', 'unreadable'] as const
export type TextReason = UnreadableReason | 'unsupported_type'

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
    /** Whether the item was made for this document and goes with it. False: it is the user's own file, which was imported. */
    ownsObject: integer('owns_object', { mode: 'boolean' }).notNull().default(true),
    /** Where an imported document comes from; all null for what was uploaded. */
    sourceProvider: text('source_provider'),
    sourceConnectionId: text('source_connection_id'),
    sourceItemId: text('source_item_id'),
    /** The entry's etag when it was read. */
    sourceVersion: text('source_version'),
    sourceUrl: text('source_url'),
    sourcePath: text('source_path'),
    /** SHA-256 (hex) of the bytes that were imported. */
    contentHash: text('content_hash'),
    /** null: nobody has looked for text in it. */
    textStatus: text('text_status', { enum: TEXT_STATUSES }),
    /** Why there is no text, with `unreadable` and `empty`. */
    textReason: text('text_reason').$type<TextReason>(),
    chunkCount: integer('chunk_count').notNull().default(0),
    importedAt: integer('imported_at'),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
  },
  (table) => [
    index('documents_user').on(table.userId, table.createdAt, table.id),
    index('documents_connection').on(table.connectionId),
    index('documents_source').on(table.userId, table.sourceConnectionId, table.sourceItemId),
    index('documents_content').on(table.userId, table.contentHash),
    // Few at any time among many, and counted with each new one.
    index('documents_pending')
      .on(table.userId)
      .where(sql`status = 'pending'`),
  ],
)

export type DocumentRow = typeof documents.$inferSelect
