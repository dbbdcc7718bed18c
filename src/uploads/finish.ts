// The ends of an upload: it becomes an item or a document, it fails for good, or it is cancelled. Each leaves nothing half done.
import type { Services } from '../app-context.ts'
import { raiseListingVersion } from '../connections/status.ts'
import type { LiveConnection } from '../connections/session.ts'
import { findDocument, markStored, removePending } from '../documents/store.ts'
import { viewItem } from '../files/view.ts'
import { Problem } from '../problems/problem.ts'
import { toProblem } from '../problems/respond.ts'
import type { Digest } from '../transfer/digest.ts'
import type { Sink, Stored } from '../transfer/sink.ts'
import type { Uploaded } from '../transfer/upload.ts'
import { verify } from '../transfer/verify.ts'
import type { UploadRow } from './schema.ts'
import { endUpload, removeUpload, type Lease } from './store.ts'

/**
 * Makes known what the upload became, if it is what was sent. Safe to be done again after a death in the middle.
 * @param digest what has seen all bytes, where one body carried them
 */
export async function completeUpload(
  services: Services,
  lease: Lease,
  { provider, session, connection }: LiveConnection,
  stored: Stored,
  digest?: Digest,
): Promise<void> {
  const { row } = lease
  const { entry } = stored
  const receipt = await verify(provider, session, row, stored, digest).catch(
    async (error: unknown) => {
      await noteFailure(services, lease, error)
      if (connection !== undefined) await raiseListingVersion(services.db, connection.id)
      throw error
    },
  )
  if (row.documentId !== null) {
    const isKept = await storeDocument(services, row, { entry, receipt })
    if (!isKept) {
      await provider.remove?.(session, entry.id).catch(() => undefined)
      await endUpload(services, lease, { status: 'failed', errorCode: 'not_found' })
      throw new Problem('not_found', 'The document was removed meanwhile.')
    }
  }
  const item = viewItem(entry, receipt)
  await endUpload(services, lease, { status: 'completed', offset: row.size, item })
  if (connection !== undefined) await raiseListingVersion(services.db, connection.id)
}

/** Whether the document is there and holds what was uploaded. */
async function storeDocument(
  services: Services,
  { userId, documentId }: UploadRow,
  uploaded: Uploaded,
): Promise<boolean> {
  const document = await findDocument(services.db, userId, documentId ?? '')
  if (document === undefined) return false
  if (document.status === 'stored') return document.itemId === uploaded.entry.id
  return markStored(services, document, uploaded)
}

/** Ends an upload that cannot go on. */
export async function failUpload(
  services: Services,
  lease: Lease,
  sink: Sink,
  error: unknown,
): Promise<void> {
  await sink.abort()
  await noteFailure(services, lease, error)
}

async function noteFailure(services: Services, lease: Lease, error: unknown): Promise<void> {
  if (lease.row.documentId !== null) await removePending(services.db, lease.row.documentId)
  const change = { status: 'failed', errorCode: toProblem(error).code } as const
  await endUpload(services, lease, change)
}

/** Forgets an upload that was cancelled. */
export async function forgetUpload(services: Services, lease: Lease): Promise<void> {
  if (lease.row.documentId !== null) await removePending(services.db, lease.row.documentId)
  await removeUpload(services, lease)
}

/** Whether no other request can do better than the one that failed with this. */
export function isFinal(error: unknown): boolean {
  const { code, options } = toProblem(error)
  if (options.ended === true) return true
  return ['name_conflict', 'item_not_found', 'not_supported'].includes(code)
}
