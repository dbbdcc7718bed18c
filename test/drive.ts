// One connected drive, seen through the API: calls, listings, items by their names.
import type { Item, Listing } from './conformance/provider.ts'
import type { Slipway } from './harness.ts'

/** `place` is asked at each call: the connection is made only when the tests begin. */
export function driveOf(user: string, place: () => { readonly app: Slipway; readonly id: string }) {
  const call = (path: string, init?: RequestInit) => {
    const { app, id } = place()
    return app.as(user)(`/api/cloud/connections/${id}${path}`, init)
  }
  const list = async (folder: string, query = '') =>
    (await (await call(`/items?fresh=1&folder_id=${folder}${query}`)).json()) as Listing
  /** Throws when there is none of this name on any page. */
  const find = async (name: string, folder = 'root'): Promise<Item> => {
    for (let query = '', next: string | null = ''; next !== null; query = `&cursor=${next}`) {
      const { items, next_cursor } = await list(folder, query)
      const item = items.find((one) => one.name === name)
      if (item !== undefined) return item
      next = next_cursor
    }
    throw new Error(`no ${name}`)
  }
  return { call, list, find }
}
