// A strict OAuth 2.0 authorization server (RFC 6749, 7636, 7009) with a consent page; each vendor gives its rules as data.
import { randomBytes } from 'node:crypto'
import type { Context } from 'hono'
import { consentPage, errorPage, readConsentPage } from './oauth-page.ts'
import {
  checkAuthorization,
  checkFields,
  clientsOf,
  defaultSettings,
  findClient,
  fitsChallenge,
  type Account,
  type OAuthRules,
  type OAuthSettings,
} from './oauth-rules.ts'
import { AccessTokens, RefreshTokens } from './oauth-tokens.ts'

export interface Grant {
  readonly account: string
  /** The id of the app that asked. */
  readonly client: string
  readonly scopes: readonly string[]
  /** Ids of what was ticked on the consent page, where the vendor offers a choice. */
  readonly resources: readonly string[]
  alive: boolean
}

interface Code {
  readonly grant: Grant
  readonly redirectUri: string
  readonly challenge: string
  readonly offline: boolean
  readonly expiresAt: number
  used: boolean
}

export interface OAuthServer {
  readonly rules: OAuthRules
  readonly accounts: Map<string, Account>
  readonly settings: OAuthSettings
  /** Every successful and refused token request. */
  readonly tokenRequests: { grant: string; account: string | undefined; ok: boolean }[]
  readonly revocations: string[]
  /** Ends access tokens now; refreshing still works. */
  expireAccessTokens: (account?: string) => void
  /** Ends the grant: refresh and access tokens. */
  killGrant: (account: string) => void
  liveGrants: (account: string) => number
  /** Grants that have not ended, refreshable or not, the oldest first. */
  grantsOf: (account: string) => readonly Grant[]
  authorizePage: (c: Context) => Response
  decide: (c: Context) => Response
  /** `fields`: given where a vendor takes them from elsewhere than a form in the body. */
  token: (c: Context, fields?: URLSearchParams) => Promise<Response>
  revoke: (c: Context) => Promise<Response>
  /** Who a Bearer token is of; undefined when it is not valid. */
  authenticate: (header: string | undefined) => Grant | undefined
  reset: () => void
}

/** Every token, code and secret that any emulator has ever issued: to look for where none may be. */
export const issuedSecrets = new Set<string>()

const CODE_LIFETIME = 10 * 60_000
const FORM = 'application/x-www-form-urlencoded'

function withQuery(url: URL, fields: Readonly<Record<string, string>>): string {
  for (const [name, value] of Object.entries(fields)) url.searchParams.set(name, value)
  return url.href
}

