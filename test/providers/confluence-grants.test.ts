// The life of a Confluence grant: refresh tokens of one use, the vendor's own signs of an end, scopes, sites and limits.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { callback, connect } from '../connect.ts'
import { driveOf } from '../drive.ts'
import { rateLimitFault } from '../emulators/confluence-limits.ts'
import { ACME, ANN, defaultConfluenceSettings } from '../emulators/confluence-settings.ts'
import { authorize } from '../emulators/oauth-server.ts'
import type { Fault } from '../emulators/trouble.ts'
import { endThrottling, rows, startSlipway, type Slipway } from '../harness.ts'

let app: Slipway
beforeAll(async () => {
  app = await startSlipway({ places: 2 })
})
afterAll(() => app.close())
afterEach(async () => {
  const { confluence, trouble } = app.emulators
  Object.assign(confluence.settings, defaultConfluenceSettings())
  confluence.oauth.settings.reuseInterval = 0
  trouble.clear()
  await endThrottling(app)
})

let lastUser = 0
const open = async (account = ANN.email) => {
  const user = `user-${++lastUser}`
  const { id } = await connect(app, user, 'confluence', { account })
  return { user, id, ...driveOf(user, () => ({ app, id })) }
}
type Open = Awaited<ReturnType<typeof open>>

/** What needs the site's own API and nothing else, unlike the top, which asks for the sites first. */
const HOME = () => `/items/page.${ACME.id}.${app.emulators.confluence.find('Home').id}`
const problem = async (response: Response) =>
  (await response.json()) as { status: number; code: string; scope?: string; detail: string }
const statusOf = async (id: string) =>
  (await rows<{ status: string }>(app, 'SELECT status FROM connections WHERE id = ?', id))[0]
    ?.status
/** Every refresh that was asked for while `work` was done, and whether it succeeded. */
const refreshesIn = async (work: () => Promise<unknown>): Promise<boolean[]> => {
  const { tokenRequests } = app.emulators.confluence.oauth
  const before = tokenRequests.length
  await work()
  return tokenRequests
    .slice(before)
    .filter(({ grant }) => grant === 'refresh_token')
    .map(({ ok }) => ok)
}
const vendorCalls = async (work: () => Promise<unknown>): Promise<number> => {
  const before = app.emulators.requests.length
  await work()
  return app.emulators.requests.length - before
}

describe('refresh tokens of one use', () => {
  it('are used once each, by two places at the same time', async () => {
    const { user, id } = await open()
    for (let round = 0; round < 3; round++) {
      app.emulators.confluence.oauth.expireAccessTokens()
      const refreshes = await refreshesIn(async () => {
        const answers = await Promise.all(
          Array.from({ length: 30 }, (_, index) =>
            app.as(user)(`/api/cloud/connections/${id}${HOME()}`, { place: index % 2 }),
          ),
        )
        expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
        for (const answer of answers) await answer.text()
      })
      expect(refreshes).toEqual([true])
    }
  })

  it.each([401, 403, 404] as const)('replace a token that is refused with %i', async (status) => {
    const { call } = await open()
    app.emulators.confluence.settings.staleStatus = status
    app.emulators.confluence.oauth.expireAccessTokens()
    const refreshes = await refreshesIn(async () => {
      for (let count = 0; count < 3; count++) expect((await call(HOME())).status).toBe(200)
    })
    expect(refreshes).toEqual([true])
  })

  it('survive an answer that was lost, while the vendor forgives a reuse', async () => {
    const { id, call } = await open()
    app.emulators.confluence.oauth.settings.reuseInterval = 600
    app.emulators.confluence.oauth.expireAccessTokens()
    app.emulators.trouble.add({
      match: { host: 'auth.atlassian.com', path: '/oauth/token' },
      fault: { kind: 'drop' },
    })
    expect(await problem(await call(HOME()))).toMatchObject({
      status: 502,
      code: 'provider_unavailable',
    })
    expect(await statusOf(id)).toBe('ERROR')
    expect((await call(HOME())).status).toBe(200)
    await expect.poll(() => statusOf(id)).toBe('ACTIVE')
  })

  it('are lost with an answer where it does not, and only then is the grant at its end', async () => {
    const { user, id, call } = await open()
    app.emulators.confluence.oauth.expireAccessTokens()
    app.emulators.trouble.add({
      match: { host: 'auth.atlassian.com', path: '/oauth/token' },
      fault: { kind: 'drop' },
    })
    expect((await call(HOME())).status).toBe(502)
    expect(await statusOf(id)).toBe('ERROR')
    expect(await problem(await call(HOME()))).toMatchObject({
      status: 503,
      code: 'reauth_required',
    })
    expect(await statusOf(id)).toBe('REQUIRES_REAUTH')
    const again = await connect(app, user, 'confluence', { query: { connection_id: id } })
    expect(again).toMatchObject({ id, status: 'ACTIVE' })
    expect((await call(HOME())).status).toBe(200)
  })
})

