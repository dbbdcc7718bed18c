// Ends a grant at the vendor, once nothing here needs it any more.
import type { Services } from '../app-context.ts'
import { asOAuthProvider, refreshTokens } from '../oauth/client.ts'
import type { Provider } from '../providers/contract.ts'
import type { Connection, Credentials } from './schema.ts'
import { openUnsaved } from './session.ts'

/** Milliseconds that a token must still have to revoke with. */
const TOKEN_MARGIN_MS = 60_000

export type Granted = Pick<Connection, 'userId' | 'scopes' | 'serverUrl' | 'data'>

/** Best effort: never throws. */
export async function revokeGrant(
  services: Services,
  provider: Provider,
  granted: Granted,
  stored: Credentials,
): Promise<void> {
  // The vendor has a bad day; what matters is that nothing of it is left here.
  await endGrant(services, provider, granted, stored).catch(() => undefined)
}

/** Does nothing where the vendor has no way to end a grant. Throws what the vendor, or the way to it, fails with. */
export async function endGrant(
  services: Services,
  provider: Provider,
  granted: Granted,
  stored: Credentials,
): Promise<void> {
  const { revocation } = provider
  if (revocation === undefined) return
  const credentials = revocation.needsAccessToken
    ? await withFreshToken(services, provider, granted, stored)
    : stored
  const session = openUnsaved(services, provider, {
    userId: granted.userId,
    scopes: granted.scopes,
    serverUrl: granted.serverUrl ?? undefined,
    data: granted.data,
    credentials,
  })
  await revocation.revoke(session, secretOf(credentials))
}

/** What stands for the grant: the refresh token, or the password. */
export function secretOf(credentials: Credentials): string {
  return credentials.kind === 'oauth2' ? credentials.refreshToken : credentials.password
}

/** Nobody else refreshes any more: no row holds this token. */
async function withFreshToken(
  services: Services,
  provider: Provider,
  { scopes }: Granted,
  stored: Credentials,
): Promise<Credentials> {
  const oauth = asOAuthProvider(provider)
  if (oauth === undefined || stored.kind !== 'oauth2') return stored
  if (stored.expiresAt > services.now() + TOKEN_MARGIN_MS) return stored
  const settings = services.settings.providerSettings(provider.id)
  const tokens = await refreshTokens(services.transport, oauth, settings, {
    refreshToken: stored.refreshToken,
    scopes,
  })
  return { ...stored, accessToken: tokens.accessToken }
}
