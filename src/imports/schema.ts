// What an import is made of: the order itself, folders that are still to be listed, and one row for each file. Nothing of it is kept elsewhere.
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import type { ContentHash } from '../providers/contract.ts'
import type { Reason } from './reasons.ts'

/** paused: nothing runs and no message is under way; something has to happen first, or a time to come. */
export const IMPORT_STATUSES = ['running', 'paused', 'completed', 'cancelled', 'failed'] as const
export type ImportStatus = (typeof IMPORT_STATUSES)[number]

export const PAUSE_REASONS = [
  'throttled',
  'provider_unavailable',
  'reauth_required',
  'user',
] as const
export type PauseReason = (typeof PAUSE_REASONS)[number]

/** What is done with a source that is a document already: in the same version, or with the same bytes. */
export const DUPLICATE_RULES = ['skip', 'replace', 'keep_both'] as const
export type DuplicateRule = (typeof DUPLICATE_RULES)[number]

export const imports = sqliteTable(
  'imports',
  {
    id: text('id').primaryKey(),
    userId: text('user_id').notNull(),
    /** A connection's id, or a built-in provider's. */
    connectionId: text('connection_id').notNull(),
    provider: text('provider').notNull(),
    category: text('category'),
    onDuplicate: text('on_duplicate', { enum: DUPLICATE_RULES }).notNull(),
    keepOriginal: integer('keep_original', { mode: 'boolean' }).notNull(),
    status: text('status', { enum: IMPORT_STATUSES }).notNull(),
    pauseReason: text('pause_reason', { enum: PAUSE_REASONS }),
    /** When a pause ends by itself; null where somebody has to act. */
    resumeAt: integer('resume_at'),
    /** A code of the problem table, where the import as a whole failed. */
    errorCode: text('error_code'),
    /** Whether every folder has been listed to its end. */
    isPlanned: integer('is_planned', { mode: 'boolean' }).notNull().default(false),
    /** How often in a row the provider failed the import as a whole, or a slice died. */
    troubles: integer('troubles').notNull().default(0),
    /** Raised with every change that a watcher may want to see. */
    version: integer('version').notNull().default(1),
    /** The slice at work, and until when no other may be. */
    leaseId: text('lease_id'),
    leaseUntil: integer('lease_until'),
    /** When its message was last sent: a running import without a lease for long has lost it. */
    dispatchedAt: integer('dispatched_at'),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
    finishedAt: integer('finished_at'),
    /** Hash of the caller's Idempotency-Key, and of what was ordered with it. */
    idempotencyKey: text('idempotency_key'),
    idempotencyBody: text('idempotency_body'),
    // What follows is kept true by triggers: nobody writes it, and nobody has to count the files.
    filesWaiting: integer('files_waiting').notNull().default(0),
    filesDownloading: integer('files_downloading').notNull().default(0),
    filesProcessing: integer('files_processing').notNull().default(0),
    filesImported: integer('files_imported').notNull().default(0),
    filesSkipped: integer('files_skipped').notNull().default(0),
    filesFailed: integer('files_failed').notNull().default(0),
    bytesDone: integer('bytes_done').notNull().default(0),
    /** Of files that are still to come as far as it is known, of all others what was read. */
    bytesTotal: integer('bytes_total').notNull().default(0),
    chunks: integer('chunks').notNull().default(0),
    foldersOpen: integer('folders_open').notNull().default(0),
    foldersListed: integer('folders_listed').notNull().default(0),
    foldersFailed: integer('folders_failed').notNull().default(0),
  },
  (table) => [
    index('imports_user').on(table.userId, table.createdAt, table.id),
    index('imports_user_status').on(table.userId, table.status, table.createdAt, table.id),
    uniqueIndex('imports_idempotency').on(table.userId, table.idempotencyKey),
    index('imports_status').on(table.status, table.resumeAt),
    index('imports_connection').on(table.connectionId, table.status),
  ],
)
export type ImportRow = typeof imports.$inferSelect

/** chosen: what the user picked, a file or a folder, of which nothing more is known yet. */
export const FOLDER_STATES = ['chosen', 'open', 'listed', 'failed'] as const

/** What has to be listed. A folder stands here once, however many ways lead to it: so a cycle ends. */
export const importFolders = sqliteTable(
  'import_folders',
  {
    importId: text('import_id').notNull(),
    /** The provider's id of the folder. */
    itemId: text('item_id').notNull(),
    state: text('state', { enum: FOLDER_STATES }).notNull(),
    /** Names from what was chosen downwards, each with a slash behind it. */
    path: text('path').notNull(),
    /** 0 for what was chosen; a folder that was chosen is listed with 1. */
    depth: integer('depth').notNull(),
    /** Sealed: the provider's cursor of the next page; null for the first. */
    cursorEnc: text('cursor_enc'),
    attempts: integer('attempts').notNull().default(0),
    /** Milliseconds; before then it is not tried again. */
    notBefore: integer('not_before').notNull().default(0),
    reason: text('reason').$type<Reason>(),
  },
  (table) => [
    primaryKey({ columns: [table.importId, table.itemId] }),
    index('import_folders_state').on(table.importId, table.state, table.notBefore),
  ],
)
export type ImportFolder = typeof importFolders.$inferSelect

export const ITEM_STATES = [
  'waiting',
  'downloading',
  'processing',
  'imported',
  'skipped',
  'failed',
] as const
export type ItemState = (typeof ITEM_STATES)[number]

/** A file of an import, as the listing showed it. */
export const importItems = sqliteTable(
  'import_items',
  {
    id: text('id').primaryKey(),
    importId: text('import_id').notNull(),
    /** The provider's id of the file. */
    itemId: text('item_id').notNull(),
    name: text('name').notNull(),
    path: text('path').notNull(),
    /** Bytes; null for what only the export tells. */
    size: integer('size'),
    /** Of the bytes: of an export, where the file has none of its own. */
    mimeType: text('mime_type'),
    isExport: integer('is_export', { mode: 'boolean' }).notNull().default(false),
    /** The entry's etag: the version that was listed. */
    version: text('version'),
    /** As the vendor gives it, of that version. */
    hash: text('hash', { mode: 'json' }).$type<ContentHash>(),
    webUrl: text('web_url'),
    state: text('state', { enum: ITEM_STATES }).notNull(),
    reason: text('reason').$type<Reason>(),
    documentId: text('document_id'),
    bytesDone: integer('bytes_done').notNull().default(0),
    chunks: integer('chunks').notNull().default(0),
    /** How often it was begun. Written before the work: a file that kills its consumer is not tried for ever. */
    attempts: integer('attempts').notNull().default(0),
    notBefore: integer('not_before').notNull().default(0),
    /** Sealed: how far the copy of its bytes to the default storage is, or where the copy stands. */
    copyEnc: text('copy_enc'),
    /** The import's version when this row was last changed: what a watcher has not seen yet. */
    changedAt: integer('changed_at').notNull(),
  },
  (table) => [
    uniqueIndex('import_items_item').on(table.importId, table.itemId),
    // In the order in which they were found: of the rowid, which every index ends with.
    index('import_items_import').on(table.importId),
    index('import_items_state').on(table.importId, table.state, table.notBefore),
    index('import_items_changed').on(table.importId, table.changedAt),
  ],
)
export type ImportItem = typeof importItems.$inferSelect
