// What an import relies on at every vendor: a version that is the same from wherever it is told, and content of one version alone.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Item } from '../conformance/scene.ts'
import type { TroubleRule } from '../emulators/trouble.ts'
import { startSlipway, type Slipway } from '../harness.ts'
import { openDrive, problem, VENDOR_DRIVES, type OpenDrive } from '../vendor-drives.ts'

type Listed = Item & { readonly web_url?: string; readonly mime_type: string | null }

let app: Slipway
const drives = new Map<string, Promise<OpenDrive>>()
beforeAll(async () => {
  app = await startSlipway()
})
afterAll(() => app.close())

/** Connected once. */
function driveAt(provider: string): Promise<OpenDrive> {
  const vendor = VENDOR_DRIVES.find((one) => one.provider === provider)
  if (vendor === undefined) throw new Error(`no vendor ${provider}`)
  const opened = drives.get(provider) ?? openDrive(app, `user-of-${provider}`, vendor)
  drives.set(provider, opened)
  return opened
}

const tagOf = (etag: string | null) => (etag === null ? null : `"${encodeURIComponent(etag)}"`)

describe.each(VENDOR_DRIVES.map(({ provider }) => provider))('%s', (provider) => {
  it('tells the same version in listings, alone and with the bytes', async () => {
    const drive = await driveAt(provider)
    const research = await drive.find('Research', drive.home)
    const items = (await drive.listAll(research.id)) as Listed[]
    const readable = items.filter((item) => !item.is_folder || item.exportable_as?.length)
    expect(readable.length).toBeGreaterThan(10)
    for (const item of readable.filter(({ name }) => name !== 'To nowhere')) {
      const alone = (await (await drive.call(`/items/${item.id}`)).json()) as Listed
      // Only who follows a shortcut knows the version of what it leads to.
      if (item.name === 'To a file' || item.name === 'To a file.txt') expect(item.etag).toBeNull()
      else expect(item.etag, item.name).toBe(alone.etag)
      if (alone.exportable_as?.length === 0) continue
      expect(alone.etag, item.name).not.toBeNull()
      expect(alone.size !== null || alone.exportable_as !== undefined, item.name).toBe(true)
      expect(alone.mime_type ?? alone.exportable_as, item.name).not.toBeNull()
      if (provider !== 'webdav') expect(alone.web_url, item.name).toMatch(/^https?:\/\//)
      const content = await drive.call(`/items/${item.id}/content`)
      const bytes = await content.arrayBuffer()
      expect(content.headers.get('etag'), item.name).toBe(tagOf(alone.etag))
      if (alone.size !== null) expect(bytes.byteLength, item.name).toBe(alone.size)
    }
  })

  it('says beforehand what has no content', async () => {
    const drive = await driveAt(provider)
    const research = await drive.find('Research', drive.home)
    for (const item of await drive.listAll(research.id)) {
      if (item.exportable_as?.length !== 0) continue
      const refused = await problem(await drive.call(`/items/${item.id}/content`))
      expect([item.name, refused.code]).toEqual([item.name, 'not_supported'])
    }
  })
})

/** While the request is on its way, something happens at the vendor. */
async function during<T>(rule: TroubleRule, work: Promise<T>, happens: () => void): Promise<T> {
  const counter = app.emulators.trouble.add(rule)
  const started = work
  while (counter.hits === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  happens()
  return started
}

const slow = { kind: 'slow', ms: 700 } as const
const OLD = 'old old old old old'
const NEW = 'new new new new new'

describe('a file that changes between what is said of it and its bytes', () => {
  it.each([
    [
      'google_drive',
      { method: 'GET', host: 'www.googleapis.com', path: /\/files\/[^/]+$/ },
      2,
      (id: string) => app.emulators.google.edit(id, NEW),
    ],
    [
      'onedrive',
      { method: 'GET', host: 'contoso-my.sharepoint.com' },
      0,
      (id: string) => app.emulators.microsoft.edit(id, NEW),
    ],
  ] as const)('is not served in part: %s', async (provider, match, skip, edit) => {
    const drive = await driveAt(provider)
    const made = await drive.call(`/content?name=turns-${provider}.txt`, {
      method: 'PUT',
      body: OLD,
    })
    const { id, etag } = (await made.json()) as Item
    const headers = { range: 'bytes=4-6', 'if-range': tagOf(etag) ?? '' }
    const ask = () => drive.call(`/items/${id}/content`, { headers })
    const part = await ask()
    expect([part.status, await part.text()]).toEqual([206, 'old'])
    const answer = await during({ match, skip, fault: slow }, ask(), () => edit(id))
    expect([answer.status, await answer.text()]).toEqual([200, NEW])
    expect(answer.headers.get('etag')).not.toBe(tagOf(etag))
    app.emulators.trouble.clear()
  })

  it('has the version of its bytes: webdav', async () => {
    const drive = await driveAt('webdav')
    app.emulators.dav.addFile('mia', '/turns.txt', OLD)
    const { id, etag } = await drive.find('turns.txt')
    const match = { method: 'GET', host: 'dav-server' }
    const ask = drive.call(`/items/${id}/content`)
    const answer = await during({ match, fault: slow }, ask, () => {
      app.emulators.dav.addFile('mia', '/turns.txt', NEW)
    })
    expect(await answer.text()).toBe(NEW)
    expect(answer.headers.get('etag')).not.toBe(tagOf(etag))
    const now = await drive.find('turns.txt')
    expect(answer.headers.get('etag')).toBe(tagOf(now.etag))
    app.emulators.trouble.clear()
  })

  it('is read in the version that was found: an attachment of Confluence', async () => {
    const drive = await driveAt('confluence')
    const { confluence } = app.emulators
    const page = confluence.find('Older research').id
    const research = await drive.find('Research', drive.home)
    const older = await drive.find('Older research', research.id)
    const file = await drive.find('enclosed.txt', older.id)
    const match = { host: 'api.atlassian.com', path: /\/download$/ }
    const ask = drive.call(`/items/${file.id}/content`)
    const answer = await during({ match, fault: slow }, ask, () => {
      confluence.addAttachment(page, 'enclosed.txt', NEW, 'text/plain')
    })
    expect(answer.headers.get('etag')).toBe(tagOf(file.etag))
    expect(await answer.text()).toBe('The enclosed heron waits.\n')
    app.emulators.trouble.clear()
  })
})

it('a file that Google holds to be malware is refused, and nobody says otherwise in the user’s name', async () => {
  const drive = await driveAt('google_drive')
  const made = await drive.call('/content?name=worm.bin', { method: 'PUT', body: 'wriggle' })
  const { id } = (await made.json()) as Item
  app.emulators.google.condemn(id)
  app.emulators.requests.length = 0
  const refused = await problem(await drive.call(`/items/${id}/content`))
  expect(refused).toMatchObject({ code: 'access_denied', status: 403 })
  expect(refused.detail).toContain('malware')
  expect(app.emulators.requests.some(({ url }) => url.includes('acknowledgeAbuse'))).toBe(false)
})

it('a shortcut of OneDrive has the version and size of what it leads to, under its own name', async () => {
  const drive = await driveAt('onedrive')
  const research = await drive.find('Research')
  const link = await drive.find('To a file.txt', research.id)
  const older = await drive.find('Older', research.id)
  const target = await drive.find('archive.txt', older.id)
  const alone = (await (await drive.call(`/items/${link.id}`)).json()) as Item
  expect(alone).toMatchObject({ id: link.id, name: 'To a file.txt' })
  expect([alone.etag, alone.size]).toEqual([target.etag, target.size])
  expect(alone.parent_id).toBe(research.id)
  const gone = await drive.find('To nowhere.txt', research.id)
  expect(gone).toMatchObject({ is_folder: false, size: null, exportable_as: [] })
  expect((await drive.call(`/items/${gone.id}`)).status).toBe(200)
})
