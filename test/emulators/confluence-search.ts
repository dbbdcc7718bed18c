// The search of REST v1 by CQL, and who the caller is: v1's own paging, highlights and relative links.
// Source: developer.atlassian.com/cloud/confluence/rest/v1/api-group-search, .../api-group-users.
import { compileCql, type Query } from './confluence-cql.ts'
import { CqlError, type Indexed } from './confluence-cql-fields.ts'
import { baseOf, webuiOf } from './confluence-describe.ts'
import { v1Error } from './confluence-errors.ts'
import { lastVersion, type ConfluenceItem } from './confluence-items.ts'
import { cutPage } from './confluence-query.ts'
import { escapeHtml, renderText } from './confluence-render.ts'
import type { Call } from './confluence-routes.ts'

const COMMON = ['cql', 'cqlcontext', 'cursor', 'next', 'limit', 'start', 'expand']
const SEARCH_ONLY = ['prev', 'includeArchivedSpaces', 'excludeCurrentSpaces', 'excerpt']
const EXCERPTS = /^(?:highlight|indexed|none|highlight_unescaped|indexed_unescaped)$/

/** `search`: hits with excerpts. `content`: /content/search, the content alone. */
export function search(call: Call, kind: 'search' | 'content'): Response {
  const { c, state, caller, reply } = call
  const query = readSearch(call, kind)
  const began = Date.now()
  const cql = query.get('cql') ?? ''
  const compiled = compile(cql, call)
  const start = Number(query.get('start') ?? 0)
  const hits = hitsOf(call, compiled, query)
  const asked = Number(query.get('limit') ?? 25)
  // A larger limit than it serves is cut in silence, and the answer says to what.
  const limit = Math.min(asked, /body\./.test(query.get('expand') ?? '') ? 25 : 250)
  query.set('limit', String(limit))
  const page = cutPage(state, c, query, 25, () => hits.slice(start).map(({ id }) => id), v1Error)
  const results = page.ids
    .flatMap((id) => state.items.items.get(id) ?? [])
    .map((item) =>
      kind === 'content'
        ? describeContent(call, item, query)
        : describeHit(call, item, query, compiled),
    )
  const path = kind === 'content' ? '/rest/api/content/search' : '/rest/api/search'
  const repeated = new URLSearchParams({ limit: String(limit), cql })
  const next =
    page.next === undefined
      ? {}
      : { next: `${path}?next=true&${new URLSearchParams({ cursor: page.next })}&${repeated}` }
  return reply.one(
    {
      results,
      start,
      limit,
      size: results.length,
      ...(kind === 'content'
        ? {}
        : { totalSize: hits.length, cqlQuery: cql, searchDuration: Date.now() - began }),
      _links: {
        base: baseOf(caller),
        context: '/wiki',
        // Relative to the context: without /wiki, unlike v2.
        ...next,
        self: `${baseOf(caller)}${path}?${repeated}`,
      },
    },
    results.length,
  )
}

function readSearch({ c }: Call, kind: 'search' | 'content'): URLSearchParams {
  const query = new URL(c.req.url).searchParams
  const known = kind === 'content' ? COMMON : [...COMMON, ...SEARCH_ONLY]
  for (const name of new Set(query.keys())) {
    if (!known.includes(name) || query.getAll(name).length > 1) {
      throw v1Error(400, `Unknown or repeated parameter ${name}`)
    }
  }
  if ((query.get('cql') ?? '') === '') throw v1Error(400, 'CQL was not provided')
  for (const name of ['limit', 'start']) {
    if (!/^\d+$/.test(query.get(name) ?? '1')) throw v1Error(400, `${name} is no number`)
  }
  if (query.get('limit') === '0') throw v1Error(400, 'limit is 0')
  if (!EXCERPTS.test(query.get('excerpt') ?? 'highlight')) {
    throw v1Error(400, 'No excerpt strategy of this name')
  }
  for (const name of ['includeArchivedSpaces', 'excludeCurrentSpaces', 'next', 'prev']) {
    if (!/^(?:true|false)$/.test(query.get(name) ?? 'true'))
      throw v1Error(400, `${name} is no flag`)
  }
  return query
}

function compile(cql: string, { caller }: Call): Query {
  try {
    return compileCql(cql, caller.person.accountId, Date.now())
  } catch (error) {
    if (error instanceof CqlError) {
      throw v1Error(400, `Could not parse cql : ${cql} (${error.message})`)
    }
    throw error
  }
}

