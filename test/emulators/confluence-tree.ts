// The tree of REST v2: children, descendants and ancestors of what may contain content, and the types behind ids.
// Source: developer.atlassian.com/cloud/confluence/rest/v2/api-group-children, .../api-group-descendants, .../api-group-ancestors.
import { describeContainer } from './confluence-describe.ts'
import { notFound, v2Error } from './confluence-errors.ts'
import type { ConfluenceItem, ContainerType } from './confluence-items.ts'
import { BOOLEAN, cutPage, PAGING, readQuery, sortItems, sortOf } from './confluence-query.ts'
import type { Call } from './confluence-routes.ts'

/** Nothing that is trashed or a draft has a place in the tree. */
export function visibleChildren({ state, caller }: Call, parent: ConfluenceItem) {
  return state.items
    .childrenOf(parent.id)
    .filter(
      (item) =>
        item.type !== 'attachment' &&
        (item.status === 'current' || item.status === 'archived') &&
        state.sees(caller, item),
    )
}

export function describeChild(item: ConfluenceItem) {
  const { id, status, title, type, spaceId, position } = item
  return { id, status, title, type, spaceId, childPosition: position }
}

export function listChildren(call: Call, type: ContainerType): Response {
  const { c, state, caller, ids, reply } = call
  const query = readQuery(c, {
    ...PAGING,
    sort: sortOf('created-date', 'id', 'child-position', 'modified-date', 'title'),
  })
  const parent = state.item(caller, ids[0], type)
  const page = cutPage(state, c, query, 25, () =>
    sortItems(visibleChildren(call, parent), query.get('sort') ?? 'child-position').map(
      ({ id }) => id,
    ),
  )
  return reply.list(
    page,
    page.ids.flatMap((id) => state.items.items.get(id) ?? []).map(describeChild),
  )
}

/** Deprecated: pages alone, so that folders and everything below them are lost. */
export function listChildPages(call: Call): Response {
  const { c, state, caller, ids, reply } = call
  const query = readQuery(c, {
    ...PAGING,
    sort: sortOf('created-date', 'id', 'child-position', 'modified-date'),
  })
  const parent = state.item(caller, ids[0], 'page')
  const page = cutPage(state, c, query, 25, () => {
    const pages = visibleChildren(call, parent).filter(({ type }) => type === 'page')
    return sortItems(pages, query.get('sort') ?? 'child-position').map(({ id }) => id)
  })
  const rows = page.ids.flatMap((id) => {
    const item = state.items.items.get(id)
    if (item === undefined) return []
    const { title, status, spaceId, position } = item
    return [{ id, status, title, spaceId, childPosition: position }]
  })
  return reply.list(page, rows)
}

/** A parent comes before what is below it. */
export function listDescendants(call: Call, type: ContainerType): Response {
  const { c, state, caller, ids, reply } = call
  const query = readQuery(c, { ...PAGING, depth: /^(?:[1-9]|10)$/ })
  const top = state.item(caller, ids[0], type)
  const below = (parent: ConfluenceItem, levels: number): ConfluenceItem[] =>
    levels === 0
      ? []
      : visibleChildren(call, parent).flatMap((item) => [item, ...below(item, levels - 1)])
  const page = cutPage(state, c, query, 25, () =>
    below(top, Number(query.get('depth') ?? 2)).map(({ id }) => id),
  )
  const base = state.items.ancestorsOf(top).length
  const rows = page.ids.flatMap((id) => {
    const item = state.items.items.get(id)
    if (item === undefined) return []
    const depth = state.items.ancestorsOf(item).length - base
    return [{ ...describeChild(item), parentId: item.parentId, depth }]
  })
  return reply.list(page, rows)
}

/** The top first. */
export function listAncestors(call: Call, type: ContainerType): Response {
  const { c, state, caller, ids, reply } = call
  const query = readQuery(c, { limit: PAGING['limit'] ?? /^$/ })
  const item = state.item(caller, ids[0], type)
  const all = state.items.ancestorsOf(item).map(({ id, type: kind }) => ({ id, type: kind }))
  const rows = all.slice(-Number(query.get('limit') ?? 25))
  return reply.list({ ids: rows.map(({ id }) => id), next: undefined }, rows)
}

/** /folders/{id}, /whiteboards/{id}, /databases/{id}, /embeds/{id}. */
export function getContainer(call: Call, type: Exclude<ContainerType, 'page'>): Response {
  const { c, state, caller, ids, reply } = call
  const query = readQuery(c, {
    'include-collaborators': BOOLEAN,
    'include-direct-children': BOOLEAN,
    'include-operations': BOOLEAN,
    'include-properties': BOOLEAN,
  })
  const item = state.item(caller, ids[0], type)
  if (item.status === 'trashed') throw notFound()
  const children =
    query.get('include-direct-children') === 'true'
      ? { directChildren: { results: visibleChildren(call, item).slice(0, 50).map(describeChild) } }
      : {}
  return reply.one({ ...describeContainer(state, item), ...children })
}

/** POST /content/convert-ids-to-types. What is absent or not permitted has the type null. */
export async function convertIds({ c, state, caller, reply }: Call): Promise<Response> {
  readQuery(c, {})
  if (!(c.req.header('content-type') ?? '').startsWith('application/json')) {
    throw v2Error(415, 'The body must be JSON')
  }
  const ids = readContentIds(await c.req.text())
  const types = ids.map((id) => {
    const item = state.items.items.get(id)
    return [id, item !== undefined && state.sees(caller, item) ? item.type : null]
  })
  return reply.one({ results: Object.fromEntries(types) as object }, ids.length)
}

function readContentIds(text: string): string[] {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    throw v2Error(400, 'The body is not JSON')
  }
  const { contentIds, ...more } = Object(body) as { contentIds?: unknown }
  const isId = (id: unknown): id is string => typeof id === 'string' && /^(?:att)?\d+$/.test(id)
  if (!Array.isArray(contentIds) || !contentIds.every(isId) || Object.keys(more).length > 0) {
    throw v2Error(400, 'contentIds must be a list of ids')
  }
  if (contentIds.length === 0 || contentIds.length > 250) {
    throw v2Error(400, 'contentIds takes from 1 to 250 ids')
  }
  return contentIds
}
