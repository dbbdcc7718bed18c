// A strict OAuth 2.0 authorization server (RFC 6749, 7636, 7009) with a consent page; each vendor gives its rules as data.
import { createHash, randomBytes } from 'node:crypto'
import type { Context } from 'hono'
import { consentPage, errorPage, readConsentPage } from './oauth-page.ts'
import {
  checkAuthorization,
  checkFields,
  defaultSettings,
  readFields,
  type Account,
  type OAuthRules,
  type OAuthSettings,
} from './oauth-rules.ts'

export interface Grant {
  readonly account: string
  readonly scopes: readonly string[]
  /** Ids of what was ticked on the consent page, where the vendor offers a choice. */
  readonly resources: readonly string[]
  alive: boolean
}

interface AccessToken {
  readonly grant: Grant
  expiresAt: number
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
  token: (c: Context) => Promise<Response>
  revoke: (c: Context) => Promise<Response>
  /** Who a Bearer token is of; undefined when it is not valid. */
  authenticate: (header: string | undefined) => Grant | undefined
  reset: () => void
}

/** Every token, code and secret that any emulator has ever issued: to look for where none may be. */
export const issuedSecrets = new Set<string>()

const CODE_LIFETIME = 10 * 60_000

/** What a refusal says of a one-time refresh token that is no longer known. */
export const UNKNOWN_TOKEN = 'Token is unknown or was exchanged for another.'

