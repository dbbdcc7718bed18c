// Dropbox, personal and in a team space: the conformance suite, and what is Dropbox's alone.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '../connect.ts'
import { testConformance } from '../conformance/provider.ts'
import { driveOf } from '../drive.ts'
import { defaultDropboxSettings, NEW_TEAM_ROOT, TEAM_ROOT } from '../emulators/dropbox-settings.ts'
import { rows, startSlipway, type Slipway } from '../harness.ts'

const MIA = 'mia@example.com'
const FRANZ = 'franz@acme.example'
const MIB = 1024 * 1024
const DOCX = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'

for (const account of [MIA, FRANZ]) {
  testConformance({
    name: `dropbox of ${account}`,
    fragment: 24 * 1024 * 1024,
    searches: true,
    refusedNames: [
      'question? star* pipe| less< greater> colon: back\\slash.txt',
      'trailing dot.',
      'trailing space ',
      'trailing dots...',
      'delete \u007f.txt',
    ],
    open: async () => {
      const app = await startSlipway()
      const { dropbox } = app.emulators
      const { id } = await connect(app, 'mia', 'dropbox', { account })
      return {
        app,
        call: app.as('mia'),
        connection: id,
        // Upload sessions cannot be cancelled: they show nothing, and end by themselves.
        leftovers: () => Promise.resolve([]),
        vendorHash: async (item) =>
          dropbox.item(`id:${item.id}`) ? dropbox.sha256(`id:${item.id}`) : undefined,
        close: app.close,
      }
    },
  })
}

