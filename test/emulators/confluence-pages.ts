// Spaces, pages and blog posts of REST v2: the listings and the single ones.
// Source: developer.atlassian.com/cloud/confluence/rest/v2/api-group-space, .../api-group-page, .../api-group-blog-post.
import { describePage, describeSpace, describeVersion } from './confluence-describe.ts'
import { notFound, v2Error } from './confluence-errors.ts'
import { compareIds, type ConfluenceItem, type Space, type Status } from './confluence-items.ts'
import {
  ANY,
  BOOLEAN,
  cutPage,
  IDS,
  KEYS,
  oneOf,
  PAGING,
  readQuery,
  someOf,
  sortItems,
  sortOf,
} from './confluence-query.ts'
import type { Call } from './confluence-routes.ts'
import { describeChild, visibleChildren } from './confluence-tree.ts'

const LIST_FORMAT = oneOf('storage', 'atlas_doc_format')
const PAGE_FORMAT = oneOf(
  'storage',
  'atlas_doc_format',
  'view',
  'export_view',
  'anonymous_export_view',
  'styled_view',
  'editor',
)

export function listSpaces({ c, state, caller, reply }: Call): Response {
  const query = readQuery(c, {
    ...PAGING,
    ids: IDS,
    keys: KEYS,
    type: oneOf(
      'global',
      'collaboration',
      'knowledge_base',
      'personal',
      'system',
      'onboarding',
      'xflow_sample_space',
    ),
    status: oneOf('current', 'archived'),
    labels: ANY,
    'favorited-by': ANY,
    'not-favorited-by': ANY,
    sort: sortOf('id', 'key', 'name'),
    'description-format': oneOf('plain', 'view'),
    'include-icon': BOOLEAN,
  })
  const ids = query.get('ids')?.split(',')
  const keys = query.get('keys')?.split(',')
  const page = cutPage(state, c, query, 25, () => {
    // Nobody here labels a space or stars one.
    if (query.has('labels') || query.has('favorited-by')) return []
    const spaces = state
      .spacesOf(caller)
      .filter(({ id }) => ids?.includes(id) ?? true)
      .filter(({ key }) => keys?.includes(key) ?? true)
      .filter(({ type }) => type === (query.get('type') ?? type))
      .filter(({ status }) => status === (query.get('status') ?? status))
    return sortSpaces(spaces, query.get('sort') ?? 'id').map(({ id }) => id)
  })
  return reply.list(
    page,
    page.ids.map((id) => describeSpace(state.items.space(id), query)),
  )
}

function sortSpaces(spaces: readonly Space[], sort: string): Space[] {
  const by = sort.replace('-', '') as 'id' | 'key' | 'name'
  const sign = sort.startsWith('-') ? -1 : 1
  return [...spaces].sort(
    (a, b) => sign * (by === 'id' ? compareIds(a.id, b.id) : a[by] < b[by] ? -1 : 1),
  )
}

export function getSpace({ c, state, caller, ids, reply }: Call): Response {
  const query = readQuery(c, {
    'description-format': oneOf('plain', 'view'),
    'include-icon': BOOLEAN,
    'include-operations': BOOLEAN,
    'include-properties': BOOLEAN,
    'include-permissions': BOOLEAN,
    'include-role-assignments': BOOLEAN,
    'include-labels': BOOLEAN,
  })
  return reply.one(describeSpace(state.space(caller, ids[0]), query))
}

