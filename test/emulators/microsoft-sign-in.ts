// Entra v2 sign-in: the shared OAuth server with Microsoft's rules, tenants, AADSTS errors, id_token and policies of administrators.
// Source: learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow, .../reference-error-codes.
import { randomBytes, randomUUID } from 'node:crypto'
import type { Context, Hono } from 'hono'
import { CONTOSO, PEOPLE, PERSONAL_TENANT, type MicrosoftSettings } from './graph-settings.ts'
import { errorPage } from './oauth-page.ts'
import { createOAuthServer, issuedSecrets, type OAuthServer } from './oauth-server.ts'

const SCOPES = [
  'Files.Read',
  'Files.ReadWrite',
  'Files.Read.All',
  'Files.ReadWrite.All',
  'Sites.Read.All',
  'Team.ReadBasic.All',
  'Channel.ReadBasic.All',
  'User.Read',
  'offline_access',
  'openid',
  'profile',
  'email',
]
const TENANTS = ['common', 'organizations', 'consumers', CONTOSO, PERSONAL_TENANT]

export function createSignIn(): OAuthServer {
  return createOAuthServer(
    {
      vendor: 'Microsoft',
      clientId: '5110a7d0-0000-4000-8000-000000000001',
      clientSecret: 'slipway~dev-secret_microsoft.1',
      providers: ['onedrive', 'microsoft_365'],
      parameters: {
        response_mode: /^query$/,
        prompt: /^(?:login|none|consent|select_account)?$/,
        domain_hint: /^[a-z.]*$/,
      },
      isScope: (scope) => SCOPES.includes(scope),
      granular: false,
      isOffline: (_, scopes) => scopes.includes('offline_access'),
      // offline_access is not named, and names come back as full URIs.
      scopeInAnswer: (scopes) =>
        scopes
          .filter((scope) => scope !== 'offline_access')
          .map((scope) => (scope.includes('.') ? `https://graph.microsoft.com/${scope}` : scope))
          .join(' '),
      callbackExtras: () => ({ session_state: randomUUID() }),
      rotation: 'keep-old',
      tokenPrefixes: { access: 'EwB', refresh: '0.AXwA', code: 'M.C5' },
      refreshFields: ['scope'],
      refusesOrigin: true,
      describeError: (error, detail) => describeError(error, codeOf(error, detail), detail),
      errorOnDeny: {
        error_description: 'AADSTS65004: User declined to consent to access the app.',
        error_subcode: 'cancel',
      },
    },
    PEOPLE.map(({ email, name }) => ({ email, name })),
  )
}

function describeError(error: string, code: number, detail: string, more: object = {}): object {
  const trace = randomUUID()
  const correlation = randomUUID()
  const time = `${new Date().toISOString().slice(0, 19).replace('T', ' ')}Z`
  return {
    error,
    error_description: `AADSTS${code}: ${detail}\r\nTrace ID: ${trace}\r\nCorrelation ID: ${correlation}\r\nTimestamp: ${time}`,
    error_codes: [code],
    timestamp: time,
    trace_id: trace,
    correlation_id: correlation,
    error_uri: `https://login.microsoftonline.com/error?code=${code}`,
    ...more,
  }
}

/** The number that belongs to what the OAuth server found. */
function codeOf(error: string, detail: string): number {
  if (error === 'invalid_client') return 7000215
  if (error === 'invalid_request') return detail.includes('Origin') ? 9002326 : 9002313
  if (error !== 'invalid_grant') return 90000
  if (detail.includes('used before')) return 54005
  if (detail.includes('code_verifier')) return 501481
  return detail.startsWith('Token') ? 700082 : 70008
}

/** Serves sign-in below `/login.microsoftonline.com/{tenant}`. */
export function mountSignIn(app: Hono, oauth: OAuthServer, settings: MicrosoftSettings): void {
  const base = '/login.microsoftonline.com/:tenant/oauth2/v2.0'
  /** At which tenant a code was given: it is redeemed there. */
  const tenants = new Map<string, string>()
  app.get(`${base}/authorize`, (c) => {
    if (TENANTS.includes(c.req.param('tenant'))) return oauth.authorizePage(c)
    return c.html(errorPage('Microsoft', 'AADSTS90002: Tenant not found.'), 400)
  })
  app.get(`${base}/consent`, (c) => decide(c, oauth, settings, tenants))
  app.post(`${base}/token`, (c) => answerToken(c, oauth, settings, tenants))
}

