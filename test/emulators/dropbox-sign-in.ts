// Dropbox's sign-in: the shared OAuth server with Dropbox's parameters, answers and errors, and the end of a grant.
// Source: developers.dropbox.com/oauth-guide, dropbox.com/developers/documentation/http/documentation#authorization.
import type { Context, Hono } from 'hono'
import { malformed } from './dropbox-errors.ts'
import { DROPBOX_PEOPLE } from './dropbox-settings.ts'
import type { DropboxState } from './dropbox-state.ts'
import { errorPage } from './oauth-page.ts'
import { createOAuthServer, type OAuthServer } from './oauth-server.ts'

/** What is ticked in the app console. */
const SCOPES = [
  'account_info.read',
  'files.metadata.read',
  'files.metadata.write',
  'files.content.read',
  'files.content.write',
  'sharing.read',
]

/** Seconds that access tokens live. */
export const TOKEN_LIFETIME = 14_400

/** A request that names no scope asks for all that are ticked. */
export const scopesOf = (granted: readonly string[]) => (granted.join('') === '' ? SCOPES : granted)

export function createDropboxSignIn(): OAuthServer {
  return createOAuthServer(
    {
      vendor: 'Dropbox',
      clientId: 'slipwaydevkey01',
      clientSecret: 'slipwaydevsec01',
      providers: ['dropbox'],
      parameters: {
        token_access_type: /^(?:online|offline)?$/,
        include_granted_scopes: /^(?:user)?$/,
        force_reapprove: /^(?:true|false)?$/,
        force_reauthentication: /^(?:true|false)?$/,
        disable_signup: /^(?:true|false)?$/,
        require_role: /^(?:personal|work)?$/,
        locale: /^[A-Za-z_-]*$/,
      },
      isScope: (scope) => scope === '' || SCOPES.includes(scope),
      granular: false,
      isOffline: (query) => query.get('token_access_type') === 'offline',
      scopeInAnswer: (scopes) => scopesOf(scopes).join(' '),
      rotation: 'never',
      tokenPrefixes: { access: 'sl.u.AA', refresh: 'oRx', code: 'dbx' },
      refreshFields: [],
      refusesOrigin: false,
      describeError,
      errorOnDeny: {
        error_description: 'The user chose not to give your app access to their Dropbox account.',
      },
    },
    DROPBOX_PEOPLE.map(({ email, givenName, surname }) => ({
      email,
      name: `${givenName} ${surname}`,
    })),
  )
}

function describeError(error: string, detail: string): object {
  const description: Record<string, string> = {
    invalid_client: 'Invalid client_id or client_secret',
    invalid_grant: detail.startsWith('Token')
      ? 'refresh token is invalid or revoked'
      : detail.includes('code_verifier')
        ? 'invalid code verifier'
        : detail.includes('redirect_uri')
          ? 'redirect_uri mismatch'
          : "code doesn't exist or has expired",
  }
  return { error, error_description: description[error] ?? detail }
}

export function mountDropboxSignIn(app: Hono, state: DropboxState): void {
  const { oauth } = state
  /** Whose code or refresh token belongs to a client that showed no secret: it goes on without. */
  const unproven = new Set<string>()
  const page = '/www.dropbox.com/oauth2'
  /** The `state` of requests that ask to keep what was granted before. */
  const merging = new Set<string>()
  app.get(`${page}/authorize`, (c) => {
    if (c.req.query('include_granted_scopes') !== undefined) {
      if (c.req.query('scope') === undefined)
        return c.html(errorPage('Dropbox', 'include_granted_scopes needs scope'), 400)
      merging.add(c.req.query('state') ?? '')
    }
    return oauth.authorizePage(c)
  })
  app.get(`${page}/consent`, (c) => decide(c, state, merging))
  app.post('/api.dropboxapi.com/oauth2/token', (c) => answerToken(c, state, unproven))
}

