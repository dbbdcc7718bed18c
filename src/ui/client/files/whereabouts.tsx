// In which folder a search result is: asked for when it is shown, once for all that are in the same folder.
import { useEffect, useState } from 'hono/jsx/dom'
import { call, connectionPath, type Item, type Listing } from '../api.ts'
import { folderPlace } from './file-row.tsx'

/** How many folders are asked about at once: whoever scrolls fast passes many. */
const AT_ONCE = 2

const known = new Map<string, Promise<string | undefined>>()
let running = 0
const waiting: (() => void)[] = []

/** The names from the top down to the folder; undefined where the provider does not say. */
function findPath(connection: string, folder: string): Promise<string | undefined> {
  const key = JSON.stringify([connection, folder])
  const path = known.get(key) ?? inTurn(() => askPath(connection, folder))
  known.set(key, path)
  return path
}

async function askPath(connection: string, folder: string): Promise<string | undefined> {
  const query = new URLSearchParams({ folder_id: folder, limit: '1' })
  try {
    const listing = await call<Listing>(`${connectionPath(connection)}/items?${query.toString()}`)
    return [...listing.folder.path, listing.folder].map(({ name }) => name).join(' / ')
  } catch {
    known.delete(JSON.stringify([connection, folder]))
    return undefined
  }
}

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve))
  running += 1
  try {
    return await work()
  } finally {
    running -= 1
    waiting.shift()?.()
  }
}

/** The folder that an item is in, where the provider says so. */
export const folderOf = (item: Item): string | undefined => item.parent_id

interface WhereaboutsProps {
  readonly connection: string
  readonly item: Item
}

export function Whereabouts({ connection, item }: WhereaboutsProps) {
  const folder = folderOf(item)
  const { name } = item
  const [path, setPath] = useState<string | undefined>(undefined)
  useEffect(() => {
    setPath(undefined)
    if (folder === undefined) return
    let isGone = false
    void findPath(connection, folder).then((found) => {
      if (!isGone) setPath(found)
    })
    return () => {
      isGone = true
    }
  }, [connection, folder])
  if (folder === undefined) return null
  return (
    <a
      class="row-place small"
      href={folderPlace(connection, folder)}
      title={path ?? ''}
      aria-label={`Open the folder of ${name}${path === undefined ? '' : `: ${path}`}`}
      tabIndex={-1}
    >
      <bdi class="ellipsis">{path ?? 'Open its folder'}</bdi>
    </a>
  )
}
