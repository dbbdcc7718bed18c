// The key of the alerts' signatures, as Standard Webhooks writes it (https://www.standardwebhooks.com, "Signature scheme"); pure.

export interface AlertSettings {
  readonly url: string
  /** Signs with HMAC-SHA-256. */
  readonly key: Uint8Array
}

/** The bytes of `whsec_` and Base64: 24 to 64 of them. Undefined for anything else. */
export function webhookKey(secret: string): Uint8Array | undefined {
  const text = /^whsec_([A-Za-z0-9+/]+=*)$/.exec(secret)?.[1]
  if (text === undefined) return undefined
  try {
    const key = Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
    return key.length >= 24 && key.length <= 64 ? key : undefined
  } catch {
    return undefined
  }
}
