// Lists and locates. WebDAV has no pages: a page re-reads the document and stops as soon as it is full.
import { invalidField, Problem } from '../../problems/problem.ts'
import type { Entry, ListOptions, Location, Page, Session } from '../contract.ts'
import { baseOf, davProblem, getResource, propfind, toEntry, type Dialect } from './dav.ts'
import { notWebdav, readMultistatus } from './multistatus.ts'
import {
  canonicalSegment,
  decodeSegment,
  fromId,
  isFolderPath,
  nameOf,
  relativeTo,
  toId,
  toUrl,
} from './paths.ts'

/** Where the next page starts: after so many entries, the last of which had this name. */
interface Cursor {
  readonly skip: number
  readonly last: string
}

export async function list(
  session: Session,
  options: ListOptions,
  dialect?: Dialect,
): Promise<Page> {
  const path = fromId(options.folderId)
  if (!isFolderPath(path)) throw new Problem('item_not_found', 'The item is not a folder.')
  const response = await propfind(session, path, '1', dialect?.properties)
  if (response.status !== 207) throw await davProblem(session, response)
  const cursor = readCursor(options.cursor)
  const requested = new URL(toUrl(baseOf(session), path)).pathname
  const own = session.data['base']
  const rewritten = own === undefined ? undefined : own + path
  const window = new Window(cursor, options.limit)
  let isCollection = false
  let seen = 0
  let known = false
  for await (const resource of readMultistatus(response)) {
    const segment = relativeTo(resource.href, requested, rewritten, path)
    seen += 1
    if (segment === undefined) continue
    known = true
    if (segment === '') isCollection = resource.isCollection
    else if (
      isName(segment) &&
      !resource.isEncrypted &&
      window.add(toEntry(resource, path + canonicalSegment(segment), dialect), segment)
    )
      break
  }
  // Hrefs that all lie elsewhere are no empty folder: what is there could not be told.
  if (!known) throw notWebdav()
  if (window.isEmpty && !isCollection && seen === 1 && cursor.skip === 0) {
    throw new Problem('item_not_found', 'The item is not a folder.')
  }
  return window.page()
}

const isName = (segment: string) => !['', '.', '..'].includes(decodeSegment(segment))

/** Collects the page behind a cursor out of a document that may have changed since the page before. */
class Window {
  readonly #found: { readonly entry: Entry; readonly segment: string }[] = []
  #position = 0
  #synced: boolean

  constructor(
    readonly cursor: Cursor,
    readonly limit: number,
  ) {
    this.#synced = cursor.skip === 0
  }

  /** True when the page is full and something follows it. */
  add(entry: Entry, segment: string): boolean {
    this.#position += 1
    if (!this.#synced && segment === this.cursor.last) {
      // Entries were added or taken away before it: the page starts behind this one all the same.
      this.#synced = true
      this.#found.length = 0
      return false
    }
    // Until the last entry of the page before turns up, those behind its old position are only candidates.
    if (!this.#synced && this.#position <= this.cursor.skip) return false
    if (this.#found.length <= this.limit) this.#found.push({ entry, segment })
    return this.#synced && this.#found.length > this.limit
  }

  get isEmpty(): boolean {
    return this.#found.length === 0
  }

  page(): Page {
    const shown = this.#found.slice(0, this.limit)
    const last = shown.at(-1)
    const more = this.#found.length > this.limit && last !== undefined
    const skip = this.cursor.skip + shown.length
    return {
      entries: shown.map(({ entry }) => entry),
      cursor: more ? `${skip} ${last.segment}` : null,
    }
  }
}

function readCursor(cursor: string | null): Cursor {
  if (cursor === null) return { skip: 0, last: '' }
  const match = /^(\d{1,9}) (.+)$/s.exec(cursor)
  if (match === null) throw invalidField('query.cursor', 'is not valid')
  return { skip: Number(match[1]), last: match[2] ?? '' }
}

export async function stat(session: Session, id: string, dialect?: Dialect): Promise<Entry> {
  const path = fromId(id)
  return toEntry(await getResource(session, path, dialect), path, dialect)
}

/** A path names everything above it; whether it is there, the listing says. */
export function locate(_: Session, folderId: string): Promise<Location> {
  const path = fromId(folderId)
  const top = { id: 'root', name: 'Files' }
  if (path === '') return Promise.resolve({ ...top, path: [] })
  const segments = path.replace(/\/$/, '').split('/')
  const above = segments.slice(0, -1).map((_, at) => {
    const folder = `${segments.slice(0, at + 1).join('/')}/`
    return { id: toId(folder), name: nameOf(folder) }
  })
  return Promise.resolve({ id: folderId, name: nameOf(path), path: [top, ...above] })
}
