// Microsoft 365 as one tree: its three branches, sites and their libraries, teams and their channels, and the way to everything.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '../connect.ts'
import type { Listing } from '../conformance/scene.ts'
import { driveOf } from '../drive.ts'
import { defaultMicrosoftSettings } from '../emulators/graph-settings.ts'
import { startSlipway, type Slipway } from '../harness.ts'

describe('the tree of Microsoft 365', () => {
  let app: Slipway
  const ids: Record<string, string> = {}
  beforeAll(async () => {
    app = await startSlipway()
    for (const [user, account] of [
      ['ann', 'ann@contoso.com'],
      ['pat', 'pat@outlook.com'],
    ] as const) {
      ids[user] = (await connect(app, user, 'microsoft_365', { account })).id
    }
  })
  afterAll(() => app.close())
  afterEach(() => {
    Object.assign(app.emulators.microsoft.settings, defaultMicrosoftSettings())
  })

  const driveFor = (user: string) => driveOf(user, () => ({ app, id: ids[user] ?? '' }))
  const { call, list, listAll, find, walk, text } = driveFor('ann')
  const namesIn = async (folder: string) => (await listAll(folder)).map(({ name }) => name)

  it('shows OneDrive, SharePoint and Teams at the top', async () => {
    const { items, folder } = await list('root')
    expect(items.map(({ name }) => name)).toEqual(['OneDrive', 'SharePoint', 'Teams'])
    for (const item of items) {
      expect(item).toMatchObject({ is_folder: true, is_fixed: true, parent_id: 'root' })
    }
    expect(folder).toEqual({ id: 'root', name: 'Microsoft 365', path: [] })
  })

  it('shows a personal account its OneDrive alone, and says why', async () => {
    const pat = driveFor('pat')
    expect((await pat.list('root')).items.map(({ name }) => name)).toEqual(['OneDrive'])
    const pictures = await pat.find('Pictures', (await pat.find('OneDrive')).id)
    expect(pictures.is_folder).toBe(true)
    for (const folder of ['sites', 'teams']) {
      const refused = await pat.call(`/items?folder_id=${folder}`)
      expect(await refused.json()).toMatchObject({
        status: 501,
        code: 'not_supported',
        detail: 'Personal Microsoft accounts do not offer this.',
      })
    }
  })

  it.each([1, 2, 3, 100])('shows followed sites first, each site once, by %i', async (maxPage) => {
    app.emulators.microsoft.settings.maxPage = maxPage
    const names = (await listAll('sites')).map(({ name }) => name)
    expect(names).toEqual(['Harbour crew', 'Regatta 2026', 'Contoso', 'Dry dock', 'Notice board'])
  })

  it('finds a site, then files; its libraries and subsites lie in it', async () => {
    const found = (await (await call('/search?q=harbour')).json()) as Listing
    expect(found.items.map(({ name }) => name)).toEqual(['Harbour crew', 'Dry dock'])
    const more = await call(`/search?q=harbour&cursor=${found.next_cursor}`)
    const files = ((await more.json()) as Listing).items
    expect(files.map(({ name }) => name)).toContain('harbour.jpg')

    const site = found.items[0]?.id ?? ''
    const drawings = "Plans & drawings #1 100% 'new'"
    expect(await namesIn(site)).toEqual(['Documents', drawings, 'Rules', 'Dry dock'])
    const berth = await find('berth.txt', (await find(drawings, site)).id)
    expect(await text(berth)).toBe('Berth 7\n')
    const keel = await walk('SharePoint', 'Harbour crew', 'Dry dock', 'Documents', 'keel.txt')
    expect(await text(keel)).toBe('Scrape it.\n')
  })

  it('shows a site without a library as an empty folder', async () => {
    const board = await walk('SharePoint', 'Notice board')
    const { items, next_cursor } = await list(board.id)
    expect([items, next_cursor]).toEqual([[], null])
  })

  it('opens standard, private and shared channels', async () => {
    const team = await walk('Teams', 'Harbour crew')
    const names = ['General', 'Sails & ropes', 'Crew only', 'Skippers', 'Partners']
    expect(await namesIn(team.id)).toEqual([...names, 'Not opened yet'])
    for (const name of ['Sails & ropes', 'Crew only', 'Partners']) {
      const notes = await find('notes.txt', (await find(name, team.id)).id)
      expect(await text(notes)).toBe(`${name}\n`)
    }
  })

  it('says what to do about a channel that has no folder, or lets nobody in', async () => {
    const team = await walk('Teams', 'Harbour crew')
    const fresh = await find('Not opened yet', team.id)
    const open = () => call(`/items?fresh=1&folder_id=${fresh.id}`)
    expect(await (await open()).json()).toMatchObject({
      status: 404,
      code: 'item_not_found',
      detail: expect.stringContaining('Open its Files tab in Teams') as string,
    })
    const put = await call(`/content?name=a.txt&parent_id=${fresh.id}`, {
      method: 'PUT',
      body: 'x',
    })
    expect(await put.json()).toMatchObject({
      detail: expect.stringContaining('Open its Files tab in Teams') as string,
    })
    app.emulators.microsoft.channelFolderId('Harbour crew', 'Not opened yet')
    expect((await open()).status).toBe(200)

    const skippers = await find('Skippers', team.id)
    expect(await (await call(`/items?folder_id=${skippers.id}`)).json()).toMatchObject({
      status: 403,
      code: 'access_denied',
      detail: expect.stringContaining('private') as string,
    })
  })

  it.each([false, true])(
    'tells the way from the top everywhere, sites by their whole id: %s',
    async (whole) => {
      app.emulators.microsoft.settings.wholeSiteIds = whole
      for (const way of [
        ['OneDrive'],
        ['OneDrive', 'Documents', 'Reports & plans'],
        ['SharePoint'],
        ['SharePoint', 'Harbour crew'],
        ['SharePoint', 'Harbour crew', 'Rules'],
        ['SharePoint', 'Harbour crew', 'Documents', 'Team files'],
        ['Teams'],
        ['Teams', 'Harbour crew'],
        ['Teams', 'Harbour crew', 'Partners'],
      ]) {
        const { folder } = await list((await walk(...way)).id)
        const steps = folder.path.map(({ name }) => name)
        expect([...steps, folder.name]).toEqual(['Microsoft 365', ...way])
        // Each step is a folder that opens, by the id under which its own listing knows it.
        for (const step of folder.path) {
          expect((await list(step.id)).folder).toMatchObject({ id: step.id, name: step.name })
        }
      }
    },
  )
})
