// Makes a tree of folders at the provider, those above first; one that is there already is used, and what it holds is known then.
import {
  ApiError,
  call,
  connectionPath,
  listItems,
  toError,
  type Item,
  type Listing,
} from '../api.ts'

/** A folder of the tree, at the provider. */
export interface MadeFolder {
  readonly id: string
  /** What was in it before, by name; nothing in one that is new. */
  readonly before: ReadonlyMap<string, Item>
}

/** Milliseconds of the first pause before the provider is asked again; each is twice the one before. */
const PAUSE = 1000
const TRIES = 7

/** Made for another try: the next one may go well. */
const PASSING = new Set([
  'rate_limited',
  'network',
  'provider_unavailable',
  'provider_timeout',
  'upload_locked',
])

/** Tries until it is done, or cannot be. `isWanted` says whether anybody still waits for it. */
async function patiently<T>(work: () => Promise<T>, isWanted: () => boolean): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await work()
    } catch (cause) {
      const error = toError(cause)
      if (!PASSING.has(error.code) || tried === TRIES || !isWanted()) throw error
      await new Promise((resolve) => setTimeout(resolve, PAUSE * 2 ** (tried - 1)))
    }
  }
}

/** Everything in a folder, by its name. */
export async function readFolder(
  connection: string,
  folder: string,
  isWanted: () => boolean,
): Promise<ReadonlyMap<string, Item>> {
  const items = new Map<string, Item>()
  let cursor: string | null = null
  do {
    const at: string | null = cursor
    const page: Listing = await patiently(
      () => listItems(connection, folder, at, at === null),
      isWanted,
    )
    for (const item of page.items) items.set(item.name.normalize('NFC'), item)
    cursor = page.next_cursor
  } while (cursor !== null && isWanted())
  return items
}

/**
 * Makes one folder, or finds it.
 * @param siblings what is in its parent, where that is known
 */
export async function makeFolder(
  connection: string,
  parent: string,
  name: string,
  siblings: () => Promise<ReadonlyMap<string, Item>>,
  isWanted: () => boolean,
): Promise<MadeFolder> {
  const path = `${connectionPath(connection)}/folders`
  try {
    const made = await patiently(
      () => call<Item>(path, 'POST', { parent_id: parent, name }),
      isWanted,
    )
    return { id: made.id, before: new Map() }
  } catch (cause) {
    if (!(cause instanceof ApiError) || cause.code !== 'name_conflict') throw cause
    const there = (await siblings()).get(name.normalize('NFC'))
    // A file has the name, or the provider holds names to be the same that are written differently.
    if (there?.is_folder !== true) throw cause
    return { id: there.id, before: await readFolder(connection, there.id, isWanted) }
  }
}