describe('a grant', () => {
  it.each([
    ['invalid_grant', 403],
    ['unauthorized_client', 403],
    ['invalid_grant', 400],
    ['unauthorized_client', 400],
  ] as const)('has ended by %s with %i', async (deadGrant, deadStatus) => {
    const { id, call } = await open()
    const { confluence } = app.emulators
    Object.assign(confluence.settings, { deadGrant, deadStatus })
    confluence.oauth.expireAccessTokens()
    confluence.oauth.killGrant(ANN.email)
    expect(await problem(await call(HOME()))).toMatchObject({
      status: 503,
      code: 'reauth_required',
    })
    expect(await statusOf(id)).toBe('REQUIRES_REAUTH')
    expect(await vendorCalls(() => call(HOME()))).toBe(0)
  })

  it.each([
    [401, 'access_denied', 'Unauthorized'],
    [401, 'invalid_client', 'Unauthorized'],
    [400, 'unauthorized_client', 'Grant type not allowed for the client.'],
  ])('outlives a client that is refused: %i %s', async (status, error, error_description) => {
    const { id, call } = await open()
    app.emulators.confluence.oauth.expireAccessTokens()
    app.emulators.trouble.add({
      match: { host: 'auth.atlassian.com', path: '/oauth/token' },
      times: 5,
      fault: {
        kind: 'status',
        status,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ error, error_description }),
      },
    })
    expect(await problem(await call(HOME()))).toMatchObject({
      status: 502,
      code: 'provider_misconfigured',
    })
    expect(await statusOf(id)).toBe('ERROR')
    app.emulators.trouble.clear()
    expect((await call(HOME())).status).toBe(200)
    await expect.poll(() => statusOf(id)).toBe('ACTIVE')
  })

  it.each([403, 404] as const)(
    'is not refreshed for ever for a site that says %i',
    async (status) => {
      const { id, call } = await open()
      const { settings } = app.emulators.confluence
      Object.assign(settings, { revokedSites: [ACME.id], revokedStatus: status })
      const refreshes = await refreshesIn(async () => {
        for (let count = 0; count < 5; count++) {
          expect(await problem(await call(HOME()))).toMatchObject({
            status: 403,
            code: 'access_denied',
            detail: expect.stringContaining('Reconnect and choose it again') as string,
          })
        }
      })
      expect(refreshes).toEqual([true])
      expect(await problem(await call('/items?fresh=1'))).toMatchObject({ code: 'access_denied' })
      expect(await statusOf(id)).toBe('ACTIVE')
      settings.revokedSites = []
      expect((await call(HOME())).status).toBe(200)
    },
  )
})

