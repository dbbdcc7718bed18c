// Messages that come twice, late or never, and consumers that go on when they should be dead: the import is done once.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { rows, startSlipway, type Slipway } from '../harness.ts'
import { documentsOf, expectImported, expectOriginals, openUploads } from '../import-judge.ts'
import { sceneAt, type Scene } from '../import-scene.ts'
import { passTime, pauseFor, stateOf, until, untilStatus } from '../imports.ts'
import { createMortal } from '../mortal.ts'

const MIB = 2 ** 20
/** Milliseconds after which a slice has seen that it lost its import: it looks every five seconds. */
const NOTICED = 7000

const mortal = createMortal()
let app: Slipway
beforeAll(async () => {
  app = await startSlipway({ mortal })
})
afterAll(() => app.close())
beforeEach(() => app.emulators.trouble.clear())

/** Ends the holds of those that died, and counts. */
async function count(): Promise<void> {
  await rows(app, 'UPDATE storage_holds SET expires_at = 1')
  await app.runCron()
}

async function expectRight(scene: Scene, id: string): Promise<void> {
  await until(() => !mortal.isAtWork(id), 'the end of all slices')
  expect(await stateOf(app, id)).toMatchObject({ status: 'completed' })
  await expectImported(app, scene.user, id, scene.files)
  await count()
  await expectOriginals(app, scene.user, scene.files)
  expect(await openUploads(app, mortal.livesOf(id))).toEqual([])
}

const orderOf = (scene: Scene) => scene.start({ keep_original: true })

describe('a slice that goes on after another has taken over', () => {
  // Where it stands while the other does all there is to do.
  const PLACES = [
    ['a vendor’s answer', 'fetch GET /dav-server/', 300_000],
    ['a vendor’s failure', 'fetch GET /dav-server/', 300_000],
    ['the put of the file', 'r2 put', 300_000],
    ['the first part', 'r2 uploadPart 1', 70 * MIB],
    ['a part', 'r2 uploadPart 2', 70 * MIB],
    ['the last step of the parts', 'r2 complete', 70 * MIB],
  ] as const

  it.each(PLACES)('changes nothing: held at %s', async (what, label, size) => {
    const scene = await sceneAt(
      app,
      'webdav',
      `zombie ${PLACES.findIndex(([one]) => one === what)}`,
      0,
      {
        'data.bin': size,
      },
    )
    const name = label.startsWith('fetch')
      ? `${label}${encodeURIComponent(scene.folder)}/data.bin`
      : label
    // The put of the folder comes before.
    const nth = label === 'r2 put' ? 2 : 1
    mortal.planNext({ label: name, nth, phase: 'wait' })
    const id = await orderOf(scene)
    await until(() => mortal.isWaiting(id), what)
    await passTime(app, id)
    await app.deliver({ import_id: id })
    await untilStatus(app, id, 'completed')
    const objects = await documentsOf(app, scene.user)
    expect(objects.length).toBe(1)
    await pauseFor(NOTICED)
    if (what === 'a vendor’s failure') {
      const match = { host: 'dav-server', method: 'GET' }
      app.emulators.trouble.add({ match, times: 100, fault: { kind: 'status', status: 404 } })
    }
    mortal.release(id)
    await expectRight(scene, id)
  })
})