export function createOAuthServer(rules: OAuthRules, accounts: readonly Account[]): OAuthServer {
  const pending = new Map<string, { query: URLSearchParams; scopes: string[] }>()
  const codes = new Map<string, Code>()
  const accessTokens = new AccessTokens()
  const refreshTokens = new RefreshTokens(rules.rotation)
  let grants: Grant[] = []
  const known = new Map(accounts.map((account) => [account.email, account]))
  for (const { clientSecret } of clientsOf(rules)) issuedSecrets.add(clientSecret)

  const issue = (prefix: string, bytes = 48) => {
    const token = prefix + randomBytes(bytes).toString('base64url')
    issuedSecrets.add(token)
    return token
  }

  function issueTokens(grant: Grant, offline: boolean): object {
    const access = issue(rules.tokenPrefixes.access, rules.tokenBytes)
    const lifetime = server.settings.accessTokenLifetime
    accessTokens.add(access, grant, lifetime)
    const answer: Record<string, unknown> = {
      access_token: access,
      expires_in: lifetime,
      scope: rules.scopeInAnswer(grant.scopes),
      token_type: 'Bearer',
      ...server.settings.answerExtras,
    }
    if (offline) {
      const refresh = issue(rules.tokenPrefixes.refresh, rules.tokenBytes)
      refreshTokens.add(refresh, grant)
      answer['refresh_token'] = refresh
    }
    return answer
  }

  const refuse = (c: Context, status: 400 | 401, error: string, detail: string) =>
    c.json(rules.describeError(error, detail), rules.statusOf?.(error, detail) ?? status, {
      'cache-control': 'no-store',
    })

  function exchange(c: Context, form: URLSearchParams): Response {
    const code = codes.get(form.get('code') ?? '')
    const account = code?.grant.account
    const fail = (detail: string) => {
      server.tokenRequests.push({ grant: 'authorization_code', account, ok: false })
      return refuse(c, 400, 'invalid_grant', detail)
    }
    if (code === undefined || code.expiresAt < Date.now())
      return fail('the code is unknown or expired')
    if (code.grant.client !== form.get('client_id')) return fail('the code is of another client')
    if (code.used) return fail('the code was used before')
    if (form.get('redirect_uri') !== code.redirectUri) return fail('another redirect_uri')
    if (!fitsChallenge(rules, form.get('code_verifier'), code.challenge)) {
      return fail('the code_verifier does not fit')
    }
    code.used = true
    server.tokenRequests.push({ grant: 'authorization_code', account, ok: true })
    return c.json(issueTokens(code.grant, code.offline))
  }

  function refresh(c: Context, form: URLSearchParams): Response {
    const use = refreshTokens.use(form.get('refresh_token') ?? '', server.settings)
    const ok = 'grant' in use && use.grant.client === form.get('client_id')
    const account = 'grant' in use ? use.grant.account : use.account
    server.tokenRequests.push({ grant: 'refresh_token', account, ok })
    if ('refusal' in use) return refuse(c, 400, 'invalid_grant', use.refusal)
    if (!ok) return refuse(c, 400, 'invalid_grant', 'The token belongs to another client.')
    return c.json(issueTokens(use.grant, use.rotates))
  }

  const server: OAuthServer = {
    rules,
    accounts: known,
    settings: defaultSettings(),
    tokenRequests: [],
    revocations: [],
    expireAccessTokens: (account) => accessTokens.expire(account),
    killGrant: (account) => {
      for (const grant of grants) if (grant.account === account) grant.alive = false
      grants = grants.filter((grant) => grant.alive)
    },
    liveGrants: (account) => refreshTokens.liveGrants(account),
    grantsOf: (account) => grants.filter((one) => one.account === account && one.alive),

    authorizePage: (c) => {
      const query = new URL(c.req.url).searchParams
      const problem = checkAuthorization(rules, query)
      if (problem !== undefined) return c.html(errorPage(rules.vendor, problem), 400)
      const id = randomBytes(12).toString('base64url')
      const scopes = (query.get('scope') ?? '').split(' ')
      pending.set(id, { query, scopes })
      const hint = query.get('login_hint')
      return c.html(
        consentPage({
          vendor: rules.vendor,
          // Relative: below the same host's prefix.
          action: './consent',
          request: id,
          accounts: [...known.values()].map((account) => ({
            ...account,
            resources: rules.resourcesOf?.(account.email) ?? [],
          })),
          chosen: hint !== null && known.has(hint) ? hint : undefined,
          scopes,
          granular: rules.granular,
        }),
      )
    },

    decide: (c) => {
      const form = new URL(c.req.url).searchParams
      const id = form.get('request') ?? ''
      const asked = pending.get(id)
      if (!asked) return c.html(errorPage(rules.vendor, 'the request has expired'), 400)
      pending.delete(id)
      const target = new URL(asked.query.get('redirect_uri') ?? '')
      target.searchParams.set('state', asked.query.get('state') ?? '')
      const account = form.get('account') ?? ''
      const denied = form.get('decision') !== 'allow' || server.settings.denyWith !== undefined
      if (denied || !known.has(account)) {
        const error = server.settings.denyWith ?? 'access_denied'
        return c.redirect(withQuery(target, { ...rules.errorOnDeny, error }))
      }
      const policy = rules.policy?.(account, asked.scopes)
      if (policy !== undefined) return c.redirect(withQuery(target, policy))
      const ticked = rules.granular
        ? asked.scopes.filter((scope) => form.getAll('scope').includes(scope))
        : asked.scopes
      const chosen = rules.grantable?.(account, ticked) ?? ticked
      const resources = (rules.resourcesOf?.(account) ?? [])
        .map(({ id }) => id)
        .filter((one) => form.getAll('resource').includes(one))
      const client = asked.query.get('client_id') ?? ''
      const grant: Grant = { account, client, scopes: chosen, resources, alive: true }
      const first = !grants.some(
        (one) => one.account === account && one.client === client && one.alive,
      )
      grants.push(grant)
      const code = issue(rules.tokenPrefixes.code, 24)
      codes.set(code, {
        grant,
        redirectUri: asked.query.get('redirect_uri') ?? '',
        challenge: asked.query.get('code_challenge') ?? '',
        offline: rules.isOffline(asked.query, chosen, first),
        expiresAt: Date.now() + CODE_LIFETIME,
        used: false,
      })
      return c.redirect(withQuery(target, { code, ...rules.callbackExtras?.(chosen) }))
    },

    token: async (c, fields) => {
      const type = c.req.header('content-type') ?? ''
      const form = fields ?? new URLSearchParams(await c.req.text())
      if (fields === undefined && !type.startsWith(FORM))
        return refuse(c, 400, 'invalid_request', 'the body must be a form')
      if (rules.refusesOrigin && c.req.header('origin') !== undefined)
        return refuse(c, 400, 'invalid_request', 'an Origin header beside a client secret')
      const problem = checkFields(rules, form)
      if (problem !== undefined) return refuse(c, 400, 'invalid_request', problem)
      const client = findClient(rules, form.get('client_id'))
      if (client === undefined || form.get('client_secret') !== client.clientSecret)
        return refuse(c, 401, 'invalid_client', 'Unauthorized')
      return form.get('grant_type') === 'refresh_token' ? refresh(c, form) : exchange(c, form)
    },

    revoke: async (c) => {
      const type = c.req.header('content-type') ?? ''
      const body = await c.req.text()
      // Google's own clients send the token in the query, with no body at all.
      const form = body === '' ? new URL(c.req.url).searchParams : new URLSearchParams(body)
      const extra = [...form.keys()].find((name) => !['token', 'token_type_hint'].includes(name))
      if ((body !== '' && !type.startsWith(FORM)) || extra !== undefined)
        return refuse(c, 400, 'invalid_request', 'a form with token and nothing else')
      const token = form.get('token') ?? ''
      const grant = refreshTokens.grantOf(token) ?? accessTokens.grantOf(token)
      server.revocations.push(token)
      if (grant?.alive !== true) return refuse(c, 400, 'invalid_token', 'Token expired or revoked')
      // All grants of the account end together, whichever client asked for them.
      server.killGrant(grant.account)
      return c.json({})
    },

    authenticate: (header) => accessTokens.authenticate(header),

    reset: () => {
      for (const kept of [pending, codes, accessTokens, refreshTokens]) kept.clear()
      grants = []
      server.tokenRequests.length = 0
      server.revocations.length = 0
      Object.assign(server.settings, defaultSettings())
    },
  }
  return server
}

