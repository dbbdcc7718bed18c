// Brings one body into a provider in one go: nothing buffered, nothing half done left behind.
import type { Services } from '../app-context.ts'
import { randomId } from '../crypto/random.ts'
import { outlive } from '../outlive.ts'
import type { Entry, Provider, Session, UploadTarget } from '../providers/contract.ts'
import { copy } from './copy.ts'
import type { Receipt } from './receipt.ts'
import { ProviderSink, type Stored } from './sink.ts'
import { bodySource, type Body } from './source.ts'
import { digestFor, verify } from './verify.ts'

/** A file that is there, and what is known of its bytes. */
export interface Uploaded {
  readonly entry: Entry
  readonly receipt: Receipt
}

/**
 * Uploads a body that holds exactly `target.size` bytes. On any failure the vendor's session is cancelled, also when the caller has
 * gone away meanwhile, and the failure is thrown on.
 */
export async function uploadStream(
  services: Pick<Services, 'background'>,
  provider: Provider,
  session: Session,
  target: Omit<UploadTarget, 'id'>,
  body: Body,
): Promise<Uploaded> {
  // A client that disconnects ends the request, not the clean-up.
  return outlive(services, runUpload(provider, session, { id: randomId(), ...target }, body))
}

async function runUpload(
  provider: Provider,
  session: Session,
  target: UploadTarget,
  body: Body,
): Promise<Uploaded> {
  const sink = await ProviderSink.begin(provider, session, target)
  const digest = digestFor(provider, target.size)
  const stored = await store(sink, { ...body, digest }).catch((error: unknown) => {
    digest?.cancel()
    throw error
  })
  const receipt = await verify(provider, session, target, stored, digest)
  return { entry: stored.entry, receipt }
}

async function store(sink: ProviderSink, body: Body): Promise<Stored> {
  try {
    await copy(bodySource(body), sink, sink.size)
    if (sink.stored === undefined) throw new Error('a copy to the end has stored the file')
    return sink.stored
  } catch (error) {
    await sink.abort()
    throw error
  }
}
