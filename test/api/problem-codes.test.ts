// Every code of a problem (spec section 9) is reached over HTTP, as it is documented: a new one without a cause fails here.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { callback, connect, connectWebdav } from '../connect.ts'
import { driveOf } from '../drive.ts'
import { authorize } from '../emulators/oauth-server.ts'
import { rows, startSlipway, type Slipway } from '../harness.ts'
import { tusUser } from '../tus.ts'

let app: Slipway
/** The codes, as the API itself describes them. */
let codes: readonly string[]
/** Nobody answers it while the others are asked. */
let unanswered: { readonly response: Promise<Response> }
beforeAll(async () => {
  app = await startSlipway()
  const document = (await (await fetch(`${app.url}/openapi.json`)).json()) as {
    components: { schemas: { Problem: { properties: { code: { enum: string[] } } } } }
  }
  codes = document.components.schemas.Problem.properties.code.enum
  unanswered = await askInVain()
})
afterAll(() => app.close())

async function askInVain(): Promise<typeof unanswered> {
  const { id } = await connect(app, 'patient', 'onedrive')
  const counter = app.emulators.trouble.add({
    match: { host: 'graph.microsoft.com', path: /\/children$/ },
    fault: { kind: 'stall', ms: 30_000 },
  })
  // At its end the emulator breaks the connection, which would be another problem than a time-out.
  const response = app.as('patient')(`/api/cloud/connections/${id}/items?fresh=1`)
  await vi.waitUntil(() => counter.hits === 1, 10_000)
  return { response }
}

const json = (body: object) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})
const server = (server_url: string, password = 'secret') =>
  app.as('cora')(
    '/api/cloud/connections/webdav',
    json({ provider: 'webdav', server_url, username: 'mia', password }),
  )
/** The API's own storage, which every user has. */
const own = (path: string, init?: RequestInit) =>
  app.as('cora')(`/api/cloud/connections/r2${path}`, init)

/** Consent, with the answer of the callback as a program has it. */
async function consent(
  provider: string,
  options: { readonly account?: string; readonly deny?: boolean } = {},
  body: object = {},
): Promise<Response> {
  const answer = await app.as('cora')(`/api/cloud-accounts/connect/${provider}`, json(body))
  const { authorization_url } = (await answer.json()) as { authorization_url: string }
  const cookie = answer.headers.get('set-cookie')?.split(';')[0]
  return callback(await authorize(authorization_url, options), cookie)
}

/** A user's Google drive, and what becomes of a request to it after this was done. */
let lastUser = 0
async function google(account = 'ann@example.com') {
  const user = `user-${++lastUser}`
  const { id } = await connect(app, user, 'google_drive', { account })
  return driveOf(user, () => ({ app, id }))
}
const troubled = (status: number, host = 'www.googleapis.com', body = '') =>
  app.emulators.trouble.add({
    match: { host },
    times: 10,
    fault: { kind: 'status', status, body, headers: { 'content-type': 'application/json' } },
  })

async function tus(size: number) {
  const user = tusUser(app, 'cora')
  const path = await user.begin(size, { filename: 'codes.bin', connection_id: 'r2' })
  return { user, path }
}

