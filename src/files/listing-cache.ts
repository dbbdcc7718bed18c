// Listings are kept for seconds under a key that carries the connection's version: an older one is never read again.
import type { Services } from '../app-context.ts'
import { sha256 } from '../crypto/random.ts'
import { openBytes, sealBytes } from '../crypto/seal.ts'
import { findUser } from '../users/store.ts'
import type { LiveConnection } from '../connections/session.ts'

/** Seconds a listing may be served again; what changes at the vendor shows after this at the latest. */
const TTL_S = 30

/** The body of the listing from the cache, or made and kept. Sealed: the cache is the platform's, the names are the user's. */
export async function cachedListing(
  services: Services,
  live: LiveConnection,
  query: readonly string[],
  fresh: boolean,
  make: () => Promise<string>,
): Promise<{ readonly body: string; readonly hit: boolean }> {
  // The built-in storage is in the same place as the cache would be.
  const { connection } = live
  const user = connection && (await findUser(services.db, connection.userId))
  if (connection === undefined || user === undefined) return { body: await make(), hit: false }

  const name = JSON.stringify([connection.id, connection.listingVersion, ...query])
  const key = new Request(`https://listings.slipway.invalid/${await sha256(name)}`)
  const context = { userId: user.id, salt: user.salt, record: name, field: 'listing' }
  const kept = fresh ? undefined : await caches.default.match(key)
  if (kept !== undefined) {
    const keyId = kept.headers.get('x-key-id') ?? ''
    const bytes = new Uint8Array(await kept.arrayBuffer())
    const body = await openBytes(services.keyring, context, keyId, () => bytes).catch(
      () => undefined,
    )
    if (body !== undefined) return { body: new TextDecoder().decode(body), hit: true }
  }
  const body = await make()
  const sealed = await sealBytes(services.keyring, context, new TextEncoder().encode(body))
  const entry = new Response(sealed, {
    headers: { 'cache-control': `max-age=${TTL_S}`, 'x-key-id': services.keyring.currentId },
  })
  services.background(caches.default.put(key, entry))
  return { body, hit: false }
}
