// Nextcloud, in a sub-folder and at the top of its origin: the conformance suite, and what is Nextcloud's alone.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { connectNextcloud } from '../connect.ts'
import { LONGEST_NAME } from '../conformance/names.ts'
import { testConformance } from '../conformance/provider.ts'
import { driveOf } from '../drive.ts'
import type { NextcloudEmulator } from '../emulators/nextcloud.ts'
import { defaultSettings } from '../emulators/nextcloud-settings.ts'
import { endThrottling, startSlipway, type Slipway } from '../harness.ts'

for (const place of ['in a sub-folder', 'at its own origin'] as const) {
  testConformance({
    name: `nextcloud ${place}`,
    fragment: 10 * 1024 * 1024,
    searches: true,
    // The longest has 5 bytes too many for it.
    refusedNames: ['question? star* pipe| less< greater> colon: back\\slash.txt', LONGEST_NAME],
    open: async () => {
      const app = await startSlipway()
      const { nextcloud } = app.emulators
      const own = place === 'at its own origin'
      const url = own ? await nextcloud.ownOrigin() : undefined
      const { id } = await connectNextcloud(app, 'mia', url)
      return {
        app,
        call: app.as('mia'),
        connection: id,
        leftovers: () => Promise.resolve(nextcloud.sessions()),
        vendorHash: (_, path) => nextcloud.sha256('mia', `/${path.join('/')}`),
        close: app.close,
      }
    },
  })
}

describe('Nextcloud', () => {
  let app: Slipway
  let id: string
  let nextcloud: NextcloudEmulator
  beforeAll(async () => {
    app = await startSlipway()
    ;({ nextcloud } = app.emulators)
    ;({ id } = await connectNextcloud(app, 'mia'))
  })
  afterAll(() => app.close())
  afterEach(async () => {
    Object.assign(nextcloud.settings, defaultSettings())
    await endThrottling(app)
  })

  const { call, list, find } = driveOf('mia', () => ({ app, id }))
  const send = async (path: string, method: string, body: object) => {
    const headers = { 'content-type': 'application/json' }
    return (await call(path, { method, headers, body: JSON.stringify(body) })).json()
  }

  it('tells its quota, where there is one', async () => {
    const quotaOf = async (user: string, connection: string) => {
      const path = `/api/cloud/connections/${connection}/check`
      const answer = await app.as(user)(path, { method: 'POST' })
      return ((await answer.json()) as { quota: { total: number | null; used: number } }).quota
    }
    const before = await quotaOf('mia', id)
    expect(before.total).toBe(10 * 1024 ** 3)
    expect(before.used).toBeGreaterThan(0)
    nextcloud.addFile('mia', '/more.bin', 4096)
    expect(await quotaOf('mia', id)).toEqual({ total: before.total, used: before.used + 4096 })
    const ida = await connectNextcloud(app, 'ida', undefined, 'ida@example.com', 'pässwörd:1')
    expect(await quotaOf('ida', ida.id)).toEqual({ total: null, used: 'private\n'.length })
  })

  it('deletes into the bin', async () => {
    const { id: file } = await find('Readme.md')
    expect((await call(`/items/${file}`, { method: 'DELETE' })).status).toBe(204)
    const { id: folder } = await find('Odd names')
    expect((await call(`/items/${folder}`, { method: 'DELETE' })).status).toBe(204)
    expect(nextcloud.trash('mia').sort()).toEqual(['/Odd names', '/Readme.md'])
    expect(nextcloud.item('mia', '/Readme.md')).toBeUndefined()
  })

  it('tells a file that is locked', async () => {
    const { id: photos } = await find('Photos')
    const { id: file } = await find('harbour.jpg', photos)
    nextcloud.settings.locked = ['/Photos/harbour.jpg']
    const locked = { status: 423, code: 'upload_locked' }
    const removed = await call(`/items/${file}`, { method: 'DELETE' })
    expect(await removed.json()).toMatchObject(locked)
    expect(await send(`/items/${file}`, 'PATCH', { name: 'port.jpg' })).toMatchObject(locked)
    expect((await call(`/items/${file}/content`)).status).toBe(200)
    expect(nextcloud.item('mia', '/Photos/harbour.jpg')?.size).toBe(1_500_000)
  })

  it('names the field where the server forbids a name', async () => {
    nextcloud.settings.forbiddenBasenames = ['con']
    nextcloud.settings.forbiddenCharacters = [':', '\\', '/']
    nextcloud.addFile('mia', '/kept.bin', 'kept')
    const { id: file } = await find('kept.bin')
    const wrong = { status: 422, code: 'invalid_request', errors: [{ field: 'name' }] }
    for (const name of ['.htaccess', 'con.txt', 'a:b', 'x'.repeat(251)]) {
      expect(await send('/folders', 'POST', { name }), name).toMatchObject(wrong)
      expect(await send(`/items/${file}`, 'PATCH', { name }), name).toMatchObject(wrong)
    }
    expect(nextcloud.item('mia', '/kept.bin')).toBeDefined()
  })

  it('tells what somebody shares to be read alone', async () => {
    const { id: shared } = await find('From Ida')
    const { id: file } = await find('shared.txt', shared)
    const denied = { status: 403, code: 'access_denied' }
    expect(await send('/folders', 'POST', { name: 'mine', parent_id: shared })).toMatchObject(
      denied,
    )
    const removed = await call(`/items/${file}`, { method: 'DELETE' })
    expect(await removed.json()).toMatchObject(denied)
    expect(await (await call(`/items/${file}/content`)).text()).toBe('look, do not touch\n')
  })

  it('in maintenance cannot answer, and is itself again afterwards', async () => {
    nextcloud.settings.maintenance = true
    const check = await call('/check', { method: 'POST' })
    expect(await check.json()).toMatchObject({ status: 502, code: 'provider_unavailable' })
    const status = async () => ((await (await call('')).json()) as { status: string }).status
    expect(await status()).toBe('ERROR')
    nextcloud.settings.maintenance = false
    expect((await list('root')).items).not.toEqual([])
    await expect.poll(status).toBe('ACTIVE')
  })

  it('that has seen too many wrong passwords from our address does not end the connection', async () => {
    nextcloud.settings.bruteForce = { limit: 0, firstDelayMs: 0 }
    const refused = await call('/items?fresh=1')
    expect(await refused.json()).toMatchObject({ status: 429, code: 'rate_limited' })
    expect(await (await call('')).json()).toMatchObject({ status: 'ACTIVE' })
    nextcloud.settings.bruteForce = { limit: 10, firstDelayMs: 0 }
    expect((await call('/items?fresh=1')).status).toBe(200)
  })

  it('that says how long to wait is left alone until then', async () => {
    const fault = { kind: 'status', status: 429, headers: { 'retry-after': '90' } } as const
    app.emulators.trouble.add({ match: { method: 'PROPFIND' }, fault })
    const first = await call('/items?fresh=1')
    expect(await first.json()).toMatchObject({ status: 429, code: 'rate_limited', retry_after: 90 })
    expect(await (await call('')).json()).toMatchObject({
      status: 'ACTIVE',
      throttled_until: expect.stringMatching(/Z$/) as string,
    })
    const before = nextcloud.requests.length
    expect((await call('/items?fresh=1')).status).toBe(429)
    expect(nextcloud.requests).toHaveLength(before)
  })
})
