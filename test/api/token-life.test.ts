// How grants live over months: kept alive while nobody uses them, foretold when they end, and what their scopes leave out.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { callback, connect, initiate } from '../connect.ts'
import { authorize, type OAuthServer } from '../emulators/oauth-server.ts'
import { endThrottling, rows, startSlipway, type Slipway } from '../harness.ts'

const DAY = 24 * 3600_000

let app: Slipway
beforeAll(async () => {
  app = await startSlipway()
})
afterAll(() => app.close())
beforeEach(async () => {
  app.emulators.trouble.clear()
  await endThrottling(app)
})

interface Shown {
  readonly id: string
  readonly status: string
  readonly warning: { code: string; message: string; ends_at: string } | null
  readonly throttled_until: string | null
  readonly quota: { total: number | null; used: number | null } | null
}

const show = async (user: string, id: string) =>
  (await (await app.as(user)(`/api/cloud/connections/${id}`)).json()) as Shown
/** As if the connection had last been refreshed, or consented to, so many days ago. */
const age = (id: string, column: 'refreshed_at' | 'granted_at', days: number) =>
  rows(app, `UPDATE connections SET ${column} = ? WHERE id = ?`, Date.now() - days * DAY, id)
const refreshedAt = async (id: string) =>
  (
    await rows<{ refreshed_at: number }>(
      app,
      'SELECT refreshed_at FROM connections WHERE id = ?',
      id,
    )
  )[0]?.refreshed_at ?? 0
const refreshes = ({ tokenRequests }: OAuthServer) =>
  tokenRequests.filter(({ grant }) => grant === 'refresh_token').length

describe('the keep-alive', () => {
  const VENDORS = [
    ['google_drive', 'google', 61],
    ['onedrive', 'microsoft', 31],
    ['microsoft_365', 'microsoft', 31],
    ['confluence', 'confluence', 31],
  ] as const

  it.each(VENDORS)(
    'refreshes an idle grant of %s before it dies',
    async (provider, vendor, days) => {
      const user = `idle-${provider}`
      const idle = await connect(app, user, provider)
      const fresh = await connect(app, `fresh-${provider}`, provider)
      await age(idle.id, 'refreshed_at', days)
      await age(fresh.id, 'refreshed_at', days - 2)
      const before = refreshes(app.emulators[vendor].oauth)
      await app.runCron()
      expect(refreshes(app.emulators[vendor].oauth) - before).toBe(1)
      expect(Date.now() - (await refreshedAt(idle.id))).toBeLessThan(DAY)
      expect(Date.now() - (await refreshedAt(fresh.id))).toBeGreaterThan(DAY)
      const items = await app.as(user)(`/api/cloud/connections/${idle.id}/items`)
      expect(items.status).toBe(200)
      await app.runCron()
      expect(refreshes(app.emulators[vendor].oauth) - before).toBe(1)
    },
  )

  it('leaves a grant alone that does not die of idleness', async () => {
    const { id } = await connect(app, 'idle-dropbox', 'dropbox')
    await age(id, 'refreshed_at', 1000)
    const before = refreshes(app.emulators.dropbox.oauth)
    await app.runCron()
    expect(refreshes(app.emulators.dropbox.oauth)).toBe(before)
  })

  it('notes a grant that is dead, and goes on with the next', async () => {
    const dead = await connect(app, 'gone', 'onedrive', { account: 'pat@outlook.com' })
    const alive = await connect(app, 'stays', 'onedrive')
    app.emulators.microsoft.oauth.killGrant('pat@outlook.com')
    for (const { id } of [dead, alive]) await age(id, 'refreshed_at', 40)
    await app.runCron()
    expect((await show('gone', dead.id)).status).toBe('REQUIRES_REAUTH')
    expect((await show('stays', alive.id)).status).toBe('ACTIVE')
    expect(Date.now() - (await refreshedAt(alive.id))).toBeLessThan(DAY)
  })

  it('ends no grant because the vendor fails, and comes again', async () => {
    const { id } = await connect(app, 'patient', 'google_drive')
    await age(id, 'refreshed_at', 100)
    app.emulators.trouble.add({
      match: { host: 'oauth2.googleapis.com', path: /token$/ },
      times: 1,
      fault: { kind: 'status', status: 500 },
    })
    await app.runCron()
    expect((await show('patient', id)).status).toBe('ERROR')
    await app.runCron()
    expect((await show('patient', id)).status).toBe('ACTIVE')
  })
})

