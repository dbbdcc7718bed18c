// Makes folders, renames, moves and trashes, and tells a missing scope from a missing item.
import { invalidField, Problem } from '../../problems/problem.ts'
import type { Entry, Session } from '../contract.ts'
import {
  ENTRY_FIELDS,
  fetchDrive,
  filePath,
  FOLDER,
  followShortcut,
  getFile,
  sendDrive,
  toEntry,
  type DriveFile,
} from './api.ts'
import { findByName, isVirtual } from './browse.ts'
import { DriveRefusal, FULL_SCOPE, missingFullScope } from './errors.ts'

const WRITE_QUERY = { supportsAllDrives: 'true', fields: ENTRY_FIELDS }

export async function createFolder(
  session: Session,
  parentId: string,
  name: string,
): Promise<Entry> {
  const parent = await resolveParent(session, parentId)
  if ((await findByName(session, parent, name)).length > 0) throw new Problem('name_conflict')
  const file = await writing(session, [parent], () =>
    fetchDrive<DriveFile>(session, '/files', {
      method: 'POST',
      query: WRITE_QUERY,
      json: { name, mimeType: FOLDER, ...parentsOf(parent) },
    }),
  )
  return toEntry(file, parentId)
}

/** Without `parents` a file lands in the root, which may not even be visible to us. */
export function parentsOf(parent: string): { parents?: string[] } {
  return parent === 'root' ? {} : { parents: [parent] }
}

/** The folder that a caller means, through a shortcut if it is one. */
export async function resolveParent(session: Session, id: string): Promise<string> {
  if (id === 'root') return id
  if (isVirtual(id))
    throw invalidField('parent_id', 'is a view of Google Drive, not a folder to write to')
  const folder = await followShortcut(session, await getFile(session, id, ENTRY_FIELDS))
  if (folder.mimeType !== FOLDER) throw invalidField('parent_id', 'is not a folder')
  return folder.id
}

export async function update(
  session: Session,
  id: string,
  change: { readonly name?: string | undefined; readonly parentId?: string | undefined },
): Promise<Entry> {
  refuseRoot(id)
  const current = await getFile(session, id, ENTRY_FIELDS)
  const from = current.parents?.[0]
  const parent =
    change.parentId === undefined ? undefined : await resolveParent(session, change.parentId)
  const to = parent ?? from
  const name = change.name ?? current.name
  const taken = to === undefined ? [] : await findByName(session, to, name)
  if (taken.some((entry) => entry.id !== id)) throw new Problem('name_conflict')
  const move =
    parent === undefined || parent === from ? {} : { addParents: parent, removeParents: from }
  const file = await writing(session, [id, ...(parent === undefined ? [] : [parent])], () =>
    fetchDrive<DriveFile>(session, filePath(id), {
      method: 'PATCH',
      query: { ...WRITE_QUERY, ...move },
      json: change.name === undefined ? {} : { name },
      replay: true,
    }),
  )
  return toEntry(file, change.parentId)
}

/** To the bin. What is not there any more is gone already. */
export async function remove(session: Session, id: string): Promise<void> {
  refuseRoot(id)
  try {
    await writing(session, [id], () =>
      sendDrive(session, filePath(id), {
        method: 'PATCH',
        query: { supportsAllDrives: 'true', fields: 'id' },
        json: { trashed: true },
        replay: true,
      }),
    )
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'item_not_found') throw error
  }
}

function refuseRoot(id: string): void {
  if (id === 'root' || isVirtual(id)) {
    throw new Problem('not_supported', 'This folder is a part of Google Drive itself.')
  }
}

/**
 * Runs a write. Under `drive.file` Google answers 404 for what it lets us read but not change: such an item is looked up, and if
 * it is there the scope is what is missing.
 */
export async function writing<T>(
  session: Session,
  ids: readonly string[],
  write: () => Promise<T>,
): Promise<T> {
  try {
    return await write()
  } catch (error) {
    const hidden = error instanceof DriveRefusal && [403, 404].includes(error.vendorStatus)
    const plain = hidden && (error.code === 'item_not_found' || error.code === 'access_denied')
    if (!plain || session.scopes.includes(FULL_SCOPE)) throw error
    if (error.code === 'access_denied' && error.reason !== '') throw error
    const readable = await Promise.all(ids.map((id) => isReadable(session, id)))
    throw readable.every(Boolean) ? missingFullScope() : error
  }
}

async function isReadable(session: Session, id: string): Promise<boolean> {
  if (id === 'root') return true
  return getFile(session, id, 'id').then(
    () => true,
    () => false,
  )
}
