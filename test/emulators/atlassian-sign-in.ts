// Atlassian's OAuth 2.0 (3LO): the shared OAuth server with Atlassian's rules, one-time refresh tokens, and the sites of a consent.
// Source: developer.atlassian.com/cloud/confluence/oauth-2-authorization-code-grants-3lo-for-apps,
// developer.atlassian.com/cloud/oauth/getting-started/refresh-tokens.
import type { Context, Hono } from 'hono'
import { ConfluenceError, gatewayError } from './confluence-errors.ts'
import { PEOPLE, SITES, type ConfluenceSettings, type Site } from './confluence-settings.ts'
import type { ConfluenceState } from './confluence-state.ts'
import { errorPage } from './oauth-page.ts'
import { createOAuthServer, type OAuthServer } from './oauth-server.ts'
import { UNKNOWN_TOKEN } from './oauth-tokens.ts'

/** What the app's console has switched on. Source: .../cloud/confluence/scopes-for-oauth-2-3LO-and-forge-apps. */
const SCOPES = [
  'read:space:confluence',
  'read:space-details:confluence',
  'read:page:confluence',
  'read:hierarchical-content:confluence',
  'read:content.metadata:confluence',
  'read:content-details:confluence',
  'read:folder:confluence',
  'read:whiteboard:confluence',
  'read:database:confluence',
  'read:embed:confluence',
  'read:attachment:confluence',
  'read:comment:confluence',
  'read:confluence-space.summary',
  'read:confluence-content.all',
  'read:confluence-user',
  'readonly:content.attachment:confluence',
  'search:confluence',
  'read:jira-work',
  'read:me',
  'offline_access',
]

export function createAtlassianSignIn(settings: ConfluenceSettings): OAuthServer {
  return createOAuthServer(
    {
      vendor: 'Atlassian',
      clientId: 'SlipwayDevConfluence000000000001',
      clientSecret: 'ATOA-slipway-dev-secret-confluence',
      providers: ['confluence'],
      parameters: { audience: /^api\.atlassian\.com$/, prompt: /^consent$/ },
      isScope: (scope) => SCOPES.includes(scope),
      granular: false,
      // Without it the grant dies with its access token.
      isOffline: (_, scopes) => scopes.includes('offline_access'),
      scopeInAnswer: (scopes) =>
        scopes.filter((scope) => !settings.withheldScopes.includes(scope)).join(' '),
      rotation: 'one-time',
      // JWTs of 1 to 3 kB: they have to fit where they are stored and sent.
      tokenPrefixes: {
        access: `${jwtPart({ kid: 'auth.atlassian.com-ACCESS', alg: 'RS256' })}.${jwtPart({ aud: 'emulated' })}.`,
        refresh: `${jwtPart({ kid: 'auth.atlassian.com-REFRESH', alg: 'RS256' })}.${jwtPart({ aud: 'emulated' })}.`,
        code: `${jwtPart({ alg: 'HS256', typ: 'JWT' })}.`,
      },
      tokenBytes: 1500,
      pkceOptional: true,
      resourcesOf: (account) =>
        SITES.filter(({ members }) => members.includes(account)).map(({ id, name, host }) => ({
          id,
          name: `${name} – ${host}`,
        })),
      refreshFields: [],
      refusesOrigin: false,
      describeError: (error, detail) => describeError(settings, error, detail),
      statusOf: (error) => {
        if (error === 'invalid_client') return 401
        return error === 'invalid_grant' ? settings.deadStatus : 400
      },
      errorOnDeny: { error_description: 'User did not authorize the request' },
    },
    PEOPLE.map(({ email, name }) => ({ email, name })),
  )
}

const jwtPart = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Measured by the authors of confluence.js: docs/guide/oauth2.md of github.com/MrRefactoring/confluence.js. */
function describeError(settings: ConfluenceSettings, error: string, detail: string): object {
  const say = (code: string, text: string) => ({ error: code, error_description: text })
  if (error === 'invalid_client') return say('access_denied', 'Unauthorized')
  if (error !== 'invalid_grant') return say(error, detail)
  if (!detail.startsWith('Token')) return say('invalid_grant', 'Invalid authorization code')
  return detail === UNKNOWN_TOKEN || settings.deadGrant === 'unauthorized_client'
    ? say('unauthorized_client', 'refresh_token is invalid')
    : say('invalid_grant', 'Unknown or invalid refresh token.')
}