/** What was granted before is granted again, where that was asked for; who never linked the app has nothing to keep. */
function decide(
  c: Context,
  { oauth, issued, merged }: DropboxState,
  merging: Set<string>,
): Response {
  const account = c.req.query('account')
  const response = oauth.decide(c)
  const back = new URL(response.headers.get('location') ?? c.req.url)
  const code = back.searchParams.get('code')
  if (code === null || !merging.delete(back.searchParams.get('state') ?? '')) return response
  const before = [...issued.values()].filter((one) => one.alive && one.account === account)
  if (before.length === 0) {
    c.header('location', undefined)
    return c.html(errorPage('Dropbox', 'include_granted_scopes: the app was never linked'), 400)
  }
  merged.set(code, [...new Set(before.flatMap(({ scopes }) => scopesOf(scopes)))])
  return response
}

/** Fields stand in a form, or, as the vendor's own SDK sends them, in the query beside an empty body. */
async function readFields(c: Context): Promise<URLSearchParams | string> {
  const text = await c.req.text()
  const query = new URL(c.req.url).searchParams
  if (text === '') return query
  if (query.size > 0) return 'fields in the body and in the query'
  const type = c.req.header('content-type') ?? ''
  return type.startsWith('application/x-www-form-urlencoded')
    ? new URLSearchParams(text)
    : 'the body must be a form'
}

async function answerToken(
  c: Context,
  state: DropboxState,
  unproven: Set<string>,
): Promise<Response> {
  const { oauth, settings } = state
  const fields = await readFields(c)
  const problem = typeof fields === 'string' ? fields : identify(c, fields)
  if (typeof fields === 'string' || problem !== undefined)
    return c.json({ error: 'invalid_request', error_description: problem }, 400)
  // PKCE stands in for the secret: developers.dropbox.com/oauth-guide, "Implementing PKCE".
  const secretless =
    !fields.has('client_secret') &&
    (fields.has('code_verifier') || unproven.has(fields.get('refresh_token') ?? ''))
  if (secretless) fields.set('client_secret', oauth.rules.clientSecret)
  const response = await oauth.token(c, fields)
  if (response.status === 401)
    return c.json((await response.json()) as object, settings.invalidClientStatus)
  if (response.status !== 200) return response
  const answer = (await response.json()) as Record<string, unknown>
  if (secretless && typeof answer['refresh_token'] === 'string')
    unproven.add(answer['refresh_token'])
  return c.json(complete(state, answer, fields))
}

/** Moves the client's name and secret from Basic to the fields; says what is wrong with them. */
function identify(c: Context, fields: URLSearchParams): string | undefined {
  const header = c.req.header('authorization')
  if (header === undefined) return undefined
  const basic = /^Basic (\S+)$/.exec(header)?.[1]
  const [id, secret] = Buffer.from(basic ?? '', 'base64')
    .toString()
    .split(':')
  if (id === undefined || secret === undefined) return 'Authorization is no Basic'
  if (fields.has('client_secret')) return 'client_secret and Authorization'
  if ((fields.get('client_id') ?? id) !== id) return 'another client_id than in Authorization'
  fields.set('client_id', id)
  fields.set('client_secret', secret)
  return undefined
}

/** A refresh answers with a token and its lifetime only: refresh tokens do not rotate. */
function complete(
  { oauth, issued, merged }: DropboxState,
  answer: Record<string, unknown>,
  fields: URLSearchParams,
): Record<string, unknown> {
  const header = `Bearer ${String(answer['access_token'])}`
  const grant = oauth.authenticate(header)
  if (grant !== undefined) issued.set(header, grant)
  const all = { ...answer, token_type: 'bearer' }
  if (fields.get('grant_type') === 'refresh_token') return { ...all, scope: undefined }
  const earlier = merged.get(fields.get('code') ?? '')
  if (grant !== undefined && earlier !== undefined) {
    const scopes = [...new Set([...earlier, ...scopesOf(grant.scopes)])]
    Object.assign(grant, { scopes })
    Object.assign(all, { scope: scopes.join(' ') })
  }
  const person = DROPBOX_PEOPLE.find(({ email }) => email === grant?.account)
  return { ...all, uid: person?.uid, account_id: person?.accountId }
}

/** POST /2/auth/token/revoke: the token's grant ends, and no other grant of the account. Source: auth.stone. */
export function revokeGrant(oauth: OAuthServer, header: string | undefined): void {
  const grant = oauth.authenticate(header)
  if (grant === undefined) throw malformed('No grant to revoke.')
  oauth.revocations.push((header ?? '').slice('Bearer '.length))
  grant.alive = false
}
