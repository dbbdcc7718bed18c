// Tags of texts that the Worker serves itself, and whether a browser has them already (RFC 9110 sections 8.8.3 and 13.1.2).
import { sha256 } from '../crypto/random.ts'

/** Changes with the text. */
export const tagOf = async (text: string): Promise<string> =>
  `"${(await sha256(text)).slice(0, 22)}"`

/** @param ifNoneMatch the request's header; the comparison is the weak one */
export function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  const known = ifNoneMatch?.split(',').map((one) => one.trim().replace(/^W\//, '')) ?? []
  return known.includes(etag) || known.includes('*')
}
