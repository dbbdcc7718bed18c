// The client, the Worker or the vendor cut at any byte: after a resume the file is whole, there is one of it, and nothing else is left.
import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { sha256 } from '../conformance/provider.ts'
import type { Fault } from '../emulators/trouble.ts'
import { endThrottling, startSlipway, type Slipway } from '../harness.ts'
import { holdUpload } from '../held-upload.ts'
import { MIB, patchHeaders, tusUser, type TusUser } from '../tus.ts'
import {
  expectNothingLeft,
  expectStored,
  UPLOAD_PLACES,
  type UploadPlace,
} from '../upload-places.ts'

let app: Slipway
let ann: TusUser
const drives = new Map<string, string>()
beforeAll(async () => {
  app = await startSlipway()
  ann = tusUser(app, 'ann')
  for (const { provider, connect } of UPLOAD_PLACES) {
    drives.set(provider, (await connect(app, 'ann')).id)
  }
})
afterAll(() => app.close())
afterEach(async () => {
  app.emulators.trouble.clear()
  await endThrottling(app)
})

/** Two requests of the vendor and a bit, and a piece that a client sends of it. */
const SHAPES: Readonly<Record<string, { readonly fragment: number; readonly size: number }>> = {
  onedrive: { fragment: 10 * MIB, size: 20 * MIB + 1000 },
  dropbox: { fragment: 24 * MIB, size: 48 * MIB + 1000 },
  nextcloud: { fragment: 10 * MIB, size: 20 * MIB + 1000 },
}
const shapeOf = ({ provider }: UploadPlace) =>
  SHAPES[provider] ?? { fragment: MIB, size: 2 * MIB + 1000 }

/** Bytes that have arrived when it happens. */
const POINTS = {
  'before the first byte': () => 0,
  'at the first byte': () => 1,
  'inside the first fragment': ({ fragment }: { fragment: number }) => fragment / 2 + 3,
  'at the border of a fragment': ({ fragment }: { fragment: number }) => fragment,
  'one byte behind the border': ({ fragment }: { fragment: number }) => fragment + 1,
  'in the last fragment': ({ size }: { size: number }) => size - 500,
  'before the last byte': ({ size }: { size: number }) => size - 1,
} as const
const points = Object.entries(POINTS)
const target = (place: UploadPlace, name: string, conflict = 'fail') => ({
  filename: name,
  connection_id: drives.get(place.provider) ?? '',
  conflict,
})
const HEADERS = { 'tus-resumable': '1.0.0' }

/** What a client does: asks where to go on, and sends the rest; again when it fails. */
async function finish(path: string, bytes: Uint8Array): Promise<string[]> {
  const seen: string[] = []
  for (let tries = 0; tries < 6; tries++) {
    const [status, offset] = await ann.offset(path)
    seen.push(`HEAD ${status} ${offset}`)
    if (offset === bytes.length) return seen
    if (status === 200) {
      const response = await ann.patch(path, offset, bytes.subarray(offset))
      seen.push(`PATCH ${response.status} ${response.headers.get('upload-offset')}`)
      await response.text()
      if (response.headers.get('upload-offset') === String(bytes.length)) return seen
    } else if (status !== 423) break
  }
  throw new Error(seen.join(', '))
}

/** Starts a PATCH of everything, of which only the first bytes go out, and waits until they have arrived where they can be seen. */
async function sendSome(place: UploadPlace, path: string, bytes: Uint8Array, sent: number) {
  const before = app.emulators.requests.length
  const headers = { ...HEADERS, ...patchHeaders(0) }
  const held = await holdUpload(app, 'ann', path, bytes, sent, { method: 'PATCH', headers })
  await held.started
  const isSeen = () =>
    app.emulators.requests.slice(before).some(({ host }) => host === place.bytes.host)
  // R2 is seen by nobody, and a request without a byte need not have begun.
  if (sent > 0 && place.provider !== 'r2' && !place.isStaged) await expect.poll(isSeen).toBe(true)
  return held
}

