// Base64url ids for what a vendor names by a path or by several ids at once: safe in a URL as they are (RFC 4648 section 5).
import { Problem } from '../problems/problem.ts'

/** Text as base64url of its UTF-8, without padding. */
export function encodeId(text: string): string {
  const binary = isAscii(text) ? text : String.fromCharCode(...new TextEncoder().encode(text))
  return btoa(binary).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
}

/** The text of an id. Throws `item_not_found` for what is none. */
export function decodeId(id: string): string {
  if (!/^[A-Za-z0-9_-]+$/.test(id)) throw new Problem('item_not_found')
  try {
    const binary = atob(id.replace(/-/g, '+').replace(/_/g, '/'))
    const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0))
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new Problem('item_not_found')
  }
}

/** Nearly always so: a listing makes thousands of these. */
const isAscii = (text: string) => /^[\u0000-\u007f]*$/.test(text)
