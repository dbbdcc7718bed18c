// What all functions on the bucket share: the objects as entries, and whether a name is taken.
import { Problem } from '../../problems/problem.ts'
import type { Entry, Session } from '../contract.ts'
import { isKey, nameOf, parentOf, prefixOf, toId, type FilePath } from './keys.ts'

export function bucketOf(session: Session): R2Bucket {
  if (session.bucket === undefined) throw new Error('the built-in storage has a bucket')
  return session.bucket
}

/** The key of what may be there; throws `item_not_found` where no key could be that long. */
export function keyOf(session: Session, path: FilePath): string {
  const key = prefixOf(session) + path
  if (!isKey(key)) throw new Problem('item_not_found')
  return key
}

export function folderEntry(path: FilePath): Entry {
  const none = { size: null, mimeType: null, modifiedAt: null, etag: null }
  if (path === '') return { id: 'root', name: 'Files', isFolder: true, ...none, parentId: 'root' }
  return {
    id: toId(path),
    name: nameOf(path),
    isFolder: true,
    ...none,
    parentId: toId(parentOf(path)),
  }
}

export function fileEntry(object: R2Object, path: FilePath): Entry {
  const { md5 } = object.checksums
  return {
    id: toId(path),
    name: nameOf(path),
    isFolder: false,
    size: object.size,
    mimeType: object.httpMetadata?.contentType ?? 'application/octet-stream',
    modifiedAt: object.uploaded.toISOString(),
    etag: object.etag,
    ...(md5 === undefined ? {} : { hash: { algorithm: 'md5' as const, value: toHex(md5) } }),
    parentId: toId(parentOf(path)),
  }
}

function toHex(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** A folder is there by its marker, or by what lies below it. The top always is. */
export async function folderExists(session: Session, path: FilePath): Promise<boolean> {
  if (path === '') return true
  const { objects } = await bucketOf(session).list({ prefix: keyOf(session, path), limit: 1 })
  return objects.length > 0
}

export async function requireFolder(session: Session, path: FilePath): Promise<void> {
  if (!(await folderExists(session, path))) throw new Problem('item_not_found')
}

/** Whether a file or a folder has this name. `path` without a trailing slash. */
export async function findTaken(
  session: Session,
  path: FilePath,
): Promise<'file' | 'folder' | undefined> {
  const [object, folder] = await Promise.all([
    bucketOf(session).head(keyOf(session, path)),
    folderExists(session, `${path}/`),
  ])
  if (object !== null) return 'file'
  return folder ? 'folder' : undefined
}
