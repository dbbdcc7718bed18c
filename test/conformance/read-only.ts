// The suite of a provider that is read only: what the other suite asks of reading, over a tree that the vendor has already.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkConditions } from './conditions.ts'
import type { Drive, Item, Listing } from './scene.ts'

export interface ReadOnlyConformance {
  readonly name: string
  readonly open: () => Promise<Drive>
  /** Names of the folders that lead from the top to one that has at least three entries. */
  readonly folder: readonly string[]
  /** The name of a file in it that holds the 26 letters. */
  readonly letters: string
  /** Text that is found, and the name of an item that has it. */
  readonly search: { readonly query: string; readonly name: string }
}

/** Runs the suite in a `describe` of its own. */
export function testReadOnlyConformance(target: ReadOnlyConformance): void {
  describe(`${target.name} conforms`, () => {
    let drive: Drive
    let folder: Item

    const send = (path: string, init?: RequestInit) =>
      drive.call(`/api/cloud/connections/${drive.connection}${path}`, init)
    const list = async (folderId: string, query: Record<string, string> = {}) => {
      const params = new URLSearchParams({ folder_id: folderId, fresh: '1', ...query })
      const response = await send(`/items?${params}`)
      expect(response.status).toBe(200)
      return (await response.json()) as Listing
    }
    const listAll = async (folderId: string, limit: string) => {
      const pages: Listing[] = []
      for (let cursor: string | null = ''; cursor !== null && pages.length < 50;) {
        const page: Listing = await list(folderId, { limit, ...(cursor ? { cursor } : {}) })
        pages.push(page)
        cursor = page.next_cursor
      }
      return pages
    }
    const find = async (name: string, folderId: string) => {
      const items = (await listAll(folderId, '200')).flatMap((page) => page.items)
      const item = items.find((one) => one.name === name)
      if (item === undefined) throw new Error(`no ${name}`)
      return item
    }
    const problem = async (response: Response) => (await response.json()) as { code: string }

    beforeAll(async () => {
      drive = await target.open()
      let id = 'root'
      for (const name of target.folder) {
        folder = await find(name, id)
        id = folder.id
      }
    })
    afterAll(async () => {
      await drive?.close()
    })

    it('tells the way to a folder', async () => {
      expect((await list('root')).folder).toMatchObject({ id: 'root', path: [] })
      const { name, path } = (await list(folder.id)).folder
      expect([...path.slice(1).map((step) => step.name), name]).toEqual(target.folder)
      expect(path[0]?.id).toBe('root')
    })

    it('pages through a folder, each entry once', async () => {
      const whole = (await listAll(folder.id, '200')).flatMap(({ items }) => items)
      const pages = await listAll(folder.id, '2')
      const seen = pages.flatMap(({ items }) => items.map(({ id }) => id))
      expect(pages.length).toBeGreaterThan(1)
      expect(new Set(seen).size).toBe(seen.length)
      expect(seen.sort()).toEqual(whole.map(({ id }) => id).sort())
      const elsewhere = new URLSearchParams({ cursor: pages[0]?.next_cursor ?? '' })
      expect((await problem(await send(`/items?${elsewhere}`))).code).toBe('invalid_request')
    })

    it('tells of an item what its listing tells', async () => {
      for (const item of (await listAll(folder.id, '200')).flatMap(({ items }) => items)) {
        const { id, name, is_folder } = item
        expect(await (await send(`/items/${id}`)).json()).toMatchObject({ id, name, is_folder })
      }
    })

    it('serves ranges, conditions and heads (RFC 9110)', async () => {
      const { id } = await find(target.letters, folder.id)
      await checkConditions(
        (headers, method) => send(`/items/${id}/content`, { method, headers }),
        'abcdefghijklmnopqrstuvwxyz',
      )
    })

    it('does not find what is not there', async () => {
      for (const id of ['nothing-like-that', 'constructor', '..', '%2e%2e', 'a%2Fb', 'page.x.1']) {
        const response = await send(`/items/${id}`)
        expect(response.status, id).toBe(404)
        await response.text()
      }
      const gone = await send('/items?folder_id=nothing-like-that')
      expect((await problem(gone)).code).toBe('item_not_found')
    })

    it('says that it cannot be written to', async () => {
      const json = { 'content-type': 'application/json' }
      for (const refused of [
        await send('/content?name=a.txt', { method: 'PUT', body: 'x' }),
        await send('/folders', { method: 'POST', headers: json, body: '{"name":"a"}' }),
        await send(`/items/${folder.id}`, { method: 'PATCH', headers: json, body: '{"name":"a"}' }),
        await send(`/items/${folder.id}`, { method: 'DELETE' }),
      ]) {
        expect([refused.status, (await problem(refused)).code]).toEqual([501, 'not_supported'])
      }
    })

    it('finds', async () => {
      const { query, name } = target.search
      const found = await send(`/search?${new URLSearchParams({ q: query })}`)
      expect(((await found.json()) as Listing).items.map((item) => item.name)).toContain(name)
      const odd = new URLSearchParams({ q: '") or type = page or (title ~ "\\' })
      const nothing = await send(`/search?${odd}`)
      expect(((await nothing.json()) as Listing).items).toEqual([])
    })

    it('tells its health', async () => {
      const health = await send('/check', { method: 'POST' })
      expect(await health.json()).toMatchObject({ status: 'ACTIVE' })
    })
  })
}
