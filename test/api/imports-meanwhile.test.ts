// What a user does to a document while an import is about to renew it holds: nothing that was deleted comes back, no name is lost.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { rows, startSlipway, type Slipway } from '../harness.ts'
import {
  countAll,
  documentsOf,
  expectCharged,
  expectOriginals,
  searchNames,
} from '../import-judge.ts'
import { sceneAt, type Scene } from '../import-scene.ts'
import { itemsOf, passTime, stateOf, until, untilStatus } from '../imports.ts'
import { createMortal } from '../mortal.ts'
import { sha256 } from '../sha256.ts'

const NAME = 'text-00.txt'
const NEWER = 'A newer version of it speaks of marigolds.\n'

const mortal = createMortal()
let app: Slipway
beforeAll(async () => {
  app = await startSlipway({ mortal })
})
afterAll(() => app.close())

interface Begun {
  readonly scene: Scene
  readonly path: string
  /** The import, which has read the document and now asks for the newer version of its source. */
  readonly id: string
  readonly documentId: string
}

async function renew(user: string, keep_original: boolean): Promise<Begun> {
  const scene = await sceneAt(app, 'webdav', user, 1)
  const first = await scene.start({ keep_original })
  await untilStatus(app, first, 'completed')
  const [document] = await documentsOf(app, user)
  app.emulators.dav.addFile('mia', `/${user}/${NAME}`, NEWER)
  mortal.planNext({ label: `fetch GET /dav-server/${user}/${NAME}`, nth: 1, phase: 'wait' })
  const id = await scene.start({ keep_original })
  await until(() => mortal.isWaiting(id), 'the file to be asked for')
  const documentId = document?.id ?? ''
  return { scene, path: `/api/documents/${documentId}`, id, documentId }
}

async function goOn(id: string): Promise<void> {
  mortal.release(id)
  await until(async () => {
    await passTime(app, id)
    await app.runCron('* * * * *')
    return (await stateOf(app, id)).status === 'completed'
  }, 'the end')
  expect((await itemsOf(app, id)).get(NAME)).toMatchObject({ state: 'imported', reason: null })
}

it.each([false, true])('a deleted document stays so (keep_original: %s)', async (keep) => {
  const { scene, path, id, documentId } = await renew(`deleted-${keep}`, keep)
  expect((await app.as(scene.user)(path, { method: 'DELETE' })).status).toBe(204)
  await goOn(id)
  expect((await app.as(scene.user)(path)).status).toBe(404)
  expect(await rows(app, 'SELECT id FROM chunks WHERE document_id = ?', documentId)).toEqual([])
  // The import was to bring the file in, and has: as another document.
  const [made, ...others] = await documentsOf(app, scene.user)
  expect([made?.id === documentId, others]).toEqual([false, []])
  expect(await searchNames(app, scene.user, 'marigolds')).toEqual([NAME])
  const size = Buffer.byteLength(NEWER)
  const files = [{ name: NAME, size, sha256: sha256(Buffer.from(NEWER)) }]
  if (keep) {
    await expectOriginals(app, scene.user, files)
    await expectCharged(app, scene.user, files)
  }
  await countAll(app)
})

it('a name that was given stays', async () => {
  const { scene, path, id } = await renew('named', false)
  const renamed = await app.as(scene.user)(path, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ filename: 'zinnias of my own.txt' }),
  })
  expect(renamed.status).toBe(200)
  await goOn(id)
  const names = (await documentsOf(app, scene.user)).map(({ filename }) => filename)
  expect(names).toEqual(['zinnias of my own.txt'])
  for (const words of ['marigolds', 'zinnias']) {
    expect(await searchNames(app, scene.user, words)).toEqual(names)
  }
  expect(await searchNames(app, scene.user, 'lantern0q')).toEqual([])
})
