// The earlier contract /api/cloud-accounts (spec section 12): its whole story, and its own words for what fails.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { callback } from '../connect.ts'
import { authorize } from '../emulators/oauth-server.ts'
import { rows, startSlipway, type Slipway } from '../harness.ts'

const BASE = '/api/cloud-accounts'

let app: Slipway
beforeAll(async () => {
  app = await startSlipway()
})
afterAll(() => app.close())
beforeEach(() => app.emulators.trouble.clear())

const json = async (response: Response) => (await response.json()) as Record<string, unknown>

const post = (user: string, path: string, body?: object) =>
  app.as(user)(`${BASE}${path}`, {
    method: 'POST',
    ...(body && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  })

async function start(user: string, provider: string, body?: object) {
  const answer = await post(user, `/connect/${provider}`, body)
  expect(answer.status).toBe(200)
  const started = await json(answer)
  expect(Object.keys(started)).toEqual(['authorization_url', 'attempt_id', 'expires_at'])
  const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? ''
  return { url: String(started['authorization_url']), cookie, id: String(started['attempt_id']) }
}

/** Connects as a program that reads JSON sees it. */
async function join(user: string, provider: string, account?: string) {
  const { url, cookie } = await start(user, provider)
  const answer = await callback(await authorize(url, account ? { account } : {}), cookie)
  expect(answer.status).toBe(200)
  return (await answer.json()) as { id: string; [key: string]: unknown }
}

const accounts = async (user: string) =>
  (await json(await app.as(user)(BASE)))['accounts'] as Record<string, unknown>[]

describe('the story of a user', () => {
  let id = ''

  it('connects by consent, from and to the same browser', async () => {
    expect(await accounts('ann')).toEqual([])
    const { url } = await start('ann', 'google_drive', { login_hint: 'ann@example.com' })
    expect(new URL(url).searchParams.get('redirect_uri')).toBe(
      `${app.url}${BASE}/callback/google_drive`,
    )
    const account = await join('ann', 'google_drive')
    expect(account).toMatchObject({
      provider: 'google_drive',
      account_email: 'ann@example.com',
      status: 'ACTIVE',
    })
    ;({ id } = account)
  })

  it('ends in a page as the mode says: back to the front end, or in the popup', async () => {
    for (const mode of ['redirect', 'popup']) {
      const body = { mode, return_to: '/settings?tab=drives' }
      const { url, cookie } = await start('bea', 'dropbox', body)
      const answer = await fetch(await authorize(url), {
        redirect: 'manual',
        headers: { cookie, accept: 'text/html' },
      })
      const text = await answer.text()
      if (mode === 'popup') expect(text).toContain('"type":"oauth_success"')
      else
        expect([answer.status, answer.headers.get('location')]).toEqual([
          302,
          `${app.url}/settings?tab=drives&cloud_connected=dropbox`,
        ])
    }
    expect(await accounts('bea')).toHaveLength(1)
  })

  it('connects a server by its form, and another one by its own page', async () => {
    const dav = { server_url: `${app.emulators.url}/dav-server/`, username: 'mia' }
    const refused = await post('ann', '/connect/webdav', { ...dav, password: 'wrong' })
    expect([refused.status, await json(refused)]).toMatchObject([
      422,
      { code: 'server_check_failed' },
    ])
    const missing = await json(await post('ann', '/connect/webdav', dav))
    expect(missing).toMatchObject({
      code: 'invalid_request',
      errors: [{ field: 'body.password' }],
    })
    const made = await post('ann', '/connect/webdav', { ...dav, password: 'secret', label: 'NAS' })
    expect([made.status, await json(made)]).toMatchObject([
      201,
      { provider: 'webdav', label: 'NAS' },
    ])
    const { nextcloud, url } = app.emulators
    const server_url = `${url}${nextcloud.webRoot}`
    const login = await start('ann', 'nextcloud', { server_url })
    nextcloud.approveLogin(login.url)
    expect(await json(await app.as('ann')(`/api/cloud/oauth/attempts/${login.id}`))).toMatchObject({
      status: 'completed',
    })
    const providers = (await accounts('ann')).map(({ provider }) => provider)
    expect(providers).toEqual(['google_drive', 'webdav', 'nextcloud'])
  })

  it('lists in pages', async () => {
    const first = await json(await app.as('ann')(`${BASE}?limit=2`))
    const cursor = encodeURIComponent(String(first['next_cursor']))
    const rest = await json(await app.as('ann')(`${BASE}?limit=2&cursor=${cursor}`))
    expect([(first['accounts'] as object[]).length, rest]).toMatchObject([
      2,
      { accounts: [{ provider: 'nextcloud' }], next_cursor: null },
    ])
  })

  it('refreshes and shows how an account fares', async () => {
    const { tokenRequests } = app.emulators.google.oauth
    const before = tokenRequests.length
    const answer = await post('ann', `/${id}/refresh`)
    expect([answer.status, await json(answer)]).toMatchObject([200, { id, status: 'ACTIVE' }])
    expect(tokenRequests.slice(before)).toMatchObject([{ grant: 'refresh_token', ok: true }])
    expect(await json(await app.as('ann')(`${BASE}/${id}/status`))).toMatchObject({
      account_id: id,
      provider: 'google_drive',
      status: 'ACTIVE',
      error: null,
      last_error_code: null,
    })
  })

  it('disconnects', async () => {
    const answer = await app.as('ann')(`${BASE}/${id}`, { method: 'DELETE' })
    expect([answer.status, await answer.text()]).toEqual([204, ''])
    expect(await rows(app, 'SELECT id FROM connections WHERE id = ?', id)).toEqual([])
    expect((await app.as('ann')(`${BASE}/${id}/status`)).status).toBe(404)
    expect(app.emulators.google.oauth.liveGrants('ann@example.com')).toBe(0)
  })
})

describe('the words of what fails', () => {
  it('INVALID_GRANT: a dead grant, at the refresh and ever after', async () => {
    const { id } = await join('cid', 'google_drive', 'bob@example.com')
    app.emulators.google.oauth.killGrant('bob@example.com')
    for (let tries = 0; tries < 2; tries++) {
      const answer = await post('cid', `/${id}/refresh`)
      expect(answer.status).toBe(503)
      expect(await json(answer)).toMatchObject({ code: 'reauth_required', error: 'INVALID_GRANT' })
    }
    expect(await json(await app.as('cid')(`${BASE}/${id}/status`))).toMatchObject({
      status: 'REQUIRES_REAUTH',
      error: 'INVALID_GRANT',
    })
  })

  it('INVALID_CLIENT: a wrong client secret, and a provider without one', async () => {
    const { id } = await join('dan', 'google_drive')
    app.emulators.trouble.add({
      match: { host: 'oauth2.googleapis.com' },
      fault: {
        kind: 'status',
        status: 401,
        headers: { 'content-type': 'application/json' },
        body: '{"error":"invalid_client"}',
      },
    })
    const answer = await post('dan', `/${id}/refresh`)
    expect(answer.status).toBe(502)
    const expected = { code: 'provider_misconfigured', error: 'INVALID_CLIENT' }
    expect(await json(answer)).toMatchObject(expected)
    expect(await json(await app.as('dan')(`${BASE}/${id}/status`))).toMatchObject({
      status: 'ERROR',
      error: 'INVALID_CLIENT',
    })
    // The same code elsewhere has no such word.
    await rows(app, 'UPDATE connections SET access_expires_at = 0 WHERE id = ?', id)
    const plain = await app.as('dan')('/api/cloud/oauth/initiate/webdav')
    expect(Object.keys(await json(plain))).not.toContain('error')
  })

  it('ACCESS_DENIED: Deny, and an administrator who has to approve', async () => {
    const denied = async (provider: string, deny: boolean) => {
      const { url, cookie } = await start('eve', provider)
      const back = await authorize(url, { deny })
      const answer = await callback(back, cookie)
      expect(answer.status).toBe(403)
      return json(answer)
    }
    expect(await denied('google_drive', true)).toMatchObject({
      code: 'access_denied',
      error: 'ACCESS_DENIED',
    })
    const { settings } = app.emulators.microsoft.oauth
    settings.denyWith = 'consent_required'
    const answer = await denied('onedrive', false)
    settings.denyWith = undefined
    expect(answer).toMatchObject({ code: 'admin_consent_required', error: 'ACCESS_DENIED' })
    expect(await accounts('eve')).toEqual([])
  })

  it('stand beside no other code', async () => {
    const answer = await json(await app.as('eve')(`${BASE}/nothing/status`))
    expect(answer).toMatchObject({ code: 'not_found' })
    expect(answer).not.toHaveProperty('error')
  })
})

describe('what is refused', () => {
  it('another user’s account, whatever the method', async () => {
    const { id } = await join('fay', 'google_drive')
    const answers = await Promise.all([
      app.as('gus')(`${BASE}/${id}/status`),
      app.as('gus')(`${BASE}/${id}`, { method: 'DELETE' }),
      post('gus', `/${id}/refresh`),
      post('gus', '/connect/google_drive', { connection_id: id }),
    ])
    for (const answer of answers) {
      expect(answer.status).toBe(404)
      expect(await json(answer)).toMatchObject({ code: 'not_found' })
    }
    expect(await accounts('gus')).toEqual([])
    expect(await accounts('fay')).toHaveLength(1)
  })

  it('a state that is unknown, or of another provider', async () => {
    const { url, cookie } = await start('hal', 'google_drive')
    const back = await authorize(url)
    for (const way of [
      back.replace(/state=[^&]+/, 'state=unknown'),
      back.replace('/callback/google_drive', '/callback/dropbox'),
    ]) {
      const answer = await callback(way, cookie)
      expect([answer.status, await json(answer)]).toMatchObject([400, { code: 'invalid_state' }])
    }
    // Neither has used it up.
    expect((await callback(back, cookie)).status).toBe(200)
  })

  it('another browser: what it consents to waits for the user who started', async () => {
    const { url } = await start('ida', 'google_drive')
    const answer = await callback(await authorize(url), undefined)
    expect(answer.status).toBe(202)
    const { code, complete_url, status } = await json(answer)
    expect(status).toBe('awaiting_claim')
    expect(await accounts('ida')).toEqual([])
    const claim = (user: string) =>
      app.as(user)(String(complete_url).replace(app.url, ''), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ code }),
      })
    expect((await claim('jon')).status).toBe(404)
    expect((await claim('ida')).status).toBe(200)
    expect(await accounts('ida')).toHaveLength(1)
  })

  it('an unknown provider, one that is always there, and a caller without a token', async () => {
    expect((await post('kim', '/connect/nothing')).status).toBe(404)
    expect((await post('kim', '/connect/r2')).status).toBe(501)
    expect((await fetch(`${app.url}${BASE}`)).status).toBe(401)
    const wrong = await post('kim', '/connect/google_drive', { mode: 'sideways', colour: 'red' })
    expect(await json(wrong)).toMatchObject({
      errors: [{ field: 'body.mode' }, { field: 'body.colour' }],
    })
  })
})
