// Sign-in with Microsoft Entra ID, as every provider on Graph uses it.
import type { OAuth2, TokenErrorBody, TokenFailure } from '../sign-in.ts'

const LOGIN = 'https://login.microsoftonline.com'

export const entraAuth: Omit<OAuth2, 'defaultScopes'> = {
  kind: 'oauth2',
  // The same tenant at both: AADSTS700005 otherwise.
  authorizationEndpoint: ({ microsoftTenant }) =>
    `${LOGIN}/${encodeURIComponent(microsoftTenant)}/oauth2/v2.0/authorize`,
  tokenEndpoint: ({ microsoftTenant }) =>
    `${LOGIN}/${encodeURIComponent(microsoftTenant)}/oauth2/v2.0/token`,
  takesLoginHint: true,
  authorizationParams: { response_mode: 'query', prompt: 'select_account' },
  // A new refresh token comes only where the old scopes, offline_access among them, are named again.
  refreshWithScope: ['offline_access'],
  normalizeScope,
  requiredScopes: (asked, granted) =>
    granted.some((scope) => scope.startsWith('Files.'))
      ? []
      : asked.filter((scope) => normalizeScope(scope).startsWith('Files.')),
  // learn.microsoft.com/entra/identity-platform/refresh-tokens: 90 days, renewed with each use.
  idleDays: 90,
  classifyTokenError,
  classifyCallbackError: (error, description) => {
    if (isAdminsCall(error, description)) return 'admin_consent_required'
    if (error === 'interaction_required') return 'access_denied'
    if (error === 'server_error' || error === 'temporarily_unavailable')
      return 'provider_unavailable'
    return error === 'unauthorized_client' ? 'provider_misconfigured' : undefined
  },
}

/**
 * Whether the organisation lets only an administrator consent. The numbers are all there is to tell it from a user who declined
 * (65004): learn.microsoft.com/entra/identity-platform/reference-error-codes.
 */
function isAdminsCall(error: string, description: string): boolean {
  if (/AADSTS65004\b/.test(description)) return false
  return error === 'consent_required' || /AADSTS(?:90094|90095|65001)\b/.test(description)
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

/**
 * By `error` and `suberror`: Microsoft says that the AADSTS numbers may change. Only a denial has nothing but its number to tell a user's
 * or a policy's word from an application that is set up wrongly.
 */
function classifyTokenError({
  error,
  suberror,
  description,
}: TokenErrorBody): TokenFailure | undefined {
  if (error === 'consent_required' || suberror === 'consent_required') return 'consent'
  if (error === 'interaction_required' || error === 'login_required') return 'dead'
  if (error === 'access_denied') {
    return /AADSTS(?:65004|65001|90094|90095)\b/.test(description) ? 'denied' : 'operator'
  }
  return undefined
}

/** Where pre-signed URLs lead: learn.microsoft.com/graph/api/driveitem-get-content. */
export const FILE_HOSTS = [
  '.sharepoint.com',
  '.1drv.com',
  '.microsoftpersonalcontent.com',
  '.svc.ms',
  '.onedrive.com',
  '.live.com',
]

/** Whether a scope was granted, or one that writes where it reads. */
export function covers(granted: readonly string[], scope: string): boolean {
  return granted.includes(scope) || granted.includes(scope.replace('.Read.', '.ReadWrite.'))
}

/** What is not possible with these scopes, as far as files go. */
export function missingFileScopes(granted: readonly string[]): Record<string, string> {
  const has = (...scopes: readonly string[]) => scopes.some((scope) => granted.includes(scope))
  if (has('Files.ReadWrite.All', 'Sites.ReadWrite.All')) return {}
  const shared = { 'Files.ReadWrite.All': 'Only files in the account’s own OneDrive are in reach.' }
  if (has('Files.ReadWrite')) return shared
  return { 'Files.ReadWrite': 'Nothing can be uploaded, changed or deleted.', ...shared }
}
