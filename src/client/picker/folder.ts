// A folder as the picker knows it: all of the pages that were read, whatever of them is shown, and the way to it.
import type { Item, Listing, Slipway } from '../slipway.ts'
import { canChoose, canShow, type Choice } from './accept.ts'
import type { Drive } from './drives.ts'
import type { Option } from './list.ts'

/** Pages that are gone through for something that can be shown, before the person is asked. */
const EMPTY_PAGES = 5

export interface OpenFolder {
  readonly drive: Drive
  readonly folder: Listing['folder']
  readonly items: readonly Item[]
  readonly nextCursor: string | null
}

/** The beginning of a folder. */
export async function openFolder(
  client: Slipway,
  drive: Drive,
  folder: string,
  choice: Choice,
  signal: AbortSignal,
): Promise<OpenFolder> {
  const pages = client.list(drive.id, folder, { signal })
  const first = await pages.page()
  return goOn(
    client,
    { drive, folder: first.folder, items: [], nextCursor: null },
    choice,
    signal,
    first,
  )
}

/** The same, with what comes next; as it was, at its end. */
export async function readMore(
  client: Slipway,
  open: OpenFolder,
  choice: Choice,
  signal: AbortSignal,
): Promise<OpenFolder> {
  if (open.nextCursor === null) return open
  const page = await client.list(open.drive.id, open.folder.id, { signal }).page(open.nextCursor)
  return goOn(client, open, choice, signal, page)
}

/** With a page, and with those behind it until one shows something. */
async function goOn(
  client: Slipway,
  open: OpenFolder,
  choice: Choice,
  signal: AbortSignal,
  first: Listing,
): Promise<OpenFolder> {
  let page = first
  let { items } = open
  for (let tries = 1; ; tries++) {
    items = [...items, ...page.items]
    const { next_cursor: nextCursor } = page
    if (
      page.items.some((item) => canShow(item, choice)) ||
      nextCursor === null ||
      tries === EMPTY_PAGES
    ) {
      return { ...open, items, nextCursor }
    }
    page = await client.list(open.drive.id, open.folder.id, { signal }).page(nextCursor)
  }
}

/** @param isSelected whether an item is chosen */
export function itemOption(
  item: Item,
  choice: Choice,
  isSelected: (id: string) => boolean,
): Option {
  return {
    key: item.id,
    name: item.name,
    note: item.is_folder ? 'Folder' : sizeOf(item),
    icon: item.is_folder ? 'folder' : 'file',
    isSelected: canChoose(item, choice) ? isSelected(item.id) : undefined,
  }
}

/** From the top of the drive to the folder itself, which has no id: nothing leads there. */
export function pathOf({ folder, drive }: OpenFolder) {
  const { path } = folder
  const above = path.map(({ id, name }, at) => ({ id, name: at === 0 ? drive.label : name }))
  return [...above, { id: undefined, name: path.length === 0 ? drive.label : folder.name }]
}

function sizeOf({ size }: Item): string {
  if (size === null) return ''
  if (size === 1) return '1 byte'
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB']
  const power = size < 1000 ? 0 : Math.min(4, Math.floor(Math.log10(size) / 3))
  const value = size / 1000 ** power
  return `${power === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[power]}`
}