describe('Dropbox', () => {
  let app: Slipway
  let id: string
  beforeAll(async () => {
    app = await startSlipway()
    ;({ id } = await connect(app, 'mia', 'dropbox', { account: MIA }))
  })
  afterAll(() => app.close())
  afterEach(() => {
    app.emulators.trouble.clear()
    Object.assign(app.emulators.dropbox.settings, defaultDropboxSettings())
  })

  const { call, list, find } = driveOf('mia', () => ({ app, id }))
  const fileNames = () => app.emulators.dropbox.children(MIA, 'root').map(({ name }) => name)
  const rename = (item: string, name: string) =>
    call(`/items/${item}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name }),
    })

  it.each([
    ['Notes.paper', '', 'text/plain; charset=utf-8', 'Notes.html', '<h1>Notes.paper</h1>'],
    ['Notes.paper', 'text/html', 'text/plain; charset=utf-8', 'Notes.html', '<h1>Notes.paper</h1>'],
    ['Notes.paper', 'text/markdown', 'text/markdown', 'Notes.md', '# Notes.paper\n\nSet sail.\n'],
    ['Minutes.gdoc', '', DOCX, 'Minutes.docx', 'Minutes.gdoc as docx'],
  ])('exports %s as %j: %s, %s', async (name, format, type, fileName, text) => {
    const item = await find(name)
    expect(item.size).toBeNull()
    expect(item.exportable_as).toEqual(
      name === 'Notes.paper' ? ['text/html', 'text/markdown'] : [DOCX],
    )
    const query = format === '' ? '' : `?${new URLSearchParams({ format })}`
    // An export knows no ranges: what is asked for is ignored, not refused.
    const headers = { range: 'bytes=0-3' }
    const answer = await call(`/items/${item.id}/content${query}`, { headers })
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, type])
    expect(answer.headers.get('content-disposition')).toContain(`filename="${fileName}"`)
    expect(await answer.text()).toContain(text)
  })

  it('says which exports there are not, and which are not ready yet', async () => {
    const paper = await find('Notes.paper')
    const odd = await call(`/items/${paper.id}/content?format=application/pdf`)
    expect(await odd.json()).toMatchObject({
      code: 'invalid_request',
      errors: [{ field: 'query.format' }],
    })
    const plain = await find('harbour.bin')
    const none = await call(`/items/${plain.id}/content?format=text/html`)
    expect(await none.json()).toMatchObject({ errors: [{ field: 'query.format' }] })
    app.emulators.dropbox.settings.unreadyExports = 1
    const early = await call(`/items/${paper.id}/content`)
    expect(await early.json()).toMatchObject({ code: 'provider_unavailable', retry_after: 5 })
    expect((await call(`/items/${paper.id}/content`)).status).toBe(200)
  })

  it.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['hello', '9595c9df90075148eb06860365df33584b75bff782a510c6cd4883a419833d50'],
    [
      new Uint8Array(4 * MIB + 1),
      '14a4d47f23a30177885d9820122f17d2d3a55fe63f7f5c27b95f689e0b2accd6',
    ],
  ])('shows the vendor’s content hash', async (bytes, value) => {
    const name = `hashed ${bytes.length}.bin`
    const put = await call(`/content?name=${encodeURIComponent(name)}`, {
      method: 'PUT',
      body: bytes,
    })
    const item = (await put.json()) as { id: string; hash: unknown }
    expect(item.hash).toEqual({ algorithm: 'dropbox', value })
    expect(app.emulators.dropbox.item(`id:${item.id}`)?.revisions.at(-1)?.hash).toBe(value)
    expect(await find(name)).toMatchObject({ hash: { algorithm: 'dropbox', value } })
  })

  it('writes names into Dropbox-API-Arg in ASCII alone', async () => {
    const name = 'Größe – 名前 😀 \u{1d11e}.txt'
    app.emulators.requests.length = 0
    const put = await call(`/content?${new URLSearchParams({ name })}`, {
      method: 'PUT',
      body: 'names of the world',
    })
    expect(put.status).toBe(201)
    const { headers } = seen(app, '/2/files/upload')[0] ?? {}
    const arg = headers?.['dropbox-api-arg'] ?? ''
    expect(arg).toMatch(/^[\x20-\x7e]+$/)
    expect(JSON.parse(arg)).toMatchObject({ path: `/${name}` })
    expect(fileNames()).toContain(name)
  })

  it('renames where only the case differs', async () => {
    const { dropbox } = app.emulators
    const file = dropbox.addFile(MIA, 'root', 'shanty.txt', 'heave ho').slice('id:'.length)
    const renamed = await rename(file, 'SHANTY.txt')
    expect(await renamed.json()).toMatchObject({ id: file, name: 'SHANTY.txt' })
    expect(fileNames()).toContain('SHANTY.txt')
    // The way leads through another name; when its second half fails the old name comes back.
    app.emulators.trouble.add({
      match: { path: '/2/files/move_v2' },
      skip: 1,
      fault: { kind: 'status', status: 500 },
    })
    expect(await (await rename(file, 'Shanty.txt')).json()).toMatchObject({
      code: 'provider_unavailable',
    })
    expect(fileNames()).toContain('SHANTY.txt')
    expect(fileNames().filter((name) => name.startsWith('.slipway'))).toEqual([])
  })

  it('a rename whose answer is lost is found out', async () => {
    const file = app.emulators.dropbox.addFile(MIA, 'root', 'before.txt', 'x').slice('id:'.length)
    app.emulators.trouble.add({ match: { path: '/2/files/move_v2' }, fault: { kind: 'drop' } })
    const renamed = await rename(file, 'after.txt')
    expect(await renamed.json()).toMatchObject({ id: file, name: 'after.txt' })
  })

  it('goes on behind a page that is empty', async () => {
    const { settings } = app.emulators.dropbox
    settings.emptyPages = true
    const first = await list('root', '&limit=4')
    expect(first.items).toEqual([])
    const names: string[] = []
    for (let cursor = first.next_cursor; cursor !== null;) {
      const page = await list('root', `&limit=4&cursor=${cursor}`)
      names.push(...page.items.map(({ name }) => name))
      cursor = page.next_cursor
    }
    settings.emptyPages = false
    expect(names.sort()).toEqual(fileNames().sort())
  })

  it('says that a cursor has to be dropped when the vendor resets it', async () => {
    const { next_cursor: cursor } = await list('root', '&limit=2')
    app.emulators.dropbox.settings.resetCursors = 1
    const refused = await call(`/items?fresh=1&limit=2&cursor=${cursor}`)
    expect(await refused.json()).toMatchObject({
      status: 422,
      code: 'invalid_request',
      errors: [{ field: 'query.cursor' }],
    })
    expect((await list('root', '&limit=2')).items).toHaveLength(2)
  })

  it('tells what may only be read, and what may not even be read', async () => {
    const rules = await find('Rules')
    const put = await call(`/content?parent_id=${rules.id}&name=mine.txt`, {
      method: 'PUT',
      body: 'touched',
    })
    expect(await put.json()).toMatchObject({ status: 403, code: 'access_denied' })
    const file = await find('rules.txt', rules.id)
    expect((await call(`/items/${file.id}/content`)).status).toBe(200)
    const remove = await call(`/items/${file.id}`, { method: 'DELETE' })
    expect(await remove.json()).toMatchObject({ status: 403, code: 'access_denied' })
    app.emulators.dropbox.settings.restricted = [`id:${file.id}`]
    const blocked = await call(`/items/${file.id}/content`)
    expect(await blocked.json()).toMatchObject({ status: 403, code: 'access_denied' })
  })

  describe('a team space', () => {
    let id: string
    /** Each test connects as a user of its own. */
    const open = async (user: string, account: string) => {
      ;({ id } = await connect(app, user, 'dropbox', { account }))
      return driveOf(user, () => ({ app, id }))
    }
    const dataOf = async () =>
      (await rows<{ data: string }>(app, 'SELECT data FROM connections WHERE id = ?', id))[0]?.data
    const rootOf = (path: string) =>
      app.emulators.requests
        .filter((request) => request.path === path)
        .map(({ headers }) => headers['dropbox-api-path-root'])
    const header = (root: string) => JSON.stringify({ '.tag': 'root', root })

    it('is where the paths of a member begin, in calls of both kinds', async () => {
      const { call, list } = await open('franz', FRANZ)
      app.emulators.requests.length = 0
      const { items } = await list('root')
      const names = items.map(({ name }) => name).sort()
      expect(names).toEqual(['Franz Ferdinand', 'Marketing', 'Policies'])
      const put = await call('/content?name=minutes.txt', { method: 'PUT', body: 'all aboard' })
      const item = (await put.json()) as { id: string }
      expect(await (await call(`/items/${item.id}/content`)).text()).toBe('all aboard')
      for (const path of ['/2/files/list_folder', '/2/files/upload', '/2/files/download']) {
        expect(rootOf(path), path).toEqual([header(TEAM_ROOT)])
      }
    })

    it('is nothing that a personal account has', async () => {
      const { list } = await open('mona', MIA)
      app.emulators.requests.length = 0
      expect((await list('root')).items.map(({ name }) => name)).toContain('Homework')
      expect(rootOf('/2/files/list_folder')).toEqual([undefined])
      expect(await dataOf()).toBe('{}')
    })

    it('that has moved is followed at once, and remembered', async () => {
      const { call, list } = await open('fritz', FRANZ)
      expect(JSON.parse((await dataOf()) ?? '')).toEqual({ root: TEAM_ROOT })
      app.emulators.dropbox.settings.teamRootChanged = true
      app.emulators.requests.length = 0
      expect((await list('root')).items.map(({ name }) => name)).toContain('Marketing')
      expect(rootOf('/2/files/list_folder')).toEqual([header(TEAM_ROOT), header(NEW_TEAM_ROOT)])
      expect(JSON.parse((await dataOf()) ?? '')).toEqual({ root: NEW_TEAM_ROOT })
      app.emulators.requests.length = 0
      expect((await call('/items?fresh=1')).status).toBe(200)
      expect(rootOf('/2/files/list_folder')).toEqual([header(NEW_TEAM_ROOT)])
    })

    it('that has moved does not cost an upload', async () => {
      const { call } = await open('frieda', FRANZ)
      app.emulators.dropbox.settings.teamRootChanged = true
      const put = await call('/content?name=moved.txt', { method: 'PUT', body: 'x' })
      expect([put.status, await put.json()]).toMatchObject([201, { name: 'moved.txt' }])
    })

    it('shares its quota', async () => {
      const { call } = await open('fine', FRANZ)
      const quota = async () =>
        ((await (await call('/check', { method: 'POST' })).json()) as { quota: Quota }).quota
      const before = await quota()
      expect(before.total).toBe(15 * 2 ** 40)
      // What lies outside the member's own folder counts as well.
      await call('/content?name=team.bin', { method: 'PUT', body: new Uint8Array(4096) })
      expect((await quota()).used).toBe(before.used + 4096)
    })
  })
})

interface Quota {
  readonly total: number
  readonly used: number
}

const seen = (app: Slipway, path: string) =>
  app.emulators.requests.filter((request) => request.path === path)
