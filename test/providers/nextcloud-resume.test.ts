// Uploads to a Nextcloud in several requests: when there are parts, how large they are, and that they are put together exactly once.
import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { connectNextcloud } from '../connect.ts'
import { defaultSettings } from '../emulators/nextcloud-settings.ts'
import { startSlipway, type Slipway } from '../harness.ts'
import { sha256 } from '../sha256.ts'
import { refusal, uploadDrive } from '../upload-drive.ts'

let app: Slipway
beforeAll(async () => {
  app = await startSlipway({ places: 2 })
})
afterAll(() => app.close())
afterEach(() => {
  app.emulators.trouble.clear()
  Object.assign(app.emulators.nextcloud.settings, defaultSettings())
})

describe('Nextcloud', () => {
  const STEP = 5 * 1024 * 1024
  let id: string
  beforeAll(async () => {
    ;({ id } = await connectNextcloud(app, 'nora'))
  })
  const { begin, hashes } = uploadDrive('nora', () => ({ app, id }))
  const seen = (method: string) =>
    app.emulators.nextcloud.requests.filter((request) => request.method === method)

  it('clears the folder of parts away, also where the file then comes in one request', async () => {
    const { nextcloud, trouble } = app.emulators
    const bytes = randomBytes(STEP + 1000)
    const upload = await begin('whole after all.bin', bytes.length)
    trouble.add({ match: { host: 'nextcloud', method: 'PUT' }, fault: { kind: 'reset' } })
    expect((await upload.patch(0, bytes.subarray(0, STEP))).status).toBe(502)
    expect(await upload.head()).toEqual({ status: 200, offset: 0 })
    expect((await upload.patch(0, bytes)).status).toBe(204)
    expect(await hashes('whole after all.bin')).toEqual([sha256(bytes)])
    expect(nextcloud.sessions()).toEqual([])
  })

  it('has no folder of parts before there are parts', async () => {
    const { nextcloud } = app.emulators
    const large = await begin('large.bin', 6 * STEP)
    expect(nextcloud.sessions()).toEqual([])
    expect((await large.patch(0, new Uint8Array(3 * STEP))).status).toBe(204)
    expect(nextcloud.sessions()).toHaveLength(1)
    expect((await large.terminate()).status).toBe(204)
    expect(nextcloud.sessions()).toEqual([])
  })

  it('takes parts of 10 MiB, and what is left of a body as one of 5 MiB', async () => {
    app.emulators.nextcloud.requests.length = 0
    const bytes = randomBytes(6 * STEP + 7)
    const upload = await begin('parts.bin', bytes.length)
    await upload.finish(bytes, 3 * STEP)
    const lengths = seen('PUT').map(({ headers }) => Number(headers['content-length']))
    expect(lengths).toEqual([2 * STEP, STEP, 2 * STEP, STEP, 7])
    expect(await hashes('parts.bin')).toEqual([sha256(bytes)])
  })

  it('puts the parts together once somebody else has let go of the file', async () => {
    const { nextcloud } = app.emulators
    nextcloud.addFile('mia', '/held.bin', 'before')
    nextcloud.settings.locked = ['/held.bin']
    const bytes = randomBytes(STEP + 1000)
    const upload = await begin('held.bin', bytes.length, 'replace')
    expect((await upload.patch(0, bytes.subarray(0, STEP))).status).toBe(204)
    const refused = await upload.patch(STEP, bytes.subarray(STEP))
    expect(await refusal(refused)).toEqual({ status: 423, code: 'upload_locked' })
    nextcloud.settings.locked = []
    nextcloud.requests.length = 0
    expect(await upload.head()).toEqual({ status: 200, offset: bytes.length })
    expect(seen('PUT')).toEqual([])
    expect(seen('MOVE')).toHaveLength(1)
    expect(await hashes('held.bin')).toEqual([sha256(bytes)])
    expect(nextcloud.sessions()).toEqual([])
  })

  it.each(['fail', 'replace'])(
    'does not put them together twice where the server is slow: %s',
    async (conflict) => {
      const { nextcloud, trouble } = app.emulators
      const name = `slow ${conflict}.bin`
      const bytes = randomBytes(STEP + 1000)
      if (conflict === 'replace') nextcloud.addFile('mia', `/${name}`, bytes.length)
      Object.assign(nextcloud.settings, { assembleMs: 1500, gatewayTimeoutMs: 100 })
      const upload = await begin(name, bytes.length, conflict)
      // The last part arrives, and nobody hears of it.
      trouble.add({ match: { host: 'nextcloud', method: 'PUT' }, skip: 1, fault: { kind: 'drop' } })
      await upload.finish(bytes, STEP)
      expect(await upload.head()).toEqual({ status: 200, offset: bytes.length })
      expect(await hashes(name)).toEqual([sha256(bytes)])
      expect(nextcloud.sessions()).toEqual([])
    },
  )

  it('keeps the name for whoever took it, also where the file is as long', async () => {
    const { nextcloud } = app.emulators
    const bytes = randomBytes(STEP + 1000)
    const upload = await begin('taken.bin', bytes.length)
    expect((await upload.patch(0, bytes.subarray(0, STEP))).status).toBe(204)
    const other = randomBytes(bytes.length)
    nextcloud.addFile('mia', '/taken.bin', other)
    const refused = await upload.patch(STEP, bytes.subarray(STEP))
    expect(await refusal(refused)).toEqual({ status: 409, code: 'name_conflict' })
    expect(await hashes('taken.bin')).toEqual([sha256(other)])
    expect(nextcloud.sessions()).toEqual([])
  })

  it('that has forgotten the upload says so, and takes a new one', async () => {
    const { nextcloud } = app.emulators
    const bytes = randomBytes(STEP + 1000)
    const upload = await begin('forgotten.bin', bytes.length)
    expect((await upload.patch(0, bytes.subarray(0, STEP))).status).toBe(204)
    nextcloud.forgetSessions()
    const refused = await upload.patch(STEP, bytes.subarray(STEP))
    expect(await refusal(refused)).toEqual({ status: 502, code: 'provider_unavailable' })
    expect((await upload.head()).status).toBe(404)
    expect(nextcloud.sessions()).toEqual([])
    const next = await begin('forgotten.bin', bytes.length)
    await next.finish(bytes, STEP)
    expect(await hashes('forgotten.bin')).toEqual([sha256(bytes)])
  })
})
