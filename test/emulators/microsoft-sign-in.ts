// Entra v2 sign-in: the shared OAuth server with Microsoft's apps, tenants, consent and the policies of administrators.
// Source: learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow, .../v2-admin-consent.
import { randomUUID } from 'node:crypto'
import type { Context, Hono } from 'hono'
import { CONTOSO, PEOPLE, PERSONAL_TENANT, type MicrosoftSettings } from './graph-settings.ts'
import { answerToken, codeOf, describeError, WORK_SCOPES } from './microsoft-token.ts'
import { errorPage } from './oauth-page.ts'
import { findClient, isRegistered, type OAuthClient } from './oauth-rules.ts'
import { createOAuthServer, type OAuthServer } from './oauth-server.ts'

const SCOPES = [
  'Files.Read',
  'Files.ReadWrite',
  'Files.Read.All',
  'Files.ReadWrite.All',
  ...WORK_SCOPES,
  'User.Read',
  'offline_access',
  'openid',
  'profile',
  'email',
]
const TENANTS = ['common', 'organizations', 'consumers', CONTOSO, PERSONAL_TENANT]

export const ONEDRIVE_APP: OAuthClient = {
  clientId: '5110a7d0-0000-4000-8000-000000000001',
  clientSecret: 'slipway~dev-secret_microsoft.1',
  providers: ['onedrive'],
}
export const MICROSOFT_365_APP: OAuthClient = {
  clientId: '5110a7d0-0000-4000-8000-000000000365',
  clientSecret: 'slipway~dev-secret_microsoft+365/2',
  providers: ['microsoft_365'],
}

export function createSignIn(settings: MicrosoftSettings): OAuthServer {
  return createOAuthServer(
    {
      vendor: 'Microsoft',
      ...ONEDRIVE_APP,
      otherClients: [MICROSOFT_365_APP],
      parameters: {
        login_hint: /^[^\s]*$/,
        response_mode: /^query$/,
        prompt: /^(?:login|none|consent|select_account)?$/,
        domain_hint: /^[a-z.]*$/,
        // What a refusal to refresh asked for.
        claims: /^(?:\{.*\})?$/,
      },
      isScope: (scope) => SCOPES.includes(scope.replace('https://graph.microsoft.com/', '')),
      granular: false,
      grantable: (account, scopes) => {
        const short = scopes.map((scope) => scope.replace('https://graph.microsoft.com/', ''))
        return short.filter((scope) => isWork(account) || !WORK_SCOPES.includes(scope))
      },
      policy: (account, scopes) => adminPolicy(settings, account, scopes),
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
      exchangeFields: ['scope'],
      refreshFields: ['scope'],
      refusesOrigin: true,
      describeError: (error, detail) =>
        describeError(error, codeOf(error, detail, settings), detail),
      errorOnDeny: {
        error_description: 'AADSTS65004: User declined to consent to access the app.',
        error_subcode: 'cancel',
      },
    },
    PEOPLE.map(({ email, name }) => ({ email, name })),
  )
}

const isWork = (account: string | null) =>
  PEOPLE.some(({ email, tenant }) => email === account && tenant === CONTOSO)

const POLICIES = {
  90094: ['access_denied', 'The grant requires admin permission.'],
  90095: ['access_denied', 'The user has asked an administrator for approval.'],
  65001: [
    'consent_required',
    'The user or administrator has not consented to use the application.',
  ],
} as const

/** The managed default policy: what reaches the whole tenant needs an administrator, the own drive does not (MC1097272). */
function adminPolicy(
  { adminConsent }: MicrosoftSettings,
  account: string,
  scopes: readonly string[],
): Readonly<Record<string, string>> | undefined {
  const broad = scopes.some((scope) => scope.endsWith('.All'))
  if (adminConsent === undefined || !broad || !isWork(account)) return undefined
  const [error, detail] = POLICIES[adminConsent]
  return { error, error_description: `AADSTS${adminConsent}: ${detail}` }
}

/** Serves sign-in below `/login.microsoftonline.com/{tenant}`. */
export function mountSignIn(app: Hono, oauth: OAuthServer, settings: MicrosoftSettings): void {
  const host = '/login.microsoftonline.com/:tenant'
  const base = `${host}/oauth2/v2.0`
  /** At which tenant a code was given: it is redeemed there. */
  const tenants = new Map<string, string>()
  const knows = (c: Context) => TENANTS.includes(c.req.param('tenant') ?? '')
  app.get(`${base}/authorize`, (c) => {
    if (knows(c)) return oauth.authorizePage(c)
    return c.html(errorPage('Microsoft', 'AADSTS90002: Tenant not found.'), 400)
  })
  app.get(`${base}/consent`, (c) => decide(c, oauth, settings, tenants))
  app.get(`${host}/v2.0/adminconsent`, (c) => consentForAll(c, oauth, settings))
  app.post(`${base}/token`, (c) => answerToken(c, oauth, settings, { tenants, known: knows(c) }))
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
  const stay = (problem: string) => c.html(errorPage('Microsoft', problem), 400)
  if (person !== undefined && !admits(tenant, person.tenant))
    return stay('AADSTS50020: User account does not exist in this tenant.')
  const allowed = isWork(query.get('account')) && query.get('decision') === 'allow'
  // The app never hears of this: the person stays on Microsoft's page.
  if (allowed && settings.conditionalAccess)
    return stay('AADSTS53003: Access has been blocked by Conditional Access policies.')
  const response = oauth.decide(c)
  const location = response.headers.get('location')
  if (location === null) return response
  const back = new URL(location)
  const code = back.searchParams.get('code')
  if (code !== null) tenants.set(code, tenant)
  if (allowed && oauth.settings.denyWith !== undefined) {
    back.searchParams.set('error_description', 'AADSTS90094: The grant requires admin permission.')
    back.searchParams.delete('error_subcode')
  }
  return c.redirect(back.href)
}

const admits = (tenant: string, home: string) =>
  tenant === 'common' ||
  tenant === home ||
  tenant === (home === PERSONAL_TENANT ? 'consumers' : 'organizations')

/** GET {tenant}/v2.0/adminconsent: the administrator who opens it consents for everybody. Not at `common`. */
function consentForAll(c: Context, oauth: OAuthServer, settings: MicrosoftSettings): Response {
  const query = new URL(c.req.url).searchParams
  const scopes = (query.get('scope') ?? '').split(' ')
  const client = findClient(oauth.rules, query.get('client_id'))
  const target = query.get('redirect_uri') ?? ''
  const registered = client !== undefined && isRegistered(client, target)
  const uris = scopes.every((scope) => scope.startsWith('https://') && oauth.rules.isScope(scope))
  if (![CONTOSO, 'organizations'].includes(c.req.param('tenant') ?? '') || !registered || !uris)
    return c.html(errorPage('Microsoft', 'AADSTS900144: The request is malformed.'), 400)
  settings.adminConsent = undefined
  const back = new URL(target)
  const more = { tenant: CONTOSO, scope: scopes.join(' '), state: query.get('state') ?? '' }
  for (const [name, value] of Object.entries({ admin_consent: 'True', ...more }))
    back.searchParams.set(name, value)
  return c.redirect(back.href)
}
