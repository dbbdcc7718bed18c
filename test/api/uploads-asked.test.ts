// What HEAD says after a loss is what the vendor really has: after a lost answer, a dead Worker, or a vendor that could not be asked.
import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { endThrottling, rows, startSlipway, type Slipway } from '../harness.ts'
import { prepare } from '../tus-client.ts'
import { MIB, tusUser, type TusUser } from '../tus.ts'
import { expectStored, placeOf, type UploadPlace } from '../upload-places.ts'

let app: Slipway
let ann: TusUser
const drives = new Map<string, string>()
/** Those that keep their own count of what they have; the bytes of the newest session. */
const COUNTS: Readonly<Record<string, (app: Slipway) => number | undefined>> = {
  google_drive: ({ emulators }) => emulators.google.kept().at(-1),
  onedrive: ({ emulators }) => emulators.microsoft.kept().at(-1),
  dropbox: ({ emulators }) => emulators.dropbox.kept().at(-1),
  nextcloud: ({ emulators }) => emulators.nextcloud.kept().at(-1),
}
beforeAll(async () => {
  app = await startSlipway()
  ann = tusUser(app, 'ann')
  for (const provider of Object.keys(COUNTS)) {
    drives.set(provider, (await placeOf(provider).connect(app, 'ann')).id)
  }
})
afterAll(() => app.close())
afterEach(async () => {
  app.emulators.trouble.clear()
  await endThrottling(app)
})

const idOf = (path: string) => path.split('/').at(-1) ?? ''
const endLease = (path: string) =>
  rows(app, 'UPDATE uploads SET lease_until = 1 WHERE id = ?', idOf(path))

/** An upload of three bodies, each one request of the vendor's, of which the first is taken. */
async function beginThird(place: UploadPlace, name: string) {
  const step = Math.ceil(MIB / place.step) * place.step
  const bytes = randomBytes(3 * step)
  const connection_id = drives.get(place.provider) ?? ''
  const path = await ann.begin(bytes.length, { filename: name, connection_id })
  expect((await ann.patch(path, 0, bytes.subarray(0, step))).status).toBe(204)
  const second = () => ann.patch(path, step, bytes.subarray(step, 2 * step))
  const finish = async () => {
    expect((await ann.patch(path, 2 * step, bytes.subarray(2 * step))).status).toBe(204)
    await expectStored(app, place, 'ann', name, bytes)
  }
  return { path, step, second, finish }
}

describe.each(Object.entries(COUNTS))('%s', (provider, count) => {
  const place = placeOf(provider)

  it('is asked when its answer was lost', async () => {
    const { path, step, second, finish } = await beginThird(place, `lost-${provider}.bin`)
    app.emulators.trouble.add({ match: place.bytes, fault: { kind: 'drop' } })
    await (await second()).text()
    expect(count(app)).toBe(2 * step)
    expect(await ann.offset(path)).toEqual([200, count(app)])
    await finish()
  })

  it('is asked when the Worker has died over its answer', async () => {
    const { path, step, second, finish } = await beginThird(place, `dead-${provider}.bin`)
    app.emulators.trouble.add({ match: place.bytes, fault: { kind: 'mute' } })
    const answer = second().catch(() => undefined)
    await expect.poll(() => count(app), { timeout: 10_000 }).toBe(2 * step)
    await app.restart()
    await answer
    // Nobody wants to wait here until the lease of the dead ends by itself.
    await endLease(path)
    expect(await ann.offset(path)).toEqual([200, count(app)])
    await finish()
  })

  it('is asked again when it could not be asked at first', async () => {
    const { path, step, second, finish } = await beginThird(place, `silent-${provider}.bin`)
    const { host = '' } = place.bytes
    app.emulators.trouble.add({ match: place.bytes, fault: { kind: 'drop' } })
    const silent = { match: { host }, times: 1000, fault: { kind: 'status', status: 502 } } as const
    const counter = app.emulators.trouble.add(silent)
    expect((await second()).status).toBe(502)
    expect((await ann.head(path)).status).toBe(423)
    expect(counter.hits).toBeGreaterThan(0)
    app.emulators.trouble.clear()
    expect(count(app)).toBe(2 * step)
    expect(await ann.offset(path)).toEqual([200, count(app)])
    await finish()
  })
})

it('an upload is kept from others while a slow vendor is asked', async () => {
  const { path, step, finish, second } = await beginThird(placeOf('onedrive'), 'slow.bin')
  expect((await second()).status).toBe(204)
  const sql = 'SELECT lease_until AS until FROM uploads WHERE id = ?'
  const untilOf = async () => (await rows<{ until: number | null }>(app, sql, idOf(path)))[0]?.until
  await rows(app, 'UPDATE uploads SET is_unsure = 1 WHERE id = ?', idOf(path))
  const { host = '' } = placeOf('onedrive').bytes
  const fault = { kind: 'slow', ms: 4000 } as const
  app.emulators.trouble.add({ match: { host, method: 'GET' }, fault })
  const asked = ann.offset(path)
  await expect.poll(untilOf).toBeGreaterThan(0)
  const first = (await untilOf()) ?? 0
  await expect.poll(untilOf, { timeout: 3500 }).toBeGreaterThan(first)
  expect(await asked).toEqual([200, 2 * step])
  await finish()
})

it('tus-js-client goes on with its upload where the vendor could not be asked for a while', async () => {
  const place = placeOf('onedrive')
  const bytes = randomBytes(3 * place.step)
  const { host = '' } = place.bytes
  const skip = 1
  app.emulators.trouble.add({ match: place.bytes, skip, fault: { kind: 'drop' } })
  const silent = {
    match: { host },
    skip,
    times: 1000,
    fault: { kind: 'status', status: 502 },
  } as const
  app.emulators.trouble.add(silent)
  const { upload, methods, done } = await prepare(app, 'ann', bytes, {
    chunkSize: place.step,
    retryDelays: Array.from({ length: 20 }, () => 200),
    metadata: { filename: 'goes on.bin', connection_id: drives.get('onedrive') ?? '' },
  })
  upload.start()
  await expect
    .poll(() => methods.filter((method) => method === 'HEAD').length, { timeout: 20_000 })
    .toBeGreaterThan(1)
  app.emulators.trouble.clear()
  await done
  expect(methods.filter((method) => method === 'POST')).toHaveLength(1)
  await expectStored(app, place, 'ann', 'goes on.bin', bytes)
})
