// Stores a connection, and ends the grant that it takes the place of.
import type { Services } from '../app-context.ts'
import { findUser } from '../users/store.ts'
import { openCredentials } from './credentials.ts'
import { revokeGrant, secretOf } from './revoke.ts'
import type { Connection } from './schema.ts'
import { findByAccount, storeConnection, type NewConnection } from './store.ts'

/**
 * Stores credentials that were just proven to work. The ones they replace are revoked where the vendor ends one grant at a time: a
 * password or token that nobody holds any more would live on there.
 */
export async function saveConnection(
  services: Services,
  fresh: NewConnection,
): Promise<Connection> {
  const before = await findByAccount(services.db, fresh)
  const stored = await storeConnection(services, fresh)
  if (before !== undefined && fresh.provider.revocation?.reach === 'grant') {
    services.background(revokeReplaced(services, fresh, before))
  }
  return stored
}

async function revokeReplaced(
  services: Services,
  { provider, credentials }: NewConnection,
  before: Connection,
): Promise<void> {
  const user = await findUser(services.db, before.userId)
  // Credentials that no longer open cannot be revoked.
  const old = user && (await openCredentials(services, user, before).catch(() => undefined))
  if (old === undefined || secretOf(old) === secretOf(credentials)) return
  await revokeGrant(services, provider, before, old)
}
