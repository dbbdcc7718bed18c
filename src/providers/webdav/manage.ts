// Makes folders, renames, moves and deletes; checks for itself what servers only promise.
import { discard } from '../../net/body.ts'
import { invalidField, Problem } from '../../problems/problem.ts'
import type { Entry, Session } from '../contract.ts'
import { checkWrite, findResource, getResource, toEntry, urlOf } from './dav.ts'
import { childPath, fromId, isFolderPath, parentOf, type DavPath } from './paths.ts'

/** The folder that an id names; a file's id is refused. */
export function folderOf(id: string): DavPath {
  const path = fromId(id)
  if (!isFolderPath(path)) throw invalidField('parent_id', 'is not a folder')
  return path
}

export async function createFolder(
  session: Session,
  parentId: string,
  name: string,
): Promise<Entry> {
  const parent = folderOf(parentId)
  const path = `${childPath(parent, name)}/`
  // rclone answers 201 to a folder that is there already.
  if ((await findResource(session, path)) !== undefined) throw new Problem('name_conflict')
  const response = await session.http({ url: urlOf(session, path), method: 'MKCOL' })
  if (response.status === 405) {
    await discard(response)
    throw new Problem('name_conflict')
  }
  await checkWrite(session, response)
  return toEntry(await getResource(session, path), path)
}

export async function update(
  session: Session,
  id: string,
  change: { readonly name?: string | undefined; readonly parentId?: string | undefined },
): Promise<Entry> {
  const from = fromId(id)
  if (from === '') throw new Problem('not_supported', 'The top folder cannot be changed.')
  const resource = await getResource(session, from)
  const parent = change.parentId === undefined ? parentOf(from) : folderOf(change.parentId)
  if (resource.isCollection && parent.startsWith(`${from.replace(/\/$/, '')}/`)) {
    throw invalidField('parent_id', 'is inside the folder that is to be moved')
  }
  const slash = resource.isCollection ? '/' : ''
  const source = from.replace(/\/$/, '') + slash
  // A name that is kept is kept as it is: what is not UTF-8 cannot be encoded once more.
  const to =
    change.name === undefined
      ? parent + source.slice(parentOf(from).length)
      : childPath(parent, change.name) + slash
  if (to === source) return toEntry(resource, from)
  await move(session, source, to, false)
  return toEntry(await getResource(session, to), to)
}

/** MOVE, also where the server believes in another scheme than the one it is reached by. */
export async function move(
  session: Session,
  from: DavPath,
  to: DavPath,
  overwrite: boolean,
): Promise<void> {
  // nginx and others ignore Overwrite.
  if (!overwrite && (await findResource(session, to)) !== undefined)
    throw new Problem('name_conflict')
  try {
    await requestMove(session, from, to, overwrite)
  } catch (error) {
    // Nothing was there before, so what is there now is what was moved.
    if (overwrite || !isUnsure(error) || !(await hasMoved(session, from, to))) throw error
  }
}

/** Whether the server may have moved it all the same: its answer was lost, or a gateway's, and a second try found nothing. */
export function isUnsure(error: unknown): boolean {
  return (
    error instanceof Problem &&
    ['provider_unavailable', 'provider_timeout', 'item_not_found'].includes(error.code)
  )
}

async function hasMoved(session: Session, from: DavPath, to: DavPath): Promise<boolean> {
  try {
    return (
      (await findResource(session, from)) === undefined &&
      (await findResource(session, to)) !== undefined
    )
  } catch {
    return false
  }
}

async function requestMove(
  session: Session,
  from: DavPath,
  to: DavPath,
  overwrite: boolean,
): Promise<void> {
  const target = new URL(urlOf(session, to))
  let response = await sendMove(session, from, target.href, overwrite)
  if (response.status === 400 || response.status === 502) {
    await discard(response)
    response = await sendMove(session, from, target.pathname, overwrite)
  }
  await checkWrite(session, response)
}

function sendMove(session: Session, from: DavPath, destination: string, overwrite: boolean) {
  return session.http({
    url: urlOf(session, from),
    method: 'MOVE',
    headers: { destination, overwrite: overwrite ? 'T' : 'F' },
    deadline: 60_000,
  })
}

/** Folders go with all that is in them. What is not there any more is gone already. */
export async function remove(session: Session, id: string): Promise<void> {
  const path = fromId(id)
  if (path === '') throw new Problem('not_supported', 'The top folder cannot be deleted.')
  await deletePath(session, path)
}

/** False when there was nothing. */
export async function deletePath(session: Session, path: DavPath): Promise<boolean> {
  const response = await session.http({
    url: urlOf(session, path),
    method: 'DELETE',
    deadline: 60_000,
    // Deleted twice is deleted.
    replay: true,
  })
  if (response.status === 404 || response.status === 410) {
    await discard(response)
    return false
  }
  await checkWrite(session, response)
  return true
}