/** Serves sign-in at `/auth.atlassian.com`, and what a token says of itself at `/api.atlassian.com`. */
export function mountAtlassianSignIn(app: Hono, state: ConfluenceState): void {
  const { oauth } = state
  app.get('/auth.atlassian.com/authorize', (c) => oauth.authorizePage(c))
  app.get('/auth.atlassian.com/consent', (c) => decide(c, state))
  app.post('/auth.atlassian.com/oauth/token', (c) => answerToken(c, state))
  app.get('/api.atlassian.com/oauth/token/accessible-resources', (c) =>
    guarded(c, () => accessibleResources(c, state)),
  )
  app.get('/api.atlassian.com/me', (c) => guarded(c, () => me(c, state)))
}

function guarded(c: Context, handler: () => Response): Response {
  try {
    return handler()
  } catch (error) {
    if (error instanceof ConfluenceError) return error.toResponse(c)
    throw error
  }
}

/** The fields are an object of strings in JSON. */
async function answerToken(c: Context, { oauth, settings }: ConfluenceState): Promise<Response> {
  const type = c.req.header('content-type') ?? ''
  if (settings.formTokens && !type.startsWith('application/json')) return oauth.token(c)
  const fields = type.startsWith('application/json') ? readStrings(await c.req.text()) : undefined
  if (fields !== undefined) return oauth.token(c, fields)
  oauth.tokenRequests.push({ grant: '', account: undefined, ok: false })
  const body = describeError(settings, 'invalid_request', 'The body must be a JSON object')
  return c.json(body, 400, { 'cache-control': 'no-store' })
}

function readStrings(text: string): URLSearchParams | undefined {
  try {
    const fields = Object.entries(JSON.parse(text) as object)
    return fields.every(([, value]) => typeof value === 'string')
      ? new URLSearchParams(fields as [string, string][])
      : undefined
  } catch {
    return undefined
  }
}

function decide(c: Context, { oauth, settings }: ConfluenceState): Response {
  const query = new URL(c.req.url).searchParams
  const account = query.get('account') ?? ''
  if (query.get('decision') === 'allow') {
    const own = oauth.rules.resourcesOf?.(account) ?? []
    const ticked = own.filter(({ id }) => query.getAll('resource').includes(id))
    const most = settings.oneSitePerGrant ? 1 : own.length
    if ((own.length > 0 && ticked.length === 0) || ticked.length > most) {
      const problem = settings.oneSitePerGrant ? 'choose one site' : 'choose a site'
      return c.html(errorPage('Atlassian', problem), 400)
    }
    if (settings.consentEndsOthers) oauth.killGrant(account)
  }
  return oauth.decide(c)
}

/** Which sites the token may be used on. Nothing but a living token is needed. */
function accessibleResources(c: Context, state: ConfluenceState): Response {
  checkPlain(c)
  const { person, scopes } = state.authenticate(c, 401)
  const own = scopes.filter((scope) => scope.endsWith(':confluence') || /:confluence-/.test(scope))
  const entry = ({ id, name, host }: Site, granted: readonly string[]) => ({
    id,
    name,
    url: `https://${host}`,
    scopes: granted,
    avatarUrl: `https://site-admin-avatar-cdn.prod.public.atl-paas.net/avatars/240/${name[0]?.toLowerCase()}.png`,
  })
  const sites = state.sitesOf(person.email)
  const jira = ['read:jira-work']
  const list = sites.flatMap((site) => [
    // One entry for each product.
    ...(site.jira && state.settings.duplicateSites ? [entry(site, jira)] : []),
    ...(own.length > 0 ? [entry(site, own)] : []),
  ])
  if (state.settings.jiraSite) list.unshift(entry(JIRA_ALONE, jira))
  return c.json(list)
}

const JIRA_ALONE: Site = {
  id: '00c0ffee-0000-4000-8000-000000000001',
  name: 'Tickets',
  host: 'tickets.atlassian.net',
  members: [],
  jira: true,
}

function me(c: Context, state: ConfluenceState): Response {
  checkPlain(c)
  const { person, scopes } = state.authenticate(c, 401)
  if (!scopes.includes('read:me')) throw gatewayError(403, 'Forbidden')
  const { accountId, email, name } = person
  return c.json({
    account_type: 'atlassian',
    account_id: accountId,
    email,
    name,
    picture: `https://avatar-management--avatars.us-west-2.prod.public.atl-paas.net/${accountId}/128`,
    account_status: 'active',
    nickname: name.split(' ')[0]?.toLowerCase(),
    zoneinfo: 'Europe/Berlin',
    locale: 'en-GB',
    email_verified: true,
  })
}

/** Throws 400 for a query where there is none. */
function checkPlain(c: Context): void {
  if (new URL(c.req.url).search !== '') throw gatewayError(400, 'Unknown parameter')
}
