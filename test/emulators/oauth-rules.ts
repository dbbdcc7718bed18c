// The rules of an OAuth 2.0 authorization server as data, and what is wrong with a request that breaks them.
import { createHash } from 'node:crypto'

export interface Account {
  readonly email: string
  readonly name: string
}

/** What an account chooses from on the consent page, such as a site. */
export interface Resource {
  readonly id: string
  readonly name: string
}

/** An app that is registered at the vendor. */
export interface OAuthClient {
  readonly clientId: string
  readonly clientSecret: string
  /** Ids of the providers whose callback is registered. */
  readonly providers: readonly string[]
}

export interface OAuthRules extends OAuthClient {
  /** As shown on the consent page. */
  readonly vendor: string
  /** Further apps at the same vendor: a code or a token is of the app that asked for it. */
  readonly otherClients?: readonly OAuthClient[]
  /** Parameters of the authorization request, beyond those of RFC 6749 and 7636, and what they must look like. */
  readonly parameters: Readonly<Record<string, RegExp>>
  readonly isScope: (scope: string) => boolean
  /** Each scope has a checkbox of its own on the consent page. */
  readonly granular: boolean
  /** Whether a refresh token is given at all. */
  readonly isOffline: (
    query: URLSearchParams,
    scopes: readonly string[],
    /** The account has no other live grant of this client. */
    first: boolean,
  ) => boolean
  /** What of the scopes asked for an account can grant at all; all of them if left out. */
  readonly grantable?: (account: string, scopes: readonly string[]) => readonly string[]
  /** What an administrator's policy sends back instead of a code, although Allow was pressed. */
  readonly policy?: (
    account: string,
    scopes: readonly string[],
  ) => Readonly<Record<string, string>> | undefined
  /** What stands beside `code` and `state` on the way back. */
  readonly callbackExtras?: (scopes: readonly string[]) => Readonly<Record<string, string>>
  /** What the answer says about scopes. */
  readonly scopeInAnswer: (scopes: readonly string[]) => string
  /**
   * `keep-old`: each refresh gives a new refresh token and the old one goes on working. `one-time`: it ends the old one, and whoever
   * comes with that again ends the grant.
   */
  readonly rotation: 'never' | 'keep-old' | 'one-time'
  readonly tokenPrefixes: {
    readonly access: string
    readonly refresh: string
    readonly code: string
  }
  /** Further fields of an exchange that are allowed. */
  readonly exchangeFields?: readonly string[]
  /** Random bytes in access and refresh tokens; 48 if left out. */
  readonly tokenBytes?: number
  /** PKCE is checked where it is used, but it may be left out. */
  readonly pkceOptional?: true
  /** What the account lends: the consent page offers it, and a grant holds what was ticked. */
  readonly resourcesOf?: (account: string) => readonly Resource[]
  /** The status of a refusal at the token endpoint, where it is not RFC 6749's. */
  readonly statusOf?: (error: string, detail: string) => 400 | 401 | 403
  /** Further fields of a refresh request that are allowed. */
  readonly refreshFields: readonly string[]
  readonly refusesOrigin: boolean
  readonly describeError: (error: string, detail: string) => object
  readonly errorOnDeny: Readonly<Record<string, string>>
}

/** The switches of a server. */
export interface OAuthSettings {
  /** Seconds that new access tokens live. */
  accessTokenLifetime: number
  /** A refresh token that was exchanged for another ends at once. */
  rotateStrictly: boolean
  /** Seconds in which a one-time refresh token may be used again. */
  reuseInterval: number
  /** Every consent ends with this error, whatever is pressed. */
  denyWith: string | undefined
  /** Fields of a token answer beside the usual ones, such as Google's `refresh_token_expires_in` of an app in testing. */
  answerExtras: Readonly<Record<string, unknown>>
}

export const defaultSettings = (): OAuthSettings => ({
  accessTokenLifetime: 3599,
  rotateStrictly: false,
  reuseInterval: 0,
  denyWith: undefined,
  answerExtras: {},
})

