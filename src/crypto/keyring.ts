// Derives each user's data key from a master key and the user's salt; destroying the salt makes what it sealed unreadable.

export interface MasterKey {
  readonly id: string
  readonly key: Uint8Array
}

export interface Keyring {
  /** The id of the key that seals: the newest. */
  readonly currentId: string
  /** Those that only open what they have sealed, the newer ones first. */
  readonly oldIds: readonly string[]
  /** The user's AES-256-GCM key under a master key; undefined when that master key is no longer configured. */
  readonly dataKey: (
    masterId: string,
    owner: { readonly userId: string; readonly salt: string },
  ) => Promise<CryptoKey | undefined>
}

/** Derived keys are kept per isolate: a derivation for every request would cost more than the unsealing. */
const KEPT_KEYS = 500

/** @param masters newest first; at least one. */
export function createKeyring(masters: readonly MasterKey[]): Keyring {
  const newest = masters[0]
  if (newest === undefined) throw new Error('a keyring needs a key')
  const derived = new Map<string, CryptoKey>()
  return {
    currentId: newest.id,
    oldIds: masters.slice(1).map(({ id }) => id),
    dataKey: async (masterId, { userId, salt }) => {
      const master = masters.find(({ id }) => id === masterId)
      if (master === undefined) return undefined
      const name = JSON.stringify([masterId, userId, salt])
      const known = derived.get(name)
      if (known !== undefined) return known
      const key = await deriveDataKey(master.key, userId, salt)
      if (derived.size >= KEPT_KEYS) derived.clear()
      derived.set(name, key)
      return key
    },
  }
}

/** HKDF-SHA-256 (RFC 5869): the master key as input, the random salt, the user id as info. */
async function deriveDataKey(master: Uint8Array, userId: string, salt: string) {
  const encoder = new TextEncoder()
  const input = await crypto.subtle.importKey('raw', master, 'HKDF', false, ['deriveKey'])
  return crypto.subtle.deriveKey(
    {
      name: 'HKDF',
      hash: 'SHA-256',
      salt: encoder.encode(salt),
      info: encoder.encode(`slipway data key v1\0${userId}`),
    },
    input,
    { name: 'AES-GCM', length: 256 },
    false,
    ['encrypt', 'decrypt'],
  )
}