describe('a warning', () => {
  it('foretells the end of a grant that nobody could refresh', async () => {
    const { id } = await connect(app, 'warned', 'onedrive')
    expect((await show('warned', id)).warning).toBeNull()
    await age(id, 'refreshed_at', 80)
    const { warning } = await show('warned', id)
    expect(warning?.code).toBe('grant_idle')
    const left = Date.parse(warning?.ends_at ?? '') - Date.now()
    expect(Math.round(left / DAY)).toBe(10)
    const answer = await app.as('warned')(`/api/cloud/connections/${id}/check`, { method: 'POST' })
    expect(await answer.json()).toMatchObject({ warning: { code: 'grant_idle' } })
  })

  it('foretells the end of a year at Atlassian, until the user consents again', async () => {
    const { id } = await connect(app, 'yearly', 'confluence')
    await age(id, 'granted_at', 360)
    expect((await show('yearly', id)).warning?.code).toBe('grant_ages')
    const again = await connect(app, 'yearly', 'confluence', { query: { connection_id: id } })
    expect(again.id).toBe(id)
    expect((await show('yearly', id)).warning).toBeNull()
  })

  it('foretells the end of a grant of an application in testing (Google)', async () => {
    const { settings } = app.emulators.google.oauth
    settings.answerExtras = { refresh_token_expires_in: 7 * 24 * 3600 }
    const { id } = await connect(app, 'tester', 'google_drive')
    settings.answerExtras = {}
    const { warning } = await show('tester', id)
    expect(warning?.code).toBe('grant_limited')
    const left = Date.parse(warning?.ends_at ?? '') - Date.now()
    expect(Math.round(left / DAY)).toBe(7)
  })
})

describe('a check', () => {
  const check = async (user: string, id: string) => {
    const answer = await app.as(user)(`/api/cloud/connections/${id}/check`, { method: 'POST' })
    return (await answer.json()) as {
      limitations: { scope: string; message: string; initiate_url: string }[]
    }
  }

  it('says what the granted scopes leave out, and how to add it to the same connection', async () => {
    const { id } = await connect(app, 'narrow', 'onedrive')
    const [limitation, ...others] = (await check('narrow', id)).limitations
    expect(others).toEqual([])
    expect(limitation?.scope).toBe('Files.ReadWrite.All')
    expect(limitation?.message).toMatch(/own OneDrive/)
    const url = new URL(limitation?.initiate_url ?? '', app.url)
    const started = await initiate(
      app.as('narrow'),
      'onedrive',
      Object.fromEntries(url.searchParams),
    )
    expect(url.pathname).toBe('/api/cloud/oauth/initiate/onedrive')
    const back = await authorize(started.authorizationUrl, {})
    await (await callback(back, started.cookie)).text()
    expect((await check('narrow', id)).limitations).toEqual([])
  })

  it('shows its quota with the connection from then on', async () => {
    const { id } = await connect(app, 'space', 'dropbox')
    expect((await show('space', id)).quota).toBeNull()
    await check('space', id)
    expect((await show('space', id)).quota?.total).toBeGreaterThan(0)
  })
})

describe('a throttled connection', () => {
  const graph = { host: 'graph.microsoft.com', path: /\/children/ }
  const list = (user: string, id: string) =>
    app.as(user)(`/api/cloud/connections/${id}/items?fresh=1`)

  it('says until when, and sends nothing until then', async () => {
    const { id } = await connect(app, 'hasty', 'onedrive')
    const other = await connect(app, 'calm', 'onedrive', { account: 'pat@outlook.com' })
    const rule = app.emulators.trouble.add({
      match: graph,
      times: 1,
      fault: { kind: 'status', status: 429, headers: { 'retry-after': '120' } },
    })
    expect(await (await list('hasty', id)).json()).toMatchObject({
      code: 'rate_limited',
      retry_after: 120,
    })
    const until = Date.parse((await show('hasty', id)).throttled_until ?? '') - Date.now()
    expect(Math.round(until / 10_000)).toBe(12)
    app.emulators.requests.length = 0
    for (const answer of [
      await list('hasty', id),
      await app.as('hasty')(`/api/cloud/connections/${id}/check`, { method: 'POST' }),
      await app.as('hasty')(`/api/cloud/connections/${id}/content?name=a`, {
        method: 'PUT',
        body: 'x',
      }),
    ]) {
      const problem = (await answer.json()) as { code: string; retry_after: number }
      expect(problem.code).toBe('rate_limited')
      expect(problem.retry_after).toBeGreaterThan(100)
    }
    expect(app.emulators.requests).toEqual([])
    expect((await show('hasty', id)).status).toBe('ACTIVE')
    expect((await list('calm', other.id)).status).toBe(200)
    await rows(app, 'UPDATE connections SET throttled_until = ? WHERE id = ?', Date.now() - 1, id)
    expect((await list('hasty', id)).status).toBe(200)
    expect((await show('hasty', id)).throttled_until).toBeNull()
    expect(rule.hits).toBe(1)
  })

  it('heeds a time that is written as a date', async () => {
    const { id } = await connect(app, 'dated', 'onedrive')
    const date = new Date(Date.now() + 300_000).toUTCString()
    app.emulators.trouble.add({
      match: graph,
      times: 1,
      fault: { kind: 'status', status: 503, headers: { 'retry-after': date } },
    })
    expect((await list('dated', id)).status).toBe(502)
    const until = Date.parse((await show('dated', id)).throttled_until ?? '') - Date.now()
    expect(Math.round(until / 10_000)).toBe(30)
  })
})
