// The life of tokens (spec section 4): sealed, refreshed once for everybody, and given up only on the vendor's word.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { connect } from '../connect.ts'
import { issuedSecrets } from '../emulators/oauth-server.ts'
import { endThrottling, rows, startSlipway, type Slipway } from '../harness.ts'

let app: Slipway
beforeAll(async () => {
  app = await startSlipway({ places: 2 })
})
afterAll(() => app.close())
beforeEach(() => app.emulators.trouble.clear())

let lastUser = 0
const newUser = () => `user-${++lastUser}`
const list = (user: string, id: string, place = 0) =>
  app.as(user)(`/api/cloud/connections/${id}/items?fresh=1`, { place })
const code = async (response: Response) => ((await response.json()) as { code: string }).code
const statusOf = async (id: string) =>
  (await rows<{ status: string }>(app, 'SELECT status FROM connections WHERE id = ?', id))[0]
    ?.status
const refreshes = (vendor: 'google' | 'microsoft') =>
  app.emulators[vendor].oauth.tokenRequests.filter(({ grant }) => grant === 'refresh_token').length

describe('refreshing', () => {
  it.each(['google_drive', 'onedrive'] as const)(
    '200 requests with an expired token of %s in two places cause one refresh',
    async (provider) => {
      const user = newUser()
      const { id } = await connect(app, user, provider)
      const vendor = provider === 'google_drive' ? 'google' : 'microsoft'
      app.emulators[vendor].oauth.expireAccessTokens()
      await app.db
        .prepare('UPDATE connections SET access_expires_at = 0 WHERE id = ?')
        .bind(id)
        .run()
      const before = refreshes(vendor)
      const host = vendor === 'google' ? 'oauth2.googleapis.com' : 'login.microsoftonline.com'
      app.emulators.trouble.add({
        match: { host, path: /token$/ },
        fault: { kind: 'slow', ms: 500 },
      })
      const answers = await Promise.all(
        Array.from({ length: 200 }, (_, index) => list(user, id, index % 2)),
      )
      const statuses = new Map<number, number>()
      for (const answer of answers) {
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
        await answer.text()
      }
      expect([...statuses]).toEqual([[200, 200]])
      expect(refreshes(vendor) - before).toBe(1)
    },
  )

  it('refreshes before the end, by the stated life time', async () => {
    const user = newUser()
    app.emulators.google.oauth.settings.accessTokenLifetime = 120
    const { id } = await connect(app, user, 'google_drive')
    app.emulators.google.oauth.settings.accessTokenLifetime = 3599
    const before = refreshes('google')
    expect((await list(user, id)).status).toBe(200)
    expect(refreshes('google') - before).toBe(1)
    expect((await list(user, id)).status).toBe(200)
    expect(refreshes('google') - before).toBe(1)
  })

  it('keeps the newest of rotated refresh tokens', async () => {
    const user = newUser()
    const { id } = await connect(app, user, 'onedrive')
    app.emulators.microsoft.oauth.settings.rotateStrictly = true
    try {
      for (let round = 0; round < 3; round++) {
        app.emulators.microsoft.oauth.expireAccessTokens()
        expect((await list(user, id)).status).toBe(200)
      }
    } finally {
      app.emulators.microsoft.oauth.settings.rotateStrictly = false
    }
  })

  it('asks in a refresh for what was granted, never for more', async () => {
    const user = newUser()
    const { id } = await connect(app, user, 'onedrive')
    app.emulators.requests.length = 0
    await app.as(user)(`/api/cloud/connections/${id}/refresh`, { method: 'POST' })
    const request = app.emulators.requests.find(({ path }) => path.endsWith('/token'))
    const { form } = request?.body as { form: { scope: string } }
    expect(form.scope.split(' ').sort()).toEqual(['Files.ReadWrite', 'User.Read', 'offline_access'])
  })

  it('refreshes when it is asked to', async () => {
    const user = newUser()
    const { id } = await connect(app, user, 'google_drive')
    const before = refreshes('google')
    const refresh = () => app.as(user)(`/api/cloud/connections/${id}/refresh`, { method: 'POST' })
    expect((await refresh()).status).toBe(200)
    expect(refreshes('google') - before).toBe(1)
  })

  it('a caller who leaves does not lose a rotated token', async () => {
    const user = newUser()
    const { id } = await connect(app, user, 'onedrive')
    const { oauth } = app.emulators.microsoft
    oauth.settings.rotateStrictly = true
    oauth.expireAccessTokens()
    const host = 'login.microsoftonline.com'
    app.emulators.trouble.add({ match: { host, path: /token$/ }, fault: { kind: 'slow', ms: 700 } })
    const leaving = new AbortController()
    const gone = app.as(user)(`/api/cloud/connections/${id}/items?fresh=1`, {
      signal: leaving.signal,
    })
    setTimeout(() => leaving.abort(), 300)
    await expect(gone).rejects.toThrow()
    await expect.poll(async () => (await list(user, id)).status, { timeout: 10_000 }).toBe(200)
    oauth.settings.rotateStrictly = false
  })
})

