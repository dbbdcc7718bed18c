// The Confluence emulator answers plain HTTP as Atlassian does: what the vendor takes passes, what it refuses is refused in its words.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startEmulators, type Emulators } from '../emulators/server.ts'
import { ANN, signIn, siteOf, type List } from './confluence-caller.ts'

let emulators: Emulators
beforeAll(async () => {
  emulators = await startEmulators({ port: 0 })
})
afterAll(() => emulators.close())
beforeEach(() => emulators.reset())

describe('spaces and pages', () => {
  let token: string
  beforeEach(async () => {
    token = (await signIn(emulators)).access_token
  })

  it('pages with cursors of its own, which belong to their request', async () => {
    emulators.confluence.settings.manySpaces = true
    emulators.confluence.settings.maxPage = 7
    const rows = await siteOf(emulators, token).readAll('/api/v2/spaces?limit=250&status=current')
    expect(rows.length).toBe(32)
    const site = siteOf(emulators, token)
    const answer = await site.call('/api/v2/spaces?limit=2')
    const { _links } = (await answer.json()) as List
    expect(_links.base).toBe('https://acme.atlassian.net/wiki')
    expect(answer.headers.get('link')).toBe(
      `<${_links.next}>; rel="next", <${_links.base}>; rel="base"`,
    )
    const cursor = encodeURIComponent(
      new URL(_links.next ?? '', 'https://x').searchParams.get('cursor') ?? '',
    )
    expect((await site.call(`/api/v2/spaces?limit=5&cursor=${cursor}`)).status).toBe(200)
    expect((await site.call(`/api/v2/spaces?status=current&cursor=${cursor}`)).status).toBe(400)
    expect((await site.call('/api/v2/spaces?cursor=made-up')).status).toBe(400)
  })

  it.each([
    '/api/v2/spaces?limit=251',
    '/api/v2/spaces?limit=0',
    '/api/v2/spaces?start=10',
    '/api/v2/spaces?type=team',
    '/api/v2/spaces?sort=title',
    '/api/v2/pages?body-format=view',
    '/api/v2/pages?body-format=storage,atlas_doc_format',
    '/api/v2/pages?expand=body',
    '/api/v2/pages?status=current&status=archived',
    '/api/v2/pages?id=att1',
    '/api/v2/blogposts?subtype=live',
    '/api/v2/attachments?sort=title',
  ])('refuses %s', async (path) => {
    const [status, text] = await siteOf(emulators, token).refused(path)
    expect(status).toBe(400)
    expect(JSON.parse(text)).toMatchObject({
      errors: [{ status: 400, code: 'INVALID_REQUEST_PARAMETER', title: 'Bad Request' }],
    })
  })

  it('finds a space by its key', async () => {
    const { results } = await siteOf(emulators, token).read<List>('/api/v2/spaces?keys=DOCS')
    const [space] = results as unknown as { id: string; homepageId: string }[]
    expect(space?.id).toBe(emulators.confluence.spaceId(ANN, 'DOCS'))
    expect(space?.homepageId).toBe(emulators.confluence.find('Home').id)
    // Ids are no numbers.
    expect(String(Number(space?.id))).not.toBe(space?.id)
  })

  it('lists pages, archived ones too, and leaves folders out of the root', async () => {
    const { confluence } = emulators
    const path = `/api/v2/spaces/${confluence.spaceId(ANN, 'DOCS')}/pages`
    const all = await siteOf(emulators, token).readAll(`${path}?limit=3`)
    const titles = all.map(({ title }) => title)
    expect(titles).toContain('Old plan')
    expect(titles).not.toContain('Thrown away')
    expect(titles).not.toContain('Board only')
    expect(titles).not.toContain('Below board only')
    const current = await siteOf(emulators, token).readAll(`${path}?status=current`)
    expect(current.map(({ title }) => title)).not.toContain('Old plan')
    const root = await siteOf(emulators, token).readAll(`${path}?depth=root`)
    expect(root.map(({ title }) => title)).toEqual(['Home', 'Loose page'])
    const setup = all.find(({ title }) => title === 'Setup')
    expect(setup?.parentType).toBe('folder')
  })

  it('gives a body in one format, and none without', async () => {
    const { id } = emulators.confluence.find('Plan 2026')
    const site = siteOf(emulators, token)
    type Page = { body: Record<string, { representation: string; value: string }> }
    const read = (format: string) => site.read<Page>(`/api/v2/pages/${id}?body-format=${format}`)
    expect((await site.read<Page>(`/api/v2/pages/${id}`)).body).toEqual({})
    const storage = (await read('storage')).body['storage']?.value ?? ''
    expect(storage).toContain(']]]]><![CDATA[>')
    const view = (await read('export_view')).body['export_view']?.value ?? ''
    expect(view).toContain('const a = b &amp;&amp; c &lt; d; // ]]&gt;')
    expect(view).not.toMatch(/<(?:ac|ri):|ts<|complete/)
    expect(view).toContain('<li class="checked">Done it</li>')
    expect(view).toContain('2026-05-01</time>')
    const adf = (await read('atlas_doc_format')).body['atlas_doc_format']?.value ?? ''
    expect(JSON.parse(adf)).toMatchObject({ type: 'doc', version: 1 })
    const empty = emulators.confluence.find('Empty page').id
    const body = await site.read<Page>(`/api/v2/pages/${empty}?body-format=storage`)
    expect(body.body['storage']?.value).toBe('')
  })

  it('keeps versions', async () => {
    const { id } = emulators.confluence.find('Setup')
    emulators.confluence.editPage(id, '<p>Step two.</p>')
    const site = siteOf(emulators, token)
    const page = await site.read<{ version: { number: number } }>(`/api/v2/pages/${id}`)
    expect(page.version.number).toBe(2)
    const old = await site.read(`/api/v2/pages/${id}?version=1&body-format=storage`)
    expect(JSON.stringify(old)).toContain('Step one')
    expect((await site.call(`/api/v2/pages/${id}?version=3`)).status).toBe(404)
  })

  it('does not tell absent from not permitted', async () => {
    const site = siteOf(emulators, token)
    const hidden = emulators.confluence.find('Below board only').id
    const elsewhere = emulators.confluence.find('Harbour rota').id
    const folder = emulators.confluence.find('Guides').id
    const answers = await Promise.all(
      [hidden, elsewhere, folder, '1'].map((id) => site.refused(`/api/v2/pages/${id}`)),
    )
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect(answers[0]?.[0]).toBe(404)
  })

  it('shows dora a site without a space', async () => {
    const [site] = emulators.confluence.sites('dora@acme.example')
    const tokens = await signIn(emulators, 'dora@acme.example')
    const list = await siteOf(emulators, tokens.access_token, site?.id).read<List>('/api/v2/spaces')
    expect(list.results).toEqual([])
  })
})

