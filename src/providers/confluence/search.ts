// Finds by CQL, which only v1 has: text in pages and titles, and the folders that no listing of a space shows.
// Source: developer.atlassian.com/cloud/confluence/advanced-searching-using-cql.
import { Problem } from '../../problems/problem.ts'
import type { Entry, Page, SearchOptions, Session } from '../contract.ts'
import {
  baseOf,
  cursorOf,
  expiredCursor,
  fetchSite,
  kindOf,
  listSites,
  strangeAnswer,
  toAttachmentEntry,
  toContentEntry,
  type Attachment,
  type Content,
  type Links,
  type Site,
  type Space,
} from './api.ts'
import { ConfluenceRefusal } from './errors.ts'
import { type Address } from './ids.ts'

const MAX_LIMIT = 100
/** Folders that are looked at together: each costs a call. */
const FOLDERS = 25
/** So many pages without one that is shown are passed over at a time. */
const MAX_PAGES = 4

interface Results {
  readonly results?: readonly {
    readonly content?: Content
    readonly title?: string
    readonly lastModified?: string
  }[]
  readonly _links?: Links
}

/** A string in CQL: quotes and backslashes escaped, so that what was typed stays what is looked for. */
const quote = (text: string) => `"${text.replace(/[\\"]/g, '\\$&')}"`

