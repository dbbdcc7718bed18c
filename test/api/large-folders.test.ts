// A folder of 10,000 entries pages through completely at every vendor: each entry once, in the vendor's pages and in smaller ones.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect, connectNextcloud, connectWebdav } from '../connect.ts'
import { driveOf } from '../drive.ts'
import { startSlipway, type Slipway } from '../harness.ts'

const COUNT = 10_000
const TITLES = Array.from({ length: COUNT }, (_, at) => `item-${String(at).padStart(5, '0')}`)
const FILES = TITLES.map((title) => `${title}.txt`)

interface Large {
  readonly name: string
  /** Names of the folders that lead to the large one, that included. */
  readonly way: readonly string[]
  /** Makes the folder and returns the connection that sees it. */
  readonly fill: (app: Slipway) => Promise<{ readonly id: string }>
  readonly names?: readonly string[]
  /** Makes the vendor's own pages this long, where they can be shorter than what is asked for. */
  readonly shorten?: (app: Slipway, size: number) => void
}

const ANN = 'ann@contoso.com'
/** Fills a folder below one of Microsoft's. */
function fillGraph(app: Slipway, parent: string): void {
  const { microsoft } = app.emulators
  microsoft.addMany(ANN, microsoft.addFolder(ANN, parent, 'Large'), COUNT)
}
const shortenGraph = (app: Slipway, size: number) => {
  app.emulators.microsoft.settings.maxPage = size
}

const LARGE: readonly Large[] = [
  {
    name: 'google_drive',
    way: ['Large'],
    fill: (app) => {
      const { google } = app.emulators
      const owner = 'ann@example.com'
      google.addMany(owner, google.addFolder(owner, 'root', 'Large'), COUNT)
      return connect(app, 'ann', 'google_drive')
    },
    shorten: (app, size) => {
      app.emulators.google.settings.maxPage = size
    },
  },
  {
    name: 'onedrive',
    way: ['Large'],
    fill: (app) => {
      fillGraph(app, 'root')
      return connect(app, 'ann', 'onedrive')
    },
    shorten: shortenGraph,
  },
  {
    name: 'microsoft_365, a SharePoint library',
    way: ['SharePoint', 'Harbour crew', 'Documents', 'Large'],
    fill: (app) => {
      fillGraph(app, app.emulators.microsoft.libraryRootId('Harbour crew', 'Documents'))
      return connect(app, 'ann', 'microsoft_365')
    },
    shorten: shortenGraph,
  },
  {
    name: 'microsoft_365, a Teams channel',
    way: ['Teams', 'Harbour crew', 'General', 'Large'],
    fill: (app) => {
      fillGraph(app, app.emulators.microsoft.channelFolderId('Harbour crew', 'General'))
      return connect(app, 'ann', 'microsoft_365')
    },
    shorten: shortenGraph,
  },
  {
    name: 'dropbox',
    way: ['Large'],
    fill: (app) => {
      const { dropbox } = app.emulators
      const owner = 'mia@example.com'
      dropbox.addMany(owner, dropbox.addFolder(owner, 'root', 'Large'), COUNT)
      return connect(app, 'ann', 'dropbox')
    },
    shorten: (app, size) => {
      app.emulators.dropbox.settings.maxPage = size
    },
  },
  {
    name: 'confluence, a space',
    way: ['Large'],
    names: TITLES,
    fill: (app) => {
      const { confluence } = app.emulators
      // Every object of an answer costs a point.
      confluence.settings.pointsPerHour = 1_000_000
      confluence.addMany(confluence.addSpace('ann@acme.example', 'LARGE', 'Large'), COUNT)
      return connect(app, 'ann', 'confluence')
    },
    shorten: (app, size) => {
      app.emulators.confluence.settings.maxPage = size
    },
  },
  {
    name: 'nextcloud',
    way: ['Large'],
    fill: (app) => {
      app.emulators.nextcloud.addMany('mia', '/Large', COUNT)
      return connectNextcloud(app, 'ann')
    },
  },
  {
    name: 'webdav',
    way: ['Large'],
    fill: (app) => {
      app.emulators.dav.addMany('mia', '/Large', COUNT)
      return connectWebdav(app, 'ann')
    },
  },
  {
    name: 'r2',
    way: ['Large'],
    // Objects are put one by one: these are two of R2's own pages.
    names: FILES.slice(0, 2000),
    fill: async (app) => {
      const prefix = `files/${Buffer.from('ann').toString('base64url')}/Large/`
      for (let at = 0; at < 2000; at += 100) {
        await Promise.all(
          FILES.slice(at, at + 100).map((name) => app.bucket.put(prefix + name, '')),
        )
      }
      return { id: 'r2' }
    },
  },
]

let app: Slipway
beforeAll(async () => {
  app = await startSlipway()
})
afterAll(() => app.close())

for (const large of LARGE) {
  const { names: expected = FILES } = large

  describe(`${large.name}: a folder of ${expected.length} entries`, () => {
    let id: string
    let folder = 'root'
    const { list, find } = driveOf('ann', () => ({ app, id }))

    beforeAll(async () => {
      ;({ id } = await large.fill(app))
      for (const name of large.way) folder = (await find(name, folder)).id
    })

    async function pageThrough() {
      const names: string[] = []
      const ids = new Set<string>()
      let pages = 0
      for (let cursor: string | null = ''; cursor !== null; pages += 1) {
        const { items, next_cursor } = await list(
          folder,
          `&limit=1000${cursor && `&cursor=${cursor}`}`,
        )
        for (const item of items) {
          names.push(item.name)
          ids.add(item.id)
        }
        // A cursor that leads nowhere would go on for ever.
        cursor = pages < COUNT ? next_cursor : null
      }
      return { names: names.sort(), ids, pages }
    }

    it('pages through completely', async () => {
      const { names, ids, pages } = await pageThrough()
      expect(names).toEqual(expected)
      expect(ids.size).toBe(expected.length)
      expect(pages).toBeGreaterThanOrEqual(expected.length / 1000)
    })

    const { shorten } = large
    if (shorten === undefined) return

    it('pages through in the vendor’s smaller pages', async () => {
      shorten(app, 170)
      const { names, ids, pages } = await pageThrough()
      shorten(app, 1000)
      expect(names).toEqual(expected)
      expect(ids.size).toBe(expected.length)
      expect(pages).toBeGreaterThanOrEqual(expected.length / 170)
    })
  })
}
