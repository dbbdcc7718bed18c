// Digest access authentication (RFC 7616): reads challenges and computes their answers.
import { Problem } from '../problems/problem.ts'

export interface DigestChallenge {
  readonly realm: string
  readonly nonce: string
  readonly opaque?: string | undefined
  readonly algorithm: string
  readonly qop: boolean
  readonly userhash: boolean
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
