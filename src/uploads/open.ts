// From a row to something that takes bytes: the connection opened, the vendor's state unsealed.
import { and, eq } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { openConnection, openSession, type LiveConnection } from '../connections/session.ts'
import { openKept, seal } from '../crypto/seal.ts'
import type { Digest } from '../transfer/digest.ts'
import { ProviderSink, uploadOf, type Sink } from '../transfer/sink.ts'
import { digestFor } from '../transfer/verify.ts'
import { ensureUser } from '../users/store.ts'
import { openStaging } from './staging-area.ts'
import { StagedSink } from './staging.ts'
import { uploads } from './schema.ts'
import type { Lease } from './store.ts'

export interface OpenUpload {
  readonly live: LiveConnection
  readonly sink: Sink
  /** Whether what it takes is held in R2 until all of it is there. */
  readonly isStaged: boolean
  /** Is to see the bytes, where the body at hand is the whole file and its hash can be compared. */
  readonly digest: Digest | undefined
  /** The vendor's state as it is now, sealed for the row. */
  readonly sealState: () => Promise<string>
}

/** @param isWhole whether the body at hand is the whole file: then nothing has to be staged. */
export async function openUpload(
  services: Services,
  { row, connection }: Lease,
  isWhole: boolean,
): Promise<OpenUpload> {
  const live = connection
    ? await openSession(services, connection)
    : await openConnection(services, row.userId, row.connectionId ?? row.provider)
  const context = await contextOf(services, row.userId, row.id)
  const { id, stateEnc: sealed } = row
  if (sealed === null) throw new Error('an open upload has a state')
  const state = await openKept<unknown>(services, context, sealed, (stateEnc) =>
    services.db
      .update(uploads)
      .set({ stateEnc })
      .where(and(eq(uploads.id, id), eq(uploads.stateEnc, sealed))),
  )
  const { provider, session } = live
  const { size, isUnsure } = row
  const isStaged = !uploadOf(provider).resumable && (row.isStaged || isUnsure || !isWhole)
  // The provider has nothing of it as long as it is staged.
  const offset = isStaged ? 0 : row.offset
  const direct = ProviderSink.resume(provider, session, { size, offset, state, isUnsure })
  return {
    live,
    sink: isStaged ? new StagedSink(openStaging(services, row), direct, row) : direct,
    isStaged,
    digest: isWhole && !isStaged ? digestFor(provider, size) : undefined,
    sealState: () => seal(services.keyring, context, direct.state),
  }
}

export async function sealState(
  services: Services,
  userId: string,
  uploadId: string,
  state: unknown,
): Promise<string> {
  return seal(services.keyring, await contextOf(services, userId, uploadId), state)
}

async function contextOf(services: Services, userId: string, uploadId: string) {
  const { id, salt } = await ensureUser(services.db, userId, services.now())
  return { userId: id, salt, record: uploadId, field: 'upload_state' }
}