describe('what is beside pages', () => {
  it('has blog posts, which are no pages', async () => {
    const site = siteOf(emulators, (await signIn(emulators)).access_token)
    const { id } = emulators.confluence.find('Launched!')
    const space = emulators.confluence.spaceId(ANN, 'DOCS')
    for (const path of ['/api/v2/blogposts', `/api/v2/spaces/${space}/blogposts`]) {
      expect((await site.read<List>(path)).results.map((row) => row.id)).toEqual([id])
    }
    expect(await site.statusOf(`/api/v2/pages/${id}`)).toBe(404)
    const post = await site.read<object>(`/api/v2/blogposts/${id}?body-format=view`)
    expect(post).toMatchObject({ body: { view: { value: expect.stringContaining('sailed') } } })
    expect(post).not.toHaveProperty('parentId')
  })

  it('opens folders and whiteboards with their own scopes', async () => {
    const scope = 'read:folder:confluence read:database:confluence'
    const site = siteOf(emulators, (await signIn(emulators, ANN, scope)).access_token)
    const idOf = (title: string) => emulators.confluence.find(title).id
    const folder = await site.read(`/api/v2/folders/${idOf('Guides')}`)
    expect(folder).toMatchObject({ type: 'folder', parentType: 'page', parentId: idOf('Home') })
    await site.read(`/api/v2/databases/${idOf('Crew database')}`)
    expect(await site.statusOf(`/api/v2/whiteboards/${idOf('Retro board')}`)).toBe(401)
    expect(await site.statusOf(`/api/v2/folders/${idOf('Home')}`)).toBe(404)
  })

  it('saves no text that is not well-formed, and knows no page without one', () => {
    const { confluence } = emulators
    const space = confluence.spaceId(ANN, 'DOCS')
    expect(() => confluence.addPage(space, undefined, 'Broken', '<p>open')).toThrow()
    expect(() => confluence.addPage(space, undefined, 'Fine', '<p>&euro; 5</p>')).not.toThrow()
  })
})

