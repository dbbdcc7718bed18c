// How an import, its files and its folders are shown: a whitelist. What it has done so far is read from its own row.
import type { Answer } from '../answer.ts'
import { toTime } from '../connections/view.ts'
import { webLink } from '../files/view.ts'
import type {
  failedFolderSchema,
  importFileSchema,
  importSchema,
  watchedImportSchema,
} from './answers.ts'
import type { ImportFolder, ImportItem, ImportRow } from './schema.ts'

export type ImportView = Answer<typeof importSchema>
export type ImportFileView = Answer<typeof importFileSchema>

export function viewImport(row: ImportRow): ImportView {
  const counts = {
    waiting: row.filesWaiting,
    downloading: row.filesDownloading,
    processing: row.filesProcessing,
    imported: row.filesImported,
    skipped: row.filesSkipped,
    failed: row.filesFailed,
  }
  return {
    id: row.id,
    connection_id: row.connectionId,
    provider: row.provider,
    category: row.category,
    on_duplicate: row.onDuplicate,
    keep_original: row.keepOriginal,
    status: row.status,
    pause_reason: row.pauseReason,
    resume_at: row.resumeAt === null ? null : toTime(row.resumeAt),
    error: row.errorCode,
    planned: row.isPlanned,
    counts: { ...counts, total: Object.values(counts).reduce((sum, count) => sum + count, 0) },
    folders: { open: row.foldersOpen, listed: row.foldersListed, failed: row.foldersFailed },
    bytes: { done: row.bytesDone, total: row.bytesTotal },
    chunks: row.chunks,
    version: row.version,
    created_at: toTime(row.createdAt),
    updated_at: toTime(row.updatedAt),
    finished_at: row.finishedAt === null ? null : toTime(row.finishedAt),
  }
}

/** With the folders that could not be listed. */
export function viewWhole(
  row: ImportRow,
  failed: readonly ImportFolder[],
): Answer<typeof watchedImportSchema> {
  return { ...viewImport(row), failed_folders: failed.map(viewFolder) }
}

export function viewFile(item: ImportItem): ImportFileView {
  return {
    id: item.id,
    item_id: item.itemId,
    name: item.name,
    path: item.path,
    size: item.size,
    mime_type: item.mimeType,
    state: item.state,
    reason: item.reason,
    bytes_done: item.bytesDone,
    chunks: item.chunks,
    document_id: item.documentId,
    web_url: webLink(item.webUrl) ?? null,
    attempts: item.attempts,
  }
}

function viewFolder({ itemId, path, reason }: ImportFolder): Answer<typeof failedFolderSchema> {
  return { item_id: itemId, path, reason }
}
