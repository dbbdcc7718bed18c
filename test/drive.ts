// One connected drive, seen through the API: calls, listings, items by their names.
import type { Item, Listing } from './conformance/scene.ts'
import type { Slipway } from './harness.ts'

/** `place` is asked at each call: the connection is made only when the tests begin. */
export function driveOf(user: string, place: () => { readonly app: Slipway; readonly id: string }) {
  const call = (path: string, init?: RequestInit) => {
    const { app, id } = place()
    return app.as(user)(`/api/cloud/connections/${id}${path}`, init)
  }
  const list = async (folder: string, query = '') =>
    (await (await call(`/items?fresh=1&folder_id=${folder}${query}`)).json()) as Listing
  /** Every page of a folder. */
  const listAll = async (folder: string, query = ''): Promise<Item[]> => {
    const items: Item[] = []
    let cursor = ''
    for (let pages = 0; pages < 500; pages++) {
      const page: Listing = await list(folder, query + cursor)
      items.push(...page.items)
      if (page.next_cursor === null) return items
      cursor = `&cursor=${page.next_cursor}`
    }
    throw new Error(`${folder} has no end`)
  }
  /** Throws when there is none of this name. */
  const find = async (name: string, folder = 'root'): Promise<Item> => {
    const item = (await listAll(folder)).find((one) => one.name === name)
    if (item === undefined) throw new Error(`no ${name}`)
    return item
  }
  /** From the top down, by names. */
  const walk = async (...names: readonly string[]): Promise<Item> => {
    let item = await find(names[0] ?? '')
    for (const name of names.slice(1)) item = await find(name, item.id)
    return item
  }
  const text = async (item: { readonly id: string }, query = '') =>
    (await call(`/items/${item.id}/content${query}`)).text()
  return { call, list, listAll, find, walk, text }
}