/** /pages, /blogposts, and the same in a space. Without `status`, archived ones come too. */
export function listPages(call: Call, type: 'page' | 'blogpost', inSpace: boolean): Response {
  const { c, state, caller, ids, reply } = call
  const isPage = type === 'page'
  const sorts = ['id', 'created-date', 'modified-date', ...(isPage ? ['title'] : [])]
  const query = readQuery(c, {
    ...PAGING,
    ...(inSpace
      ? isPage && { depth: oneOf('all', 'root') }
      : {
          id: IDS,
          'space-id': /^\d+(?:,\d+){0,99}$/,
          ...(isPage && { subtype: oneOf('live', 'page') }),
        }),
    status: isPage
      ? someOf('current', 'archived', 'deleted', 'trashed')
      : someOf('current', 'deleted', 'trashed'),
    title: ANY,
    sort: sortOf(...sorts),
    'body-format': LIST_FORMAT,
  })
  const space = inSpace ? state.space(caller, ids[0]).id : undefined
  const page = cutPage(state, c, query, 25, () => {
    const statuses = (query.get('status') ?? 'current,archived').split(',')
    const wanted = query.get('id')?.split(',')
    const spaces = space === undefined ? query.get('space-id')?.split(',') : [space]
    const found = state
      .visible(caller)
      .filter((item) => item.type === type && statuses.includes(item.status))
      .filter(({ id }) => wanted?.includes(id) ?? true)
      .filter(({ spaceId }) => spaces?.includes(spaceId) ?? true)
      .filter(({ title }) => title === (query.get('title') ?? title))
      .filter(({ subtype }) => subtype === (query.get('subtype') ?? subtype))
      .filter(({ parentId }) => query.get('depth') !== 'root' || parentId === undefined)
    return sortItems(found, query.get('sort') ?? 'id').map(({ id }) => id)
  })
  const rows = itemsOf(call, page.ids).map((item) =>
    describePage(state, item, query.get('body-format')),
  )
  return reply.list(page, rows)
}

function itemsOf({ state }: Call, ids: readonly string[]): ConfluenceItem[] {
  return ids.flatMap((id) => state.items.items.get(id) ?? [])
}

/** /pages/{id} and /blogposts/{id}. Without `status`, what is trashed or a draft is not there. */
export function getPage(call: Call, type: 'page' | 'blogpost'): Response {
  const { c, state, caller, ids, reply } = call
  const query = readQuery(c, {
    'body-format': PAGE_FORMAT,
    'get-draft': BOOLEAN,
    status: someOf('current', 'archived', 'trashed', 'deleted', 'historical', 'draft'),
    version: /^[1-9]\d*$/,
    'include-labels': BOOLEAN,
    'include-properties': BOOLEAN,
    'include-operations': BOOLEAN,
    'include-likes': BOOLEAN,
    'include-versions': BOOLEAN,
    'include-version': BOOLEAN,
    'include-favorited-by-current-user-status': BOOLEAN,
    'include-webresources': BOOLEAN,
    'include-collaborators': BOOLEAN,
    ...(type === 'page' && { 'include-direct-children': BOOLEAN }),
  })
  const item = state.item(caller, ids[0], type)
  const statuses = (query.get('status') ?? 'current,archived').split(',') as Status[]
  if (!statuses.includes(item.status)) throw notFound()
  const number = query.get('version')
  const version = item.versions.find((one) => String(one.number) === number)
  if (number !== null && version === undefined) throw notFound()
  if (number !== null && query.get('get-draft') === 'true') {
    throw v2Error(400, 'A draft has no versions')
  }
  const extras: Record<string, () => object> = {
    'include-labels': () => ({
      labels: expanded(
        item.labels.map((name, id) => ({ id: String(id + 1), name, prefix: 'global' })),
      ),
    }),
    'include-versions': () => ({
      versions: expanded(item.versions.map((one) => describeVersion(item, one))),
    }),
    'include-properties': () => ({ properties: expanded([]) }),
    'include-operations': () => ({ operations: expanded([]) }),
    'include-likes': () => ({ likes: expanded([]) }),
    'include-direct-children': () => ({
      directChildren: expanded(visibleChildren(call, item).slice(0, 50).map(describeChild)),
    }),
  }
  const asked = Object.entries(extras).filter(([name]) => query.get(name) === 'true')
  return reply.one(
    Object.assign(
      describePage(state, item, query.get('body-format'), version),
      ...asked.map(([, extra]) => extra()),
    ) as object,
  )
}

/** What `include-` adds is one page of its own listing. */
const expanded = (results: readonly object[]) => ({
  results,
  meta: { hasMore: false, cursor: '' },
  _links: {},
})
