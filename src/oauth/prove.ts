// Turns the vendor's answer to a consent into credentials of a known account, or ends what cannot be used.
import type { Services } from '../app-context.ts'
import { endGrant } from '../connections/revoke.ts'
import type { Credentials } from '../connections/schema.ts'
import { openUnsaved } from '../connections/session.ts'
import { checkTarget, isAccountConnected } from '../connections/store.ts'
import { Problem } from '../problems/problem.ts'
import type { Account } from '../providers/contract.ts'
import { getProvider } from '../providers/registry.ts'
import type { FlowState, PendingConnection } from './attempts.ts'
import {
  asOAuthProvider,
  exchangeCode,
  exchangeProblem,
  TokenError,
  type OAuthProvider,
} from './client.ts'

/** What the callback brought. */
export interface ProofRequest {
  readonly code: string | undefined
  readonly error: string | undefined
  readonly errorDescription: string | undefined
}

/** The OAuth provider of a path parameter. 404 for an unknown one; a known one without settings is the operator's fault. */
export function findOAuthProvider(services: Services, id: string): OAuthProvider {
  const provider = getProvider(id)
  if (provider === undefined) throw new Problem('not_found', 'There is no such provider.')
  const oauth = asOAuthProvider(provider)
  if (oauth === undefined) {
    throw new Problem('not_supported', 'This provider is not connected with OAuth.')
  }
  if (services.settings.providerSettings(oauth.id).clientId === undefined) {
    throw new Problem('provider_misconfigured', 'This provider has no client id and secret yet.')
  }
  return oauth
}

/** Exchanges the code, checks what was granted and finds out whose account it is. Stores nothing. */
export async function proveAccount(
  services: Services,
  flow: FlowState,
  callback: ProofRequest,
): Promise<PendingConnection> {
  const provider = findOAuthProvider(services, flow.provider)
  if (callback.error !== undefined) throw callbackProblem(provider, callback)
  if (!callback.code) {
    throw new Problem('provider_unavailable', 'The provider sent neither a code nor an error.')
  }
  const settings = services.settings.providerSettings(provider.id)
  const { redirectUri, verifier } = flow
  const tokens = await exchangeCode(services.transport, provider, settings, {
    code: callback.code,
    verifier,
    redirectUri,
  }).catch((error: unknown) => {
    throw error instanceof TokenError ? exchangeProblem(error) : error
  })
  const scopes = tokens.scopes ?? flow.scopes.map(provider.auth.normalizeScope ?? String)
  const credentials = {
    kind: 'oauth2' as const,
    accessToken: tokens.accessToken,
    refreshToken: tokens.refreshToken ?? '',
    expiresAt: services.now() + tokens.expiresIn * 1000,
  }
  let account: Account | undefined
  try {
    const { userId, connectionId } = flow
    checkGrant(provider, flow.scopes, scopes, tokens.refreshToken)
    const session = openUnsaved(services, provider, { userId, scopes, credentials })
    account = await provider.identify(session)
    await checkTarget(services, userId, connectionId, account.id)
    const { refreshExpiresIn } = tokens
    const grantExpiresAt =
      refreshExpiresIn === undefined ? undefined : services.now() + refreshExpiresIn * 1000
    return { account, scopes, credentials, grantExpiresAt, connectionId }
  } catch (error) {
    const unwanted = { userId: flow.userId, scopes, credentials, account }
    services.background(revokeUnwanted(services, provider, unwanted))
    throw error
  }
}

/** A grant without the scopes that matter, or one that would end within the hour, is of no use. */
function checkGrant(
  provider: OAuthProvider,
  asked: readonly string[],
  granted: readonly string[],
  refreshToken: string | undefined,
): void {
  const missing = provider.auth.requiredScopes?.(asked, granted)[0]
  if (missing !== undefined) {
    throw new Problem('insufficient_scope', `The permission ${missing} was not granted.`, {
      scope: missing,
    })
  }
  if (refreshToken !== undefined) return
  throw new Problem('insufficient_scope', 'The provider gave no refresh token.', {
    scope: 'offline_access',
  })
}

export interface UnwantedGrant {
  readonly userId: string
  readonly scopes: readonly string[]
  readonly credentials: Credentials
  readonly account: Account | undefined
}

/** Best effort: never throws. */
export async function revokeUnwanted(
  services: Services,
  provider: OAuthProvider,
  unwanted: UnwantedGrant,
): Promise<void> {
  await endUnwanted(services, provider, unwanted).catch(() => undefined)
}

/**
 * Ends a grant that nobody will hold. One that stands for the whole account only if no connection of it is left. Throws what the vendor, or
 * the way to it, fails with.
 */
export async function endUnwanted(
  services: Services,
  provider: OAuthProvider,
  { userId, scopes, credentials, account }: UnwantedGrant,
): Promise<void> {
  if (provider.revocation?.reach === 'account') {
    if (account === undefined) return
    if (await isAccountConnected(services.db, provider.id, account.id)) return
  }
  const granted = { userId, scopes: [...scopes], serverUrl: null, data: { ...account?.data } }
  await endGrant(services, provider, granted, credentials)
}

function callbackProblem(provider: OAuthProvider, callback: ProofRequest): Problem {
  const { error = '', errorDescription = '' } = callback
  const code = provider.auth.classifyCallbackError?.(error, errorDescription)
  if (code !== undefined) return new Problem(code)
  if (error === 'server_error' || error === 'temporarily_unavailable') {
    return new Problem('provider_unavailable')
  }
  const operator = ['invalid_client', 'unauthorized_client', 'invalid_scope', 'invalid_request']
  return new Problem(operator.includes(error) ? 'provider_misconfigured' : 'access_denied')
}
