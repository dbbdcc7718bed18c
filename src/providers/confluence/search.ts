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
  type Space,
} from './api.ts'
import { ConfluenceRefusal } from './errors.ts'
import { type Address } from './ids.ts'

const MAX_LIMIT = 100
/** Folders at the top of one space that are shown, at most so many pages of them. */
const MAX_PAGES = 10

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

/** Every site in turn: the cursor says how far. */
export async function search(session: Session, options: SearchOptions): Promise<Page> {
  const sites = await listSites(session)
  const match = /^(\d{1,4}) (.*)$/s.exec(options.cursor ?? '0 ')
  const at = Number(match?.[1] ?? 0)
  const site = sites[at]
  if (site === undefined) return { entries: [], cursor: null }
  const text = quote(options.query)
  const cql = `type in (page,blogpost,attachment) and (title ~ ${text} or text ~ ${text})`
  const limit = Math.min(options.limit, MAX_LIMIT)
  const body = await fetchResults(session, site.id, cql, limit, match?.[2] ?? '')
  const entries = await Promise.all(
    (body.results ?? []).map(({ content, lastModified }) =>
      content === undefined
        ? undefined
        : toResult(session, site.id, content, lastModified, body._links?.base),
    ),
  )
  const next = cursorOf(body._links?.next)
  const following = at + 1 < sites.length ? `${at + 1} ` : null
  return {
    entries: entries.filter((entry) => entry !== undefined),
    cursor: next === undefined ? following : `${at} ${next}`,
  }
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
): Promise<{ readonly entries: readonly Entry[]; readonly cursor: undefined }> {
  try {
    const { key } = await fetchSite<Space>(session, cloudId, `/api/v2/spaces/${id}`)
    const found = key === undefined ? [] : await foldersOf(session, cloudId, key)
    const folders = await Promise.all(found.map((one) => fetchFolder(session, cloudId, one)))
    const entries = folders
      .filter((folder) => folder?.id !== undefined && !folder.parentId)
      .map((folder) =>
        toContentEntry(
          folder ?? {},
          { kind: 'folder', cloudId, id: folder?.id ?? '' },
          baseOf(session, cloudId, folder?._links),
          parentId,
        ),
      )
    return { entries, cursor: undefined }
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'insufficient_scope') throw error
    return { entries: [], cursor: undefined }
  }
}

async function foldersOf(session: Session, cloudId: string, key: string): Promise<string[]> {
  const cql = `type = folder and space = ${quote(key)}`
  const ids: string[] = []
  let cursor = ''
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const body = await fetchResults(session, cloudId, cql, MAX_LIMIT, cursor)
    for (const { content } of body.results ?? []) {
      if (content?.id !== undefined) ids.push(content.id)
    }
    const next = cursorOf(body._links?.next)
    if (next === undefined) break
    cursor = next
  }
  return ids
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
    if (error instanceof Problem && error.code === 'item_not_found') return undefined
    throw error
  }
}
