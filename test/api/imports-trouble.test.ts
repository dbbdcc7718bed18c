// Providers that stumble, files that vanish, change or come wrong, and a storage that is full: each file has its own outcome and reason, and the others are there.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startSlipway, type Slipway } from '../harness.ts'
import {
  countAll,
  documentsOf,
  expectCharged,
  expectImported,
  expectNothingLoose,
  expectOriginals,
  openUploads,
  searchNames,
} from '../import-judge.ts'
import { sceneAt, type Scene } from '../import-scene.ts'
import { itemsOf, passTime, stateOf, tellImport, until } from '../imports.ts'
import { createMortal } from '../mortal.ts'
import { sha256 } from '../sha256.ts'

const MIB = 2 ** 20
const QUOTA = 200 * MIB

const mortal = createMortal()
let app: Slipway
beforeAll(async () => {
  app = await startSlipway({ mortal, settings: { STORAGE_QUOTA_BYTES: String(QUOTA) } })
})
afterAll(() => app.close())
afterEach(() => app.emulators.trouble.clear())

/** Passes over all waits until the import is over. */
async function comeToEnd(id: string): Promise<string> {
  for (let rounds = 0; rounds < 40; rounds++) {
    let idle = 0
    await until(() => (idle = mortal.isAtWork(id) ? 0 : idle + 1) > 4, 'a pause', 60)
    const { status } = await stateOf(app, id)
    if (status !== 'running' && status !== 'paused') return status
    await passTime(app, id)
    await app.runCron('* * * * *')
  }
  throw new Error(`no end of ${id}`)
}

/** Begins, and stops before the first request for this file's bytes. */
async function stopBefore(scene: Scene, name: string, order = {}): Promise<string> {
  mortal.planNext({ label: `fetch GET /dav-server/${scene.folder}/${name}`, nth: 1, phase: 'wait' })
  const id = await scene.start(order)
  await until(() => mortal.isWaiting(id), `${name} to be asked for`)
  return id
}

const failing = (scene: Scene, name: string) => scene.files.filter((file) => file.name !== name)

/** That this file has failed for this reason, and the others are there. */
async function expectOnly(scene: Scene, id: string, name: string, reason: string): Promise<void> {
  const items = await itemsOf(app, id)
  expect(items.get(name)).toMatchObject({ state: 'failed', reason })
  items.delete(name)
  for (const item of items.values()) expect(item).toMatchObject({ state: 'imported' })
  const names = (await documentsOf(app, scene.user)).map(({ filename }) => filename)
  expect(names).toEqual(expect.arrayContaining(failing(scene, name).map((file) => file.name)))
}

describe('a provider', () => {
  it.each([
    ['of downloads', 'GET'],
    ['of listings', 'PROPFIND'],
  ])('fails for a while: %s', async (_, method) => {
    const scene = await sceneAt(app, 'webdav', `storm ${method}`, 6)
    const id = await scene.start()
    app.emulators.trouble.add({
      match: { host: 'dav-server', method },
      times: 12,
      fault: { kind: 'status', status: 503 },
    })
    expect(await comeToEnd(id)).toBe('completed')
    await expectImported(app, scene.user, id, scene.files)
  })

  it('cuts a file short once', async () => {
    const scene = await sceneAt(app, 'webdav', 'cut once', 3)
    app.emulators.trouble.add({
      match: { host: 'dav-server', method: 'GET', path: /text-01/ },
      fault: { kind: 'cut', afterBytes: 10 },
    })
    const id = await scene.start()
    expect(await comeToEnd(id)).toBe('completed')
    await expectImported(app, scene.user, id, scene.files)
  })

  it.each([false, true])(
    'cuts a file short each time (keep_original: %s)',
    async (keep_original) => {
      const scene = await sceneAt(app, 'webdav', `cut ${keep_original}`, 3)
      app.emulators.trouble.add({
        match: { host: 'dav-server', method: 'GET', path: /text-01/ },
        times: 1000,
        fault: { kind: 'cut', afterBytes: 10 },
      })
      const id = await scene.start({ keep_original })
      expect(await comeToEnd(id)).toBe('completed')
      await expectOnly(scene, id, 'text-01.txt', 'provider_error')
      if (keep_original) await expectOriginals(app, scene.user, failing(scene, 'text-01.txt'))
    },
  )

  it.each([false, true])(
    'sends other bytes than its hash says (keep_original: %s)',
    async (keep) => {
      const scene = await sceneAt(app, 'google_drive', `hash ${keep}`, 3)
      const file = app.emulators.google.file(scene.ids.get('text-01.txt') ?? '')
      const right = file?.md5
      Object.assign(file ?? {}, { md5: '0'.repeat(32) })
      const id = await scene.start({ keep_original: keep })
      expect(await comeToEnd(id)).toBe('completed')
      await expectOnly(scene, id, 'text-01.txt', 'corrupt_download')
      if (keep) await expectOriginals(app, scene.user, failing(scene, 'text-01.txt'))
      // Only this one is tried again.
      Object.assign(file ?? {}, { md5: right })
      const before = await itemsOf(app, id)
      app.emulators.requests.length = 0
      expect((await tellImport(app, scene.user, id, 'retry')).ok).toBe(true)
      expect(await comeToEnd(id)).toBe('completed')
      await expectImported(app, scene.user, id, scene.files)
      if (keep) await expectOriginals(app, scene.user, scene.files)
      const asked = app.emulators.requests.filter(({ url }) => /alt=media/.test(url))
      expect(new Set(asked.map(({ path }) => path.split('/').at(-1)))).toEqual(
        new Set([scene.ids.get('text-01.txt')]),
      )
      const after = await itemsOf(app, id)
      for (const name of ['text-00.txt', 'text-02.txt']) {
        expect(after.get(name)).toEqual(before.get(name))
      }
    },
  )
})

