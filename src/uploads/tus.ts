// The headers of tus 1.0.0 (https://tus.io/protocols/resumable-upload), read and written; pure.
import { invalidField, Problem } from '../problems/problem.ts'

export const VERSION = '1.0.0'
/** Bytes of the largest file that any provider takes: Google's 5 TiB. */
export const MAX_SIZE = 5 * 1024 ** 4
/** Bytes of a PATCH that are recommended: the platform takes at most 100 MB in one request, and 50 MiB are whole parts everywhere. */
export const CHUNK_SIZE = 50 * 1024 ** 2
/** Bytes of the largest body that the platform lets through (developers.cloudflare.com/workers/platform/limits, "Request limits"). */
export const MAX_BODY = 100_000_000
/** What the Worker computes natively. */
export const CHECKSUM_ALGORITHMS = ['md5', 'sha1', 'sha256'] as const
export type ChecksumAlgorithm = (typeof CHECKSUM_ALGORITHMS)[number]

export interface Checksum {
  readonly algorithm: ChecksumAlgorithm
  readonly expected: Uint8Array
}

/** What the server can do: the answer to OPTIONS. */
export const ABILITIES: Readonly<Record<string, string>> = {
  'tus-version': VERSION,
  'tus-extension': 'creation,creation-with-upload,expiration,termination,checksum',
  'tus-checksum-algorithm': CHECKSUM_ALGORITHMS.join(','),
  'tus-max-size': String(MAX_SIZE),
  'slipway-chunk-size': String(CHUNK_SIZE),
}

/** "If the version specified by the Client is not supported by the Server, it MUST respond with the 412 status." */
export function checkVersion(header: string | undefined): void {
  if (header === VERSION) return
  const field = 'header.Tus-Resumable'
  throw new Problem('invalid_request', `${field}: must be ${VERSION}`, {
    status: 412,
    errors: [{ field, message: `must be ${VERSION}` }],
    headers: { 'tus-version': VERSION },
  })
}

/** Bytes of the whole file. A length that comes later is not offered: no vendor's session could be begun. */
export function readLength(length: string | undefined, defer: string | undefined): number {
  if (defer !== undefined) {
    throw invalidField('header.Upload-Defer-Length', 'is not offered: send Upload-Length')
  }
  // Also of more digits than are read as a number.
  if (length !== undefined && /^\d+$/.test(length)) checkSize(Number(length))
  return readCount('Upload-Length', length)
}

/** Throws `payload_too_large` for more bytes than any provider takes. */
export function checkSize(size: number): void {
  if (size > MAX_SIZE) {
    throw new Problem('payload_too_large', `Files have at most ${MAX_SIZE} bytes.`)
  }
}

/** A non-negative number of bytes in a header. */
export function readCount(name: string, value: string | undefined): number {
  if (value === undefined || !/^\d{1,15}$/.test(value)) {
    throw invalidField(`header.${name}`, 'is required: a number of bytes')
  }
  return Number(value)
}

/** Bytes of Upload-Metadata: it is kept, and sent back with each HEAD. */
const MAX_METADATA = 16 * 1024

/** Upload-Metadata: pairs of a key and a Base64 value, separated by commas. Values are UTF-8. */
export function readMetadata(header: string | undefined): ReadonlyMap<string, string> {
  if ((header?.length ?? 0) > MAX_METADATA) {
    throw invalidField('header.Upload-Metadata', `has more than ${MAX_METADATA} characters`)
  }
  const pairs = new Map<string, string>()
  for (const pair of (header ?? '').split(',')) {
    if (pair.trim() === '') continue
    const [key, value = '', ...more] = pair.trim().split(' ')
    if (key === undefined || !/^[\x21-\x2b\x2d-\x7e]+$/.test(key) || more.length > 0) {
      throw invalidField('header.Upload-Metadata', 'is not a list of keys with a Base64 value')
    }
    if (pairs.has(key)) throw invalidField(`metadata.${key}`, 'is given twice')
    pairs.set(key, decodeText(key, value))
  }
  return pairs
}

function decodeText(key: string, value: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(decodeBase64(value))
  } catch {
    throw invalidField(`metadata.${key}`, 'is not UTF-8 in Base64')
  }
}

/** Base64 of RFC 4648 section 4, padded. Throws for anything else. */
function decodeBase64(text: string): Uint8Array {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) {
    throw new Error('not Base64')
  }
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
}

const DIGEST_BYTES: Readonly<Record<ChecksumAlgorithm, number>> = { md5: 16, sha1: 20, sha256: 32 }

/** Upload-Checksum: an algorithm and the digest of the body in Base64. Anything else is 400, as the extension says. */
export function readChecksum(header: string | undefined): Checksum | undefined {
  if (header === undefined) return undefined
  const [name, value = '', ...more] = header.trim().split(' ')
  const algorithm = CHECKSUM_ALGORITHMS.find((one) => one === name)
  const expected = tryDecode(value)
  if (algorithm === undefined || more.length > 0) {
    throw badChecksum(`must name one of ${CHECKSUM_ALGORITHMS.join(', ')}, and the digest`)
  }
  if (expected?.length !== DIGEST_BYTES[algorithm]) {
    throw badChecksum(`is not ${DIGEST_BYTES[algorithm]} bytes in Base64`)
  }
  return { algorithm, expected }
}

function tryDecode(text: string): Uint8Array | undefined {
  try {
    return decodeBase64(text)
  } catch {
    return undefined
  }
}

/** 400 of the checksum extension. */
export function badChecksum(message: string): Problem {
  return badHeader('Upload-Checksum', message)
}

/** 400 for a header whose value cannot be served. */
export function badHeader(name: string, message: string): Problem {
  const field = `header.${name}`
  return new Problem('invalid_request', `${field}: ${message}`, {
    status: 400,
    errors: [{ field, message }],
  })
}

/** The expiration extension wants the date of HTTP (RFC 9110 section 5.6.7). */
export const expires = (at: number) => ({ 'upload-expires': new Date(at).toUTCString() })
