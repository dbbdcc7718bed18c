// Ends a connection: first nothing of it is left here, then the vendor is told, as far as the vendor can be told.
import type { Services } from '../app-context.ts'
import { asOAuthProvider, refreshTokens } from '../oauth/client.ts'
import type { Provider, Revocation } from '../providers/contract.ts'
import { getProvider } from '../providers/registry.ts'
import { findUser } from '../users/store.ts'
import type { Connection, Credentials } from './schema.ts'
import { openUnsaved } from './session.ts'
import { openCredentials } from './credentials.ts'
import { deleteConnection, isAccountConnected } from './store.ts'

/** Milliseconds that a token must still have to revoke with. */
const TOKEN_MARGIN_MS = 60_000

/**
 * Purges, then revokes. In this order a vendor that fails cannot keep credentials alive here, and of two users who leave the same
 * account at once the later one sees that nobody holds it any more.
 */
export async function disconnect(services: Services, connection: Connection): Promise<void> {
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
  const work = revoke(services, provider, revocation, connection, credentials).catch(
    () => undefined,
  )
  services.background(work)
  await work
}

async function revoke(
  services: Services,
  provider: Provider,
  revocation: Revocation,
  connection: Connection,
  stored: Credentials,
): Promise<void> {
  const credentials = revocation.needsAccessToken
    ? await withFreshToken(services, provider, connection, stored)
    : stored
  const session = openUnsaved(services, provider, {
    userId: connection.userId,
    scopes: connection.scopes,
    serverUrl: connection.serverUrl ?? undefined,
    data: connection.data,
    credentials,
  })
  const token = credentials.kind === 'oauth2' ? credentials.refreshToken : credentials.password
  await revocation.revoke(session, token)
}

/** Nobody else refreshes any more: the row is gone. */
async function withFreshToken(
  services: Services,
  provider: Provider,
  connection: Connection,
  stored: Credentials,
): Promise<Credentials> {
  const oauth = asOAuthProvider(provider)
  if (oauth === undefined || stored.kind !== 'oauth2') return stored
  if (stored.expiresAt > services.now() + TOKEN_MARGIN_MS) return stored
  const settings = services.settings.providerSettings(provider.id)
  const tokens = await refreshTokens(services.transport, oauth, settings, {
    refreshToken: stored.refreshToken,
    scopes: connection.scopes,
  })
  return { ...stored, accessToken: tokens.accessToken }
}
