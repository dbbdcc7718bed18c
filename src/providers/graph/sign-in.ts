// Sign-in with Microsoft Entra ID, as every provider on Graph uses it.
import type { OAuth2, TokenErrorBody, TokenFailure } from '../contract.ts'

const LOGIN = 'https://login.microsoftonline.com'

export const entraAuth: Omit<OAuth2, 'defaultScopes'> = {
  kind: 'oauth2',
  // The same tenant at both: AADSTS700005 otherwise.
  authorizationEndpoint: ({ microsoftTenant }) =>
    `${LOGIN}/${encodeURIComponent(microsoftTenant)}/oauth2/v2.0/authorize`,
  tokenEndpoint: ({ microsoftTenant }) =>
    `${LOGIN}/${encodeURIComponent(microsoftTenant)}/oauth2/v2.0/token`,
  authorizationParams: { response_mode: 'query', prompt: 'select_account' },
  // A new refresh token comes only where the old scopes, offline_access among them, are named again.
  refreshWithScope: ['offline_access'],
  normalizeScope,
  requiredScopes: (asked, granted) =>
    granted.some((scope) => scope.startsWith('Files.'))
      ? []
      : asked.filter((scope) => normalizeScope(scope).startsWith('Files.')),
  classifyTokenError,
  classifyCallbackError: (error) => {
    if (error === 'consent_required' || error === 'interaction_required') return 'access_denied'
    if (error === 'server_error' || error === 'temporarily_unavailable')
      return 'provider_unavailable'
    return error === 'unauthorized_client' ? 'provider_misconfigured' : undefined
  },
}

/** Names come back short or as full URIs, in any case. */
function normalizeScope(scope: string): string {
  const name = scope.slice(scope.lastIndexOf('/') + 1)
  const known = KNOWN_SCOPES.find((one) => one.toLowerCase() === name.toLowerCase())
  return known ?? name
}

const KNOWN_SCOPES = [
  'Files.Read',
  'Files.ReadWrite',
  'Files.Read.All',
  'Files.ReadWrite.All',
  'Sites.Read.All',
  'Sites.ReadWrite.All',
  'Team.ReadBasic.All',
  'Channel.ReadBasic.All',
  'User.Read',
  'offline_access',
]

/** By `error` alone: Microsoft says that the AADSTS numbers may change. */
function classifyTokenError({ error }: TokenErrorBody): TokenFailure | undefined {
  if (['interaction_required', 'consent_required', 'login_required'].includes(error)) return 'dead'
  return undefined
}
