// Signs requests to a user's own server with Basic (RFC 7617) or Digest (RFC 7616), whichever the server asks for.
import { Problem } from '../problems/problem.ts'
import { discard } from './body.ts'
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

export interface DigestChallenge {
  readonly realm: string
  readonly nonce: string
  readonly opaque?: string | undefined
  readonly algorithm: string
  readonly qop: boolean
  readonly userhash: boolean
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

export interface DigestInput {
  readonly username: string
  readonly password: string
  readonly method: string
  /** The request target exactly as it is sent. */
  readonly uri: string
  readonly cnonce: string
  readonly count: number
}

/** Computes the field's value; pure but for the hash. */
export async function digestAuthorization(
  challenge: DigestChallenge,
  input: DigestInput,
): Promise<string> {
  const { realm, nonce, opaque, algorithm, qop, userhash } = challenge
  const { username, password, method, uri, cnonce } = input
  const hash = (text: string) => hexDigest(algorithm, text)
  const nc = input.count.toString(16).padStart(8, '0')
  let a1 = await hash(`${username}:${realm}:${password}`)
  if (algorithm.endsWith('-SESS')) a1 = await hash(`${a1}:${nonce}:${cnonce}`)
  const a2 = await hash(`${method}:${uri}`)
  const response = await hash(
    qop ? `${a1}:${nonce}:${nc}:${cnonce}:auth:${a2}` : `${a1}:${nonce}:${a2}`,
  )
  const shown = userhash ? await hash(`${username}:${realm}`) : username
  // Section 3.4.4: a name that a quoted string cannot carry is sent in RFC 8187 form.
  const extended = !userhash && /[^\x20-\x7e]/.test(username)
  const fields = [
    extended
      ? `username*=UTF-8''${encodeURIComponent(username)}`
      : `username="${escapeQuoted(shown)}"`,
    `realm="${escapeQuoted(realm)}"`,
    `nonce="${escapeQuoted(nonce)}"`,
    `uri="${uri}"`,
    `algorithm=${algorithm.replace('-SESS', '-sess')}`,
    `response="${response}"`,
    ...(opaque === undefined ? [] : [`opaque="${escapeQuoted(opaque)}"`]),
    ...(qop || algorithm.endsWith('-SESS') ? [`cnonce="${cnonce}"`] : []),
    ...(qop ? ['qop=auth', `nc=${nc}`] : []),
    ...(userhash ? ['userhash=true'] : []),
  ]
  return `Digest ${fields.join(', ')}`
}

const escapeQuoted = (text: string) => text.replace(/["\\]/g, '\\$&')

async function hexDigest(algorithm: string, text: string): Promise<string> {
  const name = algorithm.startsWith('SHA-256') ? 'SHA-256' : 'MD5'
  const digest = await crypto.subtle.digest(name, new TextEncoder().encode(text))
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Strongest first: servers list several challenges in one field or in several (RFC 7616 section 3.7). */
const ALGORITHMS = ['SHA-256', 'SHA-256-SESS', 'MD5', 'MD5-SESS']

/**
 * The Digest challenge to answer, the strongest that is understood. Undefined where Basic is offered instead or nothing is
 * asked; `server_check_failed` where no method on offer can be spoken.
 */
export function pickDigest(
  header: string,
): { readonly challenge: DigestChallenge; readonly stale: boolean } | undefined {
  const challenges = parseChallenges(header)
  const digests = challenges
    .filter(({ scheme }) => scheme === 'digest')
    .flatMap(({ params }) => readDigest(params))
    .sort((a, b) => rank(a.challenge) - rank(b.challenge))
  if (digests[0] !== undefined) return digests[0]
  if (challenges.length > 0 && !challenges.some(({ scheme }) => scheme === 'basic')) {
    throw new Problem(
      'server_check_failed',
      'The server asks for a way of signing in that is not supported; it must offer Basic or Digest.',
    )
  }
  return undefined
}

const rank = ({ algorithm }: DigestChallenge) => ALGORITHMS.indexOf(algorithm)

function readDigest(params: ReadonlyMap<string, string>) {
  const algorithm = (params.get('algorithm') ?? 'MD5').toUpperCase()
  const offered = params
    .get('qop')
    ?.split(',')
    .map((part) => part.trim().toLowerCase())
  const nonce = params.get('nonce')
  if (!ALGORITHMS.includes(algorithm) || nonce === undefined) return []
  // auth-int would need the hash of a body that only flows by.
  if (offered !== undefined && !offered.includes('auth')) return []
  const challenge: DigestChallenge = {
    realm: params.get('realm') ?? '',
    nonce,
    opaque: params.get('opaque'),
    algorithm,
    qop: offered !== undefined,
    userhash: params.get('userhash')?.toLowerCase() === 'true',
  }
  return [{ challenge, stale: params.get('stale')?.toLowerCase() === 'true' }]
}

interface Challenge {
  readonly scheme: string
  readonly params: ReadonlyMap<string, string>
}

/**
 * RFC 9110 section 11.6.1. Several fields arrive joined by commas, which also part the parameters: a token that no `=` follows
 * starts a new challenge.
 */
export function parseChallenges(header: string): Challenge[] {
  const challenges: { scheme: string; params: Map<string, string> }[] = []
  const part = /([!#$%&'*+.^_`|~A-Za-z0-9-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?[\s,]*/gy
  // Bounded: each match moves on by at least one character.
  for (let match = part.exec(header); match !== null; match = part.exec(header)) {
    const [, name = '', quoted, token] = match
    const value = quoted?.replace(/\\(.)/g, '$1') ?? token
    if (value === undefined) challenges.push({ scheme: name.toLowerCase(), params: new Map() })
    else challenges.at(-1)?.params.set(name.toLowerCase(), value)
  }
  return challenges
}