/** What makes each of them. */
const CAUSES: Readonly<Record<string, () => Promise<Response>>> = {
  unauthorized: () => fetch(`${app.url}/api/users/me`),
  forbidden: () => app.as('root', { role: 'admin' })('/api/users/me'),
  not_found: () => app.as('cora')('/api/cloud/connections/nothing'),
  item_not_found: () => own('/items/nothing'),
  invalid_request: () => own('/items?limit=0'),
  blocked_url: () => server('http://169.254.169.254/'),
  server_check_failed: () => server(`${app.emulators.url}/dav-server/`, 'wrong'),
  invalid_state: () => fetch(`${app.url}/api/cloud/oauth/callback/dropbox?state=x&code=y`),
  access_denied: () => consent('google_drive', { deny: true }),
  admin_consent_required: async () => {
    const { settings } = app.emulators.microsoft.oauth
    settings.denyWith = 'consent_required'
    const answer = await consent('onedrive')
    settings.denyWith = undefined
    return answer
  },
  account_mismatch: async () => {
    const { id } = await connect(app, 'cora', 'google_drive', { account: 'ann@example.com' })
    return consent('google_drive', { account: 'bob@example.com' }, { connection_id: id })
  },
  name_conflict: async () => {
    const put = () => own('/content?name=twice.txt', { method: 'PUT', body: 'twice' })
    expect((await put()).status).toBe(201)
    return put()
  },
  offset_mismatch: async () => {
    const { user, path } = await tus(10)
    return user.patch(path, 5, new Uint8Array(5))
  },
  checksum_mismatch: async () => {
    const { user, path } = await tus(10)
    const checksum = `sha256 ${Buffer.alloc(32).toString('base64')}`
    return user.patch(path, 0, new Uint8Array(10), { 'upload-checksum': checksum })
  },
  payload_too_large: async () => {
    const { user, path } = await tus(10)
    return user.patch(path, 0, new Uint8Array(11))
  },
  upload_locked: async () => {
    const { dav } = app.emulators
    dav.addFile('mia', '/locked.txt', 'locked')
    const { id } = await connectWebdav(app, 'cora')
    const drive = driveOf('cora', () => ({ app, id }))
    const item = await drive.find('locked.txt')
    dav.settings.locked.push('/locked.txt')
    const answer = await drive.call(`/items/${item.id}`, { method: 'DELETE' })
    dav.settings.locked.pop()
    return answer
  },
  range_not_satisfiable: async () => {
    const put = await own('/content?name=short.txt', { method: 'PUT', body: 'short' })
    const { id } = (await put.json()) as { id: string }
    return own(`/items/${id}/content`, { headers: { range: 'bytes=100-' } })
  },
  rate_limited: async () => {
    const { call } = await google()
    troubled(429)
    return call('/items?fresh=1')
  },
  quota_exceeded: async () => {
    const { call } = await google()
    const { settings } = app.emulators.google
    settings.full = true
    const answer = await call('/content?name=full.txt', { method: 'PUT', body: 'full' })
    settings.full = false
    return answer
  },
  reauth_required: async () => {
    const { call } = await google('bob@example.com')
    app.emulators.google.oauth.killGrant('bob@example.com')
    return call('/items?fresh=1')
  },
  insufficient_scope: async () => {
    const { call, find } = await google()
    return call(`/items/${(await find('report.pdf')).id}`, { method: 'DELETE' })
  },
  provider_misconfigured: async () => {
    const { call } = await google()
    troubled(401, 'oauth2.googleapis.com', '{"error":"invalid_client"}')
    return call('/refresh', { method: 'POST' })
  },
  provider_unavailable: async () => {
    const { call } = await google()
    troubled(500)
    return call('/items?fresh=1')
  },
  provider_timeout: () => unanswered.response,
  not_supported: () => app.as('cora')('/api/cloud/oauth/initiate/webdav'),
  internal: async () => {
    // A bug, as an operator may have it who deploys without the migrations.
    await rows(app, 'ALTER TABLE documents RENAME TO documents_elsewhere')
    const answer = await app.as('cora')('/api/documents')
    await rows(app, 'ALTER TABLE documents_elsewhere RENAME TO documents')
    return answer
  },
}

describe('the codes', () => {
  it('have a cause each, and there is no other', () => {
    expect(Object.keys(CAUSES).toSorted()).toEqual(codes.toSorted())
  })

  it.each(Object.keys(CAUSES))('%s', async (code) => {
    const answer = await CAUSES[code]?.()
    app.emulators.trouble.clear()
    const text = (await answer?.text()) ?? ''
    const body = JSON.parse(text) as Record<string, unknown>
    expect(body['code']).toBe(code)
    expect(answer?.headers.get('content-type')).toBe('application/problem+json')
    expect(body['status']).toBe(answer?.status)
    expect(body['request_id']).toBe(answer?.headers.get('x-request-id'))
    expect(body['detail']).not.toBe('')
    if (code === 'internal') expect(text).not.toMatch(/documents|sql|no such/i)
    // The page that the problem names explains it.
    expect(body['type']).toBe(`${app.url}/problems/${code}`)
    const page = await fetch(String(body['type']))
    expect(page.status).toBe(200)
    expect(await page.text()).toContain(code)
  })
})
