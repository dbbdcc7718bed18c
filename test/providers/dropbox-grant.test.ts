// A Dropbox grant: tokens and their end, scopes, and what the vendor asks to wait.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { callback, connect, initiate } from '../connect.ts'
import { driveOf } from '../drive.ts'
import { defaultDropboxSettings } from '../emulators/dropbox-settings.ts'
import { authorize } from '../emulators/oauth-server.ts'
import type { Fault } from '../emulators/trouble.ts'
import { endThrottling, rows, startSlipway, type Slipway } from '../harness.ts'
import { holdUpload } from '../held-upload.ts'

const MIA = 'mia@example.com'
const FRANZ = 'franz@acme.example'
const WRITE = 'files.content.write'

let app: Slipway
let id: string
beforeAll(async () => {
  // An operator who asks for no more than reading takes.
  const DROPBOX_SCOPES = 'account_info.read files.metadata.read files.content.read'
  app = await startSlipway({ settings: { DROPBOX_SCOPES } })
})
afterAll(() => app.close())
afterEach(async () => {
  app.emulators.trouble.clear()
  Object.assign(app.emulators.dropbox.settings, defaultDropboxSettings())
  app.emulators.dropbox.oauth.settings.accessTokenLifetime = 14_400
  await endThrottling(app)
})

/** Each test connects as a user of its own. */
const open = async (user: string, account = MIA, scopes = WRITE) => {
  ;({ id } = await connect(app, user, 'dropbox', { account, query: { scopes } }))
  return driveOf(user, () => ({ app, id }))
}
const shown = async (user: string) =>
  (await (await app.as(user)(`/api/cloud/connections/${id}`)).json()) as {
    status: string
    throttled_until: string | null
    last_error_code: string | null
  }
const refreshes = () =>
  app.emulators.dropbox.oauth.tokenRequests.filter(({ grant }) => grant === 'refresh_token')

