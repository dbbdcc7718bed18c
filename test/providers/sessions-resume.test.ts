// What each vendor does in its own way to an upload that is continued: bytes it drops or keeps, names it gives, ends it puts off.
import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '../connect.ts'
import { defaultDropboxSettings } from '../emulators/dropbox-settings.ts'
import { defaultGoogleSettings } from '../emulators/google-state.ts'
import { defaultMicrosoftSettings } from '../emulators/graph-settings.ts'
import { endThrottling, startSlipway, type Slipway } from '../harness.ts'
import { sha256 } from '../sha256.ts'
import { refusal, uploadDrive } from '../upload-drive.ts'

const KIB = 1024

let app: Slipway
beforeAll(async () => {
  app = await startSlipway({ places: 2 })
})
afterAll(() => app.close())
afterEach(async () => {
  const { trouble, google, microsoft, dropbox } = app.emulators
  trouble.clear()
  Object.assign(google.settings, defaultGoogleSettings())
  Object.assign(microsoft.settings, defaultMicrosoftSettings())
  Object.assign(dropbox.settings, defaultDropboxSettings())
  await endThrottling(app)
})

describe('Google', () => {
  const GRID = 256 * KIB
  const PUT = { host: 'www.googleapis.com', method: 'PUT' }
  let id: string
  beforeAll(async () => {
    ;({ id } = await connect(app, 'ann', 'google_drive'))
  })
  const { begin, hashes } = uploadDrive('ann', () => ({ app, id }))

  it('may keep less than it was sent: the answer says how much', async () => {
    app.emulators.google.settings.keepFewer = true
    const bytes = randomBytes(4 * GRID + 1000)
    const upload = await begin('fewer.bin', bytes.length)
    const answer = await upload.patch(0, bytes.subarray(0, 4 * GRID))
    expect([answer.status, Number(answer.headers.get('upload-offset'))]).toEqual([204, GRID])
    app.emulators.google.settings.keepFewer = false
    await upload.finish(bytes, 2 * GRID)
    expect(await hashes('fewer.bin')).toEqual([sha256(bytes)])
  })

  it('keeps whole steps of a request that was cut', async () => {
    const bytes = randomBytes(8 * GRID)
    const upload = await begin('cut.bin', bytes.length)
    await upload.patchAndGo(0, bytes, 3 * GRID + 5000)
    // How much of it was still on its way is not known; that it is on the grid is.
    const { status, offset } = await upload.head()
    expect([status, offset % GRID]).toEqual([200, 0])
    expect(offset).toBeLessThanOrEqual(3 * GRID)
    await upload.finish(bytes, 4 * GRID)
    expect(await hashes('cut.bin')).toEqual([sha256(bytes)])
  })

  it.each([400, 401, 403, 409, 412])(
    'that refuses bytes with %i is asked again',
    async (status) => {
      const name = `refused ${status}.bin`
      const bytes = randomBytes(2 * GRID)
      const upload = await begin(name, bytes.length)
      app.emulators.trouble.add({ match: PUT, fault: { kind: 'status', status } })
      const refused = await upload.patch(0, bytes.subarray(0, GRID))
      expect(await refusal(refused)).toEqual({ status: 502, code: 'provider_unavailable' })
      await upload.finish(bytes, GRID)
      expect(await hashes(name)).toEqual([sha256(bytes)])
    },
  )

  it('that does not tell the offset has lost the upload', async () => {
    const bytes = randomBytes(2 * GRID)
    const upload = await begin('silent.bin', bytes.length)
    app.emulators.trouble.add({ match: PUT, times: 5, fault: { kind: 'status', status: 400 } })
    const refused = await upload.patch(0, bytes.subarray(0, GRID))
    expect(await refusal(refused)).toEqual({ status: 502, code: 'provider_unavailable' })
    expect((await upload.head()).status).toBe(404)
    expect(app.emulators.google.sessions()).toEqual([])
  })
})

