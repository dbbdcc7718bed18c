// The wire of Confluence Cloud behind Atlassian's gateway: REST v2, and what only v1 has.
// Source: developer.atlassian.com/cloud/confluence/rest/v2 and v1.
import { readJson, type BodyLimits } from '../../net/body.ts'
import { invalidField, Problem } from '../../problems/problem.ts'
import type { Entry, Session } from '../contract.ts'
import { ConfluenceRefusal, readRefusal } from './errors.ts'
import { formatId, type Address, type ContentKind } from './ids.ts'

export const ATLASSIAN = 'https://api.atlassian.com'

/** Which scope a path needs: the gateway says only that one is missing. */
const SCOPES: readonly (readonly [RegExp, string])[] = [
  [/^\/api\/v2\/spaces(?:\/\d+)?$/, 'read:space:confluence'],
  [/\/direct-children$/, 'read:hierarchical-content:confluence'],
  [/\/attachments?(?:\/|$)/, 'read:attachment:confluence'],
  [/^\/api\/v2\/folders\//, 'read:folder:confluence'],
  [/^\/api\/v2\/whiteboards\//, 'read:whiteboard:confluence'],
  [/^\/api\/v2\/databases\//, 'read:database:confluence'],
  [/^\/api\/v2\/embeds\//, 'read:embed:confluence'],
  [/^\/rest\/api\/(?:search$|user\/)/, 'read:content-details:confluence'],
]

/** Sends to a site. `path` is below `/wiki`, where both generations of the API begin; anything but a 2xx or 3xx becomes a Problem. */
export async function callSite(session: Session, cloudId: string, path: string): Promise<Response> {
  const response = await session.http({
    url: `${ATLASSIAN}/ex/confluence/${cloudId}/wiki${path}`,
    headers: { accept: 'application/json' },
  })
  if (response.status < 400) return response
  // Without its query, which holds what somebody looks for.
  const [place = ''] = path.split('?')
  const scope = SCOPES.find(([pattern]) => pattern.test(place))?.[1] ?? 'read:page:confluence'
  throw await readRefusal(response, scope, session.now())
}

/** The same, for an answer in JSON. */
export async function fetchSite<T>(
  session: Session,
  cloudId: string,
  path: string,
  limits?: BodyLimits,
): Promise<T> {
  const response = await callSite(session, cloudId, path)
  const body = await readJson(response, limits)
  if (typeof body !== 'object' || body === null) throw strangeAnswer()
  return body as T
}

export interface Site {
  readonly id: string
  readonly name: string
  readonly url: string | undefined
}

interface Resource {
  readonly id?: unknown
  readonly name?: unknown
  readonly url?: unknown
  readonly scopes?: readonly unknown[]
}

/** The sites that the account has given access to. One that has other products too is listed once for each. */
export async function listSites(session: Session): Promise<Site[]> {
  const response = await session.http({
    url: `${ATLASSIAN}/oauth/token/accessible-resources`,
    headers: { accept: 'application/json' },
  })
  if (!response.ok) throw await readRefusal(response, 'read:me', session.now())
  const body = await readJson<readonly Resource[] | null>(response)
  if (!Array.isArray(body)) throw strangeAnswer()
  const sites = new Map<string, Site>()
  for (const { id, name, url, scopes = [] } of body as readonly Resource[]) {
    const isConfluence = scopes.some((one) => String(one).includes('confluence'))
    if (typeof id !== 'string' || !isConfluence || sites.has(id)) continue
    const title = typeof name === 'string' && name !== '' ? name : 'Confluence'
    sites.set(id, { id, name: title, url: typeof url === 'string' ? url : undefined })
  }
  return [...sites.values()]
}

export interface Links {
  /** Of the next page, relative to the site: only its cursor is used. */
  readonly next?: string
  /** The site's address for people, `/wiki` included. */
  readonly base?: string
  readonly webui?: string
}

/** The site's address for people: an answer about a single thing need not have it, but it was told with the sites. */
export function baseOf(
  session: Session,
  cloudId: string,
  links: Links | undefined,
): string | undefined {
  const url = session.data[cloudId]
  return links?.base ?? (url === undefined ? undefined : `${url}/wiki`)
}

export interface Space {
  readonly id?: string
  readonly key?: string
  readonly name?: string
  readonly homepageId?: string | null
  readonly _links?: Links
}

/** A page, a blog post, a folder: what has a title and a place in a space. */
export interface Content {
  readonly id?: string
  readonly type?: string
  readonly status?: string
  readonly title?: string
  readonly spaceId?: string
  readonly parentId?: string | null
  readonly parentType?: string | null
  readonly version?: { readonly number?: number; readonly createdAt?: string }
  readonly body?: { readonly storage?: { readonly value?: string } }
  readonly _links?: Links
}

export interface Attachment {
  readonly id?: string
  readonly title?: string
  readonly status?: string
  readonly pageId?: string
  readonly blogPostId?: string
  readonly mediaType?: string
  /** Bytes. */
  readonly fileSize?: number
  readonly webuiLink?: string
  readonly version?: { readonly number?: number; readonly createdAt?: string }
  readonly _links?: Links
}

export interface Collection<T> {
  readonly results?: readonly T[]
  readonly _links?: Links
}

/** A page of a v2 collection, and the cursor of the next. */
export async function fetchPage<T>(
  session: Session,
  cloudId: string,
  path: string,
  cursor: string,
): Promise<{
  readonly rows: readonly T[]
  readonly cursor: string | undefined
  readonly base: string | undefined
}> {
  const at = cursor === '' ? path : `${path}&cursor=${encodeURIComponent(cursor)}`
  const body = await fetchSite<Collection<T>>(session, cloudId, at).catch((error: unknown) => {
    const ended = error instanceof ConfluenceRefusal && error.vendorStatus === 400
    throw ended && cursor !== '' ? expiredCursor() : error
  })
  if (!Array.isArray(body.results)) throw strangeAnswer()
  return {
    rows: body.results as readonly T[],
    cursor: cursorOf(body._links?.next),
    base: body._links?.base,
  }
}

/** The link leads to the site, where our token is refused; or lacks a part of its path (v1). Its cursor fits everywhere. */
export function cursorOf(next: string | undefined): string | undefined {
  if (next === undefined || !URL.canParse(next, ATLASSIAN)) return undefined
  return new URL(next, ATLASSIAN).searchParams.get('cursor') ?? undefined
}

export const expiredCursor = () =>
  invalidField('query.cursor', 'has expired; start again without it')

export function strangeAnswer(): Problem {
  return new Problem('provider_unavailable', 'Confluence gave an answer of an unknown shape.')
}

/** What a page can be downloaded as, the default first. */
export const PAGE_TYPES = ['text/markdown', 'text/plain', 'text/html'] as const

/** Where a call finds content of a kind. */
export const PATHS: Readonly<Record<ContentKind, string>> = {
  page: '/api/v2/pages',
  blogpost: '/api/v2/blogposts',
  folder: '/api/v2/folders',
  whiteboard: '/api/v2/whiteboards',
  database: '/api/v2/databases',
  embed: '/api/v2/embeds',
}

/** The kind that a type of the vendor's names; undefined for one that is unknown. */
export function kindOf(type: string | null | undefined): ContentKind | undefined {
  return type !== null && type !== undefined && type in PATHS ? (type as ContentKind) : undefined
}

/** A page is a folder that can be downloaded: it has children and attachments, and a text of its own. */
export function toContentEntry(
  content: Content,
  address: Address & { readonly kind: ContentKind },
  base: string | undefined,
  parentId?: string,
): Entry {
  const { version, _links: links } = content
  const hasText = address.kind === 'page' || address.kind === 'blogpost'
  const webui = links?.webui
  return {
    id: formatId(address),
    name: content.title === undefined || content.title === '' ? 'Untitled' : content.title,
    isFolder: true,
    size: null,
    mimeType: null,
    modifiedAt: version?.createdAt ?? null,
    etag: hasText && version?.number !== undefined ? String(version.number) : null,
    ...(base === undefined || webui === undefined ? {} : { webUrl: base + webui }),
    ...(hasText ? { exportableAs: PAGE_TYPES } : {}),
    ...(parentId === undefined ? {} : { parentId }),
  }
}

export function toAttachmentEntry(
  attachment: Attachment,
  cloudId: string,
  base: string | undefined,
  parentId?: string,
): Entry {
  const { id, title, mediaType, fileSize, version, webuiLink } = attachment
  if (id === undefined) throw strangeAnswer()
  return {
    id: formatId({ kind: 'attachment', cloudId, id }),
    name: title || 'Untitled',
    isFolder: false,
    size: fileSize ?? null,
    mimeType: mediaType ?? null,
    modifiedAt: version?.createdAt ?? null,
    etag: version?.number === undefined ? null : `${id}-${version.number}`,
    ...(base === undefined || webuiLink === undefined ? {} : { webUrl: base + webuiLink }),
    ...(parentId === undefined ? {} : { parentId }),
  }
}

/** Spaces, sites and the like: parts of Confluence itself. */
export function toPlaceEntry(
  id: string,
  name: string,
  webUrl: string | undefined,
  parentId: string | undefined,
): Entry {
  return {
    id,
    name,
    isFolder: true,
    size: null,
    mimeType: null,
    modifiedAt: null,
    etag: null,
    ...(webUrl === undefined ? {} : { webUrl }),
    ...(parentId === undefined ? {} : { parentId }),
    isFixed: true,
  }
}