describe.each(UPLOAD_PLACES.map((place) => [place.provider, place] as const))('%s', (_, place) => {
  const shape = shapeOf(place)

  it.each(points)('the client is cut %s', async (point, at) => {
    const bytes = randomBytes(shape.size)
    const name = `client ${point} ${place.provider}.bin`
    const path = await ann.begin(bytes.length, target(place, name))
    const held = await sendSome(place, path, bytes, at(shape))
    held.leave()
    await finish(path, bytes)
    await expectStored(app, place, 'ann', name, bytes)
  })

  it('the client is cut after the last byte, before the answer', async () => {
    const bytes = randomBytes(shape.size)
    const name = `client at the end ${place.provider}.bin`
    const path = await ann.begin(bytes.length, target(place, name))
    const skip = Math.ceil(shape.size / shape.fragment) - 1
    const whole = place.provider === 'google_drive' || place.isStaged
    const fault = { kind: 'slow', ms: 600 } as const
    const slow = app.emulators.trouble.add({ match: place.bytes, skip: whole ? 0 : skip, fault })
    const headers = { ...HEADERS, ...patchHeaders(0) }
    const held = await holdUpload(app, 'ann', path, bytes, 0, { method: 'PATCH', headers })
    const answer = held.resume().catch(() => undefined)
    if (place.provider !== 'r2') await expect.poll(() => slow.hits, { timeout: 20_000 }).toBe(1)
    held.leave()
    await answer
    await finish(path, bytes)
    await expectStored(app, place, 'ann', name, bytes)
  })

  it.each(points)('the Worker dies %s', async (point, at) => {
    const bytes = randomBytes(shape.size)
    const name = `worker ${point} ${place.provider}.bin`
    const path = await ann.begin(bytes.length, target(place, name))
    const held = await sendSome(place, path, bytes, at(shape))
    await app.restart()
    held.leave()
    // Its lease ends by itself; nobody wants to wait for that here.
    await endLeases()
    await finish(path, bytes)
    await expectStored(app, place, 'ann', name, bytes)
  })
})

const endLeases = () =>
  app.db.prepare('UPDATE uploads SET lease_until = 1 WHERE lease_id IS NOT NULL').bind().run()

const FAULTS: readonly (readonly [string, Fault])[] = [
  ['resets the connection', { kind: 'reset' }],
  ['answers 503', { kind: 'status', status: 503 }],
  ['answers 500', { kind: 'status', status: 500 }],
  ['answers nonsense', { kind: 'garbage' }],
  ['loses its answer', { kind: 'drop' }],
  ['breaks its answer off', { kind: 'cut', afterBytes: 3 }],
]
const vendors = UPLOAD_PLACES.filter(({ provider }) => provider !== 'r2')
const requestsOf = (place: UploadPlace, shape: { size: number; fragment: number }) =>
  place.provider === 'google_drive' || place.isStaged ? 1 : Math.ceil(shape.size / shape.fragment)

describe.each(vendors.map((place) => [place.provider, place] as const))('%s', (_, place) => {
  const shape = shapeOf(place)
  const requests = requestsOf(place, shape)
  const skips = requests === 1 ? [0] : [0, 1, requests - 1]
  const cases = FAULTS.flatMap(([what, fault]) => skips.map((skip) => [what, skip, fault] as const))

  it.each(cases)('%s at its request %i', async (what, skip, fault) => {
    const bytes = randomBytes(shape.size)
    const name = `${what} ${skip} ${place.provider}.bin`
    const path = await ann.begin(bytes.length, target(place, name))
    const counter = app.emulators.trouble.add({ match: place.bytes, skip, fault })
    const response = await ann.patch(path, 0, bytes)
    await response.text()
    expect(counter.hits).toBe(1)
    await endThrottling(app)
    await finish(path, bytes)
    await expectStored(app, place, 'ann', name, bytes)
    expect(await ann.show(path)).toMatchObject({ status: 'completed', item: { name } })
  })

  it.each(['rename', 'replace'])('loses its last answer, with conflict=%s', async (conflict) => {
    const name = `last answer ${conflict} ${place.provider}.bin`
    const old = randomBytes(shape.size)
    const first = await ann.begin(old.length, target(place, name))
    expect((await ann.patch(first, 0, old)).status).toBe(204)
    const bytes = randomBytes(shape.size)
    const path = await ann.begin(bytes.length, target(place, name, conflict))
    const skip = requests - 1
    app.emulators.trouble.add({ match: place.bytes, skip, fault: { kind: 'drop' } })
    await (await ann.patch(path, 0, bytes)).text()
    await finish(path, bytes)
    const stem = name.replace(/\.bin$/, '')
    const names = (await place.names(app, 'ann')).filter((one) => one.startsWith(stem))
    expect(names).toHaveLength(conflict === 'rename' ? 2 : 1)
    const hashes = await Promise.all(names.map((one) => place.hashes(app, 'ann', one)))
    const expected = conflict === 'rename' ? [sha256(old), sha256(bytes)] : [sha256(bytes)]
    expect(hashes.flat().sort()).toEqual(expected.sort())
    await expectNothingLeft(app, place)
  })
})
