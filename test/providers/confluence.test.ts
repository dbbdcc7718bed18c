// Confluence: the conformance suite of what is read only, the tree that Confluence's sites make, and what a search in it finds.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { callback, connect, initiate } from '../connect.ts'
import { testReadOnlyConformance } from '../conformance/read-only.ts'
import type { Item, Listing } from '../conformance/scene.ts'
import { driveOf } from '../drive.ts'
import { defaultConfluenceSettings } from '../emulators/confluence-settings.ts'
import { authorize } from '../emulators/oauth-server.ts'
import { startSlipway, type Slipway } from '../harness.ts'

testReadOnlyConformance({
  name: 'confluence',
  folder: ['Documentation', 'Home'],
  letters: 'letters.txt',
  search: { query: 'Careful', name: 'Plan 2026' },
  open: async () => {
    const app = await startSlipway()
    const { confluence } = app.emulators
    confluence.addAttachment(
      confluence.find('Home')?.id ?? '',
      'letters.txt',
      'abcdefghijklmnopqrstuvwxyz',
      'text/plain',
    )
    const { id } = await connect(app, 'mia', 'confluence')
    return {
      app,
      call: app.as('mia'),
      connection: id,
      leftovers: () => Promise.resolve([]),
      vendorHash: () => Promise.resolve(undefined),
      close: app.close,
    }
  },
})

