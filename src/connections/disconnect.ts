// Ends a connection: first nothing of it is left here, then the vendor is told, as far as the vendor can be told.
import type { Services } from '../app-context.ts'
import { getProvider } from '../providers/registry.ts'
import { findUser } from '../users/store.ts'
import { endUploadsOf } from '../uploads/end.ts'
import { revokeGrant } from './revoke.ts'
import type { Connection } from './schema.ts'
import { openCredentials } from './credentials.ts'
import { deleteConnection, isAccountConnected } from './store.ts'

/**
 * Purges, then revokes. In this order a vendor that fails cannot keep credentials alive here, and of two users who leave the same
 * account at once the later one sees that nobody holds it any more.
 */
export async function disconnect(services: Services, connection: Connection): Promise<void> {
  await endUploadsOf(services, connection.id)
  const revocation = getProvider(connection.provider)?.revocation
  const user = revocation && (await findUser(services.db, connection.userId))
  // Credentials that no longer open cannot be revoked; they can still be purged.
  const credentials =
    user && (await openCredentials(services, user, connection).catch(() => undefined))
  await deleteConnection(services, connection)
  if (revocation === undefined || credentials === undefined) return
  if (
    revocation.reach === 'account' &&
    (await isAccountConnected(services.db, connection.provider, connection.accountId))
  ) {
    return
  }
  const provider = getProvider(connection.provider)
  if (provider === undefined) return
  // Best effort: what matters is gone already.
  const work = revokeGrant(services, provider, connection, credentials)
  services.background(work)
  await work
}
