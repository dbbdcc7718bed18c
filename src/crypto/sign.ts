// Signed tokens: whoever holds one may do the one thing that it names, until its end; a token of one kind is none of another.
import { decodeBase64Url, encodeBase64Url } from './random.ts'
import type { MasterKey } from './keyring.ts'

/** `put` and `get`: the content of one document. `ticket`: an item's content. Each has signing keys of its own. */
export type TokenKind = 'put' | 'get' | 'ticket'

export interface Signer {
  /**
   * `base64url(JSON).base64url(HMAC-SHA-256)`, signed with the newest key. Anybody can read the claims.
   * @param expiresAt milliseconds since the epoch; from then on the token is none.
   */
  readonly sign: (kind: TokenKind, claims: object, expiresAt: number) => Promise<string>
  /**
   * The claims of a token of this kind; undefined for one that is forged, has ended, or was signed with a key that is gone: an older key
   * has to stay for as long as a token may live after it was the newest, which is 7 days (`expires_in` of a document's link).
   */
  readonly verify: <T extends object>(
    kind: TokenKind,
    token: string,
    now: number,
  ) => Promise<T | undefined>
}

/** Longer than any token that is ever given out. */
const MAX_LENGTH = 32_000

/** @param masters newest first; at least one. */
export function createSigner(masters: readonly MasterKey[]): Signer {
  const newest = masters[0]
  if (newest === undefined) throw new Error('a signer needs a key')
  const derived = new Map<string, CryptoKey>()
  const keyOf = async (master: MasterKey, kind: TokenKind) => {
    const name = `${master.id} ${kind}`
    const known = derived.get(name)
    if (known !== undefined) return known
    const key = await deriveSigningKey(master.key, kind)
    derived.set(name, key)
    return key
  }
  return {
    sign: async (kind, claims, expiresAt) => {
      const payload = encodeBase64Url(encode(JSON.stringify({ ...claims, exp: expiresAt })))
      const signature = await crypto.subtle.sign('HMAC', await keyOf(newest, kind), encode(payload))
      return `${payload}.${encodeBase64Url(new Uint8Array(signature))}`
    },
    verify: async <T extends object>(kind: TokenKind, token: string, now: number) => {
      const match = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{43})$/.exec(token)
      const [, payload, text] = match ?? []
      if (payload === undefined || text === undefined || token.length > MAX_LENGTH) return undefined
      const signature = decodeBase64Url(text)
      // Of the last character two bits say nothing: one signature has one spelling.
      if (encodeBase64Url(signature) !== text) return undefined
      for (const master of masters) {
        const key = await keyOf(master, kind)
        // Compares in constant time.
        if (!(await crypto.subtle.verify('HMAC', key, signature, encode(payload)))) continue
        const claims = JSON.parse(new TextDecoder().decode(decodeBase64Url(payload))) as T & {
          readonly exp: number
        }
        return claims.exp > now ? claims : undefined
      }
      return undefined
    },
  }
}

const encode = (text: string) => new TextEncoder().encode(text)

/** HKDF-SHA-256 (RFC 5869): the master key as input, no salt, the kind in the info. */
async function deriveSigningKey(master: Uint8Array, kind: TokenKind): Promise<CryptoKey> {
  const input = await crypto.subtle.importKey('raw', master, 'HKDF', false, ['deriveKey'])
  return crypto.subtle.deriveKey(
    {
      name: 'HKDF',
      hash: 'SHA-256',
      salt: new Uint8Array(0),
      info: encode(`slipway signed token v1\0${kind}`),
    },
    input,
    { name: 'HMAC', hash: 'SHA-256', length: 256 },
    false,
    ['sign', 'verify'],
  )
}
