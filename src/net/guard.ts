// The SSRF policy for addresses that users type: what may be reached at all, decided on the parsed URL; pure.
import { Problem } from '../problems/problem.ts'

export interface GuardOptions {
  /** ALLOW_PRIVATE_SERVERS: loopback, also over http. Nothing else becomes reachable. */
  readonly allowPrivate: boolean
  /** The Worker's own host name: calling itself could loop, and pass its own front door. */
  readonly ownHost?: string | undefined
}

/** Names that lead into a private network by convention or by RFC 6761, 6762, 7686, 8375 and 9476. */
const INTERNAL_SUFFIXES = [
  'localhost',
  'localdomain',
  'local',
  'internal',
  'intranet',
  'private',
  'corp',
  'home',
  'lan',
  'arpa',
  'test',
  'example',
  'invalid',
  'onion',
  'alt',
]

/**
 * Checks the URL of a server that a user named. Works on what the URL parser made of it, so that every spelling of an address
 * is the same. Throws `blocked_url`; names still have to be resolved and checked with {@link isBlockedAddress}.
 */
export function checkServerUrl(raw: string, options: GuardOptions): URL {
  if (!URL.canParse(raw)) throw blocked('is not a URL')
  const url = new URL(raw)
  const loopback = options.allowPrivate && isLoopbackHost(url.hostname)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback)) {
    throw blocked('must start with https://')
  }
  if (url.username !== '' || url.password !== '') {
    throw blocked('must not carry a user name or password')
  }
  if (url.hash !== '') throw blocked('must not have a fragment')
  const port = url.port === '' ? 443 : Number(url.port)
  if (port < 1024 && port !== 443 && port !== 80) throw blocked('uses a port that is not allowed')
  if (loopback) return url
  checkHost(url.hostname, options)
  return url
}

function checkHost(hostname: string, options: GuardOptions): void {
  const host = hostname.toLowerCase().replace(/\.$/, '')
  // Public servers have names; certificates for bare addresses hardly exist.
  if (isIpLiteral(host)) throw blocked('must have a host name, not an IP address')
  const labels = host.split('.')
  if (labels.length < 2 || labels.includes('')) throw blocked('must have a full host name')
  if (INTERNAL_SUFFIXES.includes(labels.at(-1) ?? '')) throw blocked('has an internal host name')
  if (host === options.ownHost?.toLowerCase()) throw blocked('is this service itself')
}

/** Loopback by name or literal; for development and tests alone. */
export function isLoopbackHost(hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/\.$/, '')
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

function isIpLiteral(host: string): boolean {
  return host.startsWith('[') || /^\d+\.\d+\.\d+\.\d+$/.test(host)
}

/** `blocked_url` in words that name the rule and nothing that was found out about the target. */
export function blocked(reason: string): Problem {
  const field = 'body.server_url'
  return new Problem('blocked_url', `The server address ${reason}.`, {
    errors: [{ field, message: reason }],
  })
}

/** IPv4 blocks that are not on the public internet (IANA special-purpose registry), and clouds' metadata addresses. */
const BLOCKED_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '168.63.129.16/32',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
].map(parseBlock)

/** Inside 2000::/3, the only IPv6 space that is public. NAT64 lies outside it, so its embedded addresses need no look. */
const BLOCKED_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'].map(parseBlock)
const PUBLIC_V6 = parseBlock('2000::/3')

interface Block {
  readonly first: bigint
  readonly bits: bigint
}

/** Whether an address, as a resolver gives it, must not be connected to. What cannot be parsed is blocked. */
export function isBlockedAddress(address: string): boolean {
  const v4 = parseV4(address)
  if (v4 !== undefined) return BLOCKED_V4.some((block) => contains(block, v4, 32n))
  const v6 = parseV6(address)
  if (v6 === undefined || !contains(PUBLIC_V6, v6, 128n)) return true
  return BLOCKED_V6.some((block) => contains(block, v6, 128n))
}

function contains({ first, bits }: Block, address: bigint, width: bigint): boolean {
  const shift = width - bits
  return address >> shift === first >> shift
}

function parseBlock(text: string): Block {
  const [address = '', bits = ''] = text.split('/')
  const first = parseV4(address) ?? parseV6(address)
  if (first === undefined) throw new Error(`${text} is no address block`)
  return { first, bits: BigInt(bits) }
}

function parseV4(text: string): bigint | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  let value = 0n
  for (const part of parts) {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return undefined
    value = value * 256n + BigInt(part)
  }
  return value
}

/** RFC 4291 section 2.2, all three forms, as 128 bits: never compared as strings. */
function parseV6(text: string): bigint | undefined {
  const [head, tail, ...rest] = text.split('%')[0]?.split('::') ?? []
  if (head === undefined || rest.length > 0) return undefined
  const left = parseGroups(head)
  const right = tail === undefined ? [] : parseGroups(tail)
  if (left === undefined || right === undefined) return undefined
  const missing = 8 - left.length - right.length
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined
  const groups = [...left, ...Array<bigint>(missing).fill(0n), ...right]
  return groups.reduce((value, group) => (value << 16n) | group, 0n)
}

function parseGroups(text: string): bigint[] | undefined {
  if (text === '') return []
  const groups: bigint[] = []
  for (const part of text.split(':')) {
    const embedded = part.includes('.') ? parseV4(part) : undefined
    if (embedded !== undefined) groups.push(embedded >> 16n, embedded & 0xffffn)
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(BigInt(`0x${part}`))
    else return undefined
  }
  return groups
}
