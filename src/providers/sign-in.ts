// How users sign in at a provider, as data and a few functions: OAuth 2.0, a password, the server's own page, or not at all.
import type { Outbound } from '../net/http.ts'
import type { Session } from './contract.ts'

/** OAuth 2.0 authorization code grant with PKCE (RFC 6749, RFC 7636), described as data for `oauth/client.ts`. */
export interface OAuth2 {
  readonly kind: 'oauth2'
  readonly authorizationEndpoint: (settings: ProviderSettings) => string
  readonly tokenEndpoint: (settings: ProviderSettings) => string
  readonly defaultScopes: readonly string[]
  /** Extra parameters of the authorization request, such as `access_type=offline`. */
  readonly authorizationParams?: Readonly<Record<string, string>>
  /** Whether the vendor knows `login_hint` (OpenID Connect): one that does not may refuse the request. */
  readonly takesLoginHint?: boolean
  /** The issuer, compared with `iss` on the callback where a vendor sends it (RFC 9207). */
  readonly issuer?: string
  readonly tokenRequest?: 'form' | 'json'
  /** Present = a refresh repeats the granted scopes and these, which answers do not name (Microsoft: `offline_access`). */
  readonly refreshWithScope?: readonly string[]
  /** Turns scopes as the vendor names them into the names we ask for, to compare granted with asked. */
  readonly normalizeScope?: (scope: string) => string
  /** Scopes without which a connection is useless; one missing on the callback ends it as `insufficient_scope`. */
  readonly requiredScopes?: (
    asked: readonly string[],
    granted: readonly string[],
  ) => readonly string[]
  /** Reads an error body of the token endpoint beyond the standard codes; undefined leaves it to the standard. */
  readonly classifyTokenError?: (body: TokenErrorBody) => TokenFailure | undefined
  /**
   * What a 401, 403 or 404 of the API says about the token, by its body. `expired`: a new token may help. Absent: every 401, and
   * nothing else, is `expired`.
   */
  readonly judgeRefusal?: (status: number, body: string) => 'expired' | 'other'
  /** Days after which a grant that nobody refreshes ends by the vendor's rules. */
  readonly idleDays?: number
  /** Days after which a grant ends however it is used. */
  readonly absoluteDays?: number
  /** What is not possible with these scopes, in words for the user, each under the scope that would allow it. */
  readonly missingUses?: (
    granted: readonly string[],
    data: Session['data'],
  ) => Readonly<Record<string, string>>
  /** Error values on the callback that mean something else than failure, e.g. admin consent missing. */
  readonly classifyCallbackError?: (
    error: string,
    description: string,
  ) => CallbackFailure | undefined
}

export interface TokenErrorBody {
  readonly status: number
  readonly error: string
  readonly description: string
  readonly suberror?: string
}

/**
 * `dead`: the grant is gone for good. `operator`: client id or secret. `transient`: try again later. `consent`: an administrator has
 * to consent, or has taken the consent back.
 */
export type TokenFailure = 'dead' | 'operator' | 'transient' | 'denied' | 'consent'
export type CallbackFailure =
  'access_denied' | 'admin_consent_required' | 'provider_misconfigured' | 'provider_unavailable'

/** A user name and a password, sent as Basic (RFC 7617) or Digest (RFC 7616), whichever the server asks for. */
export interface PasswordAuth {
  readonly kind: 'password'
  readonly fields: readonly FormField[]
  /** Present = a user can also sign in at the server itself, in a browser. */
  readonly loginFlow?: LoginFlow
  /** What tells whether the server still takes the password, when a request is refused: a PROPFIND of the base if absent. */
  readonly probe?: (serverUrl: string) => Outbound
}

/**
 * Signing in at the user's own server, which hands out a password of its own for us. The sessions of these functions carry no
 * credentials, and reach nothing but the server.
 */
export interface LoginFlow {
  /** Milliseconds from `begin` in which the user has to grant access. */
  readonly lifetime: number
  /** `client` is what the server shows the user as the one who asks (a User-Agent). */
  readonly begin: (session: Session, client: string) => Promise<StartedLogin>
  /** What the user granted, once; undefined while there is nothing yet. */
  readonly poll: (
    session: Session,
    ticket: string,
    client: string,
  ) => Promise<GrantedLogin | undefined>
}

export interface StartedLogin {
  /** For the user's browser. */
  readonly loginUrl: string
  /** The server as it was found, with a trailing slash. */
  readonly serverUrl: string
  /** Whoever has it receives the password: kept sealed. */
  readonly ticket: string
}

export interface GrantedLogin {
  readonly serverUrl: string
  readonly username: string
  readonly password: string
}

/** Built into the Worker: no account, one connection for everybody. */
export interface BuiltIn {
  readonly kind: 'builtin'
}

export interface FormField {
  readonly name: 'server_url' | 'username' | 'password' | 'label'
  readonly label: string
  readonly type: 'url' | 'text' | 'password'
  readonly required: boolean
  readonly placeholder?: string
}

/** What the operator set for one provider. */
export interface ProviderSettings {
  readonly clientId?: string | undefined
  readonly clientSecret?: string | undefined
  /** Overrides `defaultScopes` when set. */
  readonly scopes?: readonly string[] | undefined
  readonly microsoftTenant: string
  readonly publicUrl: string
}
