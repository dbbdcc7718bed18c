// Connecting in a popup or by redirect (spec section 3): one connection, for its owner, and for nobody else.
import { issuedSecrets } from '../emulators/oauth-server.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callback, connect, connectWebdav, initiate } from '../connect.ts'
import { authorize } from '../emulators/oauth-server.ts'
import { rows, startSlipway, type Slipway } from '../harness.ts'

let app: Slipway
beforeAll(async () => {
  app = await startSlipway({ places: 2 })
})
afterAll(() => app.close())

const json = async (response: Response) => (await response.json()) as Record<string, unknown>
const attempt = async (user: string, id: string) =>
  json(await app.as(user)(`/api/cloud/oauth/attempts/${id}`))

describe('the flow', () => {
  it('connect_google_drive: ends with an ACTIVE connection and its audit entry', async () => {
    const connection = await connect(app, 'ann', 'google_drive', { account: 'ann@example.com' })
    expect(connection).toMatchObject({
      provider: 'google_drive',
      status: 'ACTIVE',
      account_email: 'ann@example.com',
    })
    const audit = await rows(
      app,
      'SELECT action, actor FROM audit_entries WHERE subject_id = ?',
      connection.id,
    )
    expect(audit).toEqual([{ action: 'cloud.connected', actor: 'ann' }])
  })

  it('oauth_callback_valid_state: returns to the front end with the provider that was connected', async () => {
    const started = await initiate(app.as('bea'), 'onedrive', { return_to: '/settings?tab=drives' })
    const back = await authorize(started.authorizationUrl, {})
    const answer = await callback(back, started.cookie)
    expect(answer.status).toBe(302)
    expect(answer.headers.get('location')).toBe(
      `${app.url}/settings?tab=drives&cloud_connected=onedrive`,
    )
    expect(await attempt('bea', started.attemptId)).toMatchObject({ status: 'completed' })
  })

  it('oauth_callback_invalid_state: refuses an unknown, used or expired state, or another provider’s', async () => {
    const client = app.as('cid')
    const refused = async (url: string, cookie?: string) => {
      const answer = await callback(url, cookie)
      expect(answer.status).toBe(400)
      expect(await json(answer)).toMatchObject({ code: 'invalid_state' })
    }
    await refused(`${app.url}/api/cloud/oauth/callback/google_drive?state=unknown&code=x`)
    await refused(`${app.url}/api/cloud/oauth/callback/google_drive?code=x`)

    const used = await initiate(client, 'google_drive')
    const back = await authorize(used.authorizationUrl, {})
    expect((await callback(back, used.cookie)).status).toBe(302)
    await refused(back, used.cookie)

    const other = await initiate(client, 'google_drive')
    const elsewhere = (await authorize(other.authorizationUrl, {})).replace(
      'google_drive',
      'onedrive',
    )
    await refused(elsewhere, other.cookie)

    const late = await initiate(client, 'google_drive')
    const lateBack = await authorize(late.authorizationUrl, {})
    await app.db
      .prepare('UPDATE oauth_attempts SET expires_at = 1 WHERE id = ?')
      .bind(late.attemptId)
      .run()
    await refused(lateBack, late.cookie)
    expect(await attempt('cid', late.attemptId)).toMatchObject({ status: 'failed' })
  })

  it('makes one connection of two callbacks with one state, at the same instant in two places', async () => {
    const started = await initiate(app.as('dan'), 'google_drive')
    const back = await authorize(started.authorizationUrl, {})
    const second = back.replace(app.urls[0] ?? '', app.urls[1] ?? '')
    const answers = await Promise.all([back, second].map((url) => callback(url, started.cookie)))
    expect(answers.map(({ status }) => status).sort()).toEqual([302, 400])
    expect(await rows(app, 'SELECT id FROM connections WHERE user_id = ?', 'dan')).toHaveLength(1)
  })

  it('ends a denial as access_denied', async () => {
    const started = await initiate(app.as('eve'), 'google_drive')
    const answer = await callback(
      await authorize(started.authorizationUrl, { deny: true }),
      started.cookie,
    )
    expect(answer.headers.get('location')).toContain('cloud_error=access_denied')
    expect(await attempt('eve', started.attemptId)).toMatchObject({
      status: 'failed',
      code: 'access_denied',
    })
  })

  it('posts the popup’s message to exact origins, with a nonce, and severs no opener', async () => {
    const started = await initiate(app.as('fay'), 'google_drive', { mode: 'popup' })
    const answer = await callback(await authorize(started.authorizationUrl, {}), started.cookie)
    expect(answer.status).toBe(200)
    const page = await answer.text()
    expect(page).toContain('oauth_success')
    expect(page).toContain('http://app.localhost:3000')
    expect(page).not.toContain("'*'")
    expect(answer.headers.get('content-security-policy')).toMatch(/script-src 'nonce-/)
    expect(answer.headers.get('cross-origin-opener-policy')).toBeNull()
  })

  it('refuses a return address on another origin', async () => {
    for (const return_to of ['https://evil.example/', '//evil.example', 'javascript:alert(1)']) {
      const response = await app.as('gus')(
        `/api/cloud/oauth/initiate/google_drive?${new URLSearchParams({ return_to })}`,
      )
      expect(response.status).toBe(422)
      expect(await json(response)).toMatchObject({ errors: [{ field: 'query.return_to' }] })
    }
  })
})

describe('a callback in another browser', () => {
  it('attaches nothing until the owner claims it, once', async () => {
    const client = app.as('hal')
    const started = await initiate(client, 'google_drive')
    const answer = await callback(await authorize(started.authorizationUrl, {}), undefined)
    const location = new URL(answer.headers.get('location') ?? '')
    const code = new URLSearchParams(location.hash.slice(1)).get('cloud_claim') ?? ''
    expect(code).not.toBe('')
    expect(location.search).not.toContain(code)
    expect(await rows(app, 'SELECT id FROM connections WHERE user_id = ?', 'hal')).toEqual([])
    const waiting = await attempt('hal', started.attemptId)
    expect(waiting).toMatchObject({ status: 'awaiting_claim' })
    expect(JSON.stringify(waiting)).not.toContain(code)

    const claim = (user: string, given: string) =>
      app.as(user)('/api/cloud/oauth/complete', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ code: given }),
      })
    expect((await claim('ida', code)).status).toBe(404)
    expect((await claim('hal', `${code}x`)).status).toBe(404)
    expect((await claim('hal', code)).status).toBe(200)
    expect((await claim('hal', code)).status).toBe(404)
    expect(await rows(app, 'SELECT status FROM connections WHERE user_id = ?', 'hal')).toEqual([
      { status: 'ACTIVE' },
    ])
  })

  it('does not take the cookie of another attempt for its own', async () => {
    const mine = await initiate(app.as('jon'), 'google_drive')
    const theirs = await initiate(app.as('kim'), 'google_drive')
    const forged = `${mine.cookie.split('=')[0]}=${theirs.cookie.split('=')[1]}`
    const answer = await callback(await authorize(mine.authorizationUrl, {}), forged)
    expect(answer.headers.get('location')).toContain('cloud_claim=')
    expect(await rows(app, 'SELECT id FROM connections WHERE user_id = ?', 'jon')).toEqual([])
  })
})

