// Messages that come twice, late or never, and consumers that go on when they should be dead: the import is done once.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { rows, startSlipway, type Slipway } from '../harness.ts'
import {
  countAll,
  documentsOf,
  expectCharged,
  expectImported,
  expectOriginals,
  openUploads,
} from '../import-judge.ts'
import { sceneAt, type Scene } from '../import-scene.ts'
import {
  itemsOf,
  passTime,
  pauseFor,
  showImport,
  stateOf,
  tellImport,
  until,
  untilStatus,
} from '../imports.ts'
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

async function expectRight(scene: Scene, id: string): Promise<void> {
  await until(() => !mortal.isAtWork(id), 'the end of all slices')
  expect(await stateOf(app, id)).toMatchObject({ status: 'completed' })
  await expectImported(app, scene.user, id, scene.files)
  await expectOriginals(app, scene.user, scene.files)
  await countAll(app)
  await expectCharged(app, scene.user, scene.files)
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

describe('a message', () => {
  it('comes twice at the same instant', async () => {
    const scene = await sceneAt(app, 'webdav', 'double', 8, { 'data.bin': 300_000 })
    // Nobody begins before both are there.
    mortal.planNext({ label: '*', nth: 0, phase: 'before' })
    const id = await orderOf(scene)
    await until(() => mortal.livesOf(id).some(({ how }) => how === 'died'), 'the first')
    await Promise.all([1, 2, 3].map(() => app.deliver({ import_id: id })))
    await untilStatus(app, id, 'completed')
    await expectRight(scene, id)
    // All but one found somebody at work, and went.
    const working = mortal.livesOf(id).filter(({ steps }) => steps.length > 5)
    expect(working.length).toBe(1)
  })

  it('is of an import that is over, or of none', async () => {
    const scene = await sceneAt(app, 'webdav', 'late', 1)
    const id = await orderOf(scene)
    await untilStatus(app, id, 'completed')
    const asked = app.emulators.dav.requests.length
    for (const import_id of [id, 'none']) await app.deliver({ import_id })
    expect(app.emulators.dav.requests.length).toBe(asked)
    await expectRight(scene, id)
  })

  it('is lost with its queue, and workerd is killed in the middle', async () => {
    const scene = await sceneAt(app, 'webdav', 'killed', 10, { 'large.bin': 70 * MIB })
    mortal.planNext({ label: 'r2 uploadPart 5', nth: 1, phase: 'wait' })
    const id = await orderOf(scene)
    await until(() => mortal.isWaiting(id), 'the fifth part')
    await app.restart()
    expect((await stateOf(app, id)).status).toBe('running')
    // Nobody knows of it but the row: the clock alone brings it back.
    for (let rounds = 0; rounds < 5 && (await stateOf(app, id)).status === 'running'; rounds++) {
      await passTime(app, id)
      await app.runCron('* * * * *')
      await untilStatus(app, id, 'completed', 20).catch(() => undefined)
    }
    await expectRight(scene, id)
    // It went on behind the parts that were there.
    const parts = mortal.livesOf(id).flatMap(({ steps }) => steps.map(({ label }) => label))
    expect(parts).not.toContain('r2 uploadPart 1')
  })
})

describe('a consumer that dies each time', () => {
  /** Until nothing happens any more, or the import is over. */
  async function letDie(id: string, rounds: number): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      let idle = 0
      await until(() => (idle = mortal.isAtWork(id) ? 0 : idle + 1) > 4, 'a pause')
      if (!['running', 'paused'].includes((await stateOf(app, id)).status)) return
      await passTime(app, id)
      await app.runCron('* * * * *')
    }
  }
  const always = (label: string) =>
    Array.from({ length: 60 }, () => ({ label, nth: 0, phase: 'before' as const }))

  it('before it has done anything: the import is put aside, and goes on by itself', async () => {
    const scene = await sceneAt(app, 'webdav', 'hopeless', 3)
    mortal.planNext(...always('*'))
    const id = await orderOf(scene)
    // The queue gives up after its tries, and tells.
    await until(() => mortal.livesOf(id).filter(({ how }) => how === 'died').length >= 6, 'six')
    mortal.plan(id)
    await untilStatus(app, id, 'paused')
    expect(await showImport(app, scene.user, id)).toMatchObject({
      pause_reason: 'provider_unavailable',
    })
    await passTime(app, id)
    await app.runCron('* * * * *')
    await untilStatus(app, id, 'completed')
    await expectRight(scene, id)
  })

  it('at one file: that file has failed, and the others are there', async () => {
    const scene = await sceneAt(app, 'webdav', 'deadly', 5)
    mortal.planNext(...always('fetch GET /dav-server/deadly/text-03.txt'))
    const id = await orderOf(scene)
    await letDie(id, 30)
    const items = await itemsOf(app, id)
    expect(items.get('text-03.txt')).toMatchObject({ state: 'failed', reason: 'interrupted' })
    expect((await stateOf(app, id)).status).toBe('completed')
    expect((await documentsOf(app, scene.user)).length).toBe(4)
    mortal.plan(id)
    expect((await tellImport(app, scene.user, id, 'retry')).ok).toBe(true)
    await untilStatus(app, id, 'completed')
    await expectRight(scene, id)
  })

  it('at one folder: that folder has failed', async () => {
    const scene = await sceneAt(app, 'webdav', 'pit', 2)
    app.emulators.dav.addFile('mia', '/pit/deep/inner.txt', 'nobody comes here')
    mortal.planNext(...always('fetch PROPFIND /dav-server/pit/deep/'))
    const id = await orderOf(scene)
    await letDie(id, 30)
    expect((await stateOf(app, id)).status).toBe('completed')
    const folders = 'SELECT state, reason FROM import_folders WHERE import_id = ? AND state = ?'
    expect(await rows(app, folders, id, 'failed')).toEqual([
      { state: 'failed', reason: 'interrupted' },
    ])
    expect((await documentsOf(app, scene.user)).length).toBe(2)
  })
})
