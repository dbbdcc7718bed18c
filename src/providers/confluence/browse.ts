// Lists sites, spaces, pages within pages and attachments: several collections of the vendor's, one behind the other.
import { invalidField, Problem } from '../../problems/problem.ts'
import type { Entry, ListOptions, Page, Session } from '../contract.ts'
import {
  fetchPage,
  kindOf,
  listSites,
  PATHS,
  toAttachmentEntry,
  toContentEntry,
  toPlaceEntry,
  type Attachment,
  type Content,
  type Space,
} from './api.ts'
import { withdrawn } from './errors.ts'
import { formatId, parseId, type Address, type ContentKind } from './ids.ts'
import { rootFolders } from './search.ts'

/** The vendor's largest page. */
const MAX_LIMIT = 250

/** A collection that a folder shows, from the vendor's cursor on ('' is the start). */
type Source = (cursor: string) => Promise<{
  readonly entries: readonly Entry[]
  readonly cursor: string | undefined
}>

export async function list(session: Session, options: ListOptions): Promise<Page> {
  const sources = await sourcesOf(session, options)
  let [at, cursor] = readCursor(options.cursor, sources.length)
  for (; ; at += 1, cursor = '') {
    const source = sources[at]
    if (source === undefined) return { entries: [], cursor: null }
    const page = await source(cursor)
    const isLast = at === sources.length - 1
    // A collection that has nothing does not make an empty page.
    if (page.entries.length === 0 && page.cursor === undefined && !isLast) continue
    const following = isLast ? null : `${at + 1} `
    return {
      entries: page.entries,
      cursor: page.cursor === undefined ? following : `${at} ${page.cursor}`,
    }
  }
}

/** The number of a source, and the vendor's cursor in it. */
function readCursor(cursor: string | null, count: number): [number, string] {
  if (cursor === null) return [0, '']
  const match = /^(\d) (.*)$/s.exec(cursor)
  const at = Number(match?.[1])
  if (match === null || at >= count) throw invalidField('query.cursor', 'is not valid')
  return [at, match[2] ?? '']
}

async function sourcesOf(session: Session, options: ListOptions): Promise<Source[]> {
  const { folderId } = options
  const limit = Math.min(options.limit, MAX_LIMIT)
  if (folderId === 'root') return rootOf(session, limit)
  const address = parseId(folderId)
  const { kind, cloudId } = address
  switch (kind) {
    case 'site':
      return [spacesOf(session, cloudId, limit, folderId)]
    case 'space':
      return [
        pagesOf(session, address, limit, folderId),
        (from) => rootFolders(session, address, folderId, from),
        blogOf(session, address, folderId),
      ]
    case 'blog':
      return [postsOf(session, address, limit, folderId)]
    case 'attachment':
      throw new Problem('item_not_found', 'The item is not a folder.')
    case 'blogpost':
      return [attachmentsOf(session, address, limit, folderId)]
    case 'page':
      return [
        childrenOf(session, { ...address, kind }, limit, folderId),
        attachmentsOf(session, address, limit, folderId),
      ]
    case 'folder':
    case 'whiteboard':
    case 'database':
    case 'embed':
      return [childrenOf(session, { ...address, kind }, limit, folderId)]
  }
}

/** Of several sites the user chooses; of one, the spaces are shown at once. */
async function rootOf(session: Session, limit: number): Promise<Source[]> {
  const sites = await listSites(session)
  const [only] = sites
  if (only === undefined) throw withdrawn()
  if (sites.length === 1) return [spacesOf(session, only.id, limit, 'root')]
  const entries = sites.map(({ id, name, url }) =>
    toPlaceEntry(formatId({ kind: 'site', cloudId: id, id: '' }), name, url, 'root'),
  )
  return [() => Promise.resolve({ entries, cursor: undefined })]
}

function spacesOf(session: Session, cloudId: string, limit: number, parentId: string): Source {
  // By key, personal spaces come last: theirs begin with a tilde, and there is one for each employee.
  const path = `/api/v2/spaces?limit=${limit}&status=current&sort=key`
  return async (from) => {
    const { rows, cursor, base } = await fetchPage<Space>(session, cloudId, path, from)
    const entries = rows.flatMap(({ id, name, key, _links: links }) => {
      if (id === undefined) return []
      const webUrl = base === undefined || !links?.webui ? undefined : base + links.webui
      const space = formatId({ kind: 'space', cloudId, id })
      return [toPlaceEntry(space, name ?? key ?? 'Space', webUrl, parentId)]
    })
    return { entries, cursor }
  }
}

