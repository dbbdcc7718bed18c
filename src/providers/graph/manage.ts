// Makes folders, renames, moves and deletes, by the rules of one drive.
import { invalidField, Problem } from '../../problems/problem.ts'
import type { Entry, Session } from '../contract.ts'
import { contentAddress, parseId, sameDrive, type Address } from './address.ts'
import {
  checkItem,
  fetchGraph,
  findChild,
  getItem,
  itemPath,
  sendGraph,
  toEntry,
  type DriveItem,
} from './api.ts'
import { GraphRefusal } from './errors.ts'
import { checkName } from './names.ts'

export async function createFolder(
  session: Session,
  parentId: string,
  name: string,
): Promise<Entry> {
  checkName(name)
  const parent = contentAddress(parseId(session, parentId))
  return toEntry(session, await postFolder(session, parent, name), parent.driveId, parentId)
}

async function postFolder(session: Session, parent: Address, name: string): Promise<DriveItem> {
  const item = await fetchGraph<DriveItem>(session, `${itemPath(parent)}/children`, {
    method: 'POST',
    json: { name, folder: {}, '@microsoft.graph.conflictBehavior': 'fail' },
  })
  return checkItem(item)
}

/** The folder of this name below the parent, made if it is not there. Safe against another who makes it at the same time. */
export async function ensureFolder(
  session: Session,
  parent: Address,
  name: string,
): Promise<DriveItem> {
  const found = await findChild(session, parent, name)
  if (found !== undefined) return found
  try {
    return await postFolder(session, parent, name)
  } catch (error) {
    const raced = error instanceof Problem && error.code === 'name_conflict'
    const made = raced ? await findChild(session, parent, name) : undefined
    if (made === undefined) throw error
    return made
  }
}

export async function update(
  session: Session,
  id: string,
  change: { readonly name?: string | undefined; readonly parentId?: string | undefined },
): Promise<Entry> {
  const address = parseId(session, id)
  if (change.name !== undefined) checkName(change.name)
  const parent =
    change.parentId === undefined
      ? undefined
      : await moveTarget(session, address, contentAddress(parseId(session, change.parentId)))
  const item = await fetchGraph<DriveItem>(session, itemPath(address), {
    method: 'PATCH',
    json: {
      ...(change.name === undefined ? {} : { name: change.name }),
      ...(parent === undefined ? {} : { parentReference: { id: parent } }),
    },
    // The same change twice is one change.
    replay: true,
  }).catch((error: unknown) => {
    const isRefused = error instanceof GraphRefusal && error.vendorStatus === 400
    // A name that is refused has a code of its own.
    if (!isRefused || error.code !== 'provider_unavailable' || parent === undefined) throw error
    throw invalidField('parent_id', 'cannot hold this item')
  })
  return toEntry(session, checkItem(item), address.driveId, change.parentId)
}

/** A move needs the real id of the root, and stays inside one drive. */
async function moveTarget(session: Session, from: Address, to: Address): Promise<string> {
  if (!sameDrive(from.driveId, to.driveId)) {
    throw invalidField('parent_id', 'is in another drive; items cannot be moved between drives')
  }
  return to.itemId === 'root' ? (await getItem(session, to, 'id')).id : to.itemId
}

/** To the recycle bin. Deleting a shortcut removes the link, never what it leads to. */
export async function remove(session: Session, id: string): Promise<void> {
  const address = parseId(session, id)
  if (address.itemId === 'root') throw new Problem('not_supported', 'A drive cannot be deleted.')
  try {
    await sendGraph(session, itemPath(address), { method: 'DELETE', replay: true })
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'item_not_found') throw error
  }
}
