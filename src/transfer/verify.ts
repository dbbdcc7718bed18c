// Makes sure that what a provider has stored is what was sent to it, and takes away what is not.
import { Problem } from '../problems/problem.ts'
import type { Provider, Session, UploadTarget } from '../providers/contract.ts'
import { createDigest, type Digest } from './digest.ts'
import { judge, type Receipt } from './receipt.ts'
import { uploadOf, type Stored } from './sink.ts'

/**
 * The digest to compute over one body that carries a whole file of `size` bytes, where the provider will give one to compare it with.
 */
export function digestFor(provider: Provider, size: number): Digest | undefined {
  const { digest, hashesParts, fragmentSize } = uploadOf(provider)
  const isOneRequest = fragmentSize(size, size) >= size
  if (digest === undefined || (!isOneRequest && hashesParts !== true)) return undefined
  return createDigest(digest)
}

/**
 * The receipt of a file that was stored. Throws `provider_unavailable` where other bytes are there than were sent: they are removed,
 * unless they have replaced an earlier version, which would go with them.
 * @param digest what has seen the bytes that were sent, if anything has
 */
export async function verify(
  provider: Provider,
  session: Session,
  { size, conflict }: Pick<UploadTarget, 'size' | 'conflict'>,
  { entry, rewritten }: Stored,
  digest: Digest | undefined,
): Promise<Receipt> {
  // One that has not seen all of them says nothing.
  const hash = digest?.size === size ? await digest.finish() : undefined
  if (hash === undefined) digest?.cancel()
  const sent = { size, hash, digest: uploadOf(provider).digest }
  const receipt = judge(entry, rewritten, sent)
  if (receipt !== undefined) return receipt
  if (conflict !== 'replace') await provider.remove?.(session, entry.id).catch(() => undefined)
  throw new Problem('provider_unavailable', 'The provider stored other bytes than were sent.', {
    ended: true,
  })
}