describe('a scope that was not given', () => {
  const children = async ({ call }: Open) => call(`/items?fresh=1&folder_id=${HOME().slice(7)}`)
  const notes = () => app.emulators.confluence.find('notes.txt').id
  it.each([
    ['read:hierarchical-content:confluence', children],
    [
      'read:attachment:confluence',
      ({ call }: Open) => call(`/items/attachment.${ACME.id}.${notes()}/content`),
    ],
    ['read:content-details:confluence', ({ call }: Open) => call('/search?q=plan')],
  ])('%s is named, nothing is refreshed, and it can be added', async (scope, use) => {
    const { settings } = app.emulators.confluence
    settings.withheldScopes = [scope]
    const drive = await open()
    const refreshes = await refreshesIn(async () => {
      expect(await problem(await use(drive))).toMatchObject({
        status: 403,
        code: 'insufficient_scope',
        scope,
      })
    })
    expect(refreshes).toEqual([])
    const check = (await (await drive.call('/check', { method: 'POST' })).json()) as {
      limitations: { scope: string; initiate_url: string }[]
    }
    expect(check.limitations.map((one) => one.scope)).toEqual([scope])
    settings.withheldScopes = []
    const started = await app.as(drive.user)(check.limitations[0]?.initiate_url ?? '', {
      headers: { accept: 'application/json' },
    })
    const { authorization_url } = (await started.json()) as { authorization_url: string }
    const cookie = started.headers.get('set-cookie')?.split(';')[0]
    await callback(await authorize(authorization_url), cookie)
    expect((await use(drive)).status).toBe(200)
  })
})

describe('a limit', () => {
  const SITE = { host: 'api.atlassian.com', path: /^\/ex\// }
  const limited = (headers: Record<string, string>): Fault => ({
    kind: 'status',
    status: 429,
    headers,
  })
  const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000)
  const throttledFor = async ({ user, id }: Open) => {
    const shown = await app.as(user)(`/api/cloud/connections/${id}`)
    const { throttled_until } = (await shown.json()) as { throttled_until: string | null }
    return throttled_until === null ? 0 : (Date.parse(throttled_until) - Date.now()) / 1000
  }

  it.each([
    ['seconds', () => limited({ 'retry-after': '900' })],
    ['an HTTP date', () => limited({ 'retry-after': inSeconds(900).toUTCString() })],
    ['an ISO time of reset', () => limited({ 'x-ratelimit-reset': inSeconds(900).toISOString() })],
    ['both, of which the first counts', () => rateLimitFault('confluence-burst-based', 900, true)],
    ['a 503', () => ({ kind: 'status', status: 503, headers: { 'retry-after': '900' } }) as const],
  ])('is kept, told as %s', async (_, fault) => {
    const drive = await open()
    app.emulators.trouble.add({ match: SITE, times: 10, fault: fault() })
    await (await drive.call(HOME())).text()
    app.emulators.trouble.clear()
    const left = await throttledFor(drive)
    expect(left).toBeGreaterThan(600)
    expect(left).toBeLessThanOrEqual(901)
    const calls = await vendorCalls(async () => {
      const refused = await drive.call(HOME())
      expect(await problem(refused)).toMatchObject({ status: 429, code: 'rate_limited' })
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(600)
    })
    expect(calls).toBe(0)
  })

  it.each([
    ['confluence-quota-global-based', true],
    ['conf-global-based', true],
    ['confluence-quota-tenant-based', false],
    ['confluence-burst-based', false],
  ])('of the kind %s is everybody’s: %s', async (reason, shared) => {
    const [one, other] = [await open(), await open('bo@acme.example')]
    const google = await connect(app, one.user, 'google_drive')
    app.emulators.trouble.add({ match: SITE, fault: rateLimitFault(reason, 600) })
    expect(await problem(await one.call(HOME()))).toMatchObject({ code: 'rate_limited' })
    const calls = await vendorCalls(async () => {
      const answer = await other.call('/items?fresh=1')
      expect(answer.status).toBe(shared ? 429 : 200)
      await answer.text()
    })
    expect(calls > 0).toBe(!shared)
    const elsewhere = await app.as(one.user)(`/api/cloud/connections/${google.id}/items?fresh=1`)
    expect(elsewhere.status).toBe(200)
  })

  it('of the whole hour’s points is everybody’s', async () => {
    const [one, other] = [await open(), await open('bo@acme.example')]
    Object.assign(app.emulators.confluence.settings, { pointsPerHour: 0, retryAfterDate: true })
    expect(await problem(await one.call(HOME()))).toMatchObject({ code: 'rate_limited' })
    expect(await throttledFor(other)).toBeGreaterThan(0)
  })
})