const BASE_PARAMETERS = [
  'client_id',
  'redirect_uri',
  'response_type',
  'scope',
  'state',
  'code_challenge',
  'code_challenge_method',
]

export const clientsOf = (rules: OAuthRules): readonly OAuthClient[] => [
  rules,
  ...(rules.otherClients ?? []),
]

export const findClient = (rules: OAuthRules, id: string | null): OAuthClient | undefined =>
  clientsOf(rules).find(({ clientId }) => clientId === id)

/** What is wrong with an authorization request; such errors stay on the vendor's own page. */
export function checkAuthorization(rules: OAuthRules, query: URLSearchParams): string | undefined {
  for (const name of new Set(query.keys())) {
    if (!BASE_PARAMETERS.includes(name) && !(name in rules.parameters))
      return `unknown parameter ${name}`
    if (query.getAll(name).length > 1) return `${name} is given twice`
  }
  const client = findClient(rules, query.get('client_id'))
  if (client === undefined) return 'unknown client_id'
  if (!isRegistered(client, query.get('redirect_uri') ?? '')) return 'redirect_uri_mismatch'
  if (query.get('response_type') !== 'code') return 'response_type must be code'
  const plain = !query.has('code_challenge') && !query.has('code_challenge_method')
  if (!(rules.pkceOptional && plain)) {
    if (query.get('code_challenge_method') !== 'S256') return 'code_challenge_method must be S256'
    if (!/^[A-Za-z0-9_-]{43}$/.test(query.get('code_challenge') ?? '')) return 'no code_challenge'
  }
  if ((query.get('state') ?? '').length < 22) return 'state is missing or guessable'
  for (const [name, pattern] of Object.entries(rules.parameters)) {
    if (!pattern.test(query.get(name) ?? '')) return `${name} is missing or wrong`
  }
  const scopes = (query.get('scope') ?? '').split(' ')
  const unknown = scopes.find((scope) => !rules.isScope(scope))
  return unknown === undefined ? undefined : `invalid_scope: ${unknown}`
}

/** Any port of this computer, as a developer registers them one by one: for each provider one address of each contract. */
export function isRegistered(client: OAuthClient, redirectUri: string): boolean {
  const path = /^http:\/\/(?:localhost|127\.0\.0\.1):\d+(\/.*)$/.exec(redirectUri)?.[1]
  return client.providers.some((provider) => callbackPaths(provider).includes(path ?? ''))
}

const callbackPaths = (provider: string): readonly string[] => [
  `/api/cloud/oauth/callback/${provider}`,
  `/api/cloud-accounts/callback/${provider}`,
  `/api/v1/integrations/${provider === 'microsoft_365' ? 'microsoft' : provider}/callback`,
]

/** Whether a code may be redeemed with this verifier (RFC 7636 section 4.6). */
export function fitsChallenge(
  rules: OAuthRules,
  verifier: string | null,
  challenge: string,
): boolean {
  if (rules.pkceOptional && challenge === '') return verifier === null
  if (!/^[A-Za-z0-9._~-]{43,128}$/.test(verifier ?? '')) return false
  return (
    createHash('sha256')
      .update(verifier ?? '')
      .digest('base64url') === challenge
  )
}

/** What is wrong with the fields of a token request. */
export function checkFields(rules: OAuthRules, form: URLSearchParams): string | undefined {
  const common = ['grant_type', 'client_id', 'client_secret']
  const own: Record<string, readonly string[]> = {
    authorization_code: [
      ...['code', 'redirect_uri', 'code_verifier'],
      ...(rules.exchangeFields ?? []),
    ],
    refresh_token: ['refresh_token', ...rules.refreshFields],
  }
  const fields = own[form.get('grant_type') ?? '']
  if (fields === undefined) return 'unsupported grant_type'
  for (const name of form.keys()) {
    if (![...common, ...fields].includes(name)) return `unknown field ${name}`
    if (form.getAll(name).length > 1) return `${name} is given twice`
  }
  return undefined
}
