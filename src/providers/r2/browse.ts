// Lists and reads: a folder is a prefix, made visible by a marker object whose key ends in a slash.
import { invalidField, Problem } from '../../problems/problem.ts'
import { unsatisfiable } from '../content-range.ts'
import type {
  ByteRange,
  Download,
  DownloadOptions,
  Entry,
  ListOptions,
  Location,
  Page,
  Session,
} from '../contract.ts'
import { bucketOf, fileEntry, folderEntry, keyOf, requireFolder } from './bucket.ts'
import { fromId, isFolderPath, nameOf, prefixOf, toId } from './keys.ts'

export async function list(session: Session, options: ListOptions): Promise<Page> {
  const path = fromId(options.folderId)
  if (!isFolderPath(path)) throw new Problem('item_not_found', 'The item is not a folder.')
  const prefix = keyOf(session, path)
  const found = await bucketOf(session).list({
    prefix,
    delimiter: '/',
    limit: options.limit,
    include: ['httpMetadata'],
    ...(options.cursor === null ? {} : { cursor: options.cursor }),
  })
  const own = prefixOf(session).length
  const folders = found.delimitedPrefixes.map((key) => folderEntry(key.slice(own)))
  const files = found.objects.filter(({ key }) => key !== prefix)
  const entries = [...folders, ...files.map((object) => fileEntry(object, object.key.slice(own)))]
  if (entries.length === 0 && found.objects.length === 0 && options.cursor === null) {
    await requireFolder(session, path)
  }
  return { entries, cursor: found.truncated ? found.cursor : null }
}

export async function stat(session: Session, id: string): Promise<Entry> {
  const path = fromId(id)
  if (isFolderPath(path)) {
    await requireFolder(session, path)
    return folderEntry(path)
  }
  const object = await bucketOf(session).head(keyOf(session, path))
  if (object === null) throw new Problem('item_not_found')
  return fileEntry(object, path)
}

export function locate(_: Session, folderId: string): Promise<Location> {
  const path = fromId(folderId)
  const top = { id: 'root', name: 'Files' }
  if (path === '') return Promise.resolve({ ...top, path: [] })
  const segments = path.replace(/\/$/, '').split('/')
  const above = segments.slice(0, -1).map((name, at) => {
    return { id: toId(`${segments.slice(0, at + 1).join('/')}/`), name }
  })
  return Promise.resolve({ id: folderId, name: nameOf(path), path: [top, ...above] })
}

export async function download(
  session: Session,
  id: string,
  options: DownloadOptions,
): Promise<Download> {
  const path = fromId(id)
  if (isFolderPath(path)) throw new Problem('not_supported', 'A folder has no content.')
  if (options.format !== undefined) {
    throw invalidField('query.format', 'does not apply: the item has bytes of its own')
  }
  const key = keyOf(session, path)
  const bucket = bucketOf(session)
  // R2 gives the whole object for a range that lies outside, so the range is settled before.
  const head = options.range === undefined ? undefined : await bucket.head(key)
  if (head === null) throw new Problem('item_not_found')
  const fits = options.ifMatch === undefined || options.ifMatch === head?.etag
  if (head !== undefined && options.range !== undefined && fits) {
    const { offset, length } = resolve(options.range, head.size)
    const part = await bucket.get(key, {
      range: { offset, length },
      onlyIf: { etagMatches: head.etag },
    })
    if (part !== null && 'body' in part) {
      const contentRange = { start: offset, end: offset + length - 1, total: head.size }
      return { ...describe(part, path), status: 206, length, contentRange, body: part.body }
    }
  }
  const object = await bucket.get(key)
  if (object === null) throw new Problem('item_not_found')
  return { ...describe(object, path), status: 200, length: object.size, body: object.body }
}

function describe(object: R2Object, path: string) {
  const entry = fileEntry(object, path)
  return { entry, mimeType: entry.mimeType, fileName: entry.name }
}

/** RFC 9110 section 14.1.2. */
function resolve(range: ByteRange, size: number): { offset: number; length: number } {
  const start = range.suffix === undefined ? (range.start ?? 0) : Math.max(0, size - range.suffix)
  const end = Math.min(range.end ?? size - 1, size - 1)
  if (start > end || range.suffix === 0) {
    throw unsatisfiable(size)
  }
  return { offset: start, length: end - start + 1 }
}
