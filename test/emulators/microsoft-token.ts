// Entra's token endpoint: what it refuses, with AADSTS numbers, and what it says beyond RFC 6749.
// Source: learn.microsoft.com/entra/identity-platform/reference-error-codes, .../refresh-tokens.
import { randomBytes, randomUUID } from 'node:crypto'
import type { Context } from 'hono'
import { PEOPLE, PERSONAL_TENANT, type MicrosoftSettings } from './graph-settings.ts'
import { findClient } from './oauth-rules.ts'
import { issuedSecrets, type OAuthServer } from './oauth-server.ts'

/** Personal accounts consent to them, are not given them, and hear no word of it. */
export const WORK_SCOPES = ['Sites.Read.All', 'Team.ReadBasic.All', 'Channel.ReadBasic.All']

/** What a library can act on without reading text. */
const SUBERRORS: Readonly<Record<number, string>> = {
  50076: 'basic_action',
  50173: 'bad_token',
  53003: 'message_only',
  65001: 'consent_required',
  700082: 'token_expired',
}

export function describeError(
  error: string,
  code: number,
  detail: string,
  more: object = {},
): object {
  const trace = randomUUID()
  const correlation = randomUUID()
  const time = `${new Date().toISOString().slice(0, 19).replace('T', ' ')}Z`
  const suberror = SUBERRORS[code]
  return {
    error,
    error_description: `AADSTS${code}: ${detail}\r\nTrace ID: ${trace}\r\nCorrelation ID: ${correlation}\r\nTimestamp: ${time}`,
    error_codes: [code],
    timestamp: time,
    trace_id: trace,
    correlation_id: correlation,
    error_uri: `https://login.microsoftonline.com/error?code=${code}`,
    ...(suberror === undefined ? {} : { suberror }),
    ...more,
  }
}

/** The number that belongs to what the OAuth server found. */
export function codeOf(error: string, detail: string, { deadGrant }: MicrosoftSettings): number {
  if (error === 'invalid_client') return 7000215
  if (error === 'invalid_request') return detail.includes('Origin') ? 9002326 : 9002313
  if (error !== 'invalid_grant') return 90000
  if (detail.includes('another client')) return 70000
  if (detail.includes('used before')) return 54005
  if (detail.includes('code_verifier')) return 501481
  return detail.startsWith('Token') ? deadGrant : 70008
}

interface Refusal {
  readonly status: 400 | 401
  readonly body: object
}

const refusal = (
  status: 400 | 401,
  error: string,
  code: number,
  detail: string,
  more?: object,
) => ({
  status,
  body: describeError(error, code, detail, more),
})

const OTHER_TENANT = 'Provided Authorization Code is intended to use against other tenant.'

/** POST {tenant}/oauth2/v2.0/token. `tenants`: at which tenant each code was given. */
export async function answerToken(
  c: Context,
  oauth: OAuthServer,
  settings: MicrosoftSettings,
  place: { readonly tenants: ReadonlyMap<string, string>; readonly known: boolean },
): Promise<Response> {
  const form = new URLSearchParams(await c.req.text())
  const grant = form.get('grant_type') ?? ''
  const given = place.tenants.get(form.get('code') ?? '')
  const elsewhere = !place.known || (given !== undefined && given !== c.req.param('tenant'))
  const refused =
    refuseClient(oauth, settings, form) ??
    (elsewhere ? refusal(400, 'invalid_grant', 700005, OTHER_TENANT) : undefined) ??
    (grant === 'refresh_token' ? refuseRefresh(settings) : undefined)
  if (refused !== undefined) {
    oauth.tokenRequests.push({ grant, account: undefined, ok: false })
    return c.json(refused.body, refused.status, { 'cache-control': 'no-store' })
  }
  const response = await oauth.token(c)
  return response.status === 200 ? complete(c, oauth, form, response) : response
}

/** What is wrong with the app, which is the operator's fault and nobody's who connected a drive. */
function refuseClient(
  oauth: OAuthServer,
  settings: MicrosoftSettings,
  form: URLSearchParams,
): Refusal | undefined {
  if (settings.secretExpired) {
    const detail = 'The provided client secret keys for app are expired.'
    return refusal(401, 'invalid_client', 7000222, detail)
  }
  const id = form.get('client_id')
  if (findClient(oauth.rules, id) === undefined) {
    const detail = `Application with identifier '${id}' was not found in the directory.`
    return refusal(400, 'unauthorized_client', 700016, detail)
  }
  if (form.has('client_secret')) return undefined
  const detail = `The request body must contain the following parameter: 'client_assertion' or 'client_secret'.`
  return refusal(401, 'invalid_client', 7000218, detail)
}

function refuseRefresh(settings: MicrosoftSettings): Refusal | undefined {
  const claims = '{"access_token":{"capolids":{"essential":true,"values":["c1"]}}}'
  if (settings.needsMfa) {
    const detail = 'You must use multi-factor authentication to access the resource.'
    return refusal(400, 'invalid_grant', 50076, detail, { claims })
  }
  if (!settings.conditionalAccess) return undefined
  const detail = 'Access has been blocked by Conditional Access policies.'
  return refusal(400, 'invalid_grant', 53003, detail, { claims })
}

/** Adds what Entra says more; a refresh that does not name offline_access again gets no refresh token. */
async function complete(
  c: Context,
  oauth: OAuthServer,
  form: URLSearchParams,
  response: Response,
): Promise<Response> {
  const answer = (await response.json()) as Record<string, unknown>
  const granted = oauth.authenticate(`Bearer ${String(answer['access_token'])}`)
  const person = PEOPLE.find(({ email }) => email === granted?.account)
  const asked = form.get('scope')?.split(' ').map(shorten)
  const ignored = person?.tenant === PERSONAL_TENANT ? WORK_SCOPES : []
  const given = [...(granted?.scopes ?? []), ...ignored]
  const missing = asked?.find((scope) => !given.includes(scope))
  if (missing !== undefined) {
    const last = oauth.tokenRequests.at(-1)
    if (last !== undefined) last.ok = false
    const detail = `The user or administrator has not consented to use the application: ${missing}`
    return c.json(describeError('invalid_grant', 65001, detail), 400)
  }
  if (asked !== undefined && !asked.includes('offline_access')) delete answer['refresh_token']
  const openid = granted?.scopes.includes('openid') === true && person !== undefined
  const headers = { 'cache-control': 'no-store' }
  const all = { ...answer, ext_expires_in: answer['expires_in'] }
  if (!openid) return c.json(all, 200, headers)
  return c.json({ ...all, id_token: idToken(person, granted.client) }, 200, headers)
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
