// Signs requests to a user's own server with Basic (RFC 7617) or Digest (RFC 7616), whichever the server asks for.
import { Problem } from '../problems/problem.ts'
import { discard } from './body.ts'
import { digestAuthorization, pickDigest, type DigestChallenge } from './digest.ts'
import type { Outbound } from './http.ts'

type Send = (request: Outbound) => Promise<Response>

/** Redirects that are followed within the server. */
const MAX_HOPS = 5

/** What is known of a server's sign-in; empty at first, filled by its first challenge, kept by the caller between requests. */
export interface DigestCache {
  challenge?: DigestChallenge
  /** How often the nonce was used. */
  count?: number
  /** Whether the nonce was accepted at least once. */
  worked?: boolean
}

export interface PasswordAuthOptions {
  readonly username: string
  readonly password: string
  readonly cache: DigestCache
  /** The server's base: asked with PROPFIND for its challenge before a body is sent that cannot be sent twice. */
  readonly probeUrl: string
}

/**
 * Wraps `send`. Basic is sent ahead of any challenge; once a server asked for Digest, the password never leaves in the clear again.
 * A 401 that remains is returned. Throws `server_check_failed` where only methods are offered that a Worker cannot speak
 * (NTLM, Negotiate: bound to a connection).
 */
export function createPasswordAuth(
  options: PasswordAuthOptions,
): (request: Outbound, send: Send) => Promise<Response> {
  const { cache } = options
  // Basic has been accepted by this server: a body may be sent at once.
  let basicWorks = false

  async function attempt(request: Outbound, send: Send): Promise<Response> {
    if (cache.challenge === undefined) {
      return send(withAuthorization(request, basicHeader(options.username, options.password)))
    }
    // A Digest signature holds for one target only: redirects within the server are signed anew.
    let hop = request
    for (let hops = 0; ; hops++) {
      const value = await digestHeader(options, cache, cache.challenge, hop)
      if (request.redirect !== 'follow' || hops === MAX_HOPS)
        return send(withAuthorization(hop, value))
      const answer = await send({ ...withAuthorization(hop, value), redirect: 'return' })
      const next = redirectTarget(answer, hop.url)
      if (next === undefined) return answer
      await discard(answer)
      // Elsewhere nobody is told who asks: the transport follows without the signature.
      if (new URL(next).origin !== new URL(hop.url).origin) {
        return send(withAuthorization(hop, value))
      }
      hop = { ...hop, url: next }
    }
  }

  async function signed(request: Outbound, send: Send): Promise<Response> {
    const before = cache.challenge
    const answer = await attempt(request, send)
    if (answer.status !== 401) {
      basicWorks = before === undefined
      if (cache.challenge === before) cache.worked = true
      useNextNonce(cache, answer.headers.get('authentication-info'))
      return answer
    }
    // Whoever answers from another origin knows nothing of this account.
    if (answer.url !== '' && new URL(answer.url).origin !== new URL(request.url).origin)
      return answer
    const digest = pickDigest(answer.headers.get('www-authenticate') ?? '')
    if (digest === undefined) return answer
    const changed = cache.challenge !== before
    // Servers that restarted forget to say `stale`; a nonce that has worked before and is new now means the same. Anything else
    // says that the password is wrong: asking again would only count towards a lock-out.
    const renewed = cache.worked === true && digest.challenge.nonce !== before?.nonce
    const again = before === undefined || changed || digest.stale || renewed
    // Another request may have renewed the nonce meanwhile, and then its one is the newer.
    if (!changed) remember(cache, digest.challenge)
    if (!again) return answer
    await discard(answer)
    if (request.body instanceof ReadableStream) {
      throw new Problem(
        'provider_unavailable',
        'The server began a new sign-in; send the bytes again.',
        { retryAfter: 1 },
      )
    }
    return attempt(request, send)
  }

  const probe = { url: options.probeUrl, method: 'PROPFIND', headers: { depth: '0' } }

  /** A nonce that was never used: asked for without credentials, which counts as no attempt. */
  async function renewNonce(send: Send): Promise<void> {
    const answer = await send(probe)
    const digest =
      answer.status === 401 ? pickDigest(answer.headers.get('www-authenticate') ?? '') : undefined
    await discard(answer)
    if (digest !== undefined) remember(cache, digest.challenge)
  }

  return async (request, send) => {
    // A body that flows once cannot be sent again behind a challenge: cheap requests find out first.
    if (request.body instanceof ReadableStream && !basicWorks) {
      if (cache.challenge === undefined) {
        const answer = await signed(probe, send)
        if (answer.status === 401) return answer
        await discard(answer)
      }
      if (cache.challenge !== undefined) await renewNonce(send)
    }
    return signed(request, send)
  }
}

function remember(cache: DigestCache, challenge: DigestChallenge): void {
  cache.challenge = challenge
  cache.count = 0
  cache.worked = false
}

function withAuthorization(request: Outbound, authorization: string): Outbound {
  return { ...request, headers: { ...request.headers, authorization } }
}

function redirectTarget(answer: Response, from: string): string | undefined {
  const location = answer.headers.get('location')
  const isRedirect = [301, 302, 307, 308].includes(answer.status)
  if (!isRedirect || location === null || !URL.canParse(location, from)) return undefined
  return new URL(location, from).href
}

/** RFC 7616 section 3.5: servers whose nonces serve once announce the next one. */
function useNextNonce(cache: DigestCache, info: string | null): void {
  const nonce = /(?:^|[\s,])nextnonce="([^"\\]+)"/i.exec(info ?? '')?.[1]
  if (nonce !== undefined && cache.challenge !== undefined) {
    remember(cache, { ...cache.challenge, nonce })
  }
}

/** RFC 7617: UTF-8, and no colon in the user name, which would move into the password. */
export function basicHeader(username: string, password: string): string {
  const bytes = new TextEncoder().encode(`${username}:${password}`)
  return `Basic ${btoa(String.fromCharCode(...bytes))}`
}

/** The Authorization field of RFC 7616 section 3.4 for one request; counts the nonce's use. */
async function digestHeader(
  { username, password }: Pick<PasswordAuthOptions, 'username' | 'password'>,
  cache: DigestCache,
  challenge: DigestChallenge,
  request: Outbound,
): Promise<string> {
  cache.count = (cache.count ?? 0) + 1
  const cnonce = crypto.randomUUID().replaceAll('-', '')
  const url = new URL(request.url)
  return digestAuthorization(challenge, {
    username,
    password,
    method: request.method ?? 'GET',
    uri: url.pathname + url.search,
    cnonce,
    count: cache.count,
  })
}
