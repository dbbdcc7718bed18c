// Signs tokens as the Worker must: the format and the key derivation written down a second time, from the master keys alone.
import { createHmac, hkdfSync } from 'node:crypto'

/** @param master `id:base64`, as in CREDENTIALS_KEYS. @param expiresIn milliseconds from now. */
export function signToken(master: string, kind: string, claims: object, expiresIn: number): string {
  const payload = Buffer.from(JSON.stringify({ ...claims, exp: Date.now() + expiresIn }))
  const text = payload.toString('base64url')
  return `${text}.${signature(master, kind, text)}`
}

/** The signature that the first part of a token must have. */
export function signature(master: string, kind: string, payload: string): string {
  const key = Buffer.from(master.slice(master.indexOf(':') + 1), 'base64')
  const derived = hkdfSync('sha256', key, '', `slipway signed token v1\0${kind}`, 32)
  return createHmac('sha256', Buffer.from(derived)).update(payload).digest('base64url')
}
