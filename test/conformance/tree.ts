// Folders and what is in them: listed, paged, named, moved, removed and found.
import { expect, it } from 'vitest'
import type { Item, Listing, Scene } from './scene.ts'

/** The tests of the tree. */
export function testTree(scene: Scene): void {
  const {
    target,
    send,
    json,
    problem,
    expectBadName,
    post,
    makeFolder,
    upload,
    list,
    fetchContent,
  } = scene

  it('lists the root, with the way to it', async () => {
    expect((await list('root')).folder).toMatchObject({ id: 'root', path: [] })
    const listing = await list(scene.home)
    expect(listing.folder.path.map(({ name }) => name).slice(1)).toEqual(
      target.home?.slice(0, -1) ?? [],
    )
    expect(listing.items.find(({ id }) => id === scene.folder.id)).toMatchObject({
      name: scene.folder.name,
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
    expect(place.path.map(({ name }) => name).slice(1)).toEqual([
      ...above,
      scene.folder.name,
      'outer',
    ])
    expect(place.path[0]?.id).toBe('root')
    expect(place.path.slice(above.length + 1).map(({ id }) => id)).toEqual([
      scene.folder.id,
      outer.id,
    ])
  })

  it('refuses a folder whose name is taken', async () => {
    await makeFolder('taken')
    expect(
      await problem(await post('/folders', { parent_id: scene.folder.id, name: 'taken' })),
    ).toMatchObject({
      status: 409,
      code: 'name_conflict',
    })
  })

  it.each(scene.names)('keeps the name %j of a folder, or says why not', async (name) => {
    const response = await post('/folders', { parent_id: scene.folder.id, name })
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

  it('pages through a folder that lies deep', async () => {
    let parent = scene.folder.id
    for (let depth = 0; depth < 6; depth++) {
      parent = (await makeFolder(`level ${depth} ${'deep '.repeat(8)}`.trim(), parent)).id
    }
    for (const name of ['a.txt', 'b.txt', 'c.txt']) await upload(name, name, { parent_id: parent })
    const first = await list(parent, { limit: '2' })
    const second = await list(parent, { limit: '2', cursor: first.next_cursor ?? '' })
    const names = [...first.items, ...second.items].map(({ name }) => name)
    expect(names.sort()).toEqual(['a.txt', 'b.txt', 'c.txt'])
    expect(second.folder.path).toEqual(first.folder.path)
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
    const both = { name: 'home again.txt', parent_id: scene.folder.id }
    const back = await json<Item>(await post(`/items/${moved.id}`, both, 'PATCH'))
    expect(back.name).toBe('home again.txt')
    expect((await list(target.id)).items).toEqual([])
  })

  it('renames a folder with what is in it', async () => {
    const old = await makeFolder('old name')
    await upload('inside.txt', 'still here', { parent_id: old.id })
    const renamed = await json<Item>(await post(`/items/${old.id}`, { name: 'new name' }, 'PATCH'))
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
    const { items } = await list(scene.folder.id, { limit: '1000' })
    expect(items.map(({ name }) => name)).not.toContain('doomed')
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
}
