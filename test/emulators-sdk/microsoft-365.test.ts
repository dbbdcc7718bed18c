// The emulator's sites and teams answer Microsoft's own SDK as SharePoint and Teams do, for work accounts and personal ones.
import { randomBytes } from 'node:crypto'
import {
  FileUpload,
  LargeFileUploadTask,
  PageIterator,
  type Client,
} from '@microsoft/microsoft-graph-client'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startEmulators, type Emulators } from '../emulators/server.ts'
import {
  createClient,
  MICROSOFT_365,
  readBytes,
  sha256,
  signIn,
  type Item,
} from './graph-client.ts'

let emulators: Emulators
beforeAll(async () => {
  emulators = await startEmulators({ port: 0 })
})
afterAll(() => emulators.close())
beforeEach(() => emulators.reset())

interface Named {
  readonly id: string
  readonly displayName: string
}

interface Collection<T> {
  readonly value: T[]
}

describe("Microsoft's SDK with sites and teams", () => {
  const connect = async (account: string) =>
    createClient(emulators, (await signIn(emulators, MICROSOFT_365, account)).access_token)
  let client: Client
  beforeEach(async () => {
    client = await connect('ann@contoso.com')
  })
  const list = async <T>(path: string) => ((await client.api(path).get()) as Collection<T>).value

  it('walks from a search to the bytes of a file in a library', async () => {
    const found = await list<Named>('/sites?search=harbour')
    expect(found.map(({ displayName }) => displayName)).toEqual(['Harbour crew', 'Dry dock'])
    const site = emulators.microsoft.siteId('Harbour crew')
    expect(found[0]?.id).toBe(site)
    const byPath = (await client.api('/sites/contoso.sharepoint.com:/sites/harbour').get()) as Named
    expect(byPath.id).toBe(site)
    const libraries = await list<Item>(`/sites/${site}/drives`)
    const names = ['Documents', "Plans & drawings #1 100% 'new'", 'Rules']
    expect(libraries.map(({ name }) => name)).toEqual(names)
    const children = await list<Item>(`/drives/${libraries[1]?.id}/root/children`)
    const path = `/drives/${libraries[1]?.id}/items/${children[0]?.id}/content`
    const stream = (await client.api(path).getStream()) as ReadableStream<Uint8Array>
    expect((await readBytes(stream)).toString()).toBe('Berth 7\n')
  })

  it('reads the root site, subsites, followed sites, and a site without a library', async () => {
    const root = (await client.api('/sites/root').get()) as Named
    expect(root.displayName).toBe('Contoso')
    const { microsoft } = emulators
    const below = await list<Named>(`/sites/${microsoft.siteId('Harbour crew')}/sites`)
    expect(below.map(({ displayName }) => displayName)).toEqual(['Dry dock'])
    const followed = await list<Named>('/me/followedSites')
    expect(followed.map(({ displayName }) => displayName)).toEqual(['Harbour crew', 'Regatta 2026'])
    const bare = microsoft.siteId('Notice board')
    expect(await list(`/sites/${bare}/drives`)).toEqual([])
    const none = client.api(`/sites/${bare}/drive`).get()
    await expect(none).rejects.toMatchObject({ statusCode: 404, code: 'itemNotFound' })
    const board = client.api(`/sites/${microsoft.siteId('Board')}`).get()
    await expect(board).rejects.toMatchObject({ statusCode: 403, code: 'accessDenied' })
  })

  it('leads from a library back to its site', async () => {
    const { microsoft } = emulators
    const site = microsoft.siteId('Harbour crew')
    const root = microsoft.libraryRootId('Harbour crew', 'Rules')
    const { driveId = '' } = microsoft.item(root) ?? {}
    const plain = (await client.api(`/drives/${driveId}`).get()) as object
    expect(plain).not.toHaveProperty('sharePointIds')
    const { sharePointIds } = (await client
      .api(`/drives/${driveId}`)
      .select('id,sharePointIds')
      .get()) as { sharePointIds: { siteId: string; webId: string; siteUrl: string } }
    expect(site).toBe(`contoso.sharepoint.com,${sharePointIds.siteId},${sharePointIds.webId}`)
    expect(sharePointIds.siteUrl).toBe('https://contoso.sharepoint.com/sites/harbour')
    const [file] = await list<{ parentReference: { siteId: string } }>(
      `/drives/${driveId}/root/children`,
    )
    const { siteId = '' } = file?.parentReference ?? {}
    expect(siteId).toBe(sharePointIds.siteId)
    expect(((await client.api(`/sites/${siteId}`).get()) as Named).id).toBe(site)
    await expect(client.api('/sites/harbour').get()).rejects.toMatchObject({
      statusCode: 400,
      message: 'Invalid hostname for this tenancy',
    })
  })

  it('walks from my teams to the files of each kind of channel', async () => {
    const teams = await list<Named>('/me/joinedTeams')
    expect(teams.map(({ displayName }) => displayName)).toEqual(['Harbour crew', 'Regatta 2026'])
    const team = `/teams/${teams[0]?.id}`
    const channels = (
      (await client
        .api(`${team}/channels`)
        .header('Prefer', 'include-unknown-enum-members')
        .get()) as Collection<Named & { membershipType: string }>
    ).value
    expect(channels.map((one) => `${one.displayName}: ${one.membershipType}`)).toEqual([
      'General: standard',
      'Sails & ropes: standard',
      'Crew only: private',
      'Skippers: private',
      'Partners: shared',
      'Not opened yet: standard',
    ])
    const open = (at: number) =>
      client
        .api(`${team}/channels/${encodeURIComponent(channels[at]?.id ?? '')}/filesFolder`)
        .get() as Promise<{ id: string; parentReference: { driveId: string } }>
    const drives = new Set<string>()
    for (const at of [1, 2, 4]) {
      const folder = await open(at)
      const { driveId } = folder.parentReference
      drives.add(driveId)
      const files = await list<Item>(`/drives/${driveId}/items/${folder.id}/children`)
      expect(files.map(({ name }) => name)).toEqual(['notes.txt'])
    }
    expect(drives.size).toBe(3)
    await expect(open(3)).rejects.toMatchObject({ statusCode: 403, code: 'accessDenied' })
    await expect(open(5)).rejects.toMatchObject({
      statusCode: 404,
      message: 'Folder location for this channel is not ready yet, please try again later.',
    })
    const group = (await client.api(`/groups/${teams[0]?.id}/drive`).get()) as Item
    expect(group.name).toBe('Documents')
  })

  it('uploads into a library, which rewrites Office files', async () => {
    const { microsoft } = emulators
    const parent = microsoft.libraryRootId('Regatta 2026', 'Documents')
    const { driveId = '' } = microsoft.item(parent) ?? {}
    for (const [name, grows] of [
      ['results.docx', true],
      ['results.txt', false],
    ] as const) {
      const bytes = randomBytes(700_000)
      const session = await LargeFileUploadTask.createUploadSession(
        client,
        `/drives/${driveId}/items/${parent}:/${name}:/createUploadSession`,
        { item: { '@microsoft.graph.conflictBehavior': 'fail', name } },
      )
      expect(session.url).toContain('//contoso.sharepoint.com/')
      const file = new FileUpload(bytes, name, bytes.length)
      const task = new LargeFileUploadTask(client, file, session, { rangeSize: 320 * 1024 })
      const { id } = (await task.upload()).responseBody as Item
      const item = (await client.api(`/drives/${driveId}/items/${id}`).get()) as Item
      expect(item.size > bytes.length).toBe(grows)
      const kept = await microsoft.content(id)
      expect(kept.length).toBe(item.size)
      expect(sha256(kept.subarray(0, bytes.length))).toBe(sha256(bytes))
    }
  })

  it('sends a batch', async () => {
    const requests = [
      { id: '1', method: 'GET', url: '/me/joinedTeams' },
      { id: '2', method: 'GET', url: `/sites/root?$select=displayName` },
      { id: '3', method: 'GET', url: '/me/drive/root:/none.txt' },
      { id: '4', method: 'GET', url: '/me', dependsOn: ['3'] },
      { id: '5', method: 'GET', url: '/me/drive/root:/empty.txt:/content' },
    ]
    const answer = (await client.api('/$batch').post({ requests })) as {
      responses: { id: string; status: number; headers: Record<string, string>; body: unknown }[]
    }
    const byId = new Map(answer.responses.map((one) => [one.id, one]))
    expect([...byId].map(([id, { status }]) => [id, status]).sort()).toEqual([
      ['1', 200],
      ['2', 200],
      ['3', 404],
      ['4', 424],
      ['5', 302],
    ])
    expect(byId.get('2')?.body).toMatchObject({ displayName: 'Contoso' })
    expect(byId.get('5')?.headers['Location']).toContain('contoso-my.sharepoint.com')
  })

  it('says that personal accounts have neither sites nor teams', async () => {
    client = await connect('pat@outlook.com')
    for (const path of ['/sites?search=*', '/sites/root', '/me/followedSites', '/me/joinedTeams']) {
      await expect(client.api(path).get()).rejects.toMatchObject({
        statusCode: 400,
        message: 'This API is not supported for MSA accounts',
      })
    }
  })

  it('has teams and sites without a OneDrive', async () => {
    client = await connect('nolicense@contoso.com')
    expect(await list('/me/joinedTeams')).toHaveLength(1)
    const sites = await list<Named>('/sites?search=*')
    expect(sites.map(({ displayName }) => displayName)).toContain('Board')
    await expect(client.api('/me/followedSites').get()).rejects.toMatchObject({
      statusCode: 404,
      message: "User's mysite not found.",
    })
  })

  it('pages through whatever is long', async () => {
    const { microsoft } = emulators
    microsoft.settings.maxPage = 2
    const names: string[] = []
    const keep = (one: { displayName?: string; name?: string }) => {
      names.push(one.displayName ?? one.name ?? '')
      return true
    }
    for (const path of [
      '/sites?search=*&$select=id,displayName',
      `/sites/${encodeURIComponent(microsoft.siteId('Harbour crew'))}/drives?$select=id,name`,
      `/teams/${microsoft.teamId('Harbour crew')}/channels`,
    ]) {
      const first = await client.api(path).get()
      expect(first).toHaveProperty('@odata.nextLink')
      await new PageIterator(client, first, keep).iterate()
    }
    expect(names).toEqual([
      ...['Contoso', 'Harbour crew', 'Dry dock', 'Regatta 2026', 'Notice board'],
      ...['Documents', "Plans & drawings #1 100% 'new'", 'Rules'],
      ...['General', 'Sails & ropes', 'Crew only', 'Skippers', 'Partners', 'Not opened yet'],
    ])
  })

  it('lists 10,000 entries of a library and of a channel', async () => {
    const { microsoft } = emulators
    for (const parent of [
      microsoft.libraryRootId('Dry dock', 'Documents'),
      microsoft.channelFolderId('Harbour crew', 'Not opened yet'),
    ]) {
      microsoft.addMany('ann@contoso.com', parent, 10_000)
      const { driveId = '' } = microsoft.item(parent) ?? {}
      const path = `/drives/${driveId}/items/${parent}/children`
      const seen = new Set<string>()
      const first = await client.api(path).top(1000).select('id').get()
      await new PageIterator(client, first, ({ id }: Item) => Boolean(seen.add(id))).iterate()
      expect(seen.size).toBeGreaterThanOrEqual(10_000)
    }
  })
})
