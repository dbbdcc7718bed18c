// A vendor that fails at any of its requests, in each way it can: after a resume the file is whole, and there is one of it.
import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Fault } from '../emulators/trouble.ts'
import { endThrottling, type Slipway } from '../harness.ts'
import { sha256 } from '../sha256.ts'
import { finishUpload, type TusUser } from '../tus.ts'
import {
  beginShaped,
  expectNothingLeft,
  expectStored,
  UPLOAD_PLACES,
  type UploadPlace,
} from '../upload-places.ts'
import { stageUploads } from '../upload-stage.ts'

let app: Slipway
let ann: TusUser
const drives = stageUploads((stage) => ({ app, ann } = stage))

const target = (place: UploadPlace, name: string, conflict = 'fail') => ({
  filename: name,
  connection_id: drives.get(place.provider) ?? '',
  conflict,
})

const FAULTS: readonly (readonly [string, Fault])[] = [
  ['resets the connection', { kind: 'reset' }],
  ['answers 503', { kind: 'status', status: 503 }],
  ['answers 500', { kind: 'status', status: 500 }],
  ['answers nonsense', { kind: 'garbage' }],
  ['loses its answer', { kind: 'drop' }],
  ['breaks its answer off', { kind: 'cut', afterBytes: 3 }],
]
const vendors = UPLOAD_PLACES.filter(({ provider }) => provider !== 'r2')
describe.each(vendors.map((place) => [place.provider, place] as const))('%s', (_, place) => {
  const { shape } = place
  const { requests } = shape
  const skips = requests === 1 ? [0] : [0, 1, requests - 1]
  const cases = FAULTS.flatMap(([what, fault]) => skips.map((skip) => [what, skip, fault] as const))

  it.each(cases)('%s at its request %i', async (what, skip, fault) => {
    const name = `${what} ${skip} ${place.provider}.bin`
    const { path, bytes, rest } = await beginShaped(ann, place, target(place, name))
    const counter = app.emulators.trouble.add({ match: place.bytes, skip, fault })
    const response = await ann.patch(path, shape.first, rest)
    await response.text()
    expect(counter.hits).toBe(1)
    await endThrottling(app)
    await finishUpload(ann, path, bytes)
    await expectStored(app, place, 'ann', name, bytes)
    expect(await ann.show(path)).toMatchObject({ status: 'completed', item: { name } })
  })

  it.each(['rename', 'replace'])('loses its last answer, with conflict=%s', async (conflict) => {
    const name = `last answer ${conflict} ${place.provider}.bin`
    const old = randomBytes(shape.first + shape.size)
    const first = await ann.begin(old.length, target(place, name))
    expect((await ann.patch(first, 0, old)).status).toBe(204)
    const fields = target(place, name, conflict)
    const { path, bytes, rest } = await beginShaped(ann, place, fields)
    const skip = requests - 1
    app.emulators.trouble.add({ match: place.bytes, skip, fault: { kind: 'drop' } })
    await (await ann.patch(path, shape.first, rest)).text()
    await finishUpload(ann, path, bytes)
    const stem = name.replace(/\.bin$/, '')
    const names = (await place.names(app, 'ann')).filter((one) => one.startsWith(stem))
    expect(names).toHaveLength(conflict === 'rename' ? 2 : 1)
    const hashes = await Promise.all(names.map((one) => place.hashes(app, 'ann', one)))
    const expected = conflict === 'rename' ? [sha256(old), sha256(bytes)] : [sha256(bytes)]
    expect(hashes.flat().sort()).toEqual(expected.sort())
    await expectNothingLeft(app, place)
  })
})
