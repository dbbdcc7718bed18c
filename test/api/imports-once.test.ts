// What an import has done is done: not begun anew for ever, not taken back, and not there twice.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { connect } from '../connect.ts'
import { exportOf } from '../emulators/google-files.ts'
import { rows, startSlipway, type Slipway } from '../harness.ts'
import { countAll, documentsOf, expectCharged, expectOriginals } from '../import-judge.ts'
import { ANN, sceneAt } from '../import-scene.ts'
import { itemsOf, passTime, startImport, tellImport, until, untilStatus } from '../imports.ts'
import { createMortal } from '../mortal.ts'
import { sha256 } from '../sha256.ts'
import { MIB } from '../tus.ts'

const DOCX = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'

const mortal = createMortal()
let app: Slipway
beforeAll(async () => {
  app = await startSlipway({ mortal })
})
afterAll(() => app.close())

it('a long export whose slice has done its share is copied to its end, not begun anew', async () => {
  const user = 'exporter'
  const { google } = app.emulators
  const folder = google.addFolder(ANN, 'root', user)
  const small = 130
  for (let at = 0; at < small; at++) google.addFile(ANN, folder, `${at}.bin`, 10 + at)
  // Listings are by name.
  const report = google.file(google.addFile(ANN, folder, '!Report', ''))
  if (report === undefined) throw new Error('the file was added')
  const kind = { mimeType: 'application/vnd.google-apps.document', content: undefined }
  Object.assign(report, { ...kind, lines: ['# Findings'], exportSize: 66 * MIB })
  const { id: connection_id } = await connect(app, user, 'google_drive', { account: ANN })
  // Before its last part is put together, the others use up what the slice may ask of the platform.
  mortal.planNext({ label: 'r2 complete', nth: 1, phase: 'wait' })
  const id = await startImport(app, user, {
    ...{ connection_id, items: [{ id: folder }], keep_original: true },
  })
  await until(() => mortal.isWaiting(id), 'the export to be put down')
  const inState = async (state: string) =>
    (await rows(app, 'SELECT 1 FROM import_items WHERE import_id = ? AND state = ?', id, state))
      .length
  let still = 0
  let before = -1
  await until(async () => {
    const done = await inState('imported')
    still = done === before ? still + 1 : 0
    before = done
    return still > 20
  }, 'the end of the share')
  expect(before).toBeLessThan(small)
  expect(await inState('waiting')).toBeGreaterThan(0)
  mortal.release(id)
  await untilStatus(app, id, 'completed', 60)
  // Put down once to find out its length, and sent once to where it belongs, by one slice of several.
  const uploads = mortal.livesOf(id).map((life) => life.uploads.length)
  expect(uploads.filter((count) => count > 0)).toEqual([2])
  expect(uploads.length).toBeGreaterThan(1)
  expect((await itemsOf(app, id)).get('!Report')).toMatchObject({ reason: 'input_too_large' })
  const [document] = (await documentsOf(app, user)).filter((row) => row.filename === '!Report.docx')
  const bytes = exportOf(report, DOCX, report.exportSize)
  expect(document).toMatchObject({
    size: bytes.length,
    content_hash: sha256(bytes),
    owns_object: 1,
  })
}, 90_000)

it('a file that is settled stays so, though nobody hears of it', async () => {
  const scene = await sceneAt(app, 'webdav', 'unheard', 1)
  mortal.planNext({ label: '…insert into "documents"', nth: 0, phase: 'unheard' })
  const id = await scene.start()
  await untilStatus(app, id, 'completed')
  const [item] = (await itemsOf(app, id)).values()
  expect(item).toMatchObject({ state: 'imported', reason: null, attempts: 0 })
  expect(await documentsOf(app, scene.user)).toHaveLength(1)
  expect(app.logs.join('')).toContain('import_failure')
})

it('a copy of a file that cannot be read is replaced by the one of the next try (keep_both)', async () => {
  const user = 'keeper'
  const scene = await sceneAt(app, 'webdav', user, 0)
  const broken = 'this is no document of any kind'
  app.emulators.dav.addFile('mia', `/${user}/broken.docx`, broken)
  const id = await scene.start({ keep_original: true, on_duplicate: 'keep_both' })
  await untilStatus(app, id, 'completed')
  const file = { name: 'broken.docx', size: broken.length, sha256: sha256(Buffer.from(broken)) }
  const [before] = await documentsOf(app, user)
  expect((await itemsOf(app, id)).get(file.name)).toMatchObject({ state: 'failed' })
  await expectOriginals(app, user, [file])
  for (let tries = 0; tries < 2; tries++) {
    expect((await tellImport(app, user, id, 'retry')).status).toBe(200)
    await passTime(app, id)
    await app.runCron('* * * * *')
    await untilStatus(app, id, 'completed')
    expect((await itemsOf(app, id)).get(file.name)).toMatchObject({ state: 'failed' })
    await expectOriginals(app, user, [file])
  }
  const [after] = await documentsOf(app, user)
  expect(after?.id).toBe(before?.id)
  expect(after?.item_id).not.toBe(before?.item_id)
  await countAll(app)
  await expectCharged(app, user, [file])
})
