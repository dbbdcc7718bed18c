// Lists, finds and locates what a Google account sees: My Drive, shared drives and what others share, as one tree.
import { Problem } from '../../problems/problem.ts'
import type { Entry, ListOptions, Location, Page, SearchOptions, Session } from '../contract.ts'
import {
  callDrive,
  checkId,
  ENTRY_FIELDS,
  fetchDrive,
  FOLDER,
  followShortcut,
  getFile,
  SHORTCUT,
  strangeAnswer,
  toEntry,
  type DriveFile,
} from './api.ts'
import { readJson } from '../../net/body.ts'
import { DriveRefusal, expiredCursor, FULL_SCOPE, READ_SCOPE } from './errors.ts'

/** Folders that are no files at Google. No id of Google's is this short. */
const SHARED_WITH_ME = 'shared-with-me'
const SHARED_DRIVES = 'shared-drives'
const VIRTUAL: Readonly<Record<string, string>> = {
  [SHARED_WITH_ME]: 'Shared with me',
  [SHARED_DRIVES]: 'Shared drives',
}
const ROOT = { id: 'root', name: 'My Drive' }
/** Google allows 100 levels; a way longer than this is shown from its lower end. */
const MAX_DEPTH = 40

export const isVirtual = (id: string) => Object.hasOwn(VIRTUAL, id)

export async function list(session: Session, options: ListOptions): Promise<Page> {
  const { folderId, cursor, limit } = options
  if (folderId === SHARED_DRIVES) return listDrives(session, cursor, limit)
  if (folderId === SHARED_WITH_ME) return listQuery(session, 'sharedWithMe = true', options)
  if (folderId === 'root') return listRoot(session, cursor, limit)
  // A cursor of a shortcut's target names the target, as nothing else would lead back to it.
  const [target, token] = cursor?.startsWith('>') ? cursor.slice(1).split(' ') : [folderId, cursor]
  const page = await listFolder(session, target ?? folderId, { ...options, cursor: token ?? null })
  if (cursor !== null || page.entries.length > 0 || page.cursor !== null) {
    return target === folderId ? page : throughShortcut(page, target ?? folderId)
  }
  // Nothing there: an empty folder, a shortcut to a folder, or no folder at all.
  const file = folderId === 'root' ? undefined : await getFile(session, folderId, ENTRY_FIELDS)
  if (file === undefined || file.mimeType === FOLDER) return page
  const folder = await followShortcut(session, file)
  if (folder.mimeType !== FOLDER) throw new Problem('item_not_found', 'The item is not a folder.')
  return throughShortcut(await listFolder(session, folder.id, options), folder.id)
}

function throughShortcut(page: Page, target: string): Page {
  return { ...page, cursor: page.cursor === null ? null : `>${target} ${page.cursor}` }
}

function listFolder(session: Session, id: string, options: ListOptions): Promise<Page> {
  return listQuery(session, `'${checkId(id)}' in parents`, options, id)
}

/** The first page of the root also shows the folders that are not in My Drive. */
async function listRoot(session: Session, cursor: string | null, limit: number): Promise<Page> {
  // A page token goes with the size of the page that it came with.
  const room = Math.max(1, limit - Object.keys(VIRTUAL).length)
  const own = listFolder(session, 'root', { folderId: 'root', cursor, limit: room })
  if (cursor !== null) return own
  const [others, page] = await Promise.all([findOtherRoots(session), own])
  return { entries: [...others, ...page.entries], cursor: page.cursor }
}

async function findOtherRoots(session: Session): Promise<Entry[]> {
  if (!seesEverything(session)) return []
  // Shown only to those who have one; an account that may not ask has none to show.
  const drives = await listDrives(session, null, 1).catch((error: unknown) => {
    if (error instanceof DriveRefusal && error.vendorStatus < 429) return undefined
    throw error
  })
  const ids = drives?.entries.length ? [SHARED_DRIVES, SHARED_WITH_ME] : [SHARED_WITH_ME]
  return ids.map(virtualEntry)
}

/** With `drive.file` alone there is nothing but Slipway's own files. No stated scopes: the vendor decides. */
function seesEverything({ scopes }: Session): boolean {
  return scopes.includes(READ_SCOPE) || scopes.includes(FULL_SCOPE)
}

function virtualEntry(id: string): Entry {
  return { ...folderEntry({ id, name: VIRTUAL[id] ?? id }, 'root'), isFixed: true }
}

function folderEntry({ id, name }: { id: string; name: string }, parentId: string): Entry {
  const none = { size: null, mimeType: null, modifiedAt: null, etag: null }
  return { id, name, isFolder: true, ...none, parentId }
}

async function listQuery(
  session: Session,
  condition: string,
  options: { readonly cursor: string | null; readonly limit: number },
  parentId?: string,
  orderBy: string | null = 'folder,name_natural',
): Promise<Page> {
  const response = await callDrive(session, '/files', {
    query: {
      q: `${condition} and trashed = false`,
      pageSize: String(options.limit),
      fields: `nextPageToken,files(${ENTRY_FIELDS})`,
      orderBy: orderBy ?? undefined,
      pageToken: options.cursor ?? undefined,
      supportsAllDrives: 'true',
      includeItemsFromAllDrives: 'true',
    },
  }).catch((error: unknown) => {
    const refused = error instanceof DriveRefusal && error.vendorStatus === 400
    throw refused && options.cursor !== null ? expiredCursor() : error
  })
  const body = await readJson<FileList>(response)
  if (!Array.isArray(body?.files)) throw strangeAnswer()
  const entries: Entry[] = []
  for (const file of body.files) entries.push(toEntry(file, parentId))
  return { entries, cursor: body.nextPageToken ?? null }
}