describe('the end of a grant', () => {
  it('invalid_grant_sets_requires_reauth: 503 with the agreed words, and the row says REQUIRES_REAUTH', async () => {
    const user = newUser()
    const { id } = await connect(app, user, 'google_drive', { account: 'bob@example.com' })
    app.emulators.google.oauth.expireAccessTokens('bob@example.com')
    app.emulators.google.oauth.killGrant('bob@example.com')
    const answer = await list(user, id)
    expect(answer.status).toBe(503)
    expect(await answer.json()).toMatchObject({
      code: 'reauth_required',
      detail: 'Cloud connection requires re-authentication. Please reconnect in Settings.',
    })
    expect(await statusOf(id)).toBe('REQUIRES_REAUTH')
    const audit = await rows(
      app,
      "SELECT code FROM audit_entries WHERE subject_id = ? AND action = 'cloud.reauth_required'",
      id,
    )
    expect(audit).toHaveLength(1)
    // From now on nobody asks the vendor again.
    const before = refreshes('google')
    expect((await list(user, id)).status).toBe(503)
    expect(refreshes('google')).toBe(before)
    const again = await connect(app, user, 'google_drive', {
      account: 'bob@example.com',
      query: { connection_id: id },
    })
    expect(again).toMatchObject({ id, status: 'ACTIVE' })
    expect((await list(user, id)).status).toBe(200)
  })

  it.each([
    ['500', { kind: 'status', status: 500 }, 'provider_unavailable'],
    ['429', { kind: 'status', status: 429, headers: { 'retry-after': '7' } }, 'rate_limited'],
    ['garbage', { kind: 'garbage' }, 'provider_unavailable'],
    ['garbage with 400', { kind: 'garbage', status: 400 }, 'provider_unavailable'],
    ['a reset', { kind: 'reset' }, 'provider_unavailable'],
    [
      'a wrong client secret',
      {
        kind: 'status',
        status: 401,
        headers: { 'content-type': 'application/json' },
        body: '{"error":"invalid_client"}',
      },
      'provider_misconfigured',
    ],
  ] as const)('%s from the token endpoint is not the end', async (_, fault, expected) => {
    const user = newUser()
    const { id } = await connect(app, user, 'google_drive')
    app.emulators.google.oauth.expireAccessTokens()
    await app.db.prepare('UPDATE connections SET access_expires_at = 0 WHERE id = ?').bind(id).run()
    app.emulators.trouble.add({ match: { host: 'oauth2.googleapis.com' }, times: 10, fault })
    expect(await code(await list(user, id))).toBe(expected)
    // Tried again by itself, unlike REQUIRES_REAUTH. A vendor that is busy has no trouble with the connection.
    expect(await statusOf(id)).toBe(expected === 'rate_limited' ? 'ACTIVE' : 'ERROR')
    app.emulators.trouble.clear()
    await endThrottling(app)
    expect((await list(user, id)).status).toBe(200)
    expect(await statusOf(id)).toBe('ACTIVE')
  })
})

describe('sealing', () => {
  it('credential_round_trip: what is stored is sealed with a key id, opens again, and for this row alone', async () => {
    const user = newUser()
    const { id } = await connect(app, user, 'google_drive')
    const other = await connect(app, user, 'onedrive')
    const [row] = await rows<{ credentials_enc: string }>(
      app,
      'SELECT credentials_enc FROM connections WHERE id = ?',
      id,
    )
    const sealed = row?.credentials_enc ?? ''
    expect(sealed).toContain('k1')
    for (const secret of issuedSecrets) expect(sealed.includes(secret)).toBe(false)
    expect((await list(user, id)).status).toBe(200)
    // Moved to another row it opens nowhere.
    await app.db
      .prepare('UPDATE connections SET credentials_enc = ? WHERE id = ?')
      .bind(sealed, other.id)
      .run()
    const answer = await list(user, other.id)
    expect(await code(answer)).toBe('internal')
  })

  it('never gives the same text twice', async () => {
    const user = newUser()
    const { id } = await connect(app, user, 'google_drive')
    const read = async () =>
      (
        await rows<{ credentials_enc: string }>(
          app,
          'SELECT credentials_enc FROM connections WHERE id = ?',
          id,
        )
      )[0]?.credentials_enc
    const first = await read()
    await app.as(user)(`/api/cloud/connections/${id}/refresh`, { method: 'POST' })
    expect(await read()).not.toBe(first)
  })
})

describe('administrators', () => {
  it('admin_cannot_see_credentials: sees the connections of a user, nothing sealed, and is recorded', async () => {
    const user = newUser()
    const { id } = await connect(app, user, 'google_drive')
    const admin = app.as('root', { role: 'admin' })
    const answer = await admin(`/api/admin/users/${user}/connections`)
    const text = await answer.text()
    expect(answer.status).toBe(200)
    const { connections } = JSON.parse(text) as { connections: object[] }
    expect(connections).toHaveLength(1)
    expect(connections[0]).toMatchObject({ id, status: 'ACTIVE' })
    expect(text).not.toMatch(/credential|token|secret|_enc/i)
    for (const secret of issuedSecrets) expect(text.includes(secret)).toBe(false)
    const audit = await rows(
      app,
      "SELECT actor FROM audit_entries WHERE user_id = ? AND action = 'admin.connections_read'",
      user,
    )
    expect(audit).toEqual([{ actor: 'root' }])
    // The user's own routes are closed to administrators, the administrators' to users.
    expect((await admin(`/api/cloud/connections/${id}`)).status).toBe(403)
    expect((await admin(`/api/cloud/connections/${id}/items`)).status).toBe(403)
    expect((await app.as(user)(`/api/admin/users/${user}/connections`)).status).toBe(403)
  })
})