/** The pages that have none above them. */
function pagesOf(session: Session, space: Address, limit: number, parentId: string): Source {
  const { cloudId } = space
  const path = `/api/v2/spaces/${space.id}/pages?depth=root&status=current&sort=title&limit=${limit}`
  return async (from) => {
    const { rows, cursor, base } = await fetchPage<Content>(session, cloudId, path, from)
    const entries = rows.flatMap((page) =>
      page.id === undefined
        ? []
        : [toContentEntry(page, { kind: 'page', cloudId, id: page.id }, base, parentId)],
    )
    return { entries, cursor }
  }
}

/** A folder for the blog, where the space has one. */
function blogOf(session: Session, { cloudId, id }: Address, parentId: string): Source {
  const path = `/api/v2/spaces/${id}/blogposts?status=current&limit=1`
  return async () => {
    const { rows } = await fetchPage<Content>(session, cloudId, path, '')
    const blog = toPlaceEntry(formatId({ kind: 'blog', cloudId, id }), 'Blog', undefined, parentId)
    return { entries: rows.length === 0 ? [] : [blog], cursor: undefined }
  }
}

function postsOf(
  session: Session,
  { cloudId, id }: Address,
  limit: number,
  parentId: string,
): Source {
  const path = `/api/v2/spaces/${id}/blogposts?status=current&sort=-created-date&limit=${limit}`
  return async (from) => {
    const { rows, cursor, base } = await fetchPage<Content>(session, cloudId, path, from)
    const entries = rows.flatMap((post) =>
      post.id === undefined
        ? []
        : [toContentEntry(post, { kind: 'blogpost', cloudId, id: post.id }, base, parentId)],
    )
    return { entries, cursor }
  }
}

/** Folders, whiteboards and the rest stand between pages: only this call shows them, and what is below them. */
function childrenOf(
  session: Session,
  parent: Address & { readonly kind: ContentKind },
  limit: number,
  parentId: string,
): Source {
  const { cloudId } = parent
  const path = `${PATHS[parent.kind]}/${parent.id}/direct-children?limit=${limit}`
  return async (from) => {
    const { rows, cursor, base } = await fetchPage<Content>(session, cloudId, path, from)
    const current = rows.filter(({ status }) => status === undefined || status === 'current')
    const versions = await versionsOf(session, cloudId, current)
    const entries = current.flatMap((row) => {
      const kind = kindOf(row.type)
      if (kind === undefined || row.id === undefined) return []
      const content = { ...row, ...versions.get(row.id) }
      return [toContentEntry(content, { kind, cloudId, id: row.id }, base, parentId)]
    })
    return { entries, cursor }
  }
}

/** The rows of a tree do not say when they changed; the pages among them are asked for together. */
async function versionsOf(
  session: Session,
  cloudId: string,
  rows: readonly Content[],
): Promise<Map<string, Content>> {
  const ids = rows.filter(({ type }) => type === 'page').map(({ id }) => id)
  if (ids.length === 0) return new Map()
  const path = `/api/v2/pages?id=${ids.join(',')}&status=current&limit=${MAX_LIMIT}`
  const { rows: pages } = await fetchPage<Content>(session, cloudId, path, '')
  return new Map(
    pages.map(({ id = '', version, _links }) => [id, withoutEmpty({ version, _links })]),
  )
}

function withoutEmpty(fields: {
  version: Content['version'] | undefined
  _links: Content['_links'] | undefined
}): Content {
  return {
    ...(fields.version === undefined ? {} : { version: fields.version }),
    ...(fields._links === undefined ? {} : { _links: fields._links }),
  }
}

function attachmentsOf(session: Session, page: Address, limit: number, parentId: string): Source {
  const { cloudId } = page
  const above = page.kind === 'blogpost' ? PATHS.blogpost : PATHS.page
  const path = `${above}/${page.id}/attachments?status=current&limit=${limit}`
  return async (from) => {
    const { rows, cursor, base } = await fetchPage<Attachment>(session, cloudId, path, from)
    const entries = rows.map((row) => toAttachmentEntry(row, cloudId, base, parentId))
    return { entries, cursor }
  }
}