/** What the index knows: nothing that is archived, trashed or a draft, and nothing that is too new. */
function hitsOf(call: Call, query: Query, parameters: URLSearchParams): Indexed[] {
  const { state, caller } = call
  const indexedUntil = Date.now() - state.settings.indexLag * 1000
  const archivedToo = parameters.get('includeArchivedSpaces') === 'true'
  return state
    .visible(caller)
    .filter((item) => item.status === 'current')
    .filter((item) => archivedToo || state.items.space(item.spaceId).status === 'current')
    .filter((item) => Date.parse(lastVersion(item).createdAt) <= indexedUntil)
    .map((item) => indexOf(call, item))
    .filter(query.test)
    .sort(query.compare)
}

function indexOf({ state }: Call, item: ConfluenceItem): Indexed {
  const space = state.items.space(item.spaceId)
  const ancestors = state.items.ancestorsOf(item).map(({ id }) => id)
  const { storage, createdAt } = lastVersion(item)
  const attached = item.type === 'attachment'
  return {
    id: item.id,
    type: item.type,
    title: item.title,
    text: storage === '' ? '' : renderText(storage),
    spaceKey: space.key,
    spaceTitle: space.name,
    spaceType: space.type,
    ancestors: attached ? ancestors.slice(0, -1) : ancestors,
    parent: attached ? undefined : item.parentId,
    container: attached ? item.parentId : undefined,
    creator: item.author.accountId,
    labels: item.labels,
    created: item.createdAt,
    modified: createdAt,
  }
}

function describeHit(call: Call, item: ConfluenceItem, query: URLSearchParams, { words }: Query) {
  const { state } = call
  const { name, key } = state.items.space(item.spaceId)
  const excerpt = query.get('excerpt') ?? 'highlight'
  const mark = excerpt.startsWith('highlight') ? words : []
  const { storage, createdAt } = lastVersion(item)
  const text = storage === '' ? '' : renderText(storage).slice(0, 300)
  const url = webuiOf(state, item)
  return {
    content: describeContent(call, item, query),
    title: highlight(escapeHtml(item.title), mark),
    excerpt:
      excerpt === 'none'
        ? ''
        : highlight(excerpt.endsWith('_unescaped') ? text : escapeHtml(text), mark),
    url,
    resultGlobalContainer: { title: name, displayUrl: `/spaces/${key}` },
    breadcrumbs: [],
    entityType: 'content',
    iconCssClass: `aui-icon content-type-${item.type}`,
    lastModified: createdAt,
    friendlyLastModified: DAY.format(new Date(createdAt)),
    score: 0,
  }
}

const DAY = new Intl.DateTimeFormat('en-US', {
  month: 'short',
  day: '2-digit',
  year: 'numeric',
  timeZone: 'UTC',
})

/** Content in the format of v1; `expand` adds parts that are left out otherwise. */
function describeContent({ state }: Call, item: ConfluenceItem, query: URLSearchParams) {
  const expand = (query.get('expand') ?? '').split(',').map((one) => one.replace(/^content\./, ''))
  const { id, key, name } = state.items.space(item.spaceId)
  const { number, createdAt } = lastVersion(item)
  const container = state.items.items.get(item.parentId ?? '')
  const brief = (one: ConfluenceItem) => ({ id: one.id, type: one.type, title: one.title })
  return {
    id: item.id,
    type: item.type,
    status: item.status,
    title: item.title,
    ...(expand.includes('space') ? { space: { id, key, name, status: 'current' } } : {}),
    ...(expand.includes('version') ? { version: { number, when: createdAt } } : {}),
    ...(expand.includes('ancestors')
      ? { ancestors: state.items.ancestorsOf(item).map(brief) }
      : {}),
    ...(expand.includes('container') && container !== undefined
      ? { container: brief(container) }
      : {}),
    ...(expand.includes('extensions') && item.type === 'attachment'
      ? {
          extensions: {
            mediaType: item.mediaType,
            fileSize: lastVersion(item).content?.size ?? 0,
            fileId: item.fileId,
          },
        }
      : {}),
    _links: { webui: webuiOf(state, item) },
  }
}

function highlight(text: string, words: readonly string[]): string {
  if (words.length === 0) return text
  const escaped = words.map((word) => word.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  return text.replace(new RegExp(escaped.join('|'), 'giu'), '@@@hl@@@$&@@@endhl@@@')
}

export function currentUser({ c, caller, reply }: Call): Response {
  const query = new URL(c.req.url).searchParams
  const unknown = [...query.keys()].find((name) => name !== 'expand')
  if (unknown !== undefined) throw v1Error(400, `Unknown parameter ${unknown}`)
  const { accountId, name } = caller.person
  return reply.one(
    {
      type: 'known',
      accountId,
      accountType: 'atlassian',
      // Hidden unless the person shows it to everybody.
      email: '',
      publicName: name.split(' ')[0],
      displayName: name,
      profilePicture: { path: '/wiki/aa-avatar/default', width: 48, height: 48, isDefault: true },
      _links: { base: `https://${caller.site.host}/wiki`, context: '/wiki' },
    },
    2,
  )
}