/** Without what the index takes for operators: it refuses them in the wrong place, and holds words only. */
const wordsOf = (text: string) => text.replace(/[*?~"()[\]{}^!+\\]/g, ' ').trim()

/** Where a search goes on: at which site, whether with the bare words, and behind which of its results. */
interface Place {
  readonly cloudId: string
  readonly isBare: boolean
  readonly from: string
}

function readPlace(cursor: string | null, sites: readonly Site[]): Place | undefined {
  const [, cloudId = sites[0]?.id, mark, from = ''] =
    /^([^ !]+)(!?) (.*)$/s.exec(cursor ?? '') ?? []
  return cloudId === undefined ? undefined : { cloudId, isBare: mark === '!', from }
}

/** Every site in turn. */
export async function search(session: Session, options: SearchOptions): Promise<Page> {
  const sites = await listSites(session)
  const place = readPlace(options.cursor, sites)
  if (place === undefined) return { entries: [], cursor: null }
  const at = sites.findIndex(({ id }) => id === place.cloudId)
  if (at < 0) throw expiredCursor()
  const { body, isBare } = await findText(session, options, place)
  const { cloudId } = place
  const entries = await Promise.all(
    (body.results ?? []).map(({ content, lastModified }) =>
      content === undefined
        ? undefined
        : toResult(session, cloudId, content, lastModified, body._links?.base),
    ),
  )
  const next = cursorOf(body._links?.next)
  const after = sites[at + 1]
  const following = after === undefined ? null : `${after.id} `
  return {
    entries: entries.filter((entry) => entry !== undefined),
    cursor: next === undefined ? following : `${cloudId}${isBare ? '!' : ''} ${next}`,
  }
}

/** What was typed may be a phrase in quotes, or have wildcards. What Confluence does not understand is looked for word by word. */
async function findText(
  session: Session,
  { query, limit }: SearchOptions,
  { cloudId, isBare, from }: Place,
): Promise<{ readonly body: Results; readonly isBare: boolean }> {
  const ask = (text: string) => {
    const cql = `type in (page,blogpost,attachment) and (title ~ ${quote(text)} or text ~ ${quote(text)})`
    return fetchResults(session, cloudId, cql, Math.min(limit, MAX_LIMIT), from)
  }
  if (!isBare) {
    try {
      return { body: await ask(query), isBare }
    } catch (error) {
      const isRefused = error instanceof ConfluenceRefusal && error.vendorStatus === 400
      if (!isRefused) throw error
    }
  }
  const words = wordsOf(query)
  return { body: words === '' ? { results: [] } : await ask(words), isBare: true }
}

/** What the index knows of one content; undefined for what it does not know. */
export async function findById(
  session: Session,
  { cloudId, id }: Address,
): Promise<Content | undefined> {
  const { results } = await fetchResults(session, cloudId, `id = ${id}`, 1, '')
  return results?.[0]?.content
}

async function fetchResults(
  session: Session,
  cloudId: string,
  cql: string,
  limit: number,
  cursor: string,
): Promise<Results> {
  const query = new URLSearchParams({ cql, limit: String(limit), excerpt: 'none' })
  if (cursor !== '') query.set('cursor', cursor)
  const path = `/rest/api/search?${query}`
  const body = await fetchSite<Results>(session, cloudId, path).catch((error: unknown) => {
    const ended = error instanceof ConfluenceRefusal && error.vendorStatus === 400
    throw ended && cursor !== '' ? expiredCursor() : error
  })
  if (!Array.isArray(body.results)) throw strangeAnswer()
  return body
}

async function toResult(
  session: Session,
  cloudId: string,
  content: Content,
  lastModified: string | undefined,
  base: string | undefined,
): Promise<Entry | undefined> {
  const { id, type } = content
  if (id === undefined) return undefined
  if (type === 'attachment') return findAttachment(session, cloudId, id, base)
  const kind = kindOf(type)
  if (kind === undefined) return undefined
  const entry = toContentEntry(content, { kind, cloudId, id }, base)
  return { ...entry, modifiedAt: entry.modifiedAt ?? lastModified ?? null }
}

/** A search result does not say how large an attachment is. The index lags: what is gone by now is left out. */
async function findAttachment(
  session: Session,
  cloudId: string,
  id: string,
  base: string | undefined,
): Promise<Entry | undefined> {
  try {
    const attachment = await fetchSite<Attachment>(session, cloudId, `/api/v2/attachments/${id}`)
    return toAttachmentEntry(attachment, cloudId, base)
  } catch (error) {
    const isGone = error instanceof Problem && error.code === 'item_not_found'
    const isHidden = error instanceof Problem && error.code === 'insufficient_scope'
    if (isGone || isHidden) return undefined
    throw error
  }
}

/**
 * The folders at the top of a space. No call lists them: all folders of the space are found, and those without a parent kept. An
 * account that may not search sees none.
 */
export async function rootFolders(
  session: Session,
  { cloudId, id }: Address,
  parentId: string,
  from: string,
): Promise<{ readonly entries: readonly Entry[]; readonly cursor: string | undefined }> {
  try {
    const { key } = await fetchSite<Space>(session, cloudId, `/api/v2/spaces/${id}`)
    if (key === undefined) return NOTHING
    const cql = `type = folder and space = ${quote(key)}`
    let cursor: string | undefined = from
    for (let pages = 0; cursor !== undefined && pages < MAX_PAGES; pages++) {
      const found: Results = await fetchResults(session, cloudId, cql, FOLDERS, cursor)
      cursor = cursorOf(found._links?.next)
      const ids = (found.results ?? []).flatMap(({ content }) => content?.id ?? [])
      const folders = await Promise.all(ids.map((one) => fetchFolder(session, cloudId, one)))
      const entries = folders.flatMap((folder) => toRootFolder(session, cloudId, folder, parentId))
      if (entries.length > 0) return { entries, cursor }
    }
    return { entries: [], cursor }
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'insufficient_scope') throw error
    return NOTHING
  }
}

const NOTHING = { entries: [], cursor: undefined }

function toRootFolder(
  session: Session,
  cloudId: string,
  folder: Content | undefined,
  parentId: string,
): Entry[] {
  if (folder?.id === undefined || folder.parentId) return []
  const address = { kind: 'folder', cloudId, id: folder.id } as const
  return [toContentEntry(folder, address, baseOf(session, cloudId, folder._links), parentId)]
}

/** Undefined for one that is gone, or out of sight. */
async function fetchFolder(
  session: Session,
  cloudId: string,
  id: string,
): Promise<Content | undefined> {
  try {
    return await fetchSite<Content>(session, cloudId, `/api/v2/folders/${id}`)
  } catch (error) {
    const isHidden =
      error instanceof Problem && ['item_not_found', 'access_denied'].includes(error.code)
    if (isHidden) return undefined
    throw error
  }
}