describe('tokens', () => {
  it('are refreshed before their end, and the refresh token that no answer repeats is kept', async () => {
    const { oauth } = app.emulators.dropbox
    oauth.settings.accessTokenLifetime = 120
    const { call } = await open('tess')
    const before = refreshes().length
    for (let round = 1; round <= 3; round++) {
      expect((await call('/items?fresh=1')).status).toBe(200)
      expect(
        refreshes()
          .slice(before)
          .map(({ ok }) => ok),
      ).toEqual(Array(round).fill(true))
    }
    oauth.settings.accessTokenLifetime = 14_400
    expect((await call('/items?fresh=1')).status).toBe(200)
    expect((await call('/items?fresh=1')).status).toBe(200)
    expect(refreshes().length - before).toBe(4)
  })

  it('that the vendor has ended early are replaced once', async () => {
    const { call } = await open('tara')
    app.emulators.dropbox.oauth.expireAccessTokens(MIA)
    const before = refreshes().length
    expect((await call('/items?fresh=1')).status).toBe(200)
    expect(refreshes().length - before).toBe(1)
  })

  it('of a grant that is dead ask for a reconnect', async () => {
    const { call } = await open('dora', 'full@example.com')
    app.emulators.dropbox.oauth.killGrant('full@example.com')
    const dead = await call('/items?fresh=1')
    expect(await dead.json()).toMatchObject({ status: 503, code: 'reauth_required' })
    expect((await shown('dora')).status).toBe('REQUIRES_REAUTH')
    const again = await connect(app, 'dora', 'dropbox', {
      account: 'full@example.com',
      query: { connection_id: id },
    })
    expect(again).toMatchObject({ id, status: 'ACTIVE' })
  })

  it('disconnecting revokes with a fresh one, although the stored one has ended', async () => {
    const { oauth } = app.emulators.dropbox
    oauth.settings.accessTokenLifetime = 1
    await open('rose', FRANZ)
    oauth.settings.accessTokenLifetime = 14_400
    oauth.expireAccessTokens(FRANZ)
    const before = oauth.revocations.length
    const path = `/api/cloud/connections/${id}`
    expect((await app.as('rose')(path, { method: 'DELETE' })).status).toBe(204)
    expect(oauth.revocations.length - before).toBe(1)
    expect(oauth.grantsOf(FRANZ)).toEqual([])
    expect((await app.as('rose')(path)).status).toBe(404)
  })

  it('an upload that outlives its token goes on with the next one', async () => {
    const { oauth } = app.emulators.dropbox
    // Six seconds more than is kept in hand.
    oauth.settings.accessTokenLifetime = 306
    const { call } = await open('lena')
    const bytes = new Uint8Array(2 * 24 * 1024 * 1024 + 9)
    const path = `/api/cloud/connections/${id}/content?name=slow.bin`
    const held = await holdUpload(app, 'lena', path, bytes, 24 * 1024 * 1024 + 1000)
    await new Promise((resolve) => setTimeout(resolve, 6500))
    oauth.settings.accessTokenLifetime = 14_400
    const before = refreshes().length
    expect((await held.resume()).status).toBe(201)
    expect(refreshes().length - before).toBe(1)
    expect((await call('/items?fresh=1')).status).toBe(200)
  })

  it('of a consent that could not be used, or that another replaces, do not live on', async () => {
    const { oauth } = app.emulators.dropbox
    await open('mona', FRANZ)
    const kept = id
    const held = oauth.grantsOf(FRANZ).length
    const query = { connection_id: kept, scopes: WRITE }
    const account = 'full@example.com'
    const others = oauth.grantsOf(account).length
    await expect(connect(app, 'mona', 'dropbox', { account, query })).rejects.toThrow(
      'account_mismatch',
    )
    await expect.poll(() => oauth.grantsOf(account).length).toBe(others)
    await connect(app, 'mona', 'dropbox', { account: FRANZ, query })
    await expect.poll(() => oauth.grantsOf(FRANZ).length).toBe(held)
    const path = `/api/cloud/connections/${kept}`
    expect((await app.as('mona')(`${path}/items?fresh=1`)).status).toBe(200)
    await app.as('mona')(path, { method: 'DELETE' })
    expect(oauth.grantsOf(FRANZ)).toHaveLength(held - 1)
  })

  it('that waited for their owner in vain are revoked', async () => {
    const { oauth } = app.emulators.dropbox
    const account = 'full@example.com'
    const others = oauth.grantsOf(account).length
    const started = await initiate(app.as('nora'), 'dropbox')
    const back = await authorize(started.authorizationUrl, { account })
    await (await callback(back, undefined)).text()
    expect(oauth.grantsOf(account)).toHaveLength(others + 1)
    await rows(app, 'UPDATE oauth_attempts SET expires_at = 1 WHERE id = ?', started.attemptId)
    await app.runCron()
    expect(oauth.grantsOf(account)).toHaveLength(others)
    const attempt = await app.as('nora')(`/api/cloud/oauth/attempts/${started.attemptId}`)
    expect(await attempt.json()).toMatchObject({ status: 'failed' })
  })

  it('disconnecting ends the grant of this connection alone', async () => {
    const { oauth } = app.emulators.dropbox
    await open('otto', FRANZ)
    const kept = id
    await open('paul', FRANZ)
    await app.as('paul')(`/api/cloud/connections/${id}`, { method: 'DELETE' })
    expect(oauth.grantsOf(FRANZ)).toHaveLength(1)
    expect((await app.as('otto')(`/api/cloud/connections/${kept}/items?fresh=1`)).status).toBe(200)
  })
})

