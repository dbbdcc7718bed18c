// Imports at the edge: drives without end, rows of many bytes, grants renewed at the last moment, and two imports of one file at once.
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { connectWebdav } from '../connect.ts'
import { rows, startSlipway, type Slipway } from '../harness.ts'
import { documentsOf, expectImported, expectOriginals } from '../import-judge.ts'
import { insertImport } from '../import-rows.ts'
import { sceneAt } from '../import-scene.ts'
import {
  findItem,
  itemsOf,
  passTime,
  startImport,
  stateOf,
  tellImport,
  until,
  untilStatus,
} from '../imports.ts'
import { createMortal } from '../mortal.ts'

const mortal = createMortal()
let app: Slipway
beforeAll(async () => {
  app = await startSlipway({ mortal })
})
afterAll(() => app.close())
beforeEach(() => app.emulators.trouble.clear())

const foldersOf = (id: string) =>
  rows<{ state: string; reason: string | null }>(
    app,
    'SELECT state, reason FROM import_folders WHERE import_id = ? ORDER BY item_id',
    id,
  )

it.each(['files_skipped', 'folders_listed'])(
  'lists no more folders after 100,000 (%s)',
  async (column) => {
    const free = { lease_id: null, lease_until: null }
    const id = await insertImport(
      app,
      'endless',
      { ...free, [column]: 100_001 },
      [],
      [
        { item_id: 'root', state: 'open', depth: 1 },
        { item_id: 'another', state: 'chosen' },
      ],
    )
    await app.deliver({ import_id: id })
    await untilStatus(app, id, 'completed')
    const closed = { state: 'failed', reason: 'too_many_files' }
    expect(await foldersOf(id)).toEqual([closed, closed])
  },
)

it('takes a page of a folder whose rows are more than one value of the database holds', async () => {
  const name = (letter: string) => letter.repeat(220)
  const path = Array.from('abcdefghijklmnopqrstuvwx', name).join('/')
  app.emulators.dav.addMany('mia', `/deep/${path}`, 200)
  const { id: connection_id } = await connectWebdav(app, 'deep')
  const top = await findItem(app, 'deep', connection_id, 'deep')
  const id = await startImport(app, 'deep', { connection_id, items: [{ id: top }] })
  const folders = () => foldersOf(id)
  await until(
    async () =>
      (await folders()).length === 25 && (await folders()).every(({ state }) => state !== 'open'),
    'the listing',
  )
  expect(new Set((await folders()).map(({ state }) => state))).toEqual(new Set(['listed']))
  expect((await itemsOf(app, id)).size).toBe(200)
  await app.as('deep')(`/api/imports/${id}/cancel`, { method: 'POST' })
})

it('goes on where a grant was renewed just before the import paused for it', async () => {
  const { id: connection_id } = await connectWebdav(app, 'renewed')
  const paused = {
    status: 'paused',
    pause_reason: 'reauth_required',
    lease_id: null,
    lease_until: null,
  }
  const columns = { ...paused, connection_id, provider: 'webdav' }
  const id = await insertImport(app, 'renewed', columns)
  await rows(app, `UPDATE connections SET status = 'REQUIRES_REAUTH' WHERE id = ?`, connection_id)
  await app.runCron('* * * * *')
  expect(await stateOf(app, id)).toMatchObject({ status: 'paused' })
  await rows(app, `UPDATE connections SET status = 'ACTIVE' WHERE id = ?`, connection_id)
  await app.runCron('* * * * *')
  await untilStatus(app, id, 'completed')
})

it('makes one document of a file that two imports bring at once, although it changes between them', async () => {
  const scene = await sceneAt(app, 'webdav', 'twofold', 1)
  const [file] = scene.files
  const name = file?.name ?? ''
  mortal.planNext({ label: `fetch GET /dav-server/twofold/${name}`, nth: 1, phase: 'wait' })
  const slow = await scene.start()
  await until(() => mortal.isWaiting(slow), 'the download')
  const quick = await scene.start()
  await app.deliver({ import_id: quick })
  await untilStatus(app, quick, 'completed')
  app.emulators.dav.addFile('mia', `/twofold/${name}`, 'Another text by now.\n')
  mortal.release(slow)
  await until(async () => {
    await passTime(app, slow)
    await app.runCron('* * * * *')
    return (await stateOf(app, slow)).status === 'completed'
  }, 'the end')
  const documents = await documentsOf(app, scene.user)
  expect(documents.length).toBe(1)
})

it('takes no copy from a file that is tried again while the clock clears away', async () => {
  const scene = await sceneAt(app, 'webdav', 'hasty', 1)
  mortal.planNext({ label: 'r2 get', nth: 1, phase: 'before' })
  const id = await scene.start({ keep_original: true })
  await until(() => mortal.livesOf(id).some(({ how }) => how === 'died'), 'the death')
  const ended = `status = 'failed', lease_id = NULL, lease_until = NULL, updated_at = 1`
  await rows(app, `UPDATE imports SET ${ended} WHERE id = ?`, id)
  await rows(
    app,
    `UPDATE import_items SET state = 'failed', reason = 'interrupted' WHERE import_id = ?`,
    id,
  )
  mortal.plan('* * * * *', { label: 'r2 delete', nth: 1, phase: 'wait' })
  const clock = app.runCron('* * * * *')
  await until(() => mortal.isWaiting('* * * * *'), 'the clock')
  expect((await tellImport(app, scene.user, id, 'retry')).ok).toBe(true)
  await untilStatus(app, id, 'completed')
  mortal.release('* * * * *')
  await clock
  await expectImported(app, scene.user, id, scene.files)
  await expectOriginals(app, scene.user, scene.files)
})
