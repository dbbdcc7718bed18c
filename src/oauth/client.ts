// The only OAuth code: builds authorization requests and talks to token endpoints, for every vendor, from its data.
import { encodeBase64Url } from '../crypto/random.ts'
import { discard, readText, within } from '../net/body.ts'
import type { Transport } from '../net/http.ts'
import { retryAfter } from '../net/retry.ts'
import { Problem } from '../problems/problem.ts'
import type { Provider } from '../providers/contract.ts'
import type {
  OAuth2,
  ProviderSettings,
  TokenErrorBody,
  TokenFailure,
} from '../providers/sign-in.ts'

export interface OAuthProvider extends Provider {
  readonly auth: OAuth2
}

export interface TokenSet {
  readonly accessToken: string
  /** Absent when the vendor gave none (a refresh that does not rotate). */
  readonly refreshToken: string | undefined
  /** Seconds from now. */
  readonly expiresIn: number
  /** Normalised; undefined when the answer names none, which means: as asked (RFC 6749 section 5.1). */
  readonly scopes: readonly string[] | undefined
  /** Seconds until the refresh token ends, where the vendor says so (Google's `refresh_token_expires_in`). */
  readonly refreshExpiresIn: number | undefined
}

/** A token endpoint that said no, or did not answer in a usable way. */
export class TokenError extends Error {
  override readonly name = 'TokenError'
  constructor(
    readonly failure: TokenFailure,
    /** Seconds. */
    readonly retryAfter?: number,
    /** What a transient failure is to the caller. */
    readonly code:
      'provider_unavailable' | 'provider_timeout' | 'rate_limited' = 'provider_unavailable',
    options?: ErrorOptions,
  ) {
    super(`token endpoint: ${failure}`, options)
  }
}

/** Milliseconds one call of a token endpoint may take, retries included; the refresh lease is longer. */
export const TOKEN_DEADLINE_MS = 15_000

/** The provider with its OAuth description, when that is how one signs in there. */
export function asOAuthProvider(provider: Provider): OAuthProvider | undefined {
  return provider.auth.kind === 'oauth2' ? (provider as OAuthProvider) : undefined
}

/** Scopes to ask for: the operator's or the default ones, and what the caller adds. */
export function scopesToAsk(
  provider: OAuthProvider,
  settings: ProviderSettings,
  additional: readonly string[],
): string[] {
  return [...new Set([...(settings.scopes ?? provider.auth.defaultScopes), ...additional])]
}

/** RFC 6749 section 4.1.1 with PKCE S256 (RFC 7636 section 4.3). Returns the vendor's real URL. */
export function authorizationUrl(
  provider: OAuthProvider,
  settings: ProviderSettings,
  request: {
    readonly redirectUri: string
    readonly state: string
    readonly challenge: string
    readonly scopes: readonly string[]
    readonly loginHint?: string | undefined
  },
): URL {
  const url = new URL(provider.auth.authorizationEndpoint(settings))
  const params = {
    client_id: settings.clientId ?? '',
    redirect_uri: request.redirectUri,
    response_type: 'code',
    scope: request.scopes.join(' '),
    state: request.state,
    code_challenge: request.challenge,
    code_challenge_method: 'S256',
    ...provider.auth.authorizationParams,
    ...(provider.auth.takesLoginHint && request.loginHint !== undefined
      ? { login_hint: request.loginHint }
      : {}),
  }
  for (const [name, value] of Object.entries(params)) url.searchParams.set(name, value)
  return url
}

/** RFC 7636 section 4.2. */
export async function pkceChallenge(verifier: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))
  return encodeBase64Url(new Uint8Array(digest))
}

/** RFC 6749 section 4.1.3. A code is single use, so this is never sent twice. */
export async function exchangeCode(
  transport: Transport,
  provider: OAuthProvider,
  settings: ProviderSettings,
  grant: { readonly code: string; readonly verifier: string; readonly redirectUri: string },
): Promise<TokenSet> {
  return requestTokens(transport, provider, settings, {
    grant_type: 'authorization_code',
    code: grant.code,
    redirect_uri: grant.redirectUri,
    code_verifier: grant.verifier,
  })
}

/** RFC 6749 section 6. Not replayed: a vendor that rotates may have used the token up. */
export async function refreshTokens(
  transport: Transport,
  provider: OAuthProvider,
  settings: ProviderSettings,
  grant: { readonly refreshToken: string; readonly scopes: readonly string[] },
): Promise<TokenSet> {
  const also = provider.auth.refreshWithScope
  // Never more than was granted: a scope beyond it would end the grant.
  const scope =
    also === undefined ? {} : { scope: [...new Set([...grant.scopes, ...also])].join(' ') }
  return requestTokens(transport, provider, settings, {
    grant_type: 'refresh_token',
    refresh_token: grant.refreshToken,
    ...scope,
  })
}

