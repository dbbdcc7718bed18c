// One item of the tree, and the way to it from the top.
import { Problem } from '../../problems/problem.ts'
import type { Entry, Location, Session } from '../contract.ts'
import {
  baseOf,
  fetchSite,
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
import { findById } from './search.ts'

type Step = Location['path'][number]

export const ROOT: Step = { id: 'root', name: 'Confluence' }
/** A way longer than this is shown from its lower end. */
const MAX_DEPTH = 40

export async function stat(session: Session, id: string): Promise<Entry> {
  if (id === 'root') return toPlaceEntry(ROOT.id, ROOT.name, undefined, undefined)
  const address = parseId(id)
  const { kind, cloudId } = address
  if (kind === 'attachment') {
    const attachment = await getAttachment(session, address)
    const { pageId, blogPostId } = attachment
    const parent =
      pageId === undefined
        ? blogPostId && formatId({ kind: 'blogpost', cloudId, id: blogPostId })
        : formatId({ kind: 'page', cloudId, id: pageId })
    return toAttachmentEntry(
      attachment,
      cloudId,
      baseOf(session, cloudId, attachment._links),
      parent,
    )
  }
  if (kind === 'site' || kind === 'space' || kind === 'blog') {
    const { name, path } = await locate(session, id)
    return toPlaceEntry(id, name, undefined, path.at(-1)?.id ?? ROOT.id)
  }
  const content = await findContent(session, { ...address, kind })
  const parent = parentOf(content, cloudId)
  return toContentEntry(
    content,
    { ...address, kind },
    baseOf(session, cloudId, content._links),
    parent && formatId(parent),
  )
}

export async function getAttachment(
  session: Session,
  { cloudId, id }: Address,
): Promise<Attachment> {
  const path = `/api/v2/attachments/${id}`
  const attachment = await fetchSite<Attachment>(session, cloudId, path)
  if (attachment.status === 'trashed') throw new Problem('item_not_found')
  return attachment
}

export async function getContent(
  session: Session,
  { kind, cloudId, id }: Address & { readonly kind: ContentKind },
): Promise<Content> {
  const content = await fetchSite<Content>(session, cloudId, `${PATHS[kind]}/${id}`)
  // What was thrown away can still be read by its id.
  if (content.status === 'trashed') throw new Problem('item_not_found')
  return content
}

/** The content above, or the space; undefined where the vendor names neither. */
function parentOf(
  { parentId, parentType, spaceId }: Content,
  cloudId: string,
): Address | undefined {
  const kind = kindOf(parentType)
  if (parentId && kind !== undefined) return { kind, cloudId, id: parentId }
  return spaceId === undefined ? undefined : { kind: 'space', cloudId, id: spaceId }
}

export async function locate(session: Session, folderId: string): Promise<Location> {
  if (folderId === 'root') return { ...ROOT, path: [] }
  const address = parseId(folderId)
  const { kind, cloudId } = address
  if (kind === 'attachment') throw new Problem('item_not_found', 'The item is not a folder.')
  const top = await wayToSite(session, cloudId)
  if (kind === 'site') {
    return { id: folderId, name: top.at(-1)?.name ?? ROOT.name, path: top.slice(0, -1) }
  }
  if (kind === 'space' || kind === 'blog') {
    const space = await getSpace(session, cloudId, address.id)
    if (kind === 'space') return { id: folderId, name: space.name, path: top }
    return { id: folderId, name: 'Blog', path: [...top, space] }
  }
  const content = await findContent(session, { ...address, kind })
  const path = [...top, ...(await wayBelow(session, cloudId, content, kind))]
  return { id: folderId, name: content.title ?? 'Untitled', path }
}

/** The top and, where the account has several, the site. */
async function wayToSite(session: Session, cloudId: string): Promise<Step[]> {
  const sites = await listSites(session)
  const site = sites.find(({ id }) => id === cloudId)
  if (site === undefined) throw withdrawn()
  const step = { id: formatId({ kind: 'site', cloudId, id: '' }), name: site.name }
  return sites.length === 1 ? [ROOT] : [ROOT, step]
}

async function getSpace(session: Session, cloudId: string, id: string): Promise<Step> {
  const space = await fetchSite<Space>(session, cloudId, `/api/v2/spaces/${id}`)
  return {
    id: formatId({ kind: 'space', cloudId, id }),
    name: space.name ?? space.key ?? 'Space',
  }
}

/** From the space down to what holds the content. */
async function wayBelow(
  session: Session,
  cloudId: string,
  content: Content,
  kind: ContentKind,
): Promise<Step[]> {
  const way: Step[] = []
  let at = content
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const parent = parentOf(at, cloudId)
    if (parent === undefined || parent.kind === 'space') break
    const above = parent as Address & { readonly kind: ContentKind }
    const found = await findContent(session, above)
    way.unshift({ id: formatId(above), name: found.title ?? 'Untitled' })
    at = found
  }
  const spaceId = at.spaceId ?? content.spaceId
  const space = spaceId === undefined ? [] : [await getSpace(session, cloudId, spaceId)]
  const blog =
    kind === 'blogpost' && spaceId !== undefined
      ? [{ id: formatId({ kind: 'blog', cloudId, id: spaceId }), name: 'Blog' }]
      : []
  return [...space, ...blog, ...way]
}

/** Whiteboards and the like need scopes of their own to be read. Their titles stand in the search index as well. */
async function findContent(
  session: Session,
  address: Address & { readonly kind: ContentKind },
): Promise<Content> {
  try {
    return await getContent(session, address)
  } catch (error) {
    const isHidden = error instanceof Problem && error.code === 'insufficient_scope'
    if (!isHidden || address.kind === 'page') throw error
    const found = await findById(session, address).catch(() => undefined)
    if (found !== undefined) return found
    return { title: address.kind.charAt(0).toUpperCase() + address.kind.slice(1) }
  }
}
