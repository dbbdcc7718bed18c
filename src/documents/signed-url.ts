// Signed URLs of documents: each names one document and one thing to do with it, until its end.
import type { Services } from '../app-context.ts'
import { toTime } from '../connections/view.ts'
import { Problem } from '../problems/problem.ts'
import type { DocumentRow } from './schema.ts'
import { findSigned } from './store.ts'

/** Milliseconds in which sending to a URL must begin. */
const PUT_LIFE_MS = 15 * 60_000

export interface SignedUrl {
  readonly url: string
  /** RFC 3339. */
  readonly expiresAt: string
}

type Disposition = 'attachment' | 'inline'

/** A URL that takes the document's bytes, once. */
export async function signPut(services: Services, document: { id: string }): Promise<SignedUrl> {
  const end = services.now() + PUT_LIFE_MS
  const token = await services.signer.sign('put', { document: document.id }, end)
  return signedUrl(services, token, end)
}

/** A URL that gives the document's bytes. @param seconds how long. */
export async function signGet(
  services: Services,
  document: { id: string },
  { seconds, disposition }: { readonly seconds: number; readonly disposition: Disposition },
): Promise<SignedUrl> {
  const end = services.now() + seconds * 1000
  const token = await services.signer.sign('get', { document: document.id, disposition }, end)
  return signedUrl(services, token, end)
}

function signedUrl({ settings }: Services, token: string, end: number): SignedUrl {
  return { url: `${settings.publicUrl}/api/documents/signed/${token}`, expiresAt: toTime(end) }
}

/** The document that a token lets its holder act on. Throws `forbidden`, or `not_found` when it is gone. */
export async function openSigned(
  services: Services,
  kind: 'put' | 'get',
  token: string,
): Promise<{ readonly row: DocumentRow; readonly disposition: Disposition }> {
  const claims = await services.signer.verify<{ document: string; disposition?: Disposition }>(
    kind,
    token,
    services.now(),
  )
  if (claims === undefined) throw new Problem('forbidden', 'The URL is not valid, or has ended.')
  const row = await findSigned(services.db, claims.document)
  if (row === undefined) throw new Problem('not_found', 'There is no such document.')
  await services.checkAccount(row.userId)
  return { row, disposition: claims.disposition ?? 'attachment' }
}
