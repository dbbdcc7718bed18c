// A vendor that fails while it is read, in each way it can: the right code, and nothing cut served as whole.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Fault } from '../emulators/trouble.ts'
import { endThrottling, startSlipway, type Slipway } from '../harness.ts'
import { openDrive, problem, VENDOR_DRIVES, type OpenDrive } from '../vendor-drives.ts'

let app: Slipway
const drives: Record<string, OpenDrive> = {}
beforeAll(async () => {
  app = await startSlipway()
  for (const vendor of VENDOR_DRIVES) {
    drives[vendor.provider] = await openDrive(app, 'ann', vendor)
  }
  const { confluence } = app.emulators
  confluence.addAttachment(confluence.find('Home').id, 'whole-confluence.bin', 300_000)
})
afterAll(() => app.close())
beforeEach(async () => {
  app.emulators.trouble.clear()
  await endThrottling(app)
})

const driveFor = (provider: string): OpenDrive => {
  const drive = drives[provider]
  if (drive === undefined) throw new Error(`${provider} is not connected`)
  return drive
}
const listHome = (provider: string) => {
  const { call, home } = driveFor(provider)
  return call(`/items?fresh=1&folder_id=${home}`)
}

const FAULTS: readonly [string, Fault, string][] = [
  ['429', { kind: 'status', status: 429, headers: { 'retry-after': '77' } }, 'rate_limited'],
  ['500', { kind: 'status', status: 500 }, 'provider_unavailable'],
  ['502 with HTML', { kind: 'garbage', status: 502 }, 'provider_unavailable'],
  [
    '503',
    { kind: 'status', status: 503, headers: { 'retry-after': '99' } },
    'provider_unavailable',
  ],
  ['a body that is no JSON and no XML', { kind: 'garbage' }, 'provider_unavailable'],
  ['a body that is cut', { kind: 'cut', afterBytes: 40 }, 'provider_unavailable'],
  ['a reset', { kind: 'reset' }, 'provider_unavailable'],
  ['403', { kind: 'status', status: 403 }, 'access_denied'],
  ['404', { kind: 'status', status: 404 }, 'item_not_found'],
]

for (const vendor of VENDOR_DRIVES) {
  const { provider } = vendor

  describe(`${provider}: a listing`, () => {
    it.each(FAULTS)('that meets %s', async (what, fault, code) => {
      app.emulators.trouble.add({ match: vendor.list, times: 10, fault })
      const answer = await problem(await listHome(provider))
      // Dropbox says with 409 and a tag that something is not there; a bare 404 is none of its answers.
      const isStrange = provider === 'dropbox' && what === '404'
      expect(answer.code).toBe(isStrange ? 'provider_unavailable' : code)
      if (code === 'rate_limited') expect(answer.retry_after).toBe(77)
      app.emulators.trouble.clear()
      await endThrottling(app)
      expect((await listHome(provider)).status).toBe(200)
    })

    it('that meets a failure which passes is tried again', async () => {
      const rule = { match: vendor.list, times: 1, fault: { kind: 'status', status: 503 } } as const
      const counter = app.emulators.trouble.add(rule)
      expect((await listHome(provider)).status).toBe(200)
      expect(counter.hits).toBe(1)
    })
  })

  describe(`${provider}: a download`, () => {
    it('that is cut off breaks, and is not served as whole', async () => {
      const { call, find, home } = driveFor(provider)
      const name = `whole-${provider}.bin`
      if (vendor.writing !== undefined) {
        const query = new URLSearchParams({ parent_id: home, name })
        const put = { method: 'PUT', body: randomBytes(300_000) }
        expect((await call(`/content?${query}`, put)).status).toBe(201)
      }
      const { id } = await find(name, home)
      const { download: match, downloadSkip: skip } = vendor
      app.emulators.trouble.add({ match, skip, fault: { kind: 'cut', afterBytes: 1000 } })
      const response = await call(`/items/${id}/content`)
      expect(response.status).toBe(200)
      await expect(response.arrayBuffer()).rejects.toThrow()
    })
  })
}

it('no answer repeats what a vendor said', async () => {
  const secret = 'vendor-text-that-must-not-be-seen'
  for (const { provider, list } of VENDOR_DRIVES) {
    const counter = app.emulators.trouble.add({
      match: list,
      times: 10,
      fault: { kind: 'status', status: 400, body: JSON.stringify({ error: { message: secret } }) },
    })
    expect(await (await listHome(provider)).text()).not.toContain(secret)
    expect(counter.hits).toBeGreaterThan(0)
    app.emulators.trouble.clear()
  }
  expect(app.logs.join('')).not.toContain(secret)
})