interface FileList {
  readonly files?: readonly DriveFile[]
  readonly nextPageToken?: string
}

async function listDrives(session: Session, cursor: string | null, limit: number): Promise<Page> {
  const body = await fetchDrive<{
    readonly drives?: readonly { readonly id: string; readonly name: string }[]
    readonly nextPageToken?: string
  }>(session, '/drives', {
    query: {
      pageSize: String(Math.min(100, limit)),
      fields: 'nextPageToken,drives(id,name)',
      pageToken: cursor ?? undefined,
    },
  })
  const entries = (body.drives ?? []).map((drive) => ({
    ...folderEntry(drive, SHARED_DRIVES),
    isFixed: true,
  }))
  return { entries, cursor: body.nextPageToken ?? null }
}

/** Names and content. Google sorts by relevance itself, and refuses any other order with `fullText`. */
export async function search(session: Session, options: SearchOptions): Promise<Page> {
  const text = quote(options.query)
  const condition = `(name contains ${text} or fullText contains ${text})`
  return listQuery(session, condition, options, undefined, null)
}

/** A string of the query language: `\` and `'` escaped. */
export function quote(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}

/** Items of exactly this name in a folder; Google's own comparison ignores case. */
export async function findByName(
  session: Session,
  parentId: string,
  name: string,
): Promise<Entry[]> {
  const condition = `'${checkId(parentId)}' in parents and name = ${quote(name)}`
  const page = await listQuery(session, condition, { cursor: null, limit: 100 }, parentId, null)
  return page.entries.filter((entry) => entry.name === name)
}

export async function stat(session: Session, id: string): Promise<Entry> {
  if (id === 'root') return folderEntry(ROOT, 'root')
  if (isVirtual(id)) return virtualEntry(id)
  const file = await getFile(session, id, ENTRY_FIELDS)
  if (file.mimeType !== SHORTCUT || file.shortcutDetails?.targetMimeType === FOLDER) {
    return toEntry(file)
  }
  // A shortcut whose target is gone can still be renamed or deleted, so it is shown without a size.
  const target = await followShortcut(session, file).catch((error: unknown) => {
    if (error instanceof Problem && error.code === 'item_not_found') return undefined
    throw error
  })
  return target === undefined ? toEntry(file) : asShortcut(file, target)
}

/** The target's content under the shortcut's own id, name and place. */
export function asShortcut(file: DriveFile, target: DriveFile): Entry {
  return toEntry({ ...target, id: file.id, name: file.name, parents: file.parents ?? [] })
}

/** Walks up by `parents`: Drive has no paths. */
export async function locate(session: Session, folderId: string): Promise<Location> {
  if (folderId === 'root') return { ...ROOT, path: [] }
  if (isVirtual(folderId)) return { id: folderId, name: VIRTUAL[folderId] ?? '', path: [ROOT] }
  const fields = 'id,name,parents,driveId'
  const [own, root] = await Promise.all([
    getFile(session, folderId, fields),
    // Under drive.file alone the root itself is not visible.
    getFile(session, 'root', 'id').catch(() => undefined),
  ])
  const path: { id: string; name: string }[] = []
  let at = own
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const parent = at.parents?.[0]
    if (parent === undefined || parent === root?.id || parent === at.driveId) break
    const above = await getFile(session, parent, fields).catch((error: unknown) => {
      // Shared with the user without the folder above it.
      if (error instanceof Problem && error.code === 'item_not_found') return undefined
      throw error
    })
    if (above === undefined)
      return { id: folderId, name: own.name, path: [ROOT, shared(), ...path] }
    path.unshift({ id: above.id, name: above.name })
    at = above
  }
  return {
    id: folderId,
    name: await nameOf(session, own),
    path: [...(await topOf(session, at, root)), ...path],
  }
}

const shared = () => ({ id: SHARED_WITH_ME, name: VIRTUAL[SHARED_WITH_ME] ?? '' })

/** What stands above the highest folder that was reached. */
async function topOf(session: Session, top: DriveFile, root: DriveFile | undefined) {
  const parent = top.parents?.[0]
  if (top.driveId !== undefined) {
    const above = [ROOT, { id: SHARED_DRIVES, name: VIRTUAL[SHARED_DRIVES] ?? '' }]
    if (top.id === top.driveId) return above
    return [...above, { id: top.driveId, name: await driveName(session, top.driveId) }]
  }
  if (top.id === root?.id) return []
  return parent === undefined && seesEverything(session) ? [ROOT, shared()] : [ROOT]
}

async function nameOf(session: Session, file: DriveFile): Promise<string> {
  return file.id === file.driveId ? driveName(session, file.driveId) : file.name
}

/** A shared drive's root folder is just called "Drive". */
async function driveName(session: Session, id: string): Promise<string> {
  const path = `/drives/${checkId(id)}`
  const drive = await fetchDrive<{ name?: string }>(session, path, { query: { fields: 'name' } })
  return drive.name ?? ''
}
