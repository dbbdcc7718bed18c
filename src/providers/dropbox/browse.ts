// Lists, finds and locates the items of a Dropbox.
import { invalidField, Problem } from '../../problems/problem.ts'
import type { Entry, ListOptions, Location, Page, SearchOptions, Session } from '../contract.ts'
import { callRpc, findMetadata, getMetadata, strangeAnswer, toEntry, type Metadata } from './api.ts'
import { DropboxRefusal } from './errors.ts'
import { formatId, toPath } from './paths.ts'

const TOP = { id: 'root', name: 'Dropbox' }
const MAX_SEARCH_PAGE = 1000

interface Listing {
  readonly entries?: readonly Metadata[]
  readonly cursor?: string
  readonly has_more?: boolean
}

export async function list(session: Session, options: ListOptions): Promise<Page> {
  const { folderId, cursor, limit } = options
  const body = await (cursor === null
    ? callRpc<Listing>(
        session,
        'files/list_folder',
        { path: toPath(folderId), limit, include_non_downloadable_files: true },
        { replay: true },
      )
    : callRpc<Listing>(session, 'files/list_folder/continue', { cursor }, { replay: true }).catch(
        (error: unknown) => {
          throw isReset(error) ? expiredCursor() : error
        },
      ))
  if (!Array.isArray(body.entries)) throw strangeAnswer()
  const entries = (body.entries as readonly Metadata[])
    .filter((one) => one['.tag'] === 'file' || one['.tag'] === 'folder')
    .map((one) => toEntry(one, folderId))
  return { entries, cursor: body.has_more === true ? (body.cursor ?? null) : null }
}

/** The cursor's folder has changed too much, or the account has got another top. */
function isReset(error: unknown): boolean {
  if (!(error instanceof DropboxRefusal)) return false
  // A cursor that was never one is refused as malformed.
  return error.tags.includes('reset') || error.vendorStatus === 400
}

const expiredCursor = () => invalidField('query.cursor', 'has expired; start again without it')

interface Matches {
  readonly matches?: readonly { readonly metadata?: { readonly metadata?: Metadata } }[]
  readonly cursor?: string | null
  readonly has_more?: boolean
}

/** Names and content, in the whole Dropbox; the vendor gives at most 10,000 matches. */
export async function search(session: Session, options: SearchOptions): Promise<Page> {
  const { query, cursor, limit } = options
  const body = await (cursor === null
    ? callRpc<Matches>(
        session,
        'files/search_v2',
        {
          query,
          options: { max_results: Math.min(limit, MAX_SEARCH_PAGE), file_status: 'active' },
        },
        { replay: true },
      )
    : callRpc<Matches>(session, 'files/search/continue_v2', { cursor }, { replay: true }).catch(
        (error: unknown) => {
          throw isReset(error) ? expiredCursor() : error
        },
      ))
  if (!Array.isArray(body.matches)) throw strangeAnswer()
  const entries: Entry[] = []
  for (const { metadata } of body.matches as NonNullable<Matches['matches']>) {
    const found = metadata?.metadata
    if (found?.['.tag'] === 'file' || found?.['.tag'] === 'folder') entries.push(toEntry(found))
  }
  return { entries, cursor: body.has_more === true ? (body.cursor ?? null) : null }
}

export async function stat(session: Session, id: string): Promise<Entry> {
  // The top has no metadata of its own.
  if (id === 'root') return topEntry()
  const metadata = await getItem(session, id)
  const above = metadata.path_lower?.replace(/\/[^/]*$/, '')
  return toEntry(metadata, above === '' ? 'root' : undefined)
}

const topEntry = (): Entry => ({
  ...TOP,
  isFolder: true,
  size: null,
  mimeType: null,
  modifiedAt: null,
  etag: null,
  isFixed: true,
})

/** The item of an id. Throws `item_not_found` also for what was deleted. */
export async function getItem(session: Session, id: string): Promise<Metadata> {
  const path = toPath(id)
  const metadata = await getMetadata(session, path).catch((error: unknown) => {
    // Dropbox holds an id of another shape to be a malformed argument.
    if (error instanceof DropboxRefusal && error.vendorStatus === 400) {
      throw new Problem('item_not_found')
    }
    throw error
  })
  if (metadata['.tag'] === 'deleted') throw new Problem('item_not_found')
  return metadata
}

/** The path of a folder, empty for the top. Throws `item_not_found` where there is none. */
export async function folderPath(session: Session, id: string): Promise<string> {
  if (id === 'root') return ''
  const folder = await getItem(session, id)
  if (folder['.tag'] !== 'folder') throw invalidField('parent_id', 'is not a folder')
  return pathOf(folder)
}

/** The shown path: only its last part is sure to be in the right case, and no part's case matters in a call. */
export function pathOf({ path_display: shown, path_lower: lower }: Metadata): string {
  const path = shown ?? lower
  if (path === undefined) {
    throw new Problem('not_supported', 'The shared folder is not mounted in this Dropbox.')
  }
  return path
}

/** An item's path names all folders above it; their ids have to be asked for. */
export async function locate(session: Session, folderId: string): Promise<Location> {
  if (folderId === 'root') return { ...TOP, path: [] }
  const folder = await getItem(session, folderId)
  if (folder['.tag'] !== 'folder') throw new Problem('item_not_found', 'The item is not a folder.')
  const segments = pathOf(folder).split('/').slice(1, -1)
  const above = await Promise.all(
    segments.map(async (_, at) => {
      const found = await findMetadata(session, `/${segments.slice(0, at + 1).join('/')}`)
      return found?.id === undefined
        ? undefined
        : { id: formatId(found.id), name: found.name ?? '' }
    }),
  )
  const path = above.filter((one) => one !== undefined)
  return { id: folderId, name: folder.name ?? '', path: [TOP, ...path] }
}
