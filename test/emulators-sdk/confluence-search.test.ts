// The Confluence emulator hands out attachments by way of the media host, and searches by CQL.
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startEmulators, type Emulators } from '../emulators/server.ts'
import { signIn, siteOf, type List } from './confluence-caller.ts'

let emulators: Emulators
beforeAll(async () => {
  emulators = await startEmulators({ port: 0 })
})
afterAll(() => emulators.close())
beforeEach(() => emulators.reset())

describe('attachments', () => {
  let token: string
  beforeEach(async () => {
    token = (await signIn(emulators)).access_token
  })

  const pathOf = (title: string, query = '') => {
    const { id, parentId } = emulators.confluence.find(title)
    return `/rest/api/content/${parentId}/child/attachment/${id}/download${query}`
  }

  it('lists them with their sizes and types', async () => {
    const page = emulators.confluence.find('Home').id
    const path = `/api/v2/pages/${page}/attachments`
    const { results } = await siteOf(emulators, token).read<List>(`${path}?limit=250`)
    expect(results.map(({ title }) => title)).toEqual([
      'notes.txt',
      'harbour.jpg',
      'Übersicht "final" 100%.pdf',
    ])
    expect(results[1]).toMatchObject({ fileSize: 1_500_000, mediaType: 'image/jpeg', pageId: page })
    const one = await siteOf(emulators, token).read<List>(`${path}?filename=notes.txt`)
    expect(one.results.length).toBe(1)
    await siteOf(emulators, token).read(`/api/v2/attachments/${results[0]?.id}`)
  })

  it('leads to a second host, which takes a range and refuses a token', async () => {
    const { confluence } = emulators
    const answer = await siteOf(emulators, token).call(pathOf('harbour.jpg', '?version=1'))
    expect(answer.status).toBe(302)
    const location = answer.headers.get('location') ?? ''
    expect(location).toContain('/api.media.atlassian.com/file/')
    const withToken = { headers: { authorization: `Bearer ${token}` } }
    expect((await fetch(location, withToken)).status).toBe(401)
    const whole = await fetch(location)
    const { id } = confluence.find('harbour.jpg')
    const bytes = Buffer.from(await whole.arrayBuffer())
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(await confluence.sha256(id))
    const part = await fetch(location, { headers: { range: 'bytes=1000-1999' } })
    expect([part.status, part.headers.get('content-range')]).toEqual([
      206,
      'bytes 1000-1999/1500000',
    ])
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(1000, 2000))).toBe(true)
    const behind = await fetch(location, { headers: { range: 'bytes=1500000-' } })
    expect(behind.status).toBe(416)
    confluence.settings.expiredDownloads = 1
    expect((await fetch(location)).status).toBe(403)
    expect((await fetch(location.replace('%2B', '+'))).status).toBe(403)
  })

  it('ends its links after some minutes', async () => {
    emulators.confluence.settings.mediaLifetime = 0
    const answer = await siteOf(emulators, token).call(pathOf('notes.txt'))
    expect((await fetch(answer.headers.get('location') ?? '')).status).toBe(403)
    emulators.confluence.settings.mediaLifetime = 60
    emulators.confluence.settings.ignoreRange = true
    const second = await siteOf(emulators, token).call(pathOf('notes.txt'))
    const range = { headers: { range: 'bytes=0-1' } }
    expect((await fetch(second.headers.get('location') ?? '', range)).status).toBe(200)
  })

  it('refuses what is not there', async () => {
    const site = siteOf(emulators, token)
    const { id } = emulators.confluence.find('notes.txt')
    const other = emulators.confluence.find('Setup').id
    expect((await site.call(pathOf('notes.txt', '?version=2'))).status).toBe(400)
    const wrong = `/rest/api/content/${other}/child/attachment/${id}/download`
    const [status, text] = await site.refused(wrong)
    expect(status).toBe(404)
    expect(text).toContain('NotFoundException')
  })

  it('keeps versions of a file', async () => {
    const { confluence } = emulators
    const page = confluence.find('Home').id
    const id = confluence.addAttachment(page, 'notes.txt', 'Sideways.\n', 'text/plain')
    expect(id).toBe(confluence.find('notes.txt').id)
    const read = async (query: string) => {
      const answer = await siteOf(emulators, token).call(pathOf('notes.txt', query))
      return (await fetch(answer.headers.get('location') ?? '')).text()
    }
    expect(await read('')).toBe('Sideways.\n')
    expect(await read('?version=1')).toBe('Up and to the right.\n')
  })
})

