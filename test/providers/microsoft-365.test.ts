// Microsoft 365: the conformance suite in OneDrive, a SharePoint library and a Teams channel, and what is its own.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '../connect.ts'
import { testConformance } from '../conformance/provider.ts'
import type { Item } from '../conformance/scene.ts'
import { driveOf } from '../drive.ts'
import { startSlipway, type Slipway } from '../harness.ts'

const REFUSED = [
  'O\'Brien\'s "quoted" file.txt',
  'question? star* pipe| less< greater> colon: back\\slash.txt',
  'trailing dot.',
  ' leading space.txt',
  'trailing space ',
  'trailing dots...',
  '~$x',
]

const HOMES: { home: string[]; wayHome?: string[] }[] = [
  { home: ['OneDrive'] },
  { home: ['SharePoint', 'Harbour crew', 'Documents'] },
  {
    home: ['Teams', 'Harbour crew', 'General'],
    // A channel's files lie in a library of its team's site, and nothing in them says that they are a channel's.
    wayHome: ['SharePoint', 'Harbour crew', 'Documents', 'General'],
  },
]

for (const { home, wayHome } of HOMES) {
  testConformance({
    name: `microsoft_365 in ${home.join(' / ')}`,
    fragment: 10 * 1024 * 1024,
    searches: home[0] === 'OneDrive' || 'elsewhere',
    home,
    ...(wayHome === undefined ? {} : { wayHome }),
    refusedNames: REFUSED,
    open: async () => {
      const app = await startSlipway()
      const { microsoft } = app.emulators
      const { id } = await connect(app, 'mia', 'microsoft_365')
      return {
        app,
        call: app.as('mia'),
        connection: id,
        leftovers: () => Promise.resolve(microsoft.sessions()),
        vendorHash: async (item) => {
          const decoded = Buffer.from(item.id.slice(1), 'base64url').toString().split('\n')[1] ?? ''
          return microsoft.item(decoded) ? microsoft.sha256(decoded) : undefined
        },
        close: app.close,
      }
    },
  })
}

