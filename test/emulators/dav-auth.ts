// Decides who a request comes from by Basic (RFC 7617) or Digest (RFC 7616), and writes the challenges.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { DavSettings, DigestAlgorithm } from './dav-settings.ts'

export interface Credentials {
  readonly name: string
  readonly password: string
}

export interface Gate {
  /** The user's name, or the challenges to answer 401 with, or that the header is malformed. */
  check: (request: Attempt) => Verdict
  reset: () => void
}

export interface Attempt {
  readonly method: string
  /** The request target exactly as it stands in the request line. */
  readonly target: string
  /** The Authorization header, its bytes decoded as UTF-8. */
  readonly authorization: string | undefined
}

export type Verdict =
  | { readonly user: string }
  | { readonly challenges: string[]; readonly failed: boolean }
  | { readonly malformed: string }

interface Nonce {
  uses: number
  highest: number
  readonly seen: Set<number>
  /** The cnonce of the first use: `-sess` algorithms may fix their key with it. */
  first?: string
}

/** The gatekeeper over a list of users; settings are looked at for each request. */
export function createGate(users: readonly Credentials[], settings: DavSettings): Gate {
  const nonces = new Map<string, Nonce>()
  const opaque = randomBytes(8).toString('hex')

  const challenge = (stale: boolean, failed: boolean): Verdict => {
    const realm = settings.realm.replaceAll(/(["\\])/g, '\\$1')
    const basic = `Basic realm="${realm}", charset="UTF-8"`
    const digests = settings.digestAlgorithms.map((algorithm) => {
      const nonce = randomBytes(16).toString('base64')
      nonces.set(nonce, { uses: 0, highest: 0, seen: new Set() })
      const qop = settings.digestQop === 'auth' ? 'qop="auth", ' : ''
      const end = stale ? ', stale=true' : ''
      return `Digest realm="${realm}", ${qop}algorithm=${algorithm}, nonce="${nonce}", opaque="${opaque}"${end}`
    })
    if (settings.auth === 'ntlm') return { challenges: ['Negotiate', 'NTLM'], failed }
    if (settings.auth === 'digest') return { challenges: digests, failed }
    if (settings.auth === 'several') {
      return { challenges: ['Negotiate', 'NTLM', ...digests, basic], failed }
    }
    return { challenges: [basic], failed }
  }

  const checkBasic = (value: string): Verdict => {
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(value)) return { malformed: 'Basic needs base64' }
    const text = Buffer.from(value, 'base64').toString('utf8')
    const colon = text.indexOf(':')
    if (colon < 0) return { malformed: 'Basic needs user-id ":" password' }
    const user = users.find((known) => known.name === text.slice(0, colon))
    if (!user || !equal(user.password, text.slice(colon + 1))) return challenge(false, true)
    return { user: user.name }
  }

  const checkDigest = (value: string, attempt: Attempt): Verdict => {
    const fields = parseFields(value)
    if (!fields) return { malformed: 'not a list of auth-params' }
    const name = fields.get('username') ?? decodeExtended(fields.get('username*'))
    const text = (key: string): string => fields.get(key) ?? ''
    const withQop = settings.digestQop === 'auth'
    const needed = [
      'realm',
      'nonce',
      'uri',
      'response',
      ...(withQop ? ['qop', 'nc', 'cnonce'] : []),
    ]
    const missing = needed.find((key) => !fields.has(key))
    if (name === undefined || missing) return { malformed: `Digest lacks ${missing ?? 'username'}` }
    // RFC 7616 section 3.4.6: a uri that is not the request's is a 400.
    if (text('uri') !== attempt.target) return { malformed: 'uri is not the request target' }
    if (withQop && text('qop') !== 'auth') return { malformed: 'qop was not offered' }
    if (withQop && !/^[0-9a-f]{8}$/i.test(text('nc')))
      return { malformed: 'nc is not 8 hex digits' }
    if (text('opaque') !== opaque) return { malformed: 'opaque was not returned' }
    const algorithm = (fields.get('algorithm') ?? 'MD5') as DigestAlgorithm
    if (!settings.digestAlgorithms.includes(algorithm)) {
      return { malformed: 'algorithm was not offered' }
    }
    const user = users.find((known) => known.name === name)
    if (!user || text('realm') !== settings.realm) return challenge(false, true)
    const nonce = nonces.get(text('nonce'))
    const first = nonce?.first ?? text('cnonce')
    const right = [text('cnonce'), first].some((session) =>
      equal(respond(user, fields, attempt.method, algorithm, withQop, session), text('response')),
    )
    if (!right) return challenge(false, true)
    // Only who knows the password is told that the nonce alone is the matter (RFC 7616 section 3.3).
    if (!nonce || nonce.uses >= settings.nonceUses) return challenge(true, false)
    if (withQop) {
      const count = parseInt(text('nc'), 16)
      const low = settings.nonceCount === 'rising' ? count <= nonce.highest : nonce.seen.has(count)
      if (count === 0 || low) return challenge(true, false)
      nonce.seen.add(count)
      nonce.highest = Math.max(nonce.highest, count)
    }
    nonce.first ??= text('cnonce')
    nonce.uses += 1
    return { user: user.name }
  }

  return {
    reset: () => nonces.clear(),
    check: (attempt) => {
      if (settings.auth === 'none') return { user: users[0]?.name ?? '' }
      const match = /^([A-Za-z]+) +(.*)$/.exec(attempt.authorization ?? '')
      const scheme = match?.[1]?.toLowerCase()
      const value = match?.[2] ?? ''
      const basic = settings.auth === 'basic' || settings.auth === 'several'
      const digest = settings.auth === 'digest' || settings.auth === 'several'
      if (scheme === 'basic' && basic) return checkBasic(value)
      if (scheme === 'digest' && digest) return checkDigest(value, attempt)
      return challenge(false, attempt.authorization !== undefined)
    },
  }
}

function respond(
  user: Credentials,
  fields: ReadonlyMap<string, string>,
  method: string,
  algorithm: DigestAlgorithm,
  withQop: boolean,
  session: string,
): string {
  const name = algorithm.startsWith('MD5') ? 'md5' : 'sha256'
  const hash = (text: string): string => createHash(name).update(text, 'utf8').digest('hex')
  const field = (key: string): string => fields.get(key) ?? ''
  const plain = hash(`${user.name}:${field('realm')}:${user.password}`)
  const secret = algorithm.endsWith('-sess') ? hash(`${plain}:${field('nonce')}:${session}`) : plain
  const target = hash(`${method}:${field('uri')}`)
  const middle = withQop
    ? `${field('nonce')}:${field('nc')}:${field('cnonce')}:${field('qop')}`
    : field('nonce')
  return hash(`${secret}:${middle}:${target}`)
}

/** auth-params by lower-case name, or undefined when the text is no such list. */
function parseFields(text: string): Map<string, string> | undefined {
  const fields = new Map<string, string>()
  const pattern = /\s*([A-Za-z0-9*_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))\s*(?:,|$)/y
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text)
    if (!match?.[1]) return undefined
    const key = match[1].toLowerCase()
    if (fields.has(key)) return undefined
    fields.set(key, match[2]?.replaceAll(/\\(.)/g, '$1') ?? match[3] ?? '')
  }
  return fields
}

/** `UTF-8''p%C3%A4t` of RFC 8187. */
function decodeExtended(value: string | undefined): string | undefined {
  const match = /^UTF-8'[^']*'(.*)$/i.exec(value ?? '')
  return match?.[1] === undefined ? undefined : decodeURIComponent(match[1])
}

function equal(one: string, other: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(one), hash(other))
}
