// Lists, finds and locates the items of a drive.
import { invalidField, Problem } from '../../problems/problem.ts'
import type { Entry, ListOptions, Location, Page, SearchOptions, Session } from '../contract.ts'
import { contentAddress, formatId, parseId, type Address } from './address.ts'
import {
  ENTRY_FIELDS,
  fetchGraph,
  getItem,
  isRootPath,
  itemPath,
  strangeAnswer,
  toEntry,
  type DriveItem,
} from './api.ts'
import { GraphRefusal } from './errors.ts'

/** A way longer than this is shown from its lower end; OneDrive's paths end at 400 characters. */
const MAX_DEPTH = 40

interface Collection {
  readonly value?: readonly DriveItem[]
  readonly '@odata.nextLink'?: string
}

export async function list(session: Session, options: ListOptions): Promise<Page> {
  const folder = contentAddress(parseId(session, options.folderId))
  const query = `?$top=${options.limit}&$select=${ENTRY_FIELDS}`
  const first = `${itemPath(folder)}/children${query}`
  return readPage(session, first, options.cursor, folder.driveId, options.folderId)
}

/** Names and content, in one drive. */
export async function search(
  session: Session,
  options: SearchOptions,
  driveId: string,
): Promise<Page> {
  // A quote in an OData string is doubled, then everything is percent-encoded for the URL.
  const text = encodeURIComponent(options.query.replaceAll("'", "''")).replaceAll("'", '%27')
  const root = itemPath({ driveId, itemId: 'root' })
  const query = `?$top=${options.limit}&$select=${ENTRY_FIELDS}`
  return readPage(session, `${root}/search(q='${text}')${query}`, options.cursor, driveId)
}

async function readPage(
  session: Session,
  first: string,
  cursor: string | null,
  driveId: string,
  parentId?: string,
): Promise<Page> {
  const body = await fetchGraph<Collection>(session, cursor ?? first).catch((error: unknown) => {
    if (!(error instanceof GraphRefusal)) throw error
    const refused = [400, 410].includes(error.vendorStatus)
    if (refused && cursor !== null) throw expiredCursor()
    // Asked for the children of a file.
    const isFile = error.vendorStatus === 400 && error.code === 'provider_unavailable'
    throw isFile && parentId !== undefined
      ? new Problem('item_not_found', 'The item is not a folder.')
      : error
  })
  if (!Array.isArray(body.value)) throw strangeAnswer()
  const seen = new Set<string>()
  const entries: Entry[] = []
  for (const item of body.value as readonly DriveItem[]) {
    // Rows repeat when the folder changes while it is read.
    if (typeof item.id !== 'string' || seen.has(item.id)) continue
    seen.add(item.id)
    entries.push(toEntry(session, item, driveId, parentId))
  }
  return { entries, cursor: body['@odata.nextLink'] ?? null }
}

function expiredCursor() {
  return invalidField('query.cursor', 'has expired; start again without it')
}

export async function stat(session: Session, id: string): Promise<Entry> {
  const address = parseId(session, id)
  const own = toEntry(session, await getItem(session, address), address.driveId)
  if (address.target === undefined || own.isFolder) return own
  // The content's version is the target's to tell. One that is gone leaves a shortcut that can still be renamed or deleted.
  const target = await getItem(session, address.target).catch((error: unknown) => {
    if (error instanceof GraphRefusal && [403, 404].includes(error.vendorStatus)) return undefined
    throw error
  })
  if (target === undefined) return own
  const found = toEntry(session, target, address.target.driveId)
  return {
    ...found,
    id: own.id,
    name: own.name,
    ...(own.parentId === undefined ? {} : { parentId: own.parentId }),
  }
}

/** Walks up by parent ids: a path is not always given, and its names would have to be looked up again. */
export async function locate(session: Session, folderId: string): Promise<Location> {
  const address = parseId(session, folderId)
  const fields = 'id,name,root,parentReference'
  const top = {
    id: formatId(session, { driveId: address.driveId, itemId: 'root' }),
    name: 'OneDrive',
  }
  if (address.itemId === 'root') return { ...top, path: [] }
  const own = await getItem(session, address, fields)
  if (own.root !== undefined) return { ...top, path: [] }
  const path: { id: string; name: string }[] = []
  let at = own
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const parent = at.parentReference
    if (parent?.id === undefined || isRootPath(parent.path)) break
    const next: Address = { driveId: address.driveId, itemId: parent.id }
    const above = await getItem(session, next, fields).catch((error: unknown) => {
      // The folder above something that was shared is out of sight.
      if (error instanceof GraphRefusal && [403, 404].includes(error.vendorStatus)) return undefined
      throw error
    })
    if (above === undefined || above.root !== undefined) break
    path.unshift({ id: formatId(session, next), name: above.name ?? '' })
    at = above
  }
  return { id: folderId, name: own.name ?? '', path: [top, ...path] }
}