function decide(
  c: Context,
  oauth: OAuthServer,
  settings: MicrosoftSettings,
  tenants: Map<string, string>,
): Response {
  const tenant = c.req.param('tenant') ?? ''
  const query = new URL(c.req.url).searchParams
  const person = PEOPLE.find(({ email }) => email === query.get('account'))
  if (person !== undefined && !admits(tenant, person.tenant)) {
    const problem = 'AADSTS50020: User account does not exist in this tenant.'
    return c.html(errorPage('Microsoft', problem), 400)
  }
  const atWork = person?.tenant === CONTOSO && query.get('decision') === 'allow'
  const before = oauth.settings.denyWith
  if (settings.adminConsent && atWork) oauth.settings.denyWith ??= 'access_denied'
  const policy = atWork && oauth.settings.denyWith !== undefined
  const response = oauth.decide(c)
  oauth.settings.denyWith = before
  const location = response.headers.get('location')
  if (location === null) return response
  const back = new URL(location)
  const code = back.searchParams.get('code')
  if (code !== null) tenants.set(code, tenant)
  if (policy) {
    back.searchParams.set('error_description', 'AADSTS90094: The grant requires admin permission.')
    back.searchParams.delete('error_subcode')
  }
  return c.redirect(back.href)
}

const admits = (tenant: string, home: string) =>
  tenant === 'common' ||
  tenant === home ||
  tenant === (home === PERSONAL_TENANT ? 'consumers' : 'organizations')

async function answerToken(
  c: Context,
  oauth: OAuthServer,
  settings: MicrosoftSettings,
  tenants: ReadonlyMap<string, string>,
): Promise<Response> {
  const tenant = c.req.param('tenant') ?? ''
  const form = new URLSearchParams(await c.req.text())
  const grant = form.get('grant_type') ?? ''
  const refuse = (status: 400 | 401, body: object) => {
    oauth.tokenRequests.push({ grant, account: undefined, ok: false })
    return c.json(body, status, { 'cache-control': 'no-store' })
  }
  if (settings.secretExpired) {
    const detail = 'The provided client secret keys for app are expired.'
    return refuse(401, describeError('invalid_client', 7000222, detail))
  }
  const given = tenants.get(form.get('code') ?? '')
  if (!TENANTS.includes(tenant) || (given !== undefined && given !== tenant)) {
    const detail = 'Provided Authorization Code is intended to use against other tenant.'
    return refuse(400, describeError('invalid_grant', 700005, detail))
  }
  if (settings.needsMfa && grant === 'refresh_token') {
    const detail = 'You must use multi-factor authentication to access the resource.'
    const claims = '{"access_token":{"capolids":{"essential":true,"values":["c1"]}}}'
    const more = { suberror: 'basic_action', claims }
    return refuse(400, describeError('invalid_grant', 50076, detail, more))
  }
  const response = await oauth.token(c)
  return response.status === 200 ? complete(c, oauth, form, response) : response
}

/** Adds what Entra says beyond RFC 6749; a refresh that does not name offline_access again gets no refresh token. */
async function complete(
  c: Context,
  oauth: OAuthServer,
  form: URLSearchParams,
  response: Response,
): Promise<Response> {
  const answer = (await response.json()) as Record<string, unknown>
  const granted = oauth.authenticate(`Bearer ${String(answer['access_token'])}`)
  const asked = form.get('scope')?.split(' ').map(shorten)
  const more = asked?.find((scope) => granted !== undefined && !granted.scopes.includes(scope))
  if (more !== undefined) {
    const last = oauth.tokenRequests.at(-1)
    if (last !== undefined) last.ok = false
    const detail = `The user or administrator has not consented to use the application: ${more}`
    const suberror = { suberror: 'consent_required' }
    return c.json(describeError('invalid_grant', 65001, detail, suberror), 400)
  }
  if (asked !== undefined && !asked.includes('offline_access')) delete answer['refresh_token']
  const person = PEOPLE.find(({ email }) => email === granted?.account)
  const openid = granted?.scopes.includes('openid') === true && person !== undefined
  const headers = { 'cache-control': 'no-store' }
  const all = { ...answer, ext_expires_in: answer['expires_in'] }
  if (!openid) return c.json(all, 200, headers)
  return c.json({ ...all, id_token: idToken(person, oauth.rules.clientId) }, 200, headers)
}

const shorten = (scope: string) => scope.replace('https://graph.microsoft.com/', '')

/** Claims in the shape of a JWT. Its signature is made up: nothing in the emulator publishes keys. */
function idToken(person: (typeof PEOPLE)[number], audience: string): string {
  const now = Math.floor(Date.now() / 1000)
  const padded = person.id.padStart(16, '0')
  const personal = person.tenant === PERSONAL_TENANT
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = {
    aud: audience,
    iss: `https://login.microsoftonline.com/${person.tenant}/v2.0`,
    iat: now,
    exp: now + 3600,
    tid: person.tenant,
    oid: personal ? `00000000-0000-0000-${padded.slice(0, 4)}-${padded.slice(4)}` : person.id,
    sub: Buffer.from(person.email).toString('base64url'),
    preferred_username: person.email,
    email: person.email,
    name: person.name,
  }
  const signature = randomBytes(256).toString('base64url')
  const token = `${part({ typ: 'JWT', alg: 'RS256', kid: 'emulated' })}.${part(claims)}.${signature}`
  issuedSecrets.add(token)
  return token
}