describe('a file', () => {
  it('vanishes before it is read', async () => {
    // Alone: nobody fetches another one before it.
    const scene = await sceneAt(app, 'google_drive', 'vanish', 1)
    mortal.planNext({
      label: 'fetch GET /www.googleapis.com/drive/v3/files',
      nth: 3,
      phase: 'wait',
    })
    const id = await scene.start()
    await until(() => mortal.isWaiting(id), 'the files to be asked for')
    const name = 'text-00.txt'
    const file = app.emulators.google.file(scene.ids.get(name) ?? '')
    Object.assign(file ?? {}, { trashed: true, parents: [], owner: 'bob@example.com' })
    mortal.release(id)
    expect(await comeToEnd(id)).toBe('completed')
    await expectOnly(scene, id, name, 'item_not_found')
  })

  it.each([false, true])('changes before it is read (keep_original: %s)', async (keep_original) => {
    const scene = await sceneAt(app, 'webdav', `change${keep_original}`, 2)
    const id = await stopBefore(scene, 'text-01.txt', { keep_original })
    const text = 'Another version speaks of marigolds.\n'
    app.emulators.dav.addFile('mia', `/${scene.folder}/text-01.txt`, text)
    mortal.release(id)
    expect(await comeToEnd(id)).toBe('completed')
    const { state, reason } = (await itemsOf(app, id)).get('text-01.txt') ?? {}
    if (state === 'imported') {
      expect(await searchNames(app, scene.user, 'marigolds')).toEqual(['text-01.txt'])
    } else {
      // Nothing of two versions: it says so, and another try brings in the new one.
      expect(reason).toBe('changed_while_reading')
      expect((await tellImport(app, scene.user, id, 'retry')).ok).toBe(true)
      expect(await comeToEnd(id)).toBe('completed')
    }
    const [first] = scene.files
    const size = Buffer.byteLength(text)
    const now = {
      name: 'text-01.txt',
      size,
      sha256: sha256(Buffer.from(text)),
      phrase: 'marigolds',
    }
    const files = first === undefined ? [] : [first, now]
    await expectImported(app, scene.user, id, files)
    if (keep_original) await expectOriginals(app, scene.user, files)
  })

  it('changes in the middle of its parts: nothing is stitched together', async () => {
    const scene = await sceneAt(app, 'webdav', 'stitch', 0, { 'large.bin': 70 * MIB })
    mortal.planNext({ label: 'r2 uploadPart 6', nth: 1, phase: 'after' })
    const id = await scene.start({ keep_original: true })
    await until(() => mortal.livesOf(id).some(({ how }) => how === 'died'), 'the death')
    const size = 68 * MIB
    app.emulators.dav.addFile('mia', `/${scene.folder}/large.bin`, size)
    expect(await comeToEnd(id)).toBe('completed')
    const item = (await itemsOf(app, id)).get('large.bin')
    if (item?.state === 'failed') {
      expect(item.reason).toBe('changed_while_reading')
      expect((await tellImport(app, scene.user, id, 'retry')).ok).toBe(true)
      expect(await comeToEnd(id)).toBe('completed')
    }
    const hash = await app.emulators.dav.sha256('mia', `/${scene.folder}/large.bin`)
    const files = [{ name: 'large.bin', size, sha256: hash }]
    await expectImported(app, scene.user, id, files)
    await expectOriginals(app, scene.user, files)
    expect(await openUploads(app, mortal.livesOf(id))).toEqual([])
  })
})

describe('the storage', () => {
  it('is full: what does not fit has failed, and fits when there is room', async () => {
    const scene = await sceneAt(app, 'webdav', 'full', 3, { 'huge.bin': 300 * MIB })
    const id = await scene.start({ keep_original: true })
    expect(await comeToEnd(id)).toBe('completed')
    await expectOnly(scene, id, 'huge.bin', 'quota_exceeded')
    const others = failing(scene, 'huge.bin')
    await expectOriginals(app, scene.user, others)
    await countAll(app)
    await expectCharged(app, scene.user, others)
    // It has become smaller: the listing of another import sees it.
    app.emulators.dav.addFile('mia', `/${scene.folder}/huge.bin`, 300_000)
    const again = await scene.start({ keep_original: true })
    expect(await comeToEnd(again)).toBe('completed')
    const items = await itemsOf(app, again)
    expect(items.get('huge.bin')).toMatchObject({ state: 'imported' })
    expect(items.get('text-00.txt')).toMatchObject({ state: 'skipped', reason: 'duplicate' })
  })

  it('holds nothing, and the index is whole', async () => {
    await countAll(app)
    await expectNothingLoose(app)
  })
})
