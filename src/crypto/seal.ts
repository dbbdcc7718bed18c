// Sealing: AES-256-GCM under the user's data key, bound to user, record and field, so that a ciphertext opens nowhere else.
import { decodeBase64Url, encodeBase64Url } from './random.ts'
import type { Keyring } from './keyring.ts'

/** What a ciphertext is bound to as additional data. */
export interface SealContext {
  readonly userId: string
  /** The user's random salt. */
  readonly salt: string
  /** The id of the row it stands in, e.g. of a connection or an attempt. */
  readonly record: string
  readonly field: string
}

/** A ciphertext that cannot be opened: changed, moved to another record, or sealed under a key that is gone. */
export class SealError extends Error {
  override readonly name = 'SealError'
}

export interface Opened<T> {
  readonly value: T
  /** Sealed under an older master key: it should be sealed again. */
  readonly stale: boolean
}

const IV_BYTES = 12

/** `v1.<master key id>.<base64url of IV and ciphertext>` of the value's JSON. */
export async function seal(
  keyring: Keyring,
  context: SealContext,
  value: unknown,
): Promise<string> {
  const plain = new TextEncoder().encode(JSON.stringify(value))
  return `v1.${keyring.currentId}.${encodeBase64Url(await sealBytes(keyring, context, plain))}`
}

/** Opens what {@link seal} made. Throws {@link SealError}. */
export async function open<T>(
  keyring: Keyring,
  context: SealContext,
  sealed: string,
): Promise<Opened<T>> {
  const [version, keyId, payload] = sealed.split('.')
  if (version !== 'v1' || keyId === undefined || payload === undefined) {
    throw new SealError('not a sealed value')
  }
  const plain = await openBytes(keyring, context, keyId, () => decodeBase64Url(payload))
  return {
    value: JSON.parse(new TextDecoder().decode(plain)) as T,
    stale: keyId !== keyring.currentId,
  }
}

/**
 * Opens what is kept in a row. What an older key has sealed is sealed anew after the answer: `replace` writes it, and only over the very
 * text that was read, so that nothing newer is lost. Throws {@link SealError}.
 */
export async function openKept<T>(
  { keyring, background }: KeptServices,
  context: SealContext,
  sealed: string,
  replace: (fresh: string) => PromiseLike<unknown>,
): Promise<T> {
  const { value, stale } = await open<T>(keyring, context, sealed)
  if (stale) background(seal(keyring, context, value).then(replace))
  return value
}

interface KeptServices {
  readonly keyring: Keyring
  readonly background: (work: Promise<unknown>) => void
}

/** Seals bytes under the newest key; the caller keeps the key id. */
export async function sealBytes(
  keyring: Keyring,
  context: SealContext,
  plain: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  const key = await keyring.dataKey(keyring.currentId, context)
  if (key === undefined) throw new SealError('the newest key is missing')
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES))
  const cipher = await crypto.subtle.encrypt(parameters(iv, context), key, plain)
  const out = new Uint8Array(IV_BYTES + cipher.byteLength)
  out.set(iv)
  out.set(new Uint8Array(cipher), IV_BYTES)
  return out
}

/** Opens what {@link sealBytes} made under the master key `keyId`. Throws {@link SealError}. */
export async function openBytes(
  keyring: Keyring,
  context: SealContext,
  keyId: string,
  read: () => Uint8Array<ArrayBuffer>,
): Promise<Uint8Array> {
  const key = await keyring.dataKey(keyId, context)
  if (key === undefined) throw new SealError('sealed under a key that is not configured')
  try {
    const bytes = read()
    const cipher = bytes.subarray(IV_BYTES)
    const iv = bytes.subarray(0, IV_BYTES)
    return new Uint8Array(await crypto.subtle.decrypt(parameters(iv, context), key, cipher))
  } catch {
    throw new SealError('does not open: changed, or bound to another record')
  }
}

function parameters(iv: Uint8Array<ArrayBuffer>, { userId, record, field }: SealContext) {
  const additionalData = new TextEncoder().encode(JSON.stringify(['v1', userId, record, field]))
  return { name: 'AES-GCM', iv, additionalData, tagLength: 128 }
}
