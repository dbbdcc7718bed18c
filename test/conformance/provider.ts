// The one suite that every provider passes: everything goes in through the API, and the vendor is asked what it has.
import { createHash, randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Client, Slipway } from '../harness.ts'
import { NAMES } from './names.ts'

/** A connected drive. */
export interface Drive {
  readonly app: Slipway
  readonly call: Client
  /** The API's id of the connection. */
  readonly connection: string
  /** Upload sessions and temporary files that are open at the vendor. */
  readonly leftovers: () => Promise<string[]>
  /** SHA-256 (hex) of the bytes that the vendor has for an item of the API; undefined when it has none. */
  readonly vendorHash: (item: Item, path: readonly string[]) => Promise<string | undefined>
  readonly close: () => Promise<void>
}

export interface Conformance {
  readonly name: string
  readonly open: () => Promise<Drive>
  /** Bytes per request of the vendor: uploads are tried around it. */
  readonly fragment: number
  /** `elsewhere`: it can, but not where the suite makes its folder. */
  readonly searches: boolean | 'elsewhere'
  /** Names of the folders that lead from the top to one in which things can be made; none where the top is such a one. */
  readonly home?: readonly string[]
  /** The names by which things made there tell the way to them, if it is another. */
  readonly wayHome?: readonly string[]
  /** Names that the vendor refuses; each must be said to be wrong, as a field. */
  readonly refusedNames?: readonly string[]
  /** Names that the server spells otherwise on its disk, and then does not find. */
  readonly respeltNames?: readonly string[]
  /** The server leaves names that begin with a dot out of its listings. */
  readonly hidesDotFiles?: boolean
}

export interface Item {
  readonly id: string
  readonly name: string
  readonly is_folder: boolean
  readonly size: number | null
  readonly etag: string | null
  readonly parent_id?: string
  readonly exportable_as?: readonly string[]
}