describe('reconnecting', () => {
  it('keeps id, label and history, and refuses another account', async () => {
    const first = await connect(app, 'lea', 'google_drive', { account: 'ann@example.com' })
    await app.as('lea')(`/api/cloud/connections/${first.id}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ label: 'Work' }),
    })
    const again = await connect(app, 'lea', 'google_drive', {
      account: 'ann@example.com',
      query: { connection_id: first.id },
    })
    expect(again).toMatchObject({ id: first.id, label: 'Work', created_at: first['created_at'] })

    const started = await initiate(app.as('lea'), 'google_drive', { connection_id: first.id })
    const back = await authorize(started.authorizationUrl, { account: 'bob@example.com' })
    const answer = await callback(back, started.cookie)
    expect(answer.headers.get('location')).toContain('cloud_error=account_mismatch')
    expect(
      await rows(app, 'SELECT account_email FROM connections WHERE user_id = ?', 'lea'),
    ).toEqual([{ account_email: 'ann@example.com' }])
  })

  it('is 404 for another user’s connection', async () => {
    const mine = await connect(app, 'max', 'google_drive')
    const response = await app.as('ned')(
      `/api/cloud/oauth/initiate/google_drive?connection_id=${mine.id}`,
    )
    expect(response.status).toBe(404)
  })
})

describe('connections', () => {
  it('connection_status_display: shows a whitelist, with the status', async () => {
    const { id } = await connect(app, 'ora', 'google_drive', { account: 'bob@example.com' })
    const body = await json(await app.as('ora')(`/api/cloud/connections/${id}`))
    expect(Object.keys(body).sort()).toEqual([
      'account_email',
      'account_name',
      'created_at',
      'id',
      'label',
      'last_error_code',
      'last_used_at',
      'provider',
      'quota',
      'scopes',
      'server_url',
      'status',
      'throttled_until',
      'updated_at',
      'warning',
    ])
    expect(body).toMatchObject({ status: 'ACTIVE', last_error_code: null })
    // The status is what the vendor has really said: first that it ails, then that the grant is dead.
    const status = async () => {
      await app.as('ora')(`/api/cloud/connections/${id}/refresh`, { method: 'POST' })
      return json(await app.as('ora')(`/api/cloud/connections/${id}`))
    }
    const fault = { kind: 'status', status: 500 } as const
    app.emulators.trouble.add({ match: { host: 'oauth2.googleapis.com' }, times: 10, fault })
    expect(await status()).toMatchObject({
      status: 'ERROR',
      last_error_code: 'provider_unavailable',
    })
    app.emulators.trouble.clear()
    expect(await status()).toMatchObject({ status: 'ACTIVE', last_error_code: null })
    app.emulators.google.oauth.killGrant('bob@example.com')
    const { status: dead, connections } = {
      ...(await status()),
      ...(await json(await app.as('ora')('/api/cloud/connections'))),
    } as { status: string; connections: object[] }
    expect(dead).toBe('REQUIRES_REAUTH')
    expect(connections).toMatchObject([{ id, status: dead, last_error_code: 'reauth_required' }])
    // Nobody is to hold the account when others look at its grants.
    await app.as('ora')(`/api/cloud/connections/${id}`, { method: 'DELETE' })
  })

  it('credentials_enc_not_exposed: no token stands in any answer, row, key or log line', async () => {
    const { id } = await connect(app, 'pat', 'google_drive')
    const dav = await connectWebdav(app, 'pat')
    const seen = [
      ...(await Promise.all(
        [
          '/api/cloud/connections',
          `/api/cloud/connections/${id}`,
          `/api/cloud/connections/${dav.id}`,
        ].map(async (path) => (await app.as('pat')(path)).text()),
      )),
      JSON.stringify(await rows(app, 'SELECT * FROM connections')),
      JSON.stringify(await rows(app, 'SELECT * FROM oauth_attempts')),
      JSON.stringify(await rows(app, 'SELECT * FROM audit_entries')),
      app.logs.join(''),
    ]
    const secrets = [...issuedSecrets]
    expect(secrets.length).toBeGreaterThan(0)
    for (const text of seen) {
      expect(text).not.toContain('credentials_enc":"{')
      for (const secret of secrets) expect(text.includes(secret)).toBe(false)
    }
    expect(seen[0]).not.toContain('credentials')
  })

  it('cross_user_idor: another user’s connection, document, import or upload is not there, whatever the method', async () => {
    const { id } = await connect(app, 'quinn', 'google_drive')
    const owner = app.as('quinn')
    const announced = { filename: 'a.pdf', content_type: 'application/pdf', size: 5 }
    const sent = (body: object) => ({
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const made = await json(await owner('/api/documents/upload', sent(announced)))
    const document = String(made['document_id'])
    const order = { connection_id: id, items: [{ id: 'gone' }] }
    const ordered = String((await json(await owner('/api/imports', sent(order))))['import_id'])
    const tus = { 'tus-resumable': '1.0.0' }
    const begun = await owner('/api/uploads', {
      method: 'POST',
      headers: {
        ...tus,
        'upload-length': '5',
        'upload-metadata': `filename ${btoa('a.txt')},connection_id ${btoa('r2')}`,
      },
    })
    const upload = new URL(begun.headers.get('location') ?? '').pathname
    const thief = app.as('rob')
    const body = { headers: { 'content-type': 'application/json' }, body: '{"label":"x"}' }
    const title = { ...body, body: '{"filename":"x"}' }
    const calls = [
      thief(`/api/cloud/connections/${id}`),
      thief(`/api/cloud/connections/${id}`, { method: 'PATCH', ...body }),
      thief(`/api/cloud/connections/${id}`, { method: 'DELETE' }),
      thief(`/api/cloud/connections/${id}/refresh`, { method: 'POST' }),
      thief(`/api/cloud/connections/${id}/check`, { method: 'POST' }),
      thief(`/api/cloud/connections/${id}/items`),
      thief(`/api/cloud/connections/${id}/items/root`),
      thief(`/api/cloud/connections/${id}/items/root/content`),
      thief(`/api/cloud/connections/${id}/content?name=a`, { method: 'PUT', body: 'x' }),
      thief('/api/imports', sent(order)),
      thief(`/api/documents/${document}`),
      thief(`/api/documents/${document}`, { method: 'PATCH', ...title }),
      thief(`/api/documents/${document}`, { method: 'DELETE' }),
      thief(`/api/documents/${document}/content`),
      thief(`/api/documents/${document}/link`, { method: 'POST' }),
      thief(`/api/imports/${ordered}`),
      thief(`/api/imports/${ordered}/items`),
      thief(`/api/imports/${ordered}/events`),
      ...['cancel', 'pause', 'resume', 'retry'].map((what) =>
        thief(`/api/imports/${ordered}/${what}`, { method: 'POST' }),
      ),
      thief(upload),
      thief(upload, { method: 'DELETE', headers: tus }),
    ]
    for (const response of await Promise.all(calls)) {
      expect(response.status).toBe(404)
      expect(await json(response)).toMatchObject({ code: 'not_found' })
    }
    // And their owner has them still, as they were.
    expect((await owner(`/api/cloud/connections/${id}`)).status).toBe(200)
    expect(await json(await owner(`/api/documents/${document}`))).toMatchObject({
      filename: 'a.pdf',
    })
    expect((await owner(upload)).status).toBe(200)
  })

  it('disconnect_deletes_credentials: nothing is left here, and the grant is revoked', async () => {
    const { id } = await connect(app, 'sam', 'google_drive', { account: 'bob@example.com' })
    app.emulators.requests.length = 0
    const response = await app.as('sam')(`/api/cloud/connections/${id}`, { method: 'DELETE' })
    expect(response.status).toBe(204)
    expect(await rows(app, 'SELECT id FROM connections WHERE id = ?', id)).toEqual([])
    const revoked = app.emulators.requests.filter(({ url }) => url.includes('/revoke'))
    expect(revoked).toHaveLength(1)
    expect(app.emulators.google.oauth.liveGrants('bob@example.com')).toBe(0)
    const kept = [await rows(app, 'SELECT * FROM connections'), await app.state.list()]
    expect(JSON.stringify(kept)).not.toContain(id)
    expect((await app.as('sam')(`/api/cloud/connections/${id}/items`)).status).toBe(404)
  })

  it('leaves Google’s grant alone while another user holds the same account', async () => {
    const first = await connect(app, 'tea', 'google_drive', { account: 'ann@example.com' })
    await connect(app, 'ulf', 'google_drive', { account: 'ann@example.com' })
    app.emulators.requests.length = 0
    await app.as('tea')(`/api/cloud/connections/${first.id}`, { method: 'DELETE' })
    expect(app.emulators.requests.some(({ url }) => url.includes('/revoke'))).toBe(false)
  })
})
