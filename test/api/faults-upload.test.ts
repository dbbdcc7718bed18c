// A vendor that fails while it is written to, in each way it can: the right code, and nothing half done anywhere.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { endThrottling, startSlipway, type Slipway } from '../harness.ts'
import { openDrive, problem, VENDOR_DRIVES, type OpenDrive } from '../vendor-drives.ts'

let app: Slipway
beforeAll(async () => {
  app = await startSlipway()
})
afterAll(() => app.close())
beforeEach(async () => {
  app.emulators.trouble.clear()
  await endThrottling(app)
})

for (const vendor of VENDOR_DRIVES) {
  const { provider, writing } = vendor
  if (writing === undefined) continue
  const { bytes: match } = writing

  describe(`${provider}: an upload`, () => {
    let drive: OpenDrive
    beforeAll(async () => {
      drive = await openDrive(app, 'ann', vendor)
    })

    const upload = (name: string, size = 400_000) => {
      const query = new URLSearchParams({ parent_id: drive.home, name })
      return drive.call(`/content?${query}`, { method: 'PUT', body: randomBytes(size) })
    }

    it.each([
      ['429', { kind: 'status', status: 429, headers: { 'retry-after': '5' } }, 'rate_limited'],
      ['500', { kind: 'status', status: 500 }, 'provider_unavailable'],
      ['an early answer', { kind: 'status', status: 503 }, 'provider_unavailable'],
      ['a reset', { kind: 'reset' }, 'provider_unavailable'],
      ['507', { kind: 'status', status: 507 }, 'quota_exceeded'],
    ] as const)('that meets %s leaves nothing behind', async (what, fault, code) => {
      const name = `lost-${what.replaceAll(' ', '-')}.bin`
      const counter = app.emulators.trouble.add({ match, fault })
      const answer = await problem(await upload(name))
      expect(counter.hits).toBe(1)
      // These two say in a body that storage is full, with 403 and with 409; a bare 507 is none of their answers.
      const isStrange = ['google_drive', 'dropbox'].includes(provider) && code === 'quota_exceeded'
      expect(answer.code).toBe(isStrange ? 'provider_unavailable' : code)
      expect(writing.open(app)).toEqual([])
      expect(writing.names(app)).not.toContain(name)
    })

    it('that is large gets its answer, however early it fails', async () => {
      app.emulators.trouble.add({ match, fault: { kind: 'status', status: 500 } })
      const answer = await problem(await upload('large.bin', 30_000_000))
      expect(answer.code).toBe('provider_unavailable')
      expect(writing.open(app)).toEqual([])
      expect(writing.names(app)).not.toContain('large.bin')
    })

    it('whose last answer is lost is found to be there, once', async () => {
      const name = `answer-lost-${provider}.bin`
      app.emulators.trouble.add({ match, fault: { kind: 'drop' } })
      const answer = await upload(name)
      if (provider === 'webdav') {
        // Nothing tells what became of a PUT: it is taken back.
        expect((await problem(answer)).code).toBe('provider_unavailable')
        expect(writing.names(app)).not.toContain(name)
      } else {
        expect(answer.status).toBe(201)
        expect(await answer.json()).toMatchObject({ name, size: 400_000 })
        expect(writing.names(app).filter((one) => one === name)).toHaveLength(1)
      }
      expect(writing.open(app)).toEqual([])
    })
  })
}