export function createOAuthServer(rules: OAuthRules, accounts: readonly Account[]): OAuthServer {
  const pending = new Map<string, { query: URLSearchParams; scopes: string[] }>()
  const codes = new Map<string, Code>()
  const accessTokens = new Map<string, AccessToken>()
  const refreshTokens = new Map<string, Grant>()
  /** When a one-time refresh token was exchanged. */
  const exchanged = new Map<string, { grant: Grant; at: number }>()
  let grants: Grant[] = []
  const known = new Map(accounts.map((account) => [account.email, account]))
  issuedSecrets.add(rules.clientSecret)

  const issue = (prefix: string, bytes = 48) => {
    const token = prefix + randomBytes(bytes).toString('base64url')
    issuedSecrets.add(token)
    return token
  }

  function issueTokens(grant: Grant, offline: boolean): object {
    const access = issue(rules.tokenPrefixes.access, rules.tokenBytes)
    const lifetime = server.settings.accessTokenLifetime
    accessTokens.set(access, { grant, expiresAt: Date.now() + lifetime * 1000 })
    const answer: Record<string, unknown> = {
      access_token: access,
      expires_in: lifetime,
      scope: rules.scopeInAnswer(grant.scopes),
      token_type: 'Bearer',
    }
    if (offline) {
      const refresh = issue(rules.tokenPrefixes.refresh, rules.tokenBytes)
      refreshTokens.set(refresh, grant)
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
    if (code.used) return fail('the code was used before')
    if (form.get('redirect_uri') !== code.redirectUri) return fail('another redirect_uri')
    const verifier = form.get('code_verifier')
    const challenge = createHash('sha256')
      .update(verifier ?? '')
      .digest('base64url')
    const fits = /^[A-Za-z0-9._~-]{43,128}$/.test(verifier ?? '') && challenge === code.challenge
    const plain = rules.pkceOptional && code.challenge === '' && verifier === null
    if (!fits && !plain) return fail('the code_verifier does not fit')
    code.used = true
    server.tokenRequests.push({ grant: 'authorization_code', account, ok: true })
    return c.json(issueTokens(code.grant, code.offline))
  }

  function refresh(c: Context, form: URLSearchParams): Response {
    const token = form.get('refresh_token') ?? ''
    const before = exchanged.get(token)
    const again =
      before !== undefined && Date.now() < before.at + server.settings.reuseInterval * 1000
    const grant = refreshTokens.get(token) ?? (again ? before.grant : undefined)
    const ok = grant?.alive === true
    server.tokenRequests.push({ grant: 'refresh_token', account: grant?.account, ok })
    const once = rules.rotation === 'one-time'
    if (!ok) {
      if (grant === undefined && before !== undefined) endGrant(before.grant)
      const unknown = once && grant === undefined
      const detail = unknown ? UNKNOWN_TOKEN : 'Token has been expired or revoked.'
      return refuse(c, 400, 'invalid_grant', detail)
    }
    const rotates = once || rules.rotation === 'keep-old'
    if (once && before === undefined) exchanged.set(token, { grant, at: Date.now() })
    if (once || (rotates && server.settings.rotateStrictly)) refreshTokens.delete(token)
    return c.json(issueTokens(grant, rotates))
  }

  function endGrant(grant: Grant): void {
    grant.alive = false
    grants = grants.filter((one) => one !== grant)
  }

  const server: OAuthServer = {
    rules,
    accounts: known,
    settings: defaultSettings(),
    tokenRequests: [],
    revocations: [],
    expireAccessTokens: (account) => {
      for (const token of accessTokens.values()) {
        if (account === undefined || token.grant.account === account) token.expiresAt = 0
      }
    },
    killGrant: (account) => {
      for (const grant of grants) if (grant.account === account) grant.alive = false
      grants = grants.filter((grant) => grant.alive)
    },
    liveGrants: (account) =>
      new Set([...refreshTokens.values()].filter((one) => one.account === account && one.alive))
        .size,
    grantsOf: (account) => grants.filter((grant) => grant.account === account),

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
      if (asked === undefined)
        return c.html(errorPage(rules.vendor, 'the request has expired'), 400)
      pending.delete(id)
      const target = new URL(asked.query.get('redirect_uri') ?? '')
      target.searchParams.set('state', asked.query.get('state') ?? '')
      const account = form.get('account') ?? ''
      const denied = form.get('decision') !== 'allow' || server.settings.denyWith !== undefined
      if (denied || !known.has(account)) {
        const error = server.settings.denyWith ?? 'access_denied'
        for (const [name, value] of Object.entries({ ...rules.errorOnDeny, error })) {
          target.searchParams.set(name, value)
        }
        return c.redirect(target.href)
      }
      const chosen = rules.granular
        ? asked.scopes.filter((scope) => form.getAll('scope').includes(scope))
        : asked.scopes
      const resources = (rules.resourcesOf?.(account) ?? [])
        .map(({ id }) => id)
        .filter((one) => form.getAll('resource').includes(one))
      const grant: Grant = { account, scopes: chosen, resources, alive: true }
      const first = !grants.some((one) => one.account === account)
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
      target.searchParams.set('code', code)
      for (const [name, value] of Object.entries(rules.callbackExtras?.(chosen) ?? {})) {
        target.searchParams.set(name, value)
      }
      return c.redirect(target.href)
    },

    token: async (c) => {
      const type = c.req.header('content-type') ?? ''
      const form = readFields(rules, type, await c.req.text())
      if (form === undefined) {
        return refuse(c, 400, 'invalid_request', 'the body must be of the documented type')
      }
      if (rules.refusesOrigin && c.req.header('origin') !== undefined) {
        return refuse(c, 400, 'invalid_request', 'an Origin header beside a client secret')
      }
      const problem = checkFields(rules, form)
      if (problem !== undefined) return refuse(c, 400, 'invalid_request', problem)
      const id = form.get('client_id')
      if (id !== rules.clientId || form.get('client_secret') !== rules.clientSecret) {
        return refuse(c, 401, 'invalid_client', 'Unauthorized')
      }
      return form.get('grant_type') === 'refresh_token' ? refresh(c, form) : exchange(c, form)
    },

    revoke: async (c) => {
      const type = c.req.header('content-type') ?? ''
      const form = new URLSearchParams(await c.req.text())
      const extra = [...form.keys()].find((name) => !['token', 'token_type_hint'].includes(name))
      if (!type.startsWith('application/x-www-form-urlencoded') || extra !== undefined) {
        return refuse(c, 400, 'invalid_request', 'a form with token and nothing else')
      }
      const token = form.get('token') ?? ''
      const grant = refreshTokens.get(token) ?? accessTokens.get(token)?.grant
      server.revocations.push(token)
      if (grant?.alive !== true) {
        return refuse(c, 400, 'invalid_token', 'Token expired or revoked')
      }
      // All of the client's grants for the account end together.
      server.killGrant(grant.account)
      return c.json({})
    },

    authenticate: (header) => {
      const token = /^Bearer (\S+)$/.exec(header ?? '')?.[1]
      const found = token === undefined ? undefined : accessTokens.get(token)
      if (found === undefined || found.expiresAt <= Date.now() || !found.grant.alive)
        return undefined
      return found.grant
    },

    reset: () => {
      pending.clear()
      codes.clear()
      accessTokens.clear()
      refreshTokens.clear()
      exchanged.clear()
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
