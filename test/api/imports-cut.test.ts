// Large files whose downloads are cut off and go on: the copy in the default storage is the vendor's file, byte for byte, and never one of two versions.
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { rows, startSlipway, type Slipway } from '../harness.ts'
import { objectsOf } from '../import-judge.ts'
import { startImport, untilStatus } from '../imports.ts'
import { openDrive, VENDOR_DRIVES, type OpenDrive } from '../vendor-drives.ts'

const MIB = 2 ** 20
/** Larger than what is copied in one request. */
const SIZE = 66 * MIB + 12_345

let app: Slipway
beforeAll(async () => {
  app = await startSlipway()
})
afterAll(() => app.close())
afterEach(() => {
  app.emulators.trouble.clear()
  app.emulators.dav.settings.range = 'honour'
})

/** Puts a file of made-up bytes at the vendor. Returns what tells their hash. */
function addLarge(provider: string, name: string, bytes: number): () => Promise<string> {
  const { google, microsoft, dropbox, confluence, nextcloud, dav } = app.emulators
  switch (provider) {
    case 'google_drive': {
      const id = google.addFile('ann@example.com', 'root', name, bytes)
      return () => google.sha256(id)
    }
    case 'onedrive':
    case 'microsoft_365': {
      const id = microsoft.addFile('ann@contoso.com', 'root', name, bytes)
      return () => microsoft.sha256(id)
    }
    case 'dropbox': {
      const id = dropbox.addFile('mia@example.com', 'root', name, bytes)
      return () => dropbox.sha256(id)
    }
    case 'confluence': {
      const id = confluence.addAttachment(confluence.find('Home').id, name, bytes)
      return () => confluence.sha256(id)
    }
    case 'nextcloud':
      nextcloud.addFile('mia', `/${name}`, bytes)
      return () => nextcloud.sha256('mia', `/${name}`)
    default:
      dav.addFile('mia', `/${name}`, bytes)
      return () => dav.sha256('mia', `/${name}`)
  }
}

async function importOne(drive: OpenDrive, user: string, name: string) {
  const item = await drive.find(name, drive.home)
  const order = { connection_id: drive.id, items: [{ id: item.id }], keep_original: true }
  const id = await startImport(app, user, order)
  await untilStatus(app, id, 'completed', 90)
  const [file] = await rows<{ state: string; reason: string | null }>(
    app,
    'SELECT state, reason FROM import_items WHERE import_id = ?',
    id,
  )
  return file
}

/** Of the only file that is kept. */
async function keptHash(user: string): Promise<string | undefined> {
  const objects = (await objectsOf(app, user)).filter(({ key }) => !key.endsWith('/'))
  expect(objects).toHaveLength(1)
  return app.objectHash(objects[0]?.key ?? '')
}

const vendorOf = (provider: string) => {
  const vendor = VENDOR_DRIVES.find((one) => one.provider === provider)
  if (vendor === undefined) throw new Error(`no ${provider}`)
  return vendor
}

it.each(VENDOR_DRIVES.map(({ provider }) => provider))(
  'goes on where the download was cut: %s',
  async (provider) => {
    const user = `cut-${provider}`
    const vendor = vendorOf(provider)
    const hash = addLarge(provider, 'large.bin', SIZE)
    const drive = await openDrive(app, user, vendor)
    const { download: match, downloadSkip: skip } = vendor
    const cuts = [30 * MIB, 17 * MIB].map((afterBytes, at) =>
      // What one rule has taken the next one does not see.
      app.emulators.trouble.add({
        match,
        skip: skip * (at + 1),
        fault: { kind: 'cut', afterBytes },
      }),
    )
    expect(await importOne(drive, user, 'large.bin')).toMatchObject({ state: 'imported' })
    expect(cuts.map(({ hits }) => hits)).toEqual([1, 1])
    expect(await keptHash(user)).toBe(await hash())
  },
)

it('goes on at a server that knows no ranges', async () => {
  app.emulators.dav.settings.range = 'ignore'
  const hash = addLarge('webdav', 'rangeless.bin', SIZE)
  const drive = await openDrive(app, 'rangeless', vendorOf('webdav'))
  const match = { host: 'dav-server', method: 'GET' }
  const cut = app.emulators.trouble.add({ match, fault: { kind: 'cut', afterBytes: 40 * MIB } })
  expect(await importOne(drive, 'rangeless', 'rangeless.bin')).toMatchObject({ state: 'imported' })
  expect(cut.hits).toBe(1)
  expect(await keptHash('rangeless')).toBe(await hash())
})

it('takes another address where the one of a download has ended in the middle', async () => {
  const hash = addLarge('onedrive', 'expired.bin', SIZE)
  const drive = await openDrive(app, 'expired', vendorOf('onedrive'))
  const match = { host: 'contoso-my.sharepoint.com', method: 'GET' }
  app.emulators.trouble.add({ match, fault: { kind: 'cut', afterBytes: 30 * MIB } })
  const gone = app.emulators.trouble.add({ match, fault: { kind: 'status', status: 401 } })
  expect(await importOne(drive, 'expired', 'expired.bin')).toMatchObject({ state: 'imported' })
  expect(gone.hits).toBe(1)
  expect(await keptHash('expired')).toBe(await hash())
})

it.each(['google_drive', 'webdav'])(
  'begins again where the file was replaced while it was read: %s',
  async (provider) => {
    const user = `replaced-${provider}`
    const vendor = vendorOf(provider)
    addLarge(provider, 'replaced.bin', SIZE)
    const drive = await openDrive(app, user, vendor)
    const { download: match, downloadSkip: skip } = vendor
    const cut = app.emulators.trouble.add({
      match,
      skip,
      fault: { kind: 'cut', afterBytes: 30 * MIB },
    })
    const importing = importOne(drive, user, 'replaced.bin')
    while (cut.hits === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    // Of the same size: only its version tells.
    const bytes = new Uint8Array(SIZE).fill(7)
    if (provider === 'webdav') app.emulators.dav.addFile('mia', '/replaced.bin', bytes)
    else {
      const [file] = app.emulators.google
        .children('ann@example.com', 'root')
        .filter(({ name }) => name === 'replaced.bin')
      app.emulators.google.edit(file?.id ?? '', bytes)
    }
    expect(await importing).toMatchObject({ state: 'imported', reason: 'unsupported_type' })
    const expected = await crypto.subtle.digest('SHA-256', bytes)
    expect(await keptHash(user)).toBe(Buffer.from(expected).toString('hex'))
  },
)
