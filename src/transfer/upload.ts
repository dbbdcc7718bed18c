// Brings one body into a provider in one go: nothing buffered, nothing half done left behind.
import type { Services } from '../app-context.ts'
import { randomId } from '../crypto/random.ts'
import type { Provider, Session, UploadTarget } from '../providers/contract.ts'
import { copy } from './copy.ts'
import { ProviderSink, type Stored } from './sink.ts'
import { bodySource, type Body } from './source.ts'

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
): Promise<Stored> {
  const work = runUpload(provider, session, { id: randomId(), ...target }, body)
  // A client that disconnects ends the request, not the clean-up.
  services.background(work.catch(() => undefined))
  return work
}

async function runUpload(
  provider: Provider,
  session: Session,
  target: UploadTarget,
  body: Body,
): Promise<Stored> {
  const sink = await ProviderSink.begin(provider, session, target)
  try {
    await copy(bodySource(body), sink, target.size)
    if (sink.stored === undefined) throw new Error('a copy to the end has stored the file')
    return sink.stored
  } catch (error) {
    await sink.abort()
    throw error
  }
}