describe('Microsoft 365', () => {
  let app: Slipway
  let id: string
  beforeAll(async () => {
    app = await startSlipway()
    ;({ id } = await connect(app, 'ann', 'microsoft_365'))
  })
  afterAll(() => app.close())

  const { call, listAll, find, walk, text } = driveOf('ann', () => ({ app, id }))
  const namesIn = async (folder: string) => (await listAll(folder)).map(({ name }) => name)
  const change = (item: string, body: object) =>
    call(`/items/${item}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })

  it('reads a library that is read only, and says so to a write', async () => {
    const rules = await walk('SharePoint', 'Harbour crew', 'Rules')
    const speed = await find('speed.txt', rules.id)
    expect(await text(speed)).toBe('3 knots\n')
    const put = await call(`/content?name=a.txt&parent_id=${rules.id}`, {
      method: 'PUT',
      body: 'x',
    })
    expect(await put.json()).toMatchObject({ status: 403, code: 'access_denied' })
    expect(await (await call(`/items/${speed.id}`, { method: 'DELETE' })).json()).toMatchObject({
      status: 403,
      code: 'access_denied',
    })
    expect(await namesIn(rules.id)).toEqual(['speed.txt'])
    expect(app.emulators.microsoft.sessions()).toEqual([])
  })

  it.each(['General', 'Crew only', 'Partners'])(
    'takes a file into the channel %s',
    async (name) => {
      const { microsoft } = app.emulators
      const channel = await walk('Teams', 'Harbour crew', name)
      const bytes = randomBytes(400_000)
      const put = await call(
        `/content?name=${encodeURIComponent('knots #1 🚢.bin')}&parent_id=${channel.id}`,
        {
          method: 'PUT',
          body: bytes,
        },
      )
      expect(put.status).toBe(201)
      const { id } = (await put.json()) as Item
      const back = Buffer.from(await (await call(`/items/${id}/content`)).arrayBuffer())
      expect(back.equals(bytes)).toBe(true)
      const folder = microsoft.channelFolderId('Harbour crew', name)
      const kept = microsoft
        .children('ann@contoso.com', folder)
        .find((one) => one.name.includes('#1'))
      expect((await microsoft.content(kept?.id ?? '')).equals(bytes)).toBe(true)
      expect(await namesIn(channel.id)).toContain('knots #1 🚢.bin')
    },
  )

  it('does not rename, move or delete what is Microsoft 365 itself', async () => {
    const documents = await walk('OneDrive', 'Documents')
    for (const way of [
      ['OneDrive'],
      ['SharePoint'],
      ['Teams'],
      ['SharePoint', 'Harbour crew'],
      ['SharePoint', 'Harbour crew', 'Documents'],
      ['Teams', 'Harbour crew'],
      ['Teams', 'Harbour crew', 'General'],
    ]) {
      const { id } = await walk(...way)
      for (const refused of [
        await change(id, { name: 'Mine' }),
        await change(id, { parent_id: documents.id }),
        await call(`/items/${id}`, { method: 'DELETE' }),
      ]) {
        expect(await refused.json(), way.join('/')).toMatchObject({ code: 'not_supported' })
      }
      expect((await walk(...way)).id).toBe(id)
    }
  })

  it('says into what an upload can go, where a folder holds no files itself', async () => {
    for (const way of [
      ['SharePoint'],
      ['SharePoint', 'Harbour crew'],
      ['Teams'],
      ['Teams', 'Harbour crew'],
    ]) {
      const { id } = await walk(...way)
      const put = await call(`/content?name=a.txt&parent_id=${id}`, { method: 'PUT', body: 'x' })
      const folder = await call('/folders', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'a', parent_id: id }),
      })
      for (const refused of [put, folder]) {
        expect(await refused.json()).toMatchObject({
          status: 422,
          detail: expect.stringMatching(/parent_id.*choose a library or a channel/) as string,
        })
      }
    }
  })

  it('takes a file at the top into OneDrive', async () => {
    const put = await call('/content?name=top.txt', { method: 'PUT', body: 'top' })
    expect(put.status).toBe(201)
    const kept = app.emulators.microsoft.children('ann@contoso.com', 'root')
    expect(kept.map(({ name }) => name)).toContain('top.txt')
  })

  it.each(['results.docx', 'results.xlsx', 'slides.pptx'])(
    'takes %s, which SharePoint writes into',
    async (name) => {
      const { microsoft } = app.emulators
      const library = await walk('SharePoint', 'Regatta 2026', 'Documents')
      const bytes = randomBytes(300_000)
      const put = await call(`/content?name=${name}&parent_id=${library.id}`, {
        method: 'PUT',
        body: bytes,
      })
      expect(put.status).toBe(201)
      const item = (await put.json()) as Item
      const root = microsoft.libraryRootId('Regatta 2026', 'Documents')
      const kept = microsoft.children('ann@contoso.com', root).find((one) => one.name === name)
      const stored = await microsoft.content(kept?.id ?? '')
      expect(stored.length).toBeGreaterThan(bytes.length)
      expect(item.size).toBe(stored.length)
      const back = Buffer.from(await (await call(`/items/${item.id}/content`)).arrayBuffer())
      expect(back.equals(stored)).toBe(true)
      expect(microsoft.sessions()).toEqual([])
    },
  )

  it('keeps documents in a folder of the user’s in OneDrive', async () => {
    const { microsoft } = app.emulators
    const set = await app.as('ann')('/api/users/me/default-storage', {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ backend: 'microsoft_365', connection_id: id }),
    })
    expect(set.status).toBe(200)
    const form = new FormData()
    form.set('file', new Blob(['Reef early.\n'], { type: 'text/plain' }), 'advice.txt')
    const made = await app.as('ann')('/api/documents/upload', { method: 'POST', body: form })
    const { document_id: document, ...more } = (await made.json()) as { document_id: string }
    expect(more).toMatchObject({ storage_backend: 'microsoft_365' })
    const folder = microsoft.children('ann@contoso.com', 'root').find(({ name }) => name === 'ann')
    const kept = microsoft.children('ann@contoso.com', folder?.id ?? '')
    expect(kept.map(({ name }) => name)).toEqual([`${document}.txt`])
    const content = await app.as('ann')(`/api/documents/${document}/content`)
    expect(await content.text()).toBe('Reef early.\n')
    await app.as('ann')(`/api/documents/${document}`, { method: 'DELETE' })
    expect(microsoft.children('ann@contoso.com', folder?.id ?? '')).toEqual([])
  })

  let lastUser = 0
  const another = async () => {
    const user = `user-${++lastUser}`
    const own = (await connect(app, user, 'microsoft_365')).id
    return { user, id: own, ...driveOf(user, () => ({ app, id: own })) }
  }

  it.each([
    [429, () => '120'],
    [503, () => '120'],
    [429, () => new Date(Date.now() + 120_000).toUTCString()],
  ])('keeps away after a %i for as long as Graph says', async (status, wait) => {
    const { user, id, call } = await another()
    app.emulators.trouble.add({
      match: { host: 'graph.microsoft.com', path: /joinedTeams$/ },
      times: 10,
      fault: { kind: 'status', status, headers: { 'retry-after': wait() } },
    })
    await (await call('/items?fresh=1&folder_id=teams')).text()
    app.emulators.trouble.clear()
    const shown = await app.as(user)(`/api/cloud/connections/${id}`)
    const { throttled_until } = (await shown.json()) as { throttled_until: string }
    const left = Date.parse(throttled_until) - Date.now()
    expect(left).toBeGreaterThan(60_000)
    expect(left).toBeLessThanOrEqual(121_000)
    const asked = app.emulators.requests.length
    const refused = await call('/items?fresh=1&folder_id=teams')
    expect(await refused.json()).toMatchObject({ status: 429, code: 'rate_limited' })
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(60)
    expect(app.emulators.requests).toHaveLength(asked)
    // It is this connection's: others of the same provider go on.
    expect((await (await another()).call('/items?folder_id=teams')).status).toBe(200)
  })
})