describe('search', () => {
  let token: string
  beforeEach(async () => {
    token = (await signIn(emulators)).access_token
  })

  interface Hits {
    readonly results: readonly { title: string; excerpt: string; content: { title: string } }[]
    readonly totalSize: number
    readonly limit: number
    readonly _links: { readonly next?: string }
  }
  const find = (cql: string, more = '&excerpt=none') =>
    siteOf(emulators, token).read<Hits>(`/rest/api/search?cql=${encodeURIComponent(cql)}${more}`)
  const titles = async (cql: string) =>
    (await find(cql)).results.map(({ content }) => content.title)

  it('understands what is useful', async () => {
    const { confluence } = emulators
    const setup = confluence.find('Setup').id
    expect(await titles('space = "DOCS" and type = folder order by title desc')).toEqual([
      'Root folder',
      'Guides',
    ])
    expect(await titles('text ~ "budget"')).toEqual(['Setup'])
    expect(await titles('text ~ "\\"budget the sails\\""')).toEqual(['Setup'])
    expect(await titles('title ~ "expe*" OR title = "notes"')).toEqual(['Notes', 'Expert setup'])
    expect(await titles(`ancestor = ${setup} and type in (page, blogpost)`)).toEqual([
      'Advanced setup',
      'Expert setup',
    ])
    expect(await titles(`parent = ${setup}`)).toEqual(['Advanced setup'])
    expect(await titles('type = attachment and title ~ "final"')).toEqual([
      'Übersicht "final" 100%.pdf',
    ])
    expect(await titles(`title = "\\"Quoted\\" & 'single' <tag>"`)).toEqual([
      `"Quoted" & 'single' <tag>`,
    ])
    expect(await titles('label = start')).toEqual(['Home'])
    expect(await titles('not type = page and not type in (folder, attachment, embed)')).toEqual([
      'Retro board',
      'Crew database',
      'Sketches',
      'Launched!',
    ])
    expect(
      await titles('creator = currentUser() and created < "2024-03-02" and title ~ setup'),
    ).toHaveLength(3)
    confluence.editPage(setup, '<p>New.</p>')
    expect(await titles('lastmodified > now("-1d") and type = page')).toEqual(['Setup'])
    confluence.settings.indexLag = 60
    expect(await titles('lastmodified > now("-1d") and type = page')).toEqual([])
  })

  it.each([
    'type=',
    'type = pages',
    'space DOCS',
    'title ~ "open',
    'title ~ "a\\d"',
    'colour = red',
    'user = ann',
    'text = budget',
    'title ~ "*plan"',
    '(type = page',
    'type = page)',
    'type = page order by text',
    'type = page and',
    'created > yesterday',
    'created > now("-7x")',
    'space = ~ann',
    'title = order',
  ])('cannot parse %s', async (cql) => {
    const path = `/rest/api/search?cql=${encodeURIComponent(cql)}`
    const [status, text] = await siteOf(emulators, token).refused(path)
    expect(status).toBe(400)
    expect(text).toContain('BadRequestException')
  })

  it('refuses parameters that it does not know', async () => {
    const site = siteOf(emulators, token)
    for (const query of ['', '?cql=', '?cql=type%3Dpage&q=1', '?cql=type%3Dpage&excerpt=short']) {
      expect((await site.call(`/rest/api/search${query}`)).status).toBe(400)
    }
  })

  it('highlights, and escapes titles', async () => {
    const marked = await find('text ~ "budget"', '')
    expect(marked.results[0]?.excerpt).toContain('@@@hl@@@budget@@@endhl@@@')
    const [hit] = (await find('title ~ quoted')).results
    expect(hit?.title).toBe(`&quot;Quoted&quot; &amp; 'single' &lt;tag&gt;`)
  })

  it('pages by links without /wiki', async () => {
    const all = await find('type = page and space = DOCS order by title', '&limit=250')
    expect(all.results.length).toBe(all.totalSize)
    const first = await find('type = page and space = DOCS order by title', '&limit=5')
    expect(first._links.next).toMatch(/^\/rest\/api\/search\?next=true&cursor=/)
    const second = await siteOf(emulators, token).read<Hits>(first._links.next ?? '')
    expect(second.results[0]?.content.title).toBe(all.results[5]?.content.title)
    const capped = await find('type = page', '&limit=100&expand=content.body.export_view')
    expect(capped.limit).toBe(25)
  })

  it('keeps a cursor however hits are to look', async () => {
    const site = siteOf(emulators, token)
    const query = `cql=${encodeURIComponent('type = page')}&limit=5&excerpt=none`
    const first = await site.read<Hits>(`/rest/api/search?${query}`)
    const cursor = new URL(first._links.next ?? '', 'https://x').searchParams.get('cursor') ?? ''
    const next = `next=true&cursor=${encodeURIComponent(cursor)}`
    expect(await site.statusOf(`/rest/api/search?${query}&${next}`)).toBe(200)
    const other = `/rest/api/search?cql=${encodeURIComponent('type = folder')}&${next}`
    expect(await site.statusOf(other)).toBe(400)
  })

  it('has content alone, and who I am', async () => {
    const site = siteOf(emulators, token)
    const cql = encodeURIComponent('type = attachment order by title')
    const path = `/rest/api/content/search?cql=${cql}&expand=container,extensions`
    const { results } = await site.read<{ results: { title: string }[] }>(path)
    expect(results.find(({ title }) => title === 'harbour.jpg')).toMatchObject({
      container: { title: 'Home', type: 'page' },
      extensions: { fileSize: 1_500_000 },
    })
    const me = await site.read('/rest/api/user/current')
    expect(me).toMatchObject({ type: 'known', displayName: 'Ann Lee', email: '' })
  })
})
