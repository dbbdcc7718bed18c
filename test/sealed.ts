// Seals and opens as the Worker must: the written format and the key derivation a second time, from the master keys alone.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

export interface Bound {
  readonly userId: string
  readonly salt: string
  readonly record: string
  readonly field: string
}

const derived = new Map<string, Buffer>()

/** @param master `id:base64`, as in CREDENTIALS_KEYS. */
function dataKey(master: string, { userId, salt }: Bound): Buffer {
  const name = JSON.stringify([master, userId, salt])
  const known = derived.get(name)
  if (known !== undefined) return known
  const key = Buffer.from(master.slice(master.indexOf(':') + 1), 'base64')
  const info = `slipway data key v1\0${userId}`
  const made = Buffer.from(hkdfSync('sha256', key, salt, info, 32))
  derived.set(name, made)
  return made
}

const boundTo = ({ userId, record, field }: Bound) =>
  Buffer.from(JSON.stringify(['v1', userId, record, field]))

/** `v1.<key id>.<base64url of the IV, the ciphertext and the tag>` of the value's JSON. */
export function sealAs(master: string, bound: Bound, value: unknown): string {
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', dataKey(master, bound), iv)
  cipher.setAAD(boundTo(bound))
  const text = Buffer.concat([cipher.update(JSON.stringify(value)), cipher.final()])
  const payload = Buffer.concat([iv, text, cipher.getAuthTag()]).toString('base64url')
  return `v1.${master.slice(0, master.indexOf(':'))}.${payload}`
}

/** Throws for what this key has not sealed, or not for this. */
export function openAs(master: string, bound: Bound, sealed: string): unknown {
  const [, keyId, payload] = sealed.split('.')
  if (!master.startsWith(`${keyId}:`)) throw new Error(`sealed under ${keyId}`)
  const bytes = Buffer.from(payload ?? '', 'base64url')
  const decipher = createDecipheriv('aes-256-gcm', dataKey(master, bound), bytes.subarray(0, 12))
  decipher.setAAD(boundTo(bound))
  decipher.setAuthTag(bytes.subarray(-16))
  const text = Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()])
  return JSON.parse(text.toString())
}