export interface Listing {
  readonly items: Item[]
  readonly next_cursor: string | null
  readonly folder: { id: string; name: string; path: { id: string; name: string }[] }
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Ranges, conditions and heads of one content of 26 bytes (RFC 9110). */
export async function checkConditions(
  fetchContent: (headers: Record<string, string>, method: string) => Promise<Response>,
  text: string,
): Promise<void> {
  const get = (headers: Record<string, string> = {}) => fetchContent(headers, 'GET')
  const whole = await get()
  expect(await whole.text()).toBe(text)
  const etag = whole.headers.get('etag') ?? ''
  expect(etag).toMatch(/^".+"$/)
  for (const [range, expected, contentRange] of [
    ['bytes=0-0', 'a', 'bytes 0-0/26'],
    ['bytes=5-9', 'fghij', 'bytes 5-9/26'],
    ['bytes=20-', 'uvwxyz', 'bytes 20-25/26'],
    ['bytes=-3', 'xyz', 'bytes 23-25/26'],
    ['bytes=20-1000', 'uvwxyz', 'bytes 20-25/26'],
  ] as const) {
    const part = await get({ range })
    expect(part.status, range).toBe(206)
    expect(part.headers.get('content-range')).toBe(contentRange)
    expect(part.headers.get('content-length')).toBe(String(expected.length))
    expect(await part.text()).toBe(expected)
  }
  const outside = await get({ range: 'bytes=26-' })
  expect(outside.headers.get('content-range')).toBe('bytes */26')
  expect(await outside.json()).toMatchObject({ status: 416, code: 'range_not_satisfiable' })
  for (const range of ['bytes=0-1,3-4', 'lines=1-2', 'bytes=9-5']) {
    const ignored = await get({ range })
    expect(ignored.status, range).toBe(200)
    expect(await ignored.text()).toBe(text)
  }
  const known = await get({ 'if-none-match': etag })
  expect(known.status).toBe(304)
  const stale = await get({ range: 'bytes=0-3', 'if-range': '"other"' })
  expect([stale.status, await stale.text()]).toEqual([200, text])
  const fits = await get({ range: 'bytes=0-3', 'if-range': etag })
  expect([fits.status, await fits.text()]).toEqual([206, 'abcd'])
  const head = await fetchContent({}, 'HEAD')
  expect([head.status, head.headers.get('content-length')]).toEqual([200, '26'])
  expect(head.headers.get('etag')).toBe(etag)
}

/** Runs the suite in a `describe` of its own. */
export function testConformance(target: Conformance): void {
  describe(`${target.name} conforms`, () => {
    const tried = NAMES.filter((name) => target.respeltNames?.includes(name) !== true)
    let drive: Drive
    /** Where the suite makes its folder. */
    let home = 'root'
    let folder: Item

    const base = () => `/api/cloud/connections/${drive.connection}`
    const send = (path: string, init?: Parameters<Client>[1]) => drive.call(base() + path, init)
    const json = async <T>(response: Response, status = 200): Promise<T> => {
      const text = await response.text()
      expect(`${response.status} ${text}`).toMatch(new RegExp(`^${status} `))
      return JSON.parse(text) as T
    }
    const problem = async (response: Response) =>
      (await response.json()) as {
        code: string
        status: number
        errors?: { field: string; message: string }[]
      }
    /** The field is named, with what is wrong with it. */
    const expectBadName = async (response: Response) => {
      const refused = await problem(response)
      expect(refused).toMatchObject({ status: 422, code: 'invalid_request' })
      expect(refused.errors?.[0]?.field).toMatch(/^(?:(?:query|body)\.)?name$/)
      expect(refused.errors?.[0]?.message).toMatch(/^(?:must|is|holds) .+/)
    }
    const post = (path: string, body: unknown, method = 'POST') =>
      send(path, {
        method,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    const makeFolder = async (name: string, parent = folder.id) =>
      json<Item>(await post('/folders', { parent_id: parent, name }), 201)
    const put = (name: string, body: Uint8Array | string, query: Record<string, string> = {}) => {
      const params = new URLSearchParams({ parent_id: folder.id, name, ...query })
      return send(`/content?${params}`, { method: 'PUT', body: body as BodyInit })
    }
    const upload = async (name: string, body: Uint8Array | string, query = {}) =>
      json<Item>(await put(name, body, query), 201)
    const list = async (folderId: string, query: Record<string, string> = {}) =>
      json<Listing>(
        await send(`/items?${new URLSearchParams({ folder_id: folderId, fresh: '1', ...query })}`),
      )
    const fetchContent = (id: string, headers: Record<string, string> = {}) =>
      send(`/items/${id}/content`, { headers })

    beforeAll(async () => {
      drive = await target.open()
      for (const name of target.home ?? []) {
        home = (await list(home)).items.find((item) => item.name === name)?.id ?? ''
      }
      const name = `conformance-${randomBytes(4).toString('hex')}`
      folder = await json<Item>(await post('/folders', { name, parent_id: home }), 201)
    })
    afterAll(async () => {
      await drive?.close()
    })

    it('lists the root, with the way to it', async () => {
      expect((await list('root')).folder).toMatchObject({ id: 'root', path: [] })
      const listing = await list(home)
      expect(listing.folder.path.map(({ name }) => name).slice(1)).toEqual(
        target.home?.slice(0, -1) ?? [],
      )
      expect(listing.items.find(({ id }) => id === folder.id)).toMatchObject({
        name: folder.name,
        is_folder: true,
        size: null,
      })
    })

    it('makes folders inside folders and tells the way to them', async () => {
      const outer = await makeFolder('outer')
      const inner = await makeFolder("in 'the' middle #1 %", outer.id)
      const { folder: place, items } = await list(inner.id)
      expect(items).toEqual([])
      expect(place.name).toBe("in 'the' middle #1 %")
      const above = target.wayHome ?? target.home ?? []
      expect(place.path.map(({ name }) => name).slice(1)).toEqual([...above, folder.name, 'outer'])
      expect(place.path[0]?.id).toBe('root')
      expect(place.path.slice(above.length + 1).map(({ id }) => id)).toEqual([folder.id, outer.id])
    })

    it('refuses a folder whose name is taken', async () => {
      await makeFolder('taken')
      expect(
        await problem(await post('/folders', { parent_id: folder.id, name: 'taken' })),
      ).toMatchObject({
        status: 409,
        code: 'name_conflict',
      })
    })

    const sizes = [0, 1, target.fragment - 1, target.fragment, target.fragment + 1]
    it.each(sizes)('takes %i bytes and gives them back', async (size) => {
      const bytes = randomBytes(size)
      const name = `sized-${size}.bin`
      const item = await upload(name, bytes)
      expect(item).toMatchObject({ name, size, is_folder: false })
      expect(await drive.vendorHash(item, [folder.name, name])).toBe(sha256(bytes))
      const response = await fetchContent(item.id)
      expect(response.status).toBe(200)
      expect(response.headers.get('content-length')).toBe(String(size))
      expect(sha256(new Uint8Array(await response.arrayBuffer()))).toBe(sha256(bytes))
      expect(await drive.leftovers()).toEqual([])
    })

    it.each(tried)('keeps the name %j, or says why not', async (name) => {
      const response = await put(name, 'content')
      if (target.refusedNames?.includes(name)) {
        return expectBadName(response)
      }
      const item = await json<Item>(response, 201)
      expect(item.name).toBe(name)
      const listed = (await list(folder.id, { limit: '1000' })).items.find(
        (one) => one.name === name,
      )
      const hidden = target.hidesDotFiles === true && name.startsWith('.')
      expect(listed?.id).toBe(hidden ? undefined : item.id)
      expect(await json(await send(`/items/${item.id}`))).toMatchObject({ id: item.id, name })
      const content = await fetchContent(item.id)
      expect(await content.text()).toBe('content')
      const disposition = content.headers.get('content-disposition') ?? ''
      expect(disposition).toMatch(/^attachment; filename="[\x20-\x7e]*"; filename\*=UTF-8''/)
      expect((await send(`/items/${item.id}`, { method: 'DELETE' })).status).toBe(204)
    })

    it.each(tried)('keeps the name %j of a folder, or says why not', async (name) => {
      const response = await post('/folders', { parent_id: folder.id, name })
      if (target.refusedNames?.includes(name)) {
        return expectBadName(response)
      }
      const made = await json<Item>(response, 201)
      expect(made).toMatchObject({ name, is_folder: true })
      const inside = await upload('inside.txt', 'content', { parent_id: made.id })
      const { items, folder: place } = await list(made.id)
      expect(place.name).toBe(name)
      expect(items.map(({ id }) => id)).toEqual([inside.id])
      expect((await send(`/items/${made.id}`, { method: 'DELETE' })).status).toBe(204)
    })

    it('does with a name that is taken what it is told', async () => {
      const first = await upload('same.txt', 'one')
      const refused = await problem(await put('same.txt', 'two'))
      expect(refused).toMatchObject({ status: 409, code: 'name_conflict' })
      expect(await (await fetchContent(first.id)).text()).toBe('one')
      const second = await upload('same.txt', 'two!', { conflict: 'rename' })
      expect(second.name).toMatch(/^same.+\.txt$/)
      expect(second.id).not.toBe(first.id)
      const third = await upload('same.txt', 'three', { conflict: 'replace' })
      expect(third).toMatchObject({ name: 'same.txt', size: 5 })
      expect(await (await fetchContent(third.id)).text()).toBe('three')
      const { items } = await list(folder.id, { limit: '1000' })
      expect(items.filter(({ name }) => name.startsWith('same'))).toHaveLength(2)
      expect(await drive.leftovers()).toEqual([])
    })

    it('serves ranges, conditions and heads (RFC 9110)', async () => {
      const text = 'abcdefghijklmnopqrstuvwxyz'
      const { id } = await upload('letters.txt', text)
      await checkConditions(
        (headers, method) => send(`/items/${id}/content`, { method, headers }),
        text,
      )
    })

    it('never serves content as something that runs', async () => {
      const query = new URLSearchParams({ parent_id: folder.id, name: 'page.html' })
      const body = '<script>alert(1)</script>'
      const headers = { 'content-type': 'text/html' }
      const page = await send(`/content?${query}`, { method: 'PUT', headers, body })
      const { id } = await json<Item>(page, 201)
      for (const disposition of ['attachment', 'inline']) {
        const response = await send(`/items/${id}/content?disposition=${disposition}`)
        const shown = response.headers.get('content-disposition') ?? ''
        if (disposition === 'attachment') expect(shown).toMatch(/^attachment/)
        expect(response.headers.get('content-type')).not.toMatch(/html|script|svg|xml/)
        expect(response.headers.get('content-security-policy')).toContain('sandbox')
        expect(response.headers.get('x-content-type-options')).toBe('nosniff')
        await response.text()
      }
      const worker = await fetchContent(id, { 'service-worker': 'script' })
      expect(await problem(worker)).toMatchObject({ status: 403, code: 'forbidden' })
    })

    it('pages through a folder, each entry once', async () => {
      const many = await makeFolder('many')
      const names: string[] = []
      for (let index = 0; index < 7; index++) {
        const name = `entry ${index}.txt`
        names.push(name)
        await upload(name, String(index), { parent_id: many.id })
      }
      const seen: string[] = []
      let cursor: string | null = null
      let pages = 0
      do {
        const page: Listing = await list(many.id, { limit: '3', ...(cursor ? { cursor } : {}) })
        seen.push(...page.items.map(({ name }) => name))
        cursor = page.next_cursor
        pages += 1
      } while (cursor !== null && pages < 10)
      expect(seen.sort()).toEqual(names)
      expect(pages).toBeGreaterThan(1)

      const first = await list(many.id, { limit: '3' })
      const elsewhere = new URLSearchParams({ folder_id: 'root', cursor: first.next_cursor ?? '' })
      expect(await problem(await send(`/items?${elsewhere}`))).toMatchObject({
        code: 'invalid_request',
      })
      const forged = new URLSearchParams({ folder_id: many.id, cursor: 'bm90IHNlYWxlZA' })
      const refused = await problem(await send(`/items?${forged}`))
      expect(refused).toMatchObject({ code: 'invalid_request' })
      expect(refused.errors?.[0]?.field).toBe('query.cursor')
    })

    it('renames and moves, and refuses a name that is taken', async () => {
      const target = await makeFolder('target')
      const file = await upload('before.txt', 'stays the same')
      await upload('blocker.txt', 'in the way')
      const renamed = await json<Item>(
        await post(`/items/${file.id}`, { name: 'after #2.txt' }, 'PATCH'),
      )
      expect(renamed.name).toBe('after #2.txt')
      const taken = await post(`/items/${renamed.id}`, { name: 'blocker.txt' }, 'PATCH')
      expect(await problem(taken)).toMatchObject({ status: 409, code: 'name_conflict' })
      const moved = await json<Item>(
        await post(`/items/${renamed.id}`, { parent_id: target.id }, 'PATCH'),
      )
      expect((await list(target.id)).items.map(({ name }) => name)).toEqual(['after #2.txt'])
      expect(await (await fetchContent(moved.id)).text()).toBe('stays the same')
      const both = { name: 'home again.txt', parent_id: folder.id }
      const back = await json<Item>(await post(`/items/${moved.id}`, both, 'PATCH'))
      expect(back.name).toBe('home again.txt')
      expect((await list(target.id)).items).toEqual([])
    })

    it('renames a folder with what is in it', async () => {
      const old = await makeFolder('old name')
      await upload('inside.txt', 'still here', { parent_id: old.id })
      const renamed = await json<Item>(
        await post(`/items/${old.id}`, { name: 'new name' }, 'PATCH'),
      )
      expect(renamed).toMatchObject({ name: 'new name', is_folder: true })
      const [inside] = (await list(renamed.id)).items
      expect(await (await fetchContent(inside?.id ?? '')).text()).toBe('still here')
    })

    it('deletes, also what is gone already', async () => {
      const doomed = await makeFolder('doomed')
      const file = await upload('doomed.txt', 'x', { parent_id: doomed.id })
      expect((await send(`/items/${file.id}`, { method: 'DELETE' })).status).toBe(204)
      expect((await send(`/items/${file.id}`, { method: 'DELETE' })).status).toBe(204)
      expect((await send(`/items/${doomed.id}`, { method: 'DELETE' })).status).toBe(204)
      const { items } = await list(folder.id, { limit: '1000' })
      expect(items.map(({ name }) => name)).not.toContain('doomed')
    })

    it('does not find what is not there', async () => {
      const missing = await upload('missing.txt', 'x')
      await send(`/items/${missing.id}`, { method: 'DELETE' })
      for (const id of [
        'nothing-like-that',
        'constructor',
        'YQ'.repeat(1500),
        '..',
        '%2e%2e',
        'a%2Fb',
        "'%20or%20'1'='1",
      ]) {
        const response = await send(`/items/${id}`)
        expect(response.status, id).toBe(404)
        await response.text()
      }
      const parent = new URLSearchParams({ parent_id: 'nothing-like-that', name: 'a.txt' })
      const upward = await send(`/content?${parent}`, { method: 'PUT', body: 'x' })
      expect(await problem(upward)).toMatchObject({ status: 404, code: 'item_not_found' })
      const gone = await list('root').then(() => send('/items?folder_id=nothing-like-that'))
      expect(await problem(gone)).toMatchObject({ status: 404, code: 'item_not_found' })
    })

    it('names the field that is wrong', async () => {
      for (const [response, field] of [
        [await put('a/b.txt', 'x'), 'query.name'],
        [await put('..', 'x'), 'query.name'],
        [await put('line\nbreak', 'x'), 'query.name'],
        [await put('x.txt', 'x', { conflict: 'maybe' }), 'query.conflict'],
        [await put('x.txt', 'x', { color: 'red' }), 'query.color'],
        [await send('/items?limit=0'), 'query.limit'],
        [await send('/items?limit=many'), 'query.limit'],
        [await post('/folders', { name: '' }), 'body.name'],
        [await post('/folders', {}), 'body.name'],
        [await post(`/items/${folder.id}`, {}, 'PATCH'), 'body.name'],
      ] as const) {
        const refused = await problem(response)
        expect(refused).toMatchObject({ status: 422, code: 'invalid_request' })
        expect(refused.errors?.map((error) => error.field)).toContain(field)
      }
    })

    it('refuses a body that cannot be parsed', async () => {
      const headers = { 'content-type': 'application/json' }
      const refused = await problem(
        await send('/folders', { method: 'POST', headers, body: '{"name":' }),
      )
      expect(refused).toMatchObject({ status: 422, code: 'invalid_request' })
      expect(refused.errors?.[0]?.field).toBe('body')
    })

    it('pages through a folder that lies deep', async () => {
      let parent = folder.id
      for (let depth = 0; depth < 6; depth++) {
        parent = (await makeFolder(`level ${depth} ${'deep '.repeat(8)}`.trim(), parent)).id
      }
      for (const name of ['a.txt', 'b.txt', 'c.txt'])
        await upload(name, name, { parent_id: parent })
      const first = await list(parent, { limit: '2' })
      const second = await list(parent, { limit: '2', cursor: first.next_cursor ?? '' })
      const names = [...first.items, ...second.items].map(({ name }) => name)
      expect(names.sort()).toEqual(['a.txt', 'b.txt', 'c.txt'])
      expect(second.folder.path).toEqual(first.folder.path)
    })

    it('wants to know how long a body is', async () => {
      const chunked = new ReadableStream({
        start: (controller) => {
          controller.enqueue(new TextEncoder().encode('x'))
          controller.close()
        },
      })
      const params = new URLSearchParams({ parent_id: folder.id, name: 'chunked.txt' })
      const init = { method: 'PUT', body: chunked, duplex: 'half' as const }
      const refused = await problem(await send(`/content?${params}`, init))
      expect(refused).toMatchObject({ status: 422, code: 'invalid_request' })
      expect(refused.errors?.[0]?.field).toBe('header.Content-Length')
    })

    it('leaves nothing behind when the sender goes away', async () => {
      const name = 'cut.bin'
      const params = new URLSearchParams({ parent_id: folder.id, name })
      const size = target.fragment + 1000
      await sendAndGo(drive, `${base()}/content?${params}`, size, Math.floor(size / 2))
      await expect
        .poll(async () => (await drive.leftovers()).length, { timeout: 15_000, interval: 100 })
        .toBe(0)
      const { items } = await list(folder.id, { limit: '1000' })
      expect(items.map((item) => item.name)).not.toContain(name)
    })

    it('finds by name, or says that it cannot', async () => {
      if (!target.searches) {
        const refused = await problem(await send('/search?q=x'))
        expect(refused).toMatchObject({ status: 501, code: 'not_supported' })
        return
      }
      const item = await upload("needle o'clock.txt", 'x')
      const query = new URLSearchParams({ q: "needle o'clock" })
      const { items } = await json<Listing>(await send(`/search?${query}`))
      const expected = target.searches === 'elsewhere' ? [] : [item.id]
      expect(items.map(({ id }) => id)).toEqual(expected)
      const nothing = new URLSearchParams({ q: "') or trashed = true or (name contains 'x" })
      expect((await json<Listing>(await send(`/search?${nothing}`))).items).toEqual([])
    })

    it('tells its health', async () => {
      const health = await json(await send('/check', { method: 'POST' }))
      expect(health).toMatchObject({ status: 'ACTIVE' })
    })
  })
}

/** Sends the head and a part of the body, then breaks the connection. */
function sendAndGo(drive: Drive, path: string, size: number, sent: number): Promise<void> {
  return new Promise((resolve, reject) => {
    void drive.app.token('mia').then((token) => {
      const outgoing = request(`${drive.app.url}${path}`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${token}`, 'content-length': size },
      })
      outgoing.on('error', () => resolve())
      outgoing.write(Buffer.alloc(sent), () => setTimeout(() => outgoing.destroy(), 300))
      outgoing.on('close', () => resolve())
      setTimeout(() => reject(new Error('the connection did not close')), 10_000).unref()
    })
  })
}
