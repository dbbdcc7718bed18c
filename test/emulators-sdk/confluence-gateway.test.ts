// The gateway in front of the Confluence emulator: tokens, scopes, sites, points, and what is no longer there.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { rateLimitFault } from '../emulators/confluence-limits.ts'
import { startEmulators, type Emulators } from '../emulators/server.ts'
import { ACME, ANN, ask, BO, signIn, siteOf } from './confluence-caller.ts'

let emulators: Emulators
beforeAll(async () => {
  emulators = await startEmulators({ port: 0 })
})
afterAll(() => emulators.close())
beforeEach(() => emulators.reset())

describe('the gateway', () => {
  const SPACES = '/api/v2/spaces'
  const body = (code: number, message: string) => [code, JSON.stringify({ code, message })]

  it('refuses an expired token, in whatever way it is told to', async () => {
    const { access_token } = await signIn(emulators)
    emulators.confluence.oauth.expireAccessTokens()
    const site = siteOf(emulators, access_token)
    expect(await site.refused(SPACES)).toEqual(body(401, 'Unauthorized'))
    const { settings } = emulators.confluence
    for (const status of [403, 404] as const) {
      settings.staleStatus = status
      const message = 'The app is not installed on this instance'
      expect(await site.refused(SPACES)).toEqual(body(status, message))
    }
  })

  it('refuses a scope that is missing, v1’s classic ones for v2 too', async () => {
    const { access_token } = await signIn(
      emulators,
      ANN,
      'read:confluence-content.all search:confluence',
    )
    const site = siteOf(emulators, access_token)
    const mismatch = body(401, 'Unauthorized; scope does not match')
    for (const path of [SPACES, '/api/v2/pages', '/api/v2/attachments', '/rest/api/user/current']) {
      expect([path, await site.refused(path)]).toEqual([path, mismatch])
    }
    expect((await site.call('/rest/api/search?cql=type%3Dpage')).status).toBe(200)
  })

  it('withholds scopes', async () => {
    emulators.confluence.settings.withheldScopes = ['read:folder:confluence']
    const tokens = await signIn(emulators)
    expect(tokens.scope).not.toContain('read:folder')
    const { id } = emulators.confluence.find('Guides')
    const site = siteOf(emulators, tokens.access_token)
    expect((await site.call(`/api/v2/folders/${id}`)).status).toBe(401)
    expect((await site.call(`/api/v2/folders/${id}/direct-children`)).status).toBe(200)
  })

  it('knows the sites that were consented to, until they are revoked', async () => {
    const { access_token } = await signIn(emulators)
    const [other] = emulators.confluence.sites(BO)
    expect((await siteOf(emulators, access_token, other?.id).call(SPACES)).status).toBe(404)
    emulators.confluence.settings.revokedSites = [ACME]
    emulators.confluence.settings.revokedStatus = 403
    expect((await siteOf(emulators, access_token).call(SPACES)).status).toBe(403)
  })

  it('serves nothing without /wiki, and nothing at the site itself', async () => {
    const { access_token } = await signIn(emulators)
    expect(
      (await ask(emulators, `/ex/confluence/${ACME}/api/v2/spaces`, access_token)).status,
    ).toBe(404)
    const bare = await fetch(`${emulators.url}/acme.atlassian.net/wiki/api/v2/spaces`, {
      headers: { authorization: `Bearer ${access_token}` },
    })
    expect(bare.status).toBe(401)
  })

  it('has lost what v2 replaces', async () => {
    const site = siteOf(emulators, (await signIn(emulators)).access_token)
    const { id } = emulators.confluence.find('Home')
    for (const path of [
      '/rest/api/content',
      `/rest/api/content/${id}`,
      `/rest/api/content/${id}/child/page`,
      `/rest/api/content/${id}/child/attachment`,
      `/rest/api/content/${id}/label`,
      '/rest/api/space',
      '/rest/api/space/DOCS',
    ]) {
      expect([path, (await site.call(path)).status]).toEqual([path, 410])
    }
    expect((await site.call('/download/attachments/1/a.txt')).status).toBe(401)
    expect((await site.call(SPACES, { method: 'POST' })).status).toBe(405)
    expect((await site.call('/api/v2/nothing')).status).toBe(404)
  })

  it('counts points and says when the hour is over', async () => {
    emulators.confluence.settings.pointsPerHour = 12
    const site = siteOf(emulators, (await signIn(emulators)).access_token)
    const first = await site.call('/api/v2/pages?limit=10')
    expect(first.headers.get('x-ratelimit-remaining')).toBe('1')
    expect(first.headers.get('x-ratelimit-nearlimit')).toBe('true')
    await site.call('/api/v2/pages?limit=10')
    const late = await site.call(SPACES)
    expect(late.status).toBe(429)
    expect(Number(late.headers.get('retry-after'))).toBeGreaterThan(3000)
    expect(late.headers.get('x-ratelimit-reset')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    expect(late.headers.get('ratelimit-reason')).toBe('confluence-quota-global-based')
  })

  it('takes no other type of answer, and no other token', async () => {
    const site = siteOf(emulators, (await signIn(emulators)).access_token)
    expect(await site.statusOf(SPACES, { headers: { accept: 'text/html' } })).toBe(406)
    for (const authorization of ['', 'Basic YW5uOnRva2Vu', 'Bearer made-up']) {
      const answer = await site.refused(SPACES, { headers: { authorization } })
      expect(answer).toEqual(body(401, 'Unauthorized'))
    }
  })

  it('throttles on demand', async () => {
    const { access_token } = await signIn(emulators)
    const fault = rateLimitFault('confluence-burst-based', 3)
    emulators.trouble.add({ match: { host: 'api.atlassian.com', path: /\/spaces$/ }, fault })
    const answer = await siteOf(emulators, access_token).call(SPACES)
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '3'])
    emulators.confluence.settings.retryAfterDate = true
    emulators.confluence.settings.pointsPerHour = 0
    const late = await siteOf(emulators, access_token).call(SPACES)
    expect(Date.parse(late.headers.get('retry-after') ?? '')).toBeGreaterThan(Date.now())
  })
})