describe('refusals that no new token would change', () => {
  it('a missing scope is named, and a reconnect adds it', async () => {
    const { call } = await open('sven', MIA, 'sharing.read')
    const put = () => call('/content?name=scope.txt', { method: 'PUT', body: 'x' })
    const before = refreshes().length
    expect(await (await put()).json()).toMatchObject({
      status: 403,
      code: 'insufficient_scope',
      scope: WRITE,
    })
    expect(refreshes().length).toBe(before)
    expect((await shown('sven')).status).toBe('ACTIVE')
    const check = await call('/check', { method: 'POST' })
    const { limitations } = (await check.json()) as { limitations: Record<string, string>[] }
    expect(limitations).toMatchObject([{ scope: WRITE }])
    const { searchParams, pathname } = new URL(limitations[0]?.['initiate_url'] ?? '', app.url)
    expect(pathname).toBe('/api/cloud/oauth/initiate/dropbox')
    const query = Object.fromEntries(searchParams)
    expect(await connect(app, 'sven', 'dropbox', { account: MIA, query })).toMatchObject({ id })
    expect((await put()).status).toBe(201)
    const after = await call('/check', { method: 'POST' })
    expect(await after.json()).toMatchObject({ limitations: [] })
  })

  it.each([
    ['refuseAuth', 'user_suspended'],
    ['refuseAuth', 'route_access_denied'],
    ['refuseAccess', 'team_access_denied'],
    ['refuseAccess', 'invalid_account_type'],
  ] as const)('%s: %s is access_denied, and no end of the grant', async (kind, tag) => {
    const user = `refused-${tag}`
    const { call } = await open(user)
    const before = refreshes().length
    app.emulators.dropbox.settings[kind] = tag
    const refused = await call('/items?fresh=1')
    expect(await refused.json()).toMatchObject({ status: 403, code: 'access_denied' })
    expect(refreshes().length).toBe(before)
    expect((await shown(user)).status).toBe('ACTIVE')
  })
})

describe('being asked to wait', () => {
  const JSON_TYPE = { 'content-type': 'application/json' }
  const TEXT_TYPE = { 'content-type': 'text/plain; charset=utf-8' }
  const body = (more: object = {}) =>
    JSON.stringify({
      error_summary: 'too_many_requests/...',
      error: { reason: { '.tag': 'too_many_requests' }, ...more },
    })
  const words = 'Error in call to API function "files/list_folder": Too many requests.'

  it.each<[string, Omit<Extract<Fault, { kind: 'status' }>, 'kind' | 'status'>, number]>([
    ['JSON with a header', { headers: { ...JSON_TYPE, 'retry-after': '60' }, body: body() }, 60],
    ['JSON with a field', { headers: JSON_TYPE, body: body({ retry_after: 60 }) }, 60],
    ['text with a header', { headers: { ...TEXT_TYPE, 'retry-after': '60' }, body: words }, 60],
    [
      'text with words',
      { headers: TEXT_TYPE, body: `${words} Please re-issue the request in 60 seconds.` },
      60,
    ],
  ])('%s', async (what, answer, seconds) => {
    const user = `throttled ${what}`
    const { call, list } = await open(user)
    const fault: Fault = { kind: 'status', status: 429, ...answer }
    app.emulators.trouble.add({ match: { path: '/2/files/list_folder' }, times: 99, fault })
    const start = Date.now()
    const first = await call('/items?fresh=1')
    expect(await first.json()).toMatchObject({
      status: 429,
      code: 'rate_limited',
      retry_after: seconds,
    })
    const { status, throttled_until: until } = await shown(user)
    const left = Date.parse(until ?? '') - seconds * 1000
    expect([status, left >= start, left <= Date.now()]).toEqual(['ACTIVE', true, true])
    app.emulators.trouble.clear()
    const before = app.emulators.requests.length
    const second = (await (await call('/items?fresh=1')).json()) as { retry_after: number }
    expect(second).toMatchObject({ status: 429, code: 'rate_limited' })
    expect(second.retry_after).toBeLessThanOrEqual(seconds)
    expect(app.emulators.requests.length).toBe(before)
    await endThrottling(app)
    expect((await list('root')).items).not.toEqual([])
    expect((await shown(user)).throttled_until).toBeNull()
  })

  it.each([
    ['JSON', { headers: JSON_TYPE, body: body() }],
    ['text', { headers: TEXT_TYPE, body: words }],
  ])(
    '%s that does not say how long: nothing is known of the next request',
    async (what, answer) => {
      const user = `slowed by ${what}`
      const { call } = await open(user)
      const fault: Fault = { kind: 'status', status: 429, ...answer }
      app.emulators.trouble.add({ match: { path: '/2/files/list_folder' }, times: 99, fault })
      const first = await call('/items?fresh=1')
      expect(await first.json()).toMatchObject({ status: 429, code: 'rate_limited' })
      expect((await shown(user)).throttled_until).toBeNull()
      app.emulators.trouble.clear()
      expect((await call('/items?fresh=1')).status).toBe(200)
    },
  )
})