describe('Confluence', () => {
  let app: Slipway
  const ids: Record<string, string> = {}
  beforeAll(async () => {
    app = await startSlipway()
    for (const [user, account] of [
      ['ann', 'ann@acme.example'],
      ['bo', 'bo@acme.example'],
    ] as const) {
      ids[user] = (await connect(app, user, 'confluence', { account })).id
    }
  })
  afterAll(() => app.close())
  afterEach(() => {
    Object.assign(app.emulators.confluence.settings, defaultConfluenceSettings())
  })

  const driveFor = (user: string) => driveOf(user, () => ({ app, id: ids[user] ?? '' }))
  const { call, list, listAll, find, walk, text } = driveFor('ann')
  const namesIn = async (folder: string) => (await listAll(folder)).map(({ name }) => name)

  it('shows the spaces of the only site at the top, personal ones last', async () => {
    expect(await namesIn('root')).toEqual(['Documentation', 'Ann Lee'])
    expect(await find('Documentation')).toMatchObject({ is_folder: true, is_fixed: true })
  })

  it('shows several sites first, each of them once', async () => {
    app.emulators.confluence.settings.jiraSite = true
    const bo = driveFor('bo')
    const sites = (await bo.list('root')).items
    expect(sites.map(({ name }) => name)).toEqual(['Harbour & Sons', 'Regatta'])
    const rota = await bo.walk(
      'Regatta',
      'Regatta operations',
      'Regatta operations Home',
      'Regatta rota',
    )
    expect(await bo.text(rota, '?format=text/plain')).toContain('Bo, then Ann.')
    const { folder } = await bo.list(rota.id)
    expect(folder.path.map(({ name }) => name)).toEqual([
      'Confluence',
      'Regatta',
      'Regatta operations',
      'Regatta operations Home',
    ])
  })

  it('does not connect an account that has no site', async () => {
    const started = await initiate(app.as('carl'), 'confluence')
    const back = await authorize(started.authorizationUrl, { account: 'carl@acme.example' })
    const answer = await callback(back, started.cookie)
    expect(answer.headers.get('location')).toContain('cloud_error=not_supported')
    const attempt = await app.as('carl')(`/api/cloud/oauth/attempts/${started.attemptId}`)
    expect(await attempt.json()).toMatchObject({
      status: 'failed',
      detail: 'The Atlassian account gives access to no Confluence site. Reconnect and choose one.',
    })
  })

  it('shows pages within pages, folders, whiteboards and databases; nothing archived or thrown away', async () => {
    const home = await walk('Documentation', 'Home')
    const names = await namesIn(home.id)
    for (const name of ['Guides', 'Retro board', 'Crew database', 'Harbour map', 'Live minutes']) {
      expect(names).toContain(name)
    }
    for (const name of ['Old plan', 'Thrown away', 'Board only']) expect(names).not.toContain(name)
    const expert = await walk(
      'Documentation',
      'Home',
      'Guides',
      'Setup',
      'Advanced setup',
      'Expert setup',
    )
    expect(await text(expert)).toContain('Deep.')
    expect(
      await text(await walk('Documentation', 'Home', 'Retro board', 'Below a whiteboard')),
    ).toContain('Found.')
    expect(
      await text(await walk('Documentation', 'Home', 'Crew database', 'Below a database')),
    ).toContain('Found as well.')
    const { folder } = await list(expert.id)
    const way = ['Confluence', 'Documentation', 'Home', 'Guides', 'Setup', 'Advanced setup']
    expect(folder.path.map(({ name }) => name)).toEqual(way)
    for (const step of folder.path) {
      expect((await list(step.id)).folder).toMatchObject({ id: step.id, name: step.name })
    }
    const trashed = expert.id.replace(/\d+$/, app.emulators.confluence.find('Thrown away').id)
    for (const path of [`/items/${trashed}`, `/items/${trashed}/content`]) {
      expect(await (await call(path)).json()).toMatchObject({ code: 'item_not_found' })
    }
  })

  it('says that a whiteboard, a folder or a space has no content', async () => {
    for (const way of [
      ['Documentation'],
      ['Documentation', 'Home', 'Guides'],
      ['Documentation', 'Home', 'Retro board'],
    ]) {
      const { id } = await walk(...way)
      const refused = await call(`/items/${id}/content`)
      expect(await refused.json()).toMatchObject({ status: 501, code: 'not_supported' })
    }
  })

  it('shows what lies at the top of a space: pages, folders, the blog', async () => {
    const space = await find('Documentation')
    expect(await namesIn(space.id)).toEqual(['Home', 'Loose page', 'Root folder', 'Blog'])
    const post = await walk('Documentation', 'Blog', 'Launched!')
    expect(await text(post)).toBe('# Launched!\n\nWe have **sailed**.\n')
    expect((await list(post.id)).folder.path.map(({ name }) => name)).toEqual([
      'Confluence',
      'Documentation',
      'Blog',
    ])
  })

  it.each([
    [7, 250],
    [250, 7],
  ])('pages through a long tree, by %i of at most %i', async (limit, maxPage) => {
    const { confluence } = app.emulators
    Object.assign(confluence.settings, { maxPage, manySpaces: true })
    const space = confluence.addSpace('ann@acme.example', `MANY${limit}`, `Many ${limit}`)
    const page = confluence.addPage(space, undefined, 'Index', '')
    for (const parent of [space, page]) confluence.addMany(parent, 40)
    for (let index = 0; index < 15; index++) confluence.addAttachment(page, `a${index}.txt`, 'x')
    const wanted = Array.from(
      { length: 40 },
      (_, index) => `item-${String(index).padStart(5, '0')}`,
    )
    const all = async (folder: string) =>
      (await listAll(folder, `&limit=${limit}`)).map(({ name }) => name).sort()
    expect((await all('root')).filter((name) => name.startsWith('Team '))).toHaveLength(30)
    const top = await find(`Many ${limit}`)
    expect(await all(top.id)).toEqual(['Index', ...wanted])
    const index = await find('Index', top.id)
    const files = Array.from({ length: 15 }, (_, at) => `a${at}.txt`)
    expect(await all(index.id)).toEqual([...files, ...wanted].sort())
  })

  it('does not connect an account of whom nothing could be shown', async () => {
    app.emulators.confluence.settings.withheldScopes = ['read:page:confluence']
    const started = await initiate(app.as('blind'), 'confluence')
    const answer = await callback(await authorize(started.authorizationUrl), started.cookie)
    expect(answer.headers.get('location')).toContain('cloud_error=insufficient_scope')
  })

  it('shows a space without the folders at its top, where they may not be read', async () => {
    app.emulators.confluence.settings.withheldScopes = ['read:folder:confluence']
    const { id } = await connect(app, 'cleo', 'confluence')
    const cleo = driveOf('cleo', () => ({ app, id }))
    const { items } = await cleo.list((await cleo.find('Documentation')).id)
    expect(items.map(({ name }) => name)).toEqual(['Home', 'Loose page'])
    const guides = await cleo.walk('Documentation', 'Home', 'Guides')
    const inside = await cleo.list(guides.id)
    expect(inside.items.map(({ name }) => name)).toEqual(['Setup'])
    expect(inside.folder.name).toBe('Guides')
  })
  it('shows the folders at the top of a space, however many folders there are, some calls at a time', async () => {
    const { confluence } = app.emulators
    const space = confluence.addSpace('ann@acme.example', 'MANY', 'Many folders')
    const home = confluence.addPage(space, undefined, 'Many home', '<p>Home</p>')
    for (let index = 0; index < 60; index++) confluence.addFolder(space, home, `below ${index}`)
    for (let index = 0; index < 60; index++) confluence.addFolder(space, undefined, `top ${index}`)
    const names = await namesIn((await find('Many folders')).id)
    expect(names.filter((name) => name.startsWith('top '))).toHaveLength(60)
    expect(new Set(names).size).toBe(names.length)
    expect(names.some((name) => name.startsWith('below '))).toBe(false)
    expect(names).toContain('Many home')
    app.emulators.requests.length = 0
    await list((await find('Many folders')).id)
    expect(app.emulators.requests.length).toBeLessThan(120)
  })

  describe('a search', () => {
    const search = async (drive: { readonly call: typeof call }, query: string, limit = 50) => {
      const names: string[] = []
      const items: Item[] = []
      let cursor: string | null = ''
      for (let pages = 0; cursor !== null && pages < 30; pages++) {
        const params = new URLSearchParams({
          q: query,
          limit: String(limit),
          ...(cursor && { cursor }),
        })
        const response = await drive.call(`/search?${params}`)
        expect(response.status).toBe(200)
        const page = (await response.json()) as Listing
        items.push(...page.items)
        names.push(...page.items.map(({ name }) => name))
        cursor = page.next_cursor
      }
      expect(cursor).toBeNull()
      return { names, items }
    }

    it.each([
      ['"Quoted"', `"Quoted" & 'single' <tag>`, '\\"Quoted\\"'],
      ['a\\b', '100%25 / a\\b', 'a\\\\b'],
    ])('for %s looks for just that', async (query, title, escaped) => {
      app.emulators.requests.length = 0
      expect((await search({ call }, query)).names).toContain(title)
      const [request] = app.emulators.requests.filter(({ path }) =>
        path.endsWith('/rest/api/search'),
      )
      const cql = new URL(request?.url ?? '').searchParams.get('cql')
      expect(cql).toContain(`title ~ "${escaped}" or text ~ "${escaped}"`)
    })

    it.each(['*budget', '(budget', '~budget', '"budget', '?', '+', '!'])(
      'takes %j, which Confluence alone refuses, for its words',
      async (query) => {
        const { names } = await search({ call }, query)
        expect(names).toEqual(query.includes('budget') ? ['Setup'] : [])
      },
    )

    it('finds text in pages, posts and attachments, under ids that open', async () => {
      const { items } = await search({ call }, 'budget')
      expect(items.map(({ name }) => name)).toEqual(['Setup'])
      const [setup] = items
      expect(await text(setup ?? { id: '' })).toContain('budget the sails')
      expect((await search({ call }, 'sailed')).names).toEqual(['Launched!'])
      const files = (await search({ call }, 'harbour.jpg')).items
      const photo = files.find(({ name }) => name === 'harbour.jpg')
      expect(photo).toMatchObject({ is_folder: false, size: 1_500_000 })
    })

    it.each([1, 50])('goes over every site, %i at a time', async (limit) => {
      const bo = driveFor('bo')
      const { names, items } = await search(bo, 'Bo', limit)
      expect(names.sort()).toEqual(['Harbour rota', 'Regatta rota'])
      for (const item of items) expect(await bo.text(item)).toContain('Bo, then Ann.')
    })
  })
})
