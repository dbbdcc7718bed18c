// The lists that were looked at last are kept, so that going back shows them as they were left.
import { call, connectionPath, listItems } from '../api.ts'
import { watchArrivals } from '../uploads.ts'
import { createView, type FolderView, type ItemPage } from './folder-view.ts'

const KEPT = 20

const views = new Map<string, FolderView>()

const keyOf = (...place: readonly string[]) => JSON.stringify(place)

/** A folder's list, or what a search in its drive finds; the same one as last time where it is still kept. */
export function viewOf(connection: string, folder: string, query: string): FolderView {
  // A search is in the whole drive.
  const key = query === '' ? keyOf(connection, folder) : keyOf(connection, '', query)
  const view =
    views.get(key) ??
    createView((cursor, isFresh) =>
      query === ''
        ? listItems(connection, folder, cursor, isFresh)
        : search(connection, query, cursor),
    )
  views.delete(key)
  views.set(key, view)
  for (const oldest of views.keys()) {
    if (views.size <= KEPT) break
    views.delete(oldest)
  }
  return view
}

function search(connection: string, query: string, cursor: string | null) {
  const parameters = new URLSearchParams({ q: query })
  if (cursor !== null) parameters.set('cursor', cursor)
  return call<ItemPage>(`${connectionPath(connection)}/search?${parameters.toString()}`)
}

/** A folder has changed: it is looked at again as soon as it is shown. */
export function ageFolder(connection: string, folder: string): void {
  views.get(keyOf(connection, folder))?.age()
}

/** Something in a drive has changed, wherever: searches may find something else. */
export function ageOthers(connection: string, except: FolderView): void {
  for (const [key, view] of views) {
    if (view !== except && (JSON.parse(key) as string[])[0] === connection) view.age()
  }
}

watchArrivals((connection, folder, find) => {
  views.get(keyOf(connection, folder))?.arrive(find)
})
