// Makes folders, renames, moves and deletes. R2 cannot rename: objects are copied first and deleted after, so none is ever lost.
import { invalidField, Problem } from '../../problems/problem.ts'
import type { Entry, Session } from '../contract.ts'
import { bucketOf, findTaken, folderEntry, keyOf, requireFolder } from './bucket.ts'
import { stat } from './browse.ts'
import { changing } from './charge.ts'
import {
  checkLength,
  childPath,
  fromId,
  isFolderPath,
  nameOf,
  parentOf,
  prefixOf,
  toId,
  type FilePath,
} from './keys.ts'

/** What one request may rename: the platform allows 1,000 operations in it. */
const MAX_MOVED = 300
const LIST_LIMIT = 1000

/** The folder that an id names, if it is there. */
export async function folderOf(session: Session, id: string): Promise<FilePath> {
  const path = fromId(id)
  if (!isFolderPath(path)) throw invalidField('parent_id', 'is not a folder')
  await requireFolder(session, path)
  return path
}

export async function createFolder(
  session: Session,
  parentId: string,
  name: string,
): Promise<Entry> {
  const path = childPath(await folderOf(session, parentId), name)
  checkLength(session, path)
  if ((await findTaken(session, path)) !== undefined) throw new Problem('name_conflict')
  await putMarker(session, `${path}/`)
  return folderEntry(`${path}/`)
}

/** An empty folder is an empty object; putting it twice changes nothing. */
export async function putMarker(session: Session, path: FilePath): Promise<void> {
  await bucketOf(session).put(keyOf(session, path), new Uint8Array(0))
}

export async function update(
  session: Session,
  id: string,
  change: { readonly name?: string | undefined; readonly parentId?: string | undefined },
): Promise<Entry> {
  const from = fromId(id)
  if (from === '') throw new Problem('not_supported', 'The top folder cannot be changed.')
  const entry = await stat(session, id)
  const parent =
    change.parentId === undefined ? parentOf(from) : await folderOf(session, change.parentId)
  if (entry.isFolder && parent.startsWith(from)) {
    throw invalidField('parent_id', 'is inside the folder that is to be moved')
  }
  const to = childPath(parent, change.name ?? nameOf(from))
  checkLength(session, to)
  if (to === from.replace(/\/$/, '')) return entry
  if ((await findTaken(session, to)) !== undefined) throw new Problem('name_conflict')
  if (entry.isFolder) await moveFolder(session, from, `${to}/`)
  else await moveObjects(session, [{ from, to }])
  return stat(session, toId(entry.isFolder ? `${to}/` : to))
}

async function moveFolder(session: Session, from: FilePath, to: FilePath): Promise<void> {
  const prefix = prefixOf(session).length
  const found = await bucketOf(session).list({ prefix: keyOf(session, from), limit: MAX_MOVED + 1 })
  if (found.objects.length > MAX_MOVED || found.truncated) {
    throw new Problem('not_supported', `Folders of more than ${MAX_MOVED} files cannot be moved.`)
  }
  const paths = found.objects.map(({ key }) => key.slice(prefix))
  const moves = paths.map((path) => ({ from: path, to: to + path.slice(from.length) }))
  for (const move of moves) checkLength(session, move.to)
  await moveObjects(session, moves)
}

/** Nothing is charged for the moment in which an object is there twice. */
function moveObjects(session: Session, moves: readonly Move[]): Promise<void> {
  return changing(session, async () => {
    await copyThenDelete(session, moves)
    return 0
  })
}

interface Move {
  readonly from: FilePath
  readonly to: FilePath
}

async function copyThenDelete(session: Session, moves: readonly Move[]): Promise<void> {
  const copied: string[] = []
  try {
    for (const { from, to } of moves) {
      await copyObject(session, from, to)
      copied.push(keyOf(session, to))
    }
  } catch (error) {
    // Half a folder under the new name would stand in the way of the next try.
    await bucketOf(session)
      .delete(copied)
      .catch(() => undefined)
    throw error
  }
  await bucketOf(session).delete(moves.map(({ from }) => keyOf(session, from)))
}

async function copyObject(session: Session, from: FilePath, to: FilePath): Promise<void> {
  const bucket = bucketOf(session)
  const object = await bucket.get(keyOf(session, from))
  if (object === null) throw new Problem('item_not_found')
  const options = {
    httpMetadata: object.httpMetadata ?? {},
    customMetadata: object.customMetadata ?? {},
  }
  const { readable, writable } = new FixedLengthStream(object.size)
  // Somebody may have taken the name meanwhile.
  const onlyIf = new Headers({ 'if-none-match': '*' })
  const [made] = await Promise.all([
    bucket.put(keyOf(session, to), readable, { ...options, onlyIf }),
    object.body.pipeTo(writable),
  ])
  if ((made as R2Object | null) === null) throw new Problem('name_conflict')
}

/** For good: the bucket has no bin. Folders go with all that is in them. */
export async function remove(session: Session, id: string): Promise<void> {
  const path = fromId(id)
  if (path === '') throw new Problem('not_supported', 'The top folder cannot be deleted.')
  const bucket = bucketOf(session)
  await changing(session, async () => {
    if (isFolderPath(path)) return removeFolder(session, path)
    const object = await bucket.head(keyOf(session, path))
    if (object === null) return 0
    await bucket.delete(object.key)
    return -object.size
  })
}

/** Returns by how many bytes the storage has grown. */
async function removeFolder(session: Session, path: FilePath): Promise<number> {
  const bucket = bucketOf(session)
  let grown = 0
  // Bounded by the platform's operations of one request: a larger folder takes several.
  for (let round = 0; round < MAX_MOVED; round++) {
    const { objects } = await bucket.list({ prefix: keyOf(session, path), limit: LIST_LIMIT })
    if (objects.length === 0) break
    await bucket.delete(objects.map(({ key }) => key))
    for (const { size } of objects) grown -= size
  }
  return grown
}