/** The whole call has one deadline, body included: the lease of a refresh must outlive it. */
async function requestTokens(...request: Parameters<typeof sendTokenRequest>): Promise<TokenSet> {
  return within(sendTokenRequest(...request), TOKEN_DEADLINE_MS).catch((error: unknown) => {
    throw transientError(error)
  })
}

/** What never became an answer says nothing about the grant. */
function transientError(error: unknown): unknown {
  if (!(error instanceof Problem)) return error
  const code = error.code === 'provider_timeout' ? error.code : 'provider_unavailable'
  return new TokenError('transient', undefined, code, { cause: error })
}

async function sendTokenRequest(
  transport: Transport,
  provider: OAuthProvider,
  settings: ProviderSettings,
  fields: Record<string, string>,
): Promise<TokenSet> {
  const endpoint = provider.auth.tokenEndpoint(settings)
  const form = {
    ...fields,
    client_id: settings.clientId ?? '',
    client_secret: settings.clientSecret ?? '',
  }
  const json = provider.auth.tokenRequest === 'json'
  let response: Response
  try {
    // Built from scratch: Microsoft refuses a secret beside an Origin header.
    response = await transport.send(
      {
        url: endpoint,
        method: 'POST',
        headers: {
          'content-type': json ? 'application/json' : 'application/x-www-form-urlencoded',
          accept: 'application/json',
        },
        body: json ? JSON.stringify(form) : new URLSearchParams(form).toString(),
        deadline: TOKEN_DEADLINE_MS,
        replay: false,
      },
      { kind: 'origins', origins: [new URL(endpoint).origin] },
    )
  } catch (error) {
    throw transientError(error)
  }
  return response.ok ? readTokens(provider, response) : failTokens(provider, response)
}

async function readTokens(provider: OAuthProvider, response: Response): Promise<TokenSet> {
  const body = await readObject(response)
  const accessToken = body?.['access_token']
  if (typeof accessToken !== 'string' || accessToken === '') throw new TokenError('transient')
  const refreshToken = body?.['refresh_token']
  const scope = body?.['scope']
  const normalize = provider.auth.normalizeScope ?? ((name: string) => name)
  return {
    accessToken,
    refreshToken:
      typeof refreshToken === 'string' && refreshToken !== '' ? refreshToken : undefined,
    expiresIn: positive(body?.['expires_in']) ?? 3600,
    refreshExpiresIn: positive(body?.['refresh_token_expires_in']),
    scopes: typeof scope === 'string' ? scope.split(' ').filter(Boolean).map(normalize) : undefined,
  }
}

function positive(value: unknown): number | undefined {
  const seconds = typeof value === 'number' || typeof value === 'string' ? Number(value) : NaN
  return Number.isFinite(seconds) && seconds > 0 ? seconds : undefined
}

/** Decides by the vendor's word only: a 5xx, a 429 or a body that is no OAuth error never ends a grant. */
async function failTokens(provider: OAuthProvider, response: Response): Promise<never> {
  const wait = retryAfter(response, Date.now())
  if (response.status === 429 || response.status >= 500) {
    await discard(response)
    const code = response.status === 429 ? 'rate_limited' : 'provider_unavailable'
    throw new TokenError('transient', wait, code)
  }
  const body = await readObject(response)
  const error: TokenErrorBody = {
    status: response.status,
    error: textOf(body?.['error']),
    description: textOf(body?.['error_description']),
    suberror: textOf(body?.['suberror'] ?? body?.['error_subtype']),
  }
  throw new TokenError(provider.auth.classifyTokenError?.(error) ?? classify(error), wait)
}

/** RFC 6749 section 5.2. */
function classify({ error }: TokenErrorBody): TokenFailure {
  if (error === 'invalid_grant') return 'dead'
  if (error === 'invalid_client' || error === 'unauthorized_client') return 'operator'
  if (error === 'access_denied' || error === 'admin_policy_enforced') return 'denied'
  if (error === 'invalid_scope' || error === 'invalid_request') return 'operator'
  if (error === 'redirect_uri_mismatch' || error === 'unsupported_grant_type') return 'operator'
  return 'transient'
}

async function readObject(response: Response): Promise<Record<string, unknown> | undefined> {
  try {
    const value: unknown = JSON.parse(await readText(response, { limit: 256 * 1024 }))
    return typeof value === 'object' && value !== null
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : '')

/** What a failed code exchange is for the user. */
export function exchangeProblem(error: TokenError): Problem {
  if (error.failure === 'operator') {
    return new Problem('provider_misconfigured', 'The provider refused the client id or secret.')
  }
  if (error.failure === 'denied') return new Problem('access_denied')
  if (error.failure === 'consent') return new Problem('admin_consent_required')
  if (error.failure === 'dead') {
    return new Problem('provider_unavailable', 'The provider no longer accepts this sign-in.')
  }
  return new Problem(error.code, 'The provider’s sign-in service failed.', {
    retryAfter: error.retryAfter,
  })
}
