// What each vendor does in its own way to an upload that is continued: bytes it drops or keeps, names it gives, ends it puts off.
import { createHash, randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { connect, connectNextcloud } from '../connect.ts'
import { driveOf } from '../drive.ts'
import { defaultDropboxSettings } from '../emulators/dropbox-settings.ts'
import { defaultGoogleSettings } from '../emulators/google-state.ts'
import { defaultMicrosoftSettings } from '../emulators/graph-settings.ts'
import { defaultSettings } from '../emulators/nextcloud-settings.ts'
import { endThrottling, startSlipway, type Slipway } from '../harness.ts'
import { tusOf, type TusUpload } from '../tus-upload.ts'

const KIB = 1024
const MIB = 1024 * KIB
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

let app: Slipway
beforeAll(async () => {
  app = await startSlipway({ places: 2 })
})
afterAll(() => app.close())
afterEach(async () => {
  const { trouble, google, microsoft, dropbox, nextcloud } = app.emulators
  trouble.clear()
  Object.assign(google.settings, defaultGoogleSettings())
  Object.assign(microsoft.settings, defaultMicrosoftSettings())
  Object.assign(dropbox.settings, defaultDropboxSettings())
  Object.assign(nextcloud.settings, defaultSettings())
  await endThrottling(app)
})

/** One connection: begins uploads into its top folder, and knows the bytes of what lies there. */
function driveAt(user: string, id: () => string) {
  const drive = driveOf(user, () => ({ app, id: id() }))
  return {
    ...drive,
    begin: (name: string, size: number, conflict = 'fail', parent = 'root'): Promise<TusUpload> =>
      tusOf(app, user).create(size, {
        filename: name,
        connection_id: id(),
        parent_id: parent,
        conflict,
      }),
    /** SHA-256 of each file of this name. */
    hashes: async (name: string, parent = 'root') => {
      const items = (await drive.listAll(parent)).filter((item) => item.name === name)
      return Promise.all(
        items.map(async (item) => {
          const content = await drive.call(`/items/${item.id}/content`)
          return sha256(new Uint8Array(await content.arrayBuffer()))
        }),
      )
    },
  }
}

const problem = async (answer: Response) => ({
  status: answer.status,
  code: ((await answer.json()) as { code: string }).code,
})
const offsetOf = (answer: Response) => Number(answer.headers.get('upload-offset'))

describe('Google', () => {
  const GRID = 256 * KIB
  const PUT = { host: 'www.googleapis.com', method: 'PUT' }
  let id: string
  beforeAll(async () => {
    ;({ id } = await connect(app, 'ann', 'google_drive'))
  })
  const { begin, hashes } = driveAt('ann', () => id)

  it('may keep less than it was sent: the answer says how much', async () => {
    app.emulators.google.settings.keepFewer = true
    const bytes = randomBytes(4 * GRID + 1000)
    const upload = await begin('fewer.bin', bytes.length)
    const answer = await upload.patch(0, bytes.subarray(0, 4 * GRID))
    expect([answer.status, offsetOf(answer)]).toEqual([204, GRID])
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
      expect(await problem(refused)).toEqual({ status: 502, code: 'provider_unavailable' })
      await upload.finish(bytes, GRID)
      expect(await hashes(name)).toEqual([sha256(bytes)])
    },
  )

  it('that does not tell the offset has lost the upload', async () => {
    const bytes = randomBytes(2 * GRID)
    const upload = await begin('silent.bin', bytes.length)
    app.emulators.trouble.add({ match: PUT, times: 5, fault: { kind: 'status', status: 400 } })
    const refused = await upload.patch(0, bytes.subarray(0, GRID))
    expect(await problem(refused)).toEqual({ status: 502, code: 'provider_unavailable' })
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
  const atHome = driveAt('pat', () => personal)
  const atWork = driveAt('ann', () => work)

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
    expect(await problem(refused)).toEqual({ status: 409, code: 'name_conflict' })
    expect((await upload.head()).status).toBe(404)
    expect(await drive.hashes('late.bin')).toEqual([sha256(Buffer.from('first'))])
    expect(microsoft.sessions()).toEqual([])
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
    const library = driveAt('olga', () => id)
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
  const { begin, hashes } = driveAt('mia', () => id)

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
    expect(await problem(busy)).toEqual({ status: 429, code: 'rate_limited' })
    settings.busyWrites = 0
    await endThrottling(app)
    expect(await upload.head()).toEqual({ status: 200, offset: bytes.length })
    expect(await hashes('busy.bin')).toEqual([sha256(bytes)])
  })
})

describe('Nextcloud', () => {
  const STEP = 5 * MIB
  let id: string
  beforeAll(async () => {
    ;({ id } = await connectNextcloud(app, 'nora'))
  })
  const { begin, hashes } = driveAt('nora', () => id)
  const seen = (method: string) =>
    app.emulators.nextcloud.requests.filter((request) => request.method === method)

  it('has no folder of parts before there are parts', async () => {
    const { nextcloud } = app.emulators
    const large = await begin('large.bin', 30 * MIB)
    expect(nextcloud.sessions()).toEqual([])
    expect((await large.patch(0, new Uint8Array(3 * STEP))).status).toBe(204)
    expect(nextcloud.sessions()).toHaveLength(1)
    expect((await large.terminate()).status).toBe(204)
    expect(nextcloud.sessions()).toEqual([])
  })

  it('takes parts of 10 MiB, and what is left of a body as one of 5 MiB', async () => {
    app.emulators.nextcloud.requests.length = 0
    const bytes = randomBytes(6 * STEP + 7)
    const upload = await begin('parts.bin', bytes.length)
    await upload.finish(bytes, 3 * STEP)
    const lengths = seen('PUT').map(({ headers }) => Number(headers['content-length']))
    expect(lengths).toEqual([2 * STEP, STEP, 2 * STEP, STEP, 7])
    expect(await hashes('parts.bin')).toEqual([sha256(bytes)])
  })

  it('puts the parts together once somebody else has let go of the file', async () => {
    const { nextcloud } = app.emulators
    nextcloud.addFile('mia', '/held.bin', 'before')
    nextcloud.settings.locked = ['/held.bin']
    const bytes = randomBytes(STEP + 1000)
    const upload = await begin('held.bin', bytes.length, 'replace')
    expect((await upload.patch(0, bytes.subarray(0, STEP))).status).toBe(204)
    const refused = await upload.patch(STEP, bytes.subarray(STEP))
    expect(await problem(refused)).toEqual({ status: 423, code: 'upload_locked' })
    nextcloud.settings.locked = []
    nextcloud.requests.length = 0
    expect(await upload.head()).toEqual({ status: 200, offset: bytes.length })
    expect(seen('PUT')).toEqual([])
    expect(seen('MOVE')).toHaveLength(1)
    expect(await hashes('held.bin')).toEqual([sha256(bytes)])
    expect(nextcloud.sessions()).toEqual([])
  })

  it.each(['fail', 'replace'])(
    'does not put them together twice where the server is slow: %s',
    async (conflict) => {
      const { nextcloud, trouble } = app.emulators
      const name = `slow ${conflict}.bin`
      const bytes = randomBytes(STEP + 1000)
      if (conflict === 'replace') nextcloud.addFile('mia', `/${name}`, bytes.length)
      Object.assign(nextcloud.settings, { assembleMs: 1500, gatewayTimeoutMs: 100 })
      const upload = await begin(name, bytes.length, conflict)
      // The last part arrives, and nobody hears of it.
      trouble.add({ match: { host: 'nextcloud', method: 'PUT' }, skip: 1, fault: { kind: 'drop' } })
      await upload.finish(bytes, STEP)
      expect(await upload.head()).toEqual({ status: 200, offset: bytes.length })
      expect(await hashes(name)).toEqual([sha256(bytes)])
      expect(nextcloud.sessions()).toEqual([])
    },
  )

  it('keeps the name for whoever took it, also where the file is as long', async () => {
    const { nextcloud } = app.emulators
    const bytes = randomBytes(STEP + 1000)
    const upload = await begin('taken.bin', bytes.length)
    expect((await upload.patch(0, bytes.subarray(0, STEP))).status).toBe(204)
    const other = randomBytes(bytes.length)
    nextcloud.addFile('mia', '/taken.bin', other)
    const refused = await upload.patch(STEP, bytes.subarray(STEP))
    expect(await problem(refused)).toEqual({ status: 409, code: 'name_conflict' })
    expect(await hashes('taken.bin')).toEqual([sha256(other)])
    expect(nextcloud.sessions()).toEqual([])
  })

  it('that has forgotten the upload says so, and takes a new one', async () => {
    const { nextcloud } = app.emulators
    const bytes = randomBytes(STEP + 1000)
    const upload = await begin('forgotten.bin', bytes.length)
    expect((await upload.patch(0, bytes.subarray(0, STEP))).status).toBe(204)
    nextcloud.forgetSessions()
    const refused = await upload.patch(STEP, bytes.subarray(STEP))
    expect(await problem(refused)).toEqual({ status: 502, code: 'provider_unavailable' })
    expect((await upload.head()).status).toBe(404)
    expect(nextcloud.sessions()).toEqual([])
    const next = await begin('forgotten.bin', bytes.length)
    await next.finish(bytes, STEP)
    expect(await hashes('forgotten.bin')).toEqual([sha256(bytes)])
  })
})
