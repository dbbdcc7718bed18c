// One item, its revisions, and search by name. Source: files.stone, get_metadata, list_revisions, search:2.
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { describe, describeDeleted, describeFile, findItem } from './dropbox-describe.ts'
import { endpointError, malformed, nested } from './dropbox-errors.ts'
import type { DropboxItem } from './dropbox-items.ts'
import { listPath, metadataPath, NO_ROOT, parsePath, readPath } from './dropbox-paths.ts'
import { rpc, type DropboxCall, type DropboxRoute } from './dropbox-request.ts'
import { flag, optional, revisionName, tagOf } from './dropbox-union.ts'

const metadata = z.strictObject({
  path: metadataPath,
  include_media_info: flag(false),
  include_deleted: flag(false),
  include_has_explicit_shared_members: flag(false),
})

const revisions = z.strictObject({
  path: readPath,
  mode: tagOf('path', 'id').default('path'),
  limit: z.int().min(1).max(100).default(10),
  before_rev: optional(revisionName),
})

const search = z.strictObject({
  query: z.string().max(1000),
  options: z
    .strictObject({
      path: optional(listPath),
      max_results: z.int().min(1).max(1000).default(100),
      order_by: optional(tagOf('relevance', 'last_modified_time')),
      file_status: tagOf('active', 'deleted').default('active'),
      filename_only: flag(false),
      file_extensions: optional(z.array(z.string())),
    })
    .nullish(),
  match_field_options: z.strictObject({ include_highlights: flag(false) }).nullish(),
})

export interface Found {
  readonly account: string
  readonly items: readonly DropboxItem[]
  readonly size: number
}

/** A search finds no more than this. */
const MOST = 10_000

export const findRoutes: readonly DropboxRoute[] = [
  rpc('files/get_metadata', 'files.metadata.read', metadata, async (call, argument) => {
    const { state, caller } = call
    const gone = argument.include_deleted ? deletedAt(call, argument.path) : undefined
    if (gone !== undefined) return describeDeleted(state, gone)
    const item = await findItem(state, caller, argument.path)
    if (item.parent === undefined) throw malformed(`request body: path: ${NO_ROOT}`)
    return describe(state, caller, item)
  }),

  rpc('files/list_revisions', 'files.metadata.read', revisions, async (call, argument) => {
    const { state, caller } = call
    const item = await findItem(state, caller, argument.path)
    if (item.kind === 'folder') throw endpointError(nested('path', { '.tag': 'not_file' }))
    const all = [...item.revisions].reverse()
    const before = all.findIndex(({ rev }) => rev === argument.before_rev)
    if (argument.before_rev !== undefined && before === -1)
      throw endpointError('invalid_before_rev')
    const rest = all.slice(before + 1)
    const shown = rest.slice(0, argument.limit)
    const entries = []
    for (const one of shown) entries.push(await describeFile(state, caller, item, one))
    return { is_deleted: false, entries, has_more: rest.length > shown.length }
  }),

  rpc('files/search_v2', 'files.metadata.read', search, async (call, { query, options }) => {
    const { state, caller } = call
    const folder = await findItem(state, caller, options?.path ?? '')
    const words = query.toLowerCase().split(/\s+/).filter(Boolean)
    const endings = options?.file_extensions?.map((ending) => ending.toLowerCase())
    const seen = Date.now() - state.settings.indexDelay
    const fits = (item: DropboxItem) => {
      const name = item.name.toLowerCase()
      if (options?.file_status === 'deleted' || item.addedAt > seen) return false
      if (endings !== undefined && !endings.includes(name.split('.').at(-1) ?? '')) return false
      return words.length > 0 && words.every((word) => name.includes(word))
    }
    const items = state.files.below(folder).filter(fits).slice(0, MOST)
    const size = Math.min(options?.max_results ?? 100, state.settings.maxPage)
    return sendFound(call, { account: caller.person.email, items, size })
  }),

  rpc(
    'files/search/continue_v2',
    'files.metadata.read',
    z.strictObject({ cursor: z.string().min(1) }),
    (call, { cursor }) => {
      const found = call.state.searches.get(cursor)
      if (found?.account !== call.caller.person.email)
        throw malformed('request body: cursor: Invalid "cursor" parameter')
      return sendFound(call, found)
    },
  ),
]

/** Metadata is wrapped twice: a union that holds a union. */
async function sendFound({ state, caller }: DropboxCall, found: Found): Promise<object> {
  const matches = []
  for (const item of found.items.slice(0, found.size)) {
    if (!state.files.items.has(item.id)) continue
    const inner = await describe(state, caller, item)
    const metadata = { '.tag': 'metadata', metadata: inner }
    matches.push({ metadata, match_type: { '.tag': 'filename' } })
  }
  const items = found.items.slice(found.size)
  if (items.length === 0) return { matches, has_more: false, cursor: null }
  const cursor = `CUR${randomBytes(30).toString('base64url')}`
  state.searches.set(cursor, { ...found, items })
  return { matches, has_more: true, cursor }
}

/** Names from the root down of something that was deleted. */
function deletedAt({ state, caller }: DropboxCall, path: string): string[] | undefined {
  const { from, segments } = parsePath(path)
  const name = segments.at(-1)
  if (from !== 'root' || name === undefined) return undefined
  const { files } = state
  let folder: DropboxItem | undefined = caller.root.root
  for (const segment of segments.slice(0, -1))
    folder = folder === undefined ? undefined : files.child(folder, segment)
  if (folder === undefined) return undefined
  const gone = files.inside(folder).deleted.get(name.toLowerCase())
  const above = files.segments(folder, caller.root.id) ?? []
  return gone === undefined ? undefined : [...above, gone]
}
