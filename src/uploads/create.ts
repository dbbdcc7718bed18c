// Begins an upload: where it goes is settled, and the vendor's session opened, before the client is told an address.
import { z } from 'zod'
import type { Services } from '../app-context.ts'
import { openConnection, type LiveConnection } from '../connections/session.ts'
import { randomId } from '../crypto/random.ts'
import { chooseTarget, documentPlace, openStorage } from '../documents/storage.ts'
import { insertAnnounced, removePending, type NewDocument } from '../documents/store.ts'
import { folderId, itemName, mediaType } from '../files/fields.ts'
import { outlive } from '../outlive.ts'
import { invalidRequest } from '../problems/validate.ts'
import type { UploadTarget } from '../providers/contract.ts'
import { getProvider } from '../providers/registry.ts'
import { ProviderSink } from '../transfer/sink.ts'
import { ensureUser } from '../users/store.ts'
import { refreshUpload, type Reached } from './append.ts'
import { completeUpload } from './finish.ts'
import { sealState } from './open.ts'
import { checkRoom, dropUpload, insertUpload, takeLease } from './store.ts'

const common = { filename: itemName, filetype: z.string().max(255).optional() }
const fileFields = z.object({
  ...common,
  connection_id: z.string().min(1).max(64),
  parent_id: folderId.default('root'),
  conflict: z.enum(['fail', 'rename', 'replace']).default('fail'),
})
const documentFields = z.object({
  ...common,
  target_backend: z
    .string()
    .max(64)
    .refine((id) => getProvider(id) !== undefined, 'names no storage backend')
    .optional(),
  category: z.string().trim().min(1).max(100).optional(),
})

export interface UploadRequest {
  /** Bytes. */
  readonly size: number
  readonly metadata: ReadonlyMap<string, string>
  /** As it came: HEAD gives it back. */
  readonly rawMetadata: string
}

export interface CreatedUpload extends Reached {
  readonly id: string
  readonly documentId: string | undefined
  /** The provider's id. */
  readonly provider: string
}

/** Where its bytes are sent to. */
export const uploadUrl = ({ settings }: Services, id: string) =>
  `${settings.publicUrl}/api/uploads/${id}`

/** Begins what the metadata asks for: a file in a connection, or, without `connection_id`, a document. */
export async function createUpload(
  services: Services,
  userId: string,
  { size, metadata, rawMetadata }: UploadRequest,
): Promise<CreatedUpload> {
  const fields = Object.fromEntries(metadata)
  if (metadata.has('connection_id')) {
    const parsed = fileFields.safeParse(fields)
    if (!parsed.success) throw invalidRequest('metadata', parsed.error.issues)
    await checkRoom(services, userId)
    const { connection_id: id, parent_id: parentId, conflict, ...file } = parsed.data
    const live = await openConnection(services, userId, id)
    const target = {
      parentId,
      name: file.filename,
      size,
      mimeType: mediaType(file.filetype),
      conflict,
    }
    return begin(services, userId, { live, target, filename: file.filename, rawMetadata })
  }
  const parsed = documentFields.safeParse(fields)
  if (!parsed.success) throw invalidRequest('metadata', parsed.error.issues)
  return createDocumentUpload(services, userId, { size, rawMetadata, ...parsed.data })
}

export interface DocumentRequest {
  readonly filename: string
  readonly filetype?: string | undefined
  readonly target_backend?: string | undefined
  readonly category?: string | undefined
  /** Bytes. */
  readonly size: number
  readonly rawMetadata: string
}

/** Begins an upload that becomes a document. The row is made first, and taken back if nothing can be begun. */
export async function createDocumentUpload(
  services: Services,
  userId: string,
  { filename, filetype, target_backend: backend, category, size, rawMetadata }: DocumentRequest,
): Promise<CreatedUpload> {
  const user = await ensureUser(services.db, userId, services.now())
  const chosen = await chooseTarget(services, user, backend)
  const { live } = await openStorage(services, userId, chosen)
  const document: NewDocument = {
    id: randomId(),
    userId,
    filename,
    contentType: mediaType(filetype),
    size,
    category: category ?? null,
    storageBackend: live.provider.id,
    connectionId: live.connection?.id ?? null,
  }
  await insertAnnounced(services, document)
  try {
    const place = await documentPlace(live, chosen.folderId, document)
    const target = { ...place, size, mimeType: document.contentType, conflict: 'fail' as const }
    const documentId = document.id
    return await begin(services, userId, { live, target, filename, rawMetadata, documentId })
  } catch (error) {
    await removePending(services.db, document.id)
    throw error
  }
}

interface Beginning {
  readonly live: LiveConnection
  readonly target: Omit<UploadTarget, 'id'>
  readonly filename: string
  readonly rawMetadata: string
  readonly documentId?: string | undefined
}

async function begin(
  services: Services,
  userId: string,
  beginning: Beginning,
): Promise<CreatedUpload> {
  // A caller that leaves meanwhile must not leave a session behind that nobody knows.
  return outlive(services, beginNow(services, userId, beginning))
}

async function beginNow(
  services: Services,
  userId: string,
  { live, target, filename, rawMetadata, documentId }: Beginning,
): Promise<CreatedUpload> {
  const { provider, session, connection } = live
  const id = randomId()
  const sink = await ProviderSink.begin(provider, session, { id, ...target })
  try {
    const expiresAt = await insertUpload(services, {
      id,
      userId,
      provider: provider.id,
      connectionId: connection?.id ?? null,
      documentId: documentId ?? null,
      filename,
      metadata: rawMetadata,
      size: target.size,
      conflict: target.conflict,
      status: 'open',
      offset: sink.offset,
      isUnsure: false,
      isStaged: false,
      stateEnc: await sealState(services, userId, id, sink.state ?? null),
      item: null,
      errorCode: null,
    })
    // No bytes will come for an empty file: it is stored now.
    const isCompleted = target.size === 0
    if (isCompleted) await finishEmpty(services, live, { userId, id }, sink)
    return {
      id,
      documentId,
      provider: provider.id,
      offset: sink.offset,
      isCompleted,
      expiresAt,
    }
  } catch (error) {
    await sink.abort()
    const { stored } = sink
    if (stored !== undefined) {
      await provider.remove?.(session, stored.entry.id).catch(() => undefined)
    }
    await dropUpload(services.db, id)
    throw error
  }
}

async function finishEmpty(
  services: Services,
  live: LiveConnection,
  own: { readonly userId: string; readonly id: string },
  sink: ProviderSink,
): Promise<void> {
  const lease = await takeLease(services, own)
  if (lease === undefined) throw new Error('nobody else knows of it yet')
  if (sink.stored === undefined) await refreshUpload(services, lease)
  else await completeUpload(services, lease, live, sink.stored)
}