describe('the tree', () => {
  let token: string
  beforeEach(async () => {
    token = (await signIn(emulators)).access_token
  })

  it('has every kind of content, and what is below it', async () => {
    const { confluence } = emulators
    const home = confluence.find('Home').id
    emulators.confluence.settings.maxPage = 4
    const rows = await siteOf(emulators, token).readAll(
      `/api/v2/pages/${home}/direct-children?limit=250`,
    )
    expect(new Set(rows.map(({ type }) => type))).toEqual(
      new Set(['folder', 'page', 'whiteboard', 'database', 'embed']),
    )
    expect(rows.map(({ title }) => title)).toContain('Ship 🚢 100% + done #1?')
    for (const [plural, title, child] of [
      ['folders', 'Guides', 'Setup'],
      ['whiteboards', 'Retro board', 'Below a whiteboard'],
      ['databases', 'Crew database', 'Below a database'],
    ] as const) {
      const path = `/api/v2/${plural}/${confluence.find(title).id}/direct-children`
      const { results } = await siteOf(emulators, token).read<List>(path)
      expect(results.map((row) => row.title)).toEqual([child])
    }
    const embed = confluence.find('Harbour map').id
    const below = await siteOf(emulators, token).read<List>(
      `/api/v2/embeds/${embed}/direct-children`,
    )
    expect(below.results).toEqual([])
    // The deprecated call loses all but pages.
    const pages = await siteOf(emulators, token).readAll(`/api/v2/pages/${home}/children?limit=250`)
    expect(pages.map((row) => row.title)).not.toContain('Guides')
  })

  it('walks down and up', async () => {
    const { confluence } = emulators
    const site = siteOf(emulators, token)
    const home = confluence.find('Home').id
    const deep = `/api/v2/pages/${home}/descendants?depth=10&limit=250`
    const all = (await site.read<List>(deep)).results as unknown as {
      title: string
      depth: number
    }[]
    expect(all.find(({ title }) => title === 'Expert setup')?.depth).toBe(4)
    expect((await site.call(`/api/v2/pages/${home}/descendants?depth=11`)).status).toBe(400)
    const up = `/api/v2/pages/${confluence.find('Advanced setup').id}/ancestors`
    expect((await site.read<List>(up)).results).toEqual(
      ['Home', 'Guides', 'Setup'].map((title) => {
        const { id, type } = confluence.find(title)
        return { id, type }
      }),
    )
  })

  it('tells the types behind ids', async () => {
    const { confluence } = emulators
    const [folder, page] = [confluence.find('Guides').id, confluence.find('Setup').id]
    const send = (body: string, type = 'application/json') =>
      siteOf(emulators, token).call('/api/v2/content/convert-ids-to-types', {
        method: 'POST',
        headers: { 'content-type': type },
        body,
      })
    const answer = await send(JSON.stringify({ contentIds: [folder, page, '1'] }))
    expect(await answer.json()).toEqual({
      results: { [folder]: 'folder', [page]: 'page', '1': null },
    })
    expect((await send('{}')).status).toBe(400)
    expect((await send('{"contentIds":[1]}')).status).toBe(400)
    expect((await send('{"contentIds":["1"]}', 'text/plain')).status).toBe(415)
  })
})
