// Listings: pages by cursor, and cursors that go on to say what has changed since.
// Source: files.stone, list_folder, list_folder/continue, list_folder/get_latest_cursor, list_folder/longpoll.
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { describe, describeDeleted, findItem } from './dropbox-describe.ts'
import { endpointError, malformed, nested, tooMany } from './dropbox-errors.ts'
import type { DropboxItem } from './dropbox-items.ts'
import { listPath } from './dropbox-paths.ts'
import { notify, rpc, type DropboxCall, type DropboxRoute } from './dropbox-request.ts'
import type { DropboxCaller, DropboxState } from './dropbox-state.ts'
import { flag } from './dropbox-union.ts'

/** Something that is there, or the path of something that no longer is. */
type Row = DropboxItem | readonly string[]

const listing = z.strictObject({
  path: listPath,
  recursive: flag(false),
  include_media_info: flag(false),
  include_deleted: flag(false),
  include_has_explicit_shared_members: flag(false),
  include_mounted_folders: flag(true),
  include_non_downloadable_files: flag(true),
  limit: z.int().min(1).max(2000).nullish(),
})

type Listing = z.output<typeof listing>

/** Bound to the arguments, the account and the root of paths. */
export interface ListingCursor {
  readonly caller: DropboxCaller
  readonly listing: Listing
  readonly folder: DropboxItem
  readonly rows: readonly Row[]
  /** How many of the rows were told. */
  readonly told: number
  /** How many changes there were when the listing began. */
  readonly since: number
}

const cursorShape = z.strictObject({ cursor: z.string().min(1) })

