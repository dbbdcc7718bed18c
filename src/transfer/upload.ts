// Brings one streamed body into a provider: fragments of the vendor's size, nothing buffered, nothing half done left behind.
import type { Services } from '../app-context.ts'
import { FragmentSource } from '../net/stream.ts'
import { randomId } from '../crypto/random.ts'
import { Problem } from '../problems/problem.ts'
import type { Entry, Progress, Provider, Session, UploadTarget } from '../providers/contract.ts'

/** A request's own body, or a stream that was made of a part of it. */
export type BodyOrigin = 'request' | 'form'

/**
 * Uploads `body`, which holds exactly `target.size` bytes. On any failure the vendor's session is cancelled, also when the
 * caller has gone away meanwhile, and the failure is thrown on.
 */
export async function uploadStream(
  services: Pick<Services, 'background'>,
  provider: Provider,
  session: Session,
  file: Omit<UploadTarget, 'id'>,
  body: ReadableStream<Uint8Array> | null,
  from: BodyOrigin,
): Promise<Entry> {
  const work = runUpload(provider, session, { id: randomId(), ...file }, body, from)
  // A client that disconnects ends the request, not the clean-up.
  services.background(work.catch(() => undefined))
  return work
}

async function runUpload(
  provider: Provider,
  session: Session,
  target: UploadTarget,
  body: ReadableStream<Uint8Array> | null,
  from: BodyOrigin,
): Promise<Entry> {
  const { upload } = provider
  if (upload === undefined) throw new Problem('not_supported', 'This provider is read-only.')
  let progress: Progress<unknown> = await upload.begin(session, target)
  if (progress.done) return progress.entry
  let { state } = progress
  const source = new FragmentSource(body, target.size, from === 'request')
  try {
    for (;;) {
      const offset: number = progress.offset
      const length = Math.min(
        upload.fragmentSize(target.size, target.size - offset),
        target.size - offset,
      )
      const fragment = source.take(length)
      const written = upload.write(session, state, {
        offset,
        length,
        total: target.size,
        body: fragment.body,
      })
      progress = await fragment
        .settle(written)
        .catch((error: unknown) => recover(provider, session, state, { offset, length }, error))
      if (progress.done) return progress.entry
      ;({ state } = progress)
      // A request body flows once: what the vendor did not keep cannot be sent again.
      if (progress.offset !== offset + length) {
        throw new Problem('provider_unavailable', 'The provider kept only a part of the bytes.')
      }
    }
  } catch (error) {
    await source.release()
    await upload.abort(session, state)
    throw error
  }
}

/**
 * What became of a fragment whose answer was lost: the vendor may have taken all of it, and even be done. Throws the failure where
 * it has not, as a request body flows once.
 */
async function recover(
  { upload }: Provider,
  session: Session,
  state: unknown,
  { offset, length }: { readonly offset: number; readonly length: number },
  error: unknown,
): Promise<Progress<unknown>> {
  // An empty fragment only asks for the end: what was asked for in vain is not asked for again.
  if (upload?.resumable !== true || length === 0 || !isLost(error)) throw error
  const kept = await upload.offset(session, state).catch(() => undefined)
  if (kept === undefined || (!kept.done && kept.offset !== offset + length)) throw error
  return kept
}

/** Whether the vendor may have done what it was asked without our having heard of it. */
function isLost(error: unknown): boolean {
  return (
    error instanceof Problem &&
    (error.code === 'provider_unavailable' || error.code === 'provider_timeout')
  )
}
