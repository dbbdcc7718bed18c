// Documents as the API shows them: a whitelist.
import { and, eq, inArray } from 'drizzle-orm'
import type { Answer } from '../answer.ts'
import { connections, type Connection } from '../connections/schema.ts'
import { toTime } from '../connections/view.ts'
import type { Db } from '../db/client.ts'
import { webLink } from '../files/view.ts'
import type { Receipt } from '../transfer/receipt.ts'
import type { documentSchema } from './answers.ts'
import type { DocumentRow } from './schema.ts'

/** D1 takes 100 parameters in a statement. */
const MAX_IDS = 90

export type DocumentView = Answer<typeof documentSchema>

/** Documents of one user. */
export async function viewDocuments(db: Db, rows: readonly DocumentRow[]): Promise<DocumentView[]> {
  const ids = [...new Set(rows.flatMap(({ connectionId }) => connectionId ?? []))]
  const statuses = new Map<string, Connection['status']>()
  for (let at = 0; at < ids.length; at += MAX_IDS) {
    const found = await db
      .select({ id: connections.id, status: connections.status })
      .from(connections)
      .where(
        and(
          inArray(connections.id, ids.slice(at, at + MAX_IDS)),
          eq(connections.userId, rows[0]?.userId ?? ''),
        ),
      )
    for (const { id, status } of found) statuses.set(id, status)
  }
  return rows.map((row) => viewDocument(row, statuses.get(row.connectionId ?? '')))
}

/** @param status of the connection that holds it; undefined where there is none (any more). */
export function viewDocument(
  row: DocumentRow,
  status: Connection['status'] | undefined,
): DocumentView {
  return {
    id: row.id,
    filename: row.filename,
    content_type: row.contentType,
    size: row.size,
    category: row.category,
    status: row.status,
    storage_backend: row.storageBackend,
    connection_id: row.connectionId,
    reachable: row.connectionId === null || (status !== undefined && status !== 'REQUIRES_REAUTH'),
    verification: verificationOf(row),
    text: textOf(row),
    source: sourceOf(row),
    imported_at: row.importedAt === null ? null : toTime(row.importedAt),
    created_at: toTime(row.createdAt),
    updated_at: toTime(row.updatedAt),
  }
}

/** Null while the bytes are on their way, and of what stands where the user put it. */
function verificationOf({ status, receipt, size, ownsObject }: DocumentRow): Receipt | null {
  if (receipt !== null || status === 'pending' || !ownsObject) return receipt
  return { verdict: 'unverified', reason: 'received_before', size }
}

/** What came of looking for text in it; null where nobody has. */
function textOf({ textStatus, textReason, chunkCount }: DocumentRow) {
  if (textStatus === null) return null
  return { status: textStatus, reason: textReason, passages: chunkCount }
}

/** The user's own file that it was imported from; null for what was uploaded. */
function sourceOf(row: DocumentRow) {
  if (row.sourceProvider === null) return null
  return {
    provider: row.sourceProvider,
    connection_id: row.sourceConnectionId,
    item_id: row.sourceItemId,
    version: row.sourceVersion,
    path: row.sourcePath,
    url: webLink(row.sourceUrl) ?? null,
  }
}
