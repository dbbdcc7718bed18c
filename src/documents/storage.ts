// The storage contract: one interface over every provider, so that documents never ask which one holds them.
import type { Services } from '../app-context.ts'
import { openConnection, type LiveConnection } from '../connections/session.ts'
import { findByProvider, findConnection } from '../connections/store.ts'
import { writing } from '../files/writing.ts'
import { invalidField, Problem } from '../problems/problem.ts'
import { toProblem } from '../problems/respond.ts'
import type { Download, DownloadOptions, Entry, Health } from '../providers/contract.ts'
import { getProvider } from '../providers/registry.ts'
import type { Body } from '../transfer/source.ts'
import { uploadStream, type Uploaded } from '../transfer/upload.ts'
import type { User } from '../users/schema.ts'
import type { DocumentRow } from './schema.ts'

export interface StoredObject {
  /** What it is the content of. */
  readonly document: DocumentName
  readonly contentType: string
  /** Bytes. */
  readonly size: number
  readonly body: ReadableStream<Uint8Array> | null
  readonly from: Body['from']
  /** Ends the transfer in the middle. */
  readonly signal?: AbortSignal | undefined
}

export interface DocumentName {
  readonly id: string
  readonly filename: string
}

/** What every backend can do, or says `not_supported` to. */
export interface Storage {
  /** The provider's id. */
  readonly backend: string
  readonly live: LiveConnection
  readonly put: (object: StoredObject) => Promise<Uploaded>
  /** The id that a document's object will have; undefined where only the backend can tell, afterwards. */
  readonly foretellId: (document: DocumentName) => Promise<string | undefined>
  readonly get: (itemId: string, options: DownloadOptions) => Promise<Download>
  readonly delete: (itemId: string) => Promise<void>
  readonly stat: (itemId: string) => Promise<Entry>
  readonly checkHealth: () => Promise<Health>
}

export interface StorageTarget {
  readonly backend: string
  readonly connectionId?: string | undefined
  readonly folderId?: string | undefined
}

/** The storage that holds, or is to hold, a document of this user. */
export async function openStorage(
  services: Services,
  userId: string,
  target: StorageTarget,
): Promise<Storage> {
  const provider = getProvider(target.backend)
  if (provider === undefined) throw unknownBackend('target_backend')
  const id =
    provider.auth.kind === 'builtin'
      ? provider.id
      : (target.connectionId ?? (await findByProvider(services.db, userId, provider.id))?.id)
  if (id === undefined) throw noConnection()
  const live = await openConnection(services, userId, id)
  return storageOf(services, live, target.folderId)
}

/** Whether signed URLs can be given for a backend: where the bytes are the Worker's own. */
export function canSign(backend: string): boolean {
  return getProvider(backend)?.auth.kind === 'builtin'
}

/** `backend` must name a provider; where it does not, that is a mistake in the body, not a missing thing. */
export function unknownBackend(field: string): Problem {
  return invalidField(`body.${field}`, 'names no storage backend')
}

const noConnection = () =>
  new Problem('not_found', 'There is no active connection for this backend.')

/** Where an upload goes when it does not say: the user's default storage. Only an ACTIVE connection takes new documents. */
export async function chooseTarget(
  services: Services,
  user: User,
  backend: string | undefined,
): Promise<StorageTarget> {
  const provider = getProvider(backend ?? user.defaultBackend)
  if (provider === undefined) throw unknownBackend('target_backend')
  const folder = user.defaultFolderId ?? undefined
  if (provider.auth.kind === 'builtin') {
    const isDefault = provider.id === user.defaultBackend
    return { backend: provider.id, folderId: isDefault ? folder : undefined }
  }
  const isDefault = provider.id === user.defaultBackend && user.defaultConnectionId !== null
  const connection = isDefault
    ? await findConnection(services.db, user.id, user.defaultConnectionId ?? '')
    : await findByProvider(services.db, user.id, provider.id)
  // ERROR passes by itself; only a grant that is dead takes nothing.
  if (connection === undefined || connection.status === 'REQUIRES_REAUTH') throw noConnection()
  const folderId = isDefault ? folder : undefined
  return { backend: provider.id, connectionId: connection.id, folderId }
}

/** Where a document's bytes go: to the folder that was chosen, or the provider's own for them, under the document's id. */
export async function documentPlace(
  { provider, session }: LiveConnection,
  folderId: string | undefined,
  { id, filename }: DocumentName,
): Promise<{ readonly parentId: string; readonly name: string }> {
  const parentId = folderId ?? (await provider.documentFolder?.(session)) ?? 'root'
  const extension = /\.[A-Za-z0-9]{1,16}$/.exec(filename)?.[0] ?? ''
  return { parentId, name: `${id}${extension}` }
}

function storageOf(
  services: Services,
  live: LiveConnection,
  folderId: string | undefined,
): Storage {
  const { provider, session } = live
  return {
    backend: provider.id,
    live,
    put: async ({ document, contentType, size, body, from, signal }) => {
      if (provider.upload === undefined)
        throw new Problem('not_supported', 'This backend is read-only.')
      const place = await documentPlace(live, folderId, document)
      const target = { ...place, size, mimeType: contentType, conflict: 'fail' as const }
      const flowing = { stream: body, length: size, from, signal }
      return uploadStream(services, provider, session, target, flowing)
    },
    foretellId: async (document) => {
      const { parentId, name } = await documentPlace(live, folderId, document)
      return provider.foretellId?.(parentId, name)
    },
    get: (itemId, options) => provider.download(session, itemId, options),
    delete: async (itemId) => {
      if (provider.remove === undefined)
        throw new Problem('not_supported', 'This backend is read-only.')
      await provider.remove(session, itemId)
    },
    stat: (itemId) => provider.stat(session, itemId),
    checkHealth: () => provider.check(session),
  }
}

/** The storage that holds a document. Throws `item_not_found` when it went with its connection. */
export async function openStorageOf(services: Services, row: DocumentRow): Promise<Storage> {
  if (getProvider(row.storageBackend) === undefined) throw unknownBackend('storage_backend')
  // A document stays with the connection that took it: another one of the same provider does not hold it.
  const target = { backend: row.storageBackend, connectionId: row.connectionId ?? undefined }
  return openStorage(services, row.userId, target).catch((error: unknown) => {
    if (toProblem(error).code !== 'not_found') throw error
    throw new Problem('item_not_found', 'The connection that held this document was removed.')
  })
}

/**
 * Deletes the object of a document; never the user's own file, of which a document only tells. One behind a connection that is gone
 * cannot be deleted, and must not keep the document's row from going.
 */
export async function deleteObject(
  services: Services,
  row: DocumentRow,
  itemId: string,
): Promise<void> {
  if (!row.ownsObject) return
  const storage = await openStorageOf(services, row).catch((error: unknown) => {
    if (toProblem(error).code !== 'item_not_found') throw error
  })
  if (storage !== undefined) await writing(services, storage.live, () => storage.delete(itemId))
}