/**
 * What a user does in the browser: opens the authorization URL, chooses an account, presses Allow or Deny. Returns the URL that the
 * vendor sends the browser back to.
 */
export async function authorize(
  url: string,
  options: {
    readonly account?: string
    readonly deny?: boolean
    /** Only these boxes stay ticked, where there are boxes. */
    readonly scopes?: readonly string[]
    /** Only these stay ticked of what the account lends, where the page offers a choice. */
    readonly resources?: readonly string[]
  } = {},
): Promise<string> {
  const page = await fetch(url, { redirect: 'manual' })
  const html = await page.text()
  const consent = page.status === 200 ? readConsentPage(html) : undefined
  if (consent === undefined) {
    throw new Error(`the consent page answered ${page.status}: ${html.replace(/<[^>]*>/g, ' ')}`)
  }
  const form = new URLSearchParams({
    request: consent.request,
    account: options.account ?? consent.chosen,
    decision: options.deny ? 'deny' : 'allow',
  })
  for (const scope of options.scopes ?? consent.boxes) form.append('scope', scope)
  for (const id of options.resources ?? consent.resources) form.append('resource', id)
  const target = new URL('./consent', url)
  target.search = form.toString()
  const back = await fetch(target, { redirect: 'manual' })
  const location = back.headers.get('location')
  if (location === null) throw new Error(`no way back: ${back.status} ${await back.text()}`)
  return location
}
