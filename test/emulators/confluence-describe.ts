// Spaces and content as REST v2 writes them.
// Source: developer.atlassian.com/cloud/confluence/rest/v2/api-group-page, .../api-group-space, .../api-group-attachment.
import { lastVersion, type ConfluenceItem, type Space, type Version } from './confluence-items.ts'
import { escapeHtml, renderAdf, renderHtml } from './confluence-render.ts'
import type { ConfluenceState } from './confluence-state.ts'

/** Where the people of a site read it; nothing under it takes a token. */
export const baseOf = (space: Pick<Space, 'site'>) => `https://${space.site.host}/wiki`

export function describeSpace(space: Space, query: URLSearchParams): object {
  const format = query.get('description-format')
  const value = `About ${space.name}`
  return {
    id: space.id,
    key: space.key,
    name: space.name,
    type: space.type,
    status: space.status,
    authorId: space.author.accountId,
    createdAt: space.createdAt,
    homepageId: space.homepageId ?? null,
    currentActiveAlias: space.key,
    description:
      format === null
        ? null
        : {
            [format]: {
              representation: format,
              value: format === 'view' ? `<p>${escapeHtml(value)}</p>` : value,
            },
          },
    icon: query.get('include-icon') === 'true' ? { path: '/images/logo.png' } : null,
    _links: { webui: `/spaces/${space.key}` },
  }
}

/** Web addresses without the site's base. */
export function webuiOf(state: ConfluenceState, item: ConfluenceItem): string {
  const { key } = state.items.space(item.spaceId)
  const slug = encodeURIComponent(item.title).replaceAll('%20', '+')
  if (item.type === 'page') return `/spaces/${key}/pages/${item.id}/${slug}`
  if (item.type === 'blogpost') {
    const day = item.createdAt.slice(0, 10).replaceAll('-', '/')
    return `/spaces/${key}/blog/${day}/${item.id}/${slug}`
  }
  if (item.type !== 'attachment') return `/spaces/${key}/${item.type}/${item.id}`
  return `/pages/viewpageattachments.action?pageId=${item.parentId}&preview=%2F${item.parentId}%2F${item.id.slice(3)}%2F${slug}`
}

export function describeVersion(item: ConfluenceItem, { number, createdAt, message }: Version) {
  return { number, message, minorEdit: false, authorId: item.author.accountId, createdAt }
}

/** A page or a blog post. Without a format there is no body. */
export function describePage(
  state: ConfluenceState,
  item: ConfluenceItem,
  format: string | null,
  version: Version = lastVersion(item),
): object {
  const parent = item.parentId === undefined ? undefined : state.items.items.get(item.parentId)
  const person = item.author.accountId
  const place =
    item.type === 'blogpost'
      ? {}
      : {
          parentId: parent?.id ?? null,
          parentType: parent?.type ?? null,
          position: item.position,
          subtype: item.subtype,
          ownerId: person,
          lastOwnerId: null,
        }
  return {
    id: item.id,
    status: item.status,
    title: item.title,
    spaceId: item.spaceId,
    ...place,
    authorId: person,
    createdAt: item.createdAt,
    version: describeVersion(item, version),
    body: format === null ? {} : describeBody(format, version.storage),
    _links: {
      webui: webuiOf(state, item),
      editui: `/pages/resumedraft.action?draftId=${item.id}`,
      tinyui: `/x/${Buffer.from(item.id.slice(-6)).toString('base64url')}`,
    },
  }
}

function describeBody(format: string, storage: string): object {
  const values: Readonly<Record<string, () => string>> = {
    storage: () => storage,
    editor: () => storage,
    atlas_doc_format: () => renderAdf(storage),
  }
  const value = (values[format] ?? (() => renderHtml(storage)))()
  return { [format]: { representation: format, value } }
}

/** A folder, a whiteboard, a database or a Smart Link: nothing that could be read. */
export function describeContainer(state: ConfluenceState, item: ConfluenceItem): object {
  const parent = item.parentId === undefined ? undefined : state.items.items.get(item.parentId)
  return {
    id: item.id,
    type: item.type,
    status: item.status,
    title: item.title,
    parentId: parent?.id ?? null,
    parentType: parent?.type ?? null,
    position: item.position,
    authorId: item.author.accountId,
    ownerId: item.author.accountId,
    createdAt: item.createdAt,
    spaceId: item.spaceId,
    version: describeVersion(item, lastVersion(item)),
    _links: { webui: webuiOf(state, item) },
  }
}

export function describeAttachment(
  state: ConfluenceState,
  item: ConfluenceItem,
  version: Version = lastVersion(item),
): object {
  const modified = Date.parse(version.createdAt)
  // For browsers with a session of the site: the gateway serves nothing there.
  const download = `/download/attachments/${item.parentId}/${encodeURIComponent(item.title)}?version=${version.number}&modificationDate=${modified}&cacheVersion=1&api=v2`
  const webui = webuiOf(state, item)
  const page = state.items.items.get(item.parentId ?? '')
  return {
    id: item.id,
    status: item.status,
    title: item.title,
    createdAt: item.createdAt,
    ...(page?.type === 'blogpost' ? { blogPostId: page.id } : { pageId: page?.id }),
    mediaType: item.mediaType,
    mediaTypeDescription: describeMediaType(item.mediaType),
    comment: '',
    fileId: item.fileId,
    fileSize: version.content?.size ?? 0,
    webuiLink: webui,
    downloadLink: download,
    version: describeVersion(item, version),
    _links: { webui, download },
  }
}

function describeMediaType(mediaType: string): string {
  if (mediaType === 'application/pdf') return 'PDF Document'
  if (mediaType.startsWith('image/')) return 'Image'
  return mediaType.startsWith('text/') ? 'Text File' : 'File'
}