describe('OneDrive', () => {
  const GRID = 320 * KIB
  const PAT = 'pat@outlook.com'

  let personal: string
  let work: string
  beforeAll(async () => {
    ;({ id: personal } = await connect(app, 'pat', 'onedrive', { account: PAT }))
    ;({ id: work } = await connect(app, 'ann', 'onedrive'))
  })
  const atHome = uploadDrive('pat', () => ({ app, id: personal }))
  const atWork = uploadDrive('ann', () => ({ app, id: work }))

  it('goes on behind what a personal drive has kept of a fragment that was cut', async () => {
    const { microsoft } = app.emulators
    microsoft.settings.keepParts = true
    const bytes = randomBytes(4 * GRID)
    const upload = await atHome.begin('kept.bin', bytes.length)
    await upload.patchAndGo(0, bytes.subarray(0, 3 * GRID), GRID + 5000)
    expect((await upload.head()).status).toBe(200)
    await upload.finish(bytes, 2 * GRID)
    expect(await atHome.hashes('kept.bin')).toEqual([sha256(bytes)])
    expect(microsoft.sessions()).toEqual([])
  })

  it.each(['pat', 'ann'])('notices at the end that the name is taken: %s', async (user) => {
    const { microsoft } = app.emulators
    microsoft.settings.lateConflict = true
    const [drive, account] = user === 'pat' ? [atHome, PAT] : [atWork, 'ann@contoso.com']
    const bytes = randomBytes(GRID + 1000)
    const upload = await drive.begin('late.bin', bytes.length)
    expect((await upload.patch(0, bytes.subarray(0, GRID))).status).toBe(204)
    microsoft.addFile(account, 'root', 'late.bin', 'first')
    const refused = await upload.patch(GRID, bytes.subarray(GRID))
    expect(await refusal(refused)).toEqual({ status: 409, code: 'name_conflict' })
    expect((await upload.head()).status).toBe(404)
    expect(await drive.hashes('late.bin')).toEqual([sha256(Buffer.from('first'))])
    expect(microsoft.sessions()).toEqual([])
  })

  it('does not take the file that it should replace for the new one of the same size', async () => {
    const { microsoft } = app.emulators
    const old = randomBytes(GRID + 1000)
    microsoft.addFile('ann@contoso.com', 'root', 'same size.bin', old)
    const bytes = randomBytes(old.length)
    const upload = await atWork.begin('same size.bin', bytes.length, 'replace')
    expect((await upload.patch(0, bytes.subarray(0, GRID))).status).toBe(204)
    microsoft.settings.expiredSessions = 1
    const refused = await upload.patch(GRID, bytes.subarray(GRID))
    expect(await refusal(refused)).toEqual({ status: 502, code: 'provider_unavailable' })
    expect((await upload.head()).status).toBe(404)
    expect(await atWork.hashes('same size.bin')).toEqual([sha256(old)])
  })

  it('gives a name that was taken meanwhile another, where it may', async () => {
    const bytes = randomBytes(GRID + 1000)
    const upload = await atWork.begin('raced.bin', bytes.length, 'rename')
    app.emulators.microsoft.addFile('ann@contoso.com', 'root', 'raced.bin', 'first')
    await upload.finish(bytes, GRID)
    expect(await atWork.hashes('raced.bin')).toEqual([sha256(Buffer.from('first'))])
    expect(await atWork.hashes('raced 1.bin')).toEqual([sha256(bytes)])
  })

  it.each(['fail', 'rename', 'replace'])(
    'finds an empty file whose answer was lost: %s',
    async (conflict) => {
      const name = `empty ${conflict}.bin`
      const match = { host: 'graph.microsoft.com', method: 'PUT' }
      app.emulators.trouble.add({ match, fault: { kind: 'drop' } })
      const upload = await atWork.begin(name, 0, conflict)
      expect(await upload.head()).toEqual({ status: 200, offset: 0 })
      expect(await atWork.hashes(name)).toEqual([sha256(new Uint8Array(0))])
    },
  )

  it('finds a document that SharePoint has written into, though its answer was lost', async () => {
    const { id } = await connect(app, 'olga', 'microsoft_365', { account: 'ann@contoso.com' })
    const library = uploadDrive('olga', () => ({ app, id }))
    const folder = await library.walk('SharePoint', 'Regatta 2026', 'Documents')
    const bytes = randomBytes(GRID + 1000)
    const upload = await library.begin('written into.docx', bytes.length, 'fail', folder.id)
    const match = { host: 'contoso.sharepoint.com', method: 'PUT' }
    app.emulators.trouble.add({ match, skip: 1, fault: { kind: 'drop' } })
    await upload.finish(bytes, GRID)
    expect(await library.hashes('written into.docx', folder.id)).toHaveLength(1)
    expect(app.emulators.microsoft.sessions()).toEqual([])
  })
})

describe('Dropbox', () => {
  const STEP = 100 * KIB
  let id: string
  beforeAll(async () => {
    ;({ id } = await connect(app, 'mia', 'dropbox', { account: 'mia@example.com' }))
  })
  const { begin, hashes } = uploadDrive('mia', () => ({ app, id }))

  it.each([0, 1])('goes on behind what is kept of a request that was cut: %i', async (whole) => {
    app.emulators.dropbox.settings.keepParts = true
    const name = `kept ${whole}.bin`
    const bytes = randomBytes(4 * STEP)
    const upload = await begin(name, bytes.length)
    if (whole === 1) expect((await upload.patch(0, bytes.subarray(0, STEP))).status).toBe(204)
    const from = whole * STEP
    await upload.patchAndGo(from, bytes.subarray(from, from + 2 * STEP), STEP + 1000)
    expect((await upload.head()).status).toBe(200)
    await upload.finish(bytes, STEP)
    expect(await hashes(name)).toEqual([sha256(bytes)])
  })

  it('commits later what it has in full, and what cannot be committed now', async () => {
    const { settings } = app.emulators.dropbox
    const bytes = randomBytes(2 * STEP)
    const upload = await begin('busy.bin', bytes.length)
    expect((await upload.patch(0, bytes.subarray(0, STEP))).status).toBe(204)
    settings.busyWrites = 50
    const busy = await upload.patch(STEP, bytes.subarray(STEP))
    expect(await refusal(busy)).toEqual({ status: 429, code: 'rate_limited' })
    settings.busyWrites = 0
    await endThrottling(app)
    expect(await upload.head()).toEqual({ status: 200, offset: bytes.length })
    expect(await hashes('busy.bin')).toEqual([sha256(bytes)])
  })
})