export const listingRoutes: readonly DropboxRoute[] = [
  rpc('files/list_folder', 'files.metadata.read', listing, async (call, argument) => {
    const start = await begin(call, argument)
    const rows = rowsOf(call.state, start)
    return call.state.settings.emptyPages
      ? { entries: [], cursor: keep(call.state, { ...start, rows }), has_more: true }
      : page(call.state, { ...start, rows })
  }),

  rpc(
    'files/list_folder/get_latest_cursor',
    'files.metadata.read',
    listing,
    async (call, argument) => ({
      cursor: keep(call.state, await begin(call, argument)),
    }),
  ),

  rpc(
    'files/list_folder/continue',
    'files.metadata.read',
    cursorShape,
    async (call, { cursor }) => {
      const { state, caller } = call
      const known = open(state, cursor)
      if (known.caller.person !== caller.person) throw unknownCursor()
      // Another root has other paths: everything is to be listed anew.
      if (known.caller.root !== caller.root) throw endpointError('reset')
      if (state.settings.busyCursors) await hold(state.busy, cursor)
      return page(state, isDone(known) ? renew(state, known) : known)
    },
  ),

  notify(
    'files/list_folder/longpoll',
    z.strictObject({ cursor: z.string().min(1), timeout: z.int().min(30).max(480).default(30) }),
    async (c, state, { cursor, timeout }) => {
      const known = open(state, cursor)
      const end = Date.now() + timeout * 1000
      for (;;) {
        if (!isDone(known) || !isDone(renew(state, known))) return { changes: true }
        if (Date.now() >= end || c.env.outgoing.destroyed) return { changes: false }
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    },
  ),
]

async function begin({ state, caller }: DropboxCall, argument: Listing): Promise<ListingCursor> {
  const folder = await findItem(state, caller, argument.path)
  if (folder.kind === 'file') throw endpointError(nested('path', { '.tag': 'not_folder' }))
  return { caller, listing: argument, folder, rows: [], told: 0, since: state.files.changes.length }
}

function keep(state: DropboxState, cursor: ListingCursor): string {
  const name = `AAE${randomBytes(60).toString('base64url')}`
  state.listings.set(name, cursor)
  return name
}

const unknownCursor = () => malformed('request body: cursor: Invalid "cursor" parameter')

function open(state: DropboxState, name: string): ListingCursor {
  const cursor = state.listings.get(name)
  if (cursor === undefined) throw unknownCursor()
  if (state.settings.resetCursors > 0) {
    state.settings.resetCursors -= 1
    throw endpointError('reset')
  }
  if (!state.files.items.has(cursor.folder.id))
    throw endpointError(nested('path', { '.tag': 'not_found' }))
  return cursor
}

/** "Simultaneous calls with the same parameters may be refused" (files.stone, list_folder). */
async function hold(busy: Set<string>, cursor: string): Promise<void> {
  if (busy.has(cursor)) throw tooMany('too_many_requests')
  busy.add(cursor)
  await new Promise((resolve) => setTimeout(resolve, 30))
  busy.delete(cursor)
}

async function page(state: DropboxState, cursor: ListingCursor): Promise<object> {
  const { maxPage, overfullPages } = state.settings
  const size = Math.min(maxPage, cursor.listing.limit ?? maxPage) + (overfullPages ? 2 : 0)
  const entries: object[] = []
  for (const row of cursor.rows.slice(cursor.told, cursor.told + size)) {
    if (!isItem(row)) entries.push(describeDeleted(state, row))
    else if (state.files.items.has(row.id)) entries.push(await describe(state, cursor.caller, row))
  }
  const next = { ...cursor, told: cursor.told + size }
  return { entries, cursor: keep(state, next), has_more: !isDone(next) }
}

const isDone = ({ rows, told }: ListingCursor) => told >= rows.length

const isItem = (row: Row): row is DropboxItem => !Array.isArray(row)

function shows({ listing: asked }: ListingCursor, item: DropboxItem): boolean {
  if (item.mounts !== undefined && !asked.include_mounted_folders) return false
  return item.exports === undefined || asked.include_non_downloadable_files
}

function rowsOf(state: DropboxState, cursor: ListingCursor): Row[] {
  const { files } = state
  const { recursive, include_deleted: deleted } = cursor.listing
  const rows: Row[] = []
  const visit = (folder: DropboxItem): void => {
    for (const item of files.childrenOf(folder)) {
      if (!shows(cursor, item)) continue
      rows.push(item)
      if (recursive && item.kind === 'folder') visit(item)
    }
    if (!deleted) return
    const above = files.segments(folder, cursor.caller.root.id) ?? []
    for (const name of files.inside(folder).deleted.values()) rows.push([...above, name])
  }
  visit(cursor.folder)
  return rows
}

/** Goes on where the listing ended: what has changed since then, in the order in which it changed. */
function renew(state: DropboxState, cursor: ListingCursor): ListingCursor {
  const { files } = state
  const { caller, folder } = cursor
  const base = files.segments(folder, caller.root.id) ?? []
  const rows = new Map<string, Row>()
  for (const change of files.changes.slice(cursor.since)) {
    const root = files.namespaces.get(change.namespace)?.root
    const above = root === undefined ? undefined : files.segments(root, caller.root.id)
    if (above === undefined) continue
    const segments = [...above, ...change.segments]
    if (!isBelow(segments, base, cursor.listing.recursive)) continue
    const { item } = change
    const key = item?.id ?? segments.join('/').toLowerCase()
    if (item === undefined) {
      rows.delete(key)
      rows.set(key, segments)
    } else if (stands(state, item, caller, segments) && shows(cursor, item)) {
      rows.delete(key)
      rows.set(key, item)
    }
  }
  return { ...cursor, rows: [...rows.values()], told: 0, since: files.changes.length }
}

/** What has moved on or gone is told by a later change. */
function stands(
  { files }: DropboxState,
  item: DropboxItem,
  { root }: DropboxCaller,
  segments: readonly string[],
): boolean {
  if (!files.items.has(item.id)) return false
  return files.segments(item, root.id)?.join('/') === segments.join('/')
}

function isBelow(segments: readonly string[], base: readonly string[], deep: boolean): boolean {
  if (segments.length <= base.length || (!deep && segments.length > base.length + 1)) return false
  return base.every((name, index) => segments[index]?.toLowerCase() === name.toLowerCase())
}
