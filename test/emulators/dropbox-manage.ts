// Folders, moves, copies and deletions. Source: files.stone, create_folder:2, move:2, copy:2, delete:2.
import { z } from 'zod'
import { freeName, locked, makeFolders, writesBusy } from './dropbox-commit.ts'
import { describe, describeFolder } from './dropbox-describe.ts'
import { below, conflict, endpointError, refusal } from './dropbox-errors.ts'
import type { DropboxItem } from './dropbox-items.ts'
import { writePath, writePathOrId } from './dropbox-paths.ts'
import { rpc, type DropboxCall, type DropboxRoute } from './dropbox-request.ts'
import { homePathOf } from './dropbox-settings.ts'
import type { DropboxPlace } from './dropbox-state.ts'
import { flag, optional, revisionName } from './dropbox-union.ts'

const WRITE = 'files.content.write'

const folder = z.strictObject({ path: writePath, autorename: flag(false) })

const relocation = z.strictObject({
  from_path: writePathOrId,
  to_path: writePathOrId,
  autorename: flag(false),
  allow_shared_folder: flag(false),
  allow_ownership_transfer: flag(false),
})

const deletion = z.strictObject({
  path: writePathOrId,
  parent_rev: optional(revisionName),
})

/** More than this are not moved, copied or deleted at once. */
const MOST = 10_000

export const manageRoutes: readonly DropboxRoute[] = [
  rpc('files/create_folder_v2', WRITE, folder, (call, { path, autorename }) =>
    below('path', () =>
      write(call, () => {
        const { state, caller } = call
        const place = state.place(caller, path)
        state.checkWrite(caller, place.folder)
        const name = nameFor(call, place, autorename)
        const made = state.files.put({ parent: makeFolders(state, place), name })
        return { metadata: describeFolder(state, caller, made) }
      }),
    ),
  ),

  rpc('files/delete_v2', WRITE, deletion, async (call, { path, parent_rev: rev }) => {
    const { state, caller } = call
    const item = await below('path_lookup', () => state.find(caller, path))
    checkCount(call, item)
    const metadata = await describe(state, caller, item)
    return below('path_write', () =>
      write(call, () => {
        checkFixed(call, item)
        state.checkWrite(caller, item.parent, item)
        if (rev !== undefined && item.revisions.at(-1)?.rev !== rev) throw conflict(item.kind)
        state.files.remove(item)
        return { metadata }
      }),
    )
  }),

  rpc('files/move_v2', WRITE, relocation, async (call, argument) => {
    const { state, caller } = call
    const { item, place } = await findBoth(call, argument)
    const elsewhere = state.files.inside(place.folder).namespace !== item.namespace
    if (item.mounts !== undefined && elsewhere) throw endpointError('cant_move_shared_folder')
    if (state.files.within(item).includes(state.files.inside(place.folder)))
      throw endpointError('cant_move_folder_into_itself')
    await below('from_write', () => {
      checkFixed(call, item)
      state.checkWrite(caller, item.parent, item)
    })
    await below('to', () =>
      write(call, () => {
        state.checkWrite(caller, place.folder)
        const name = nameFor(call, place, argument.autorename)
        state.files.move(item, makeFolders(state, place), name)
      }),
    )
    return { metadata: await describe(state, caller, item) }
  }),

  rpc('files/copy_v2', WRITE, relocation, async (call, argument) => {
    const { state, caller } = call
    const { item, place } = await findBoth(call, argument)
    const all = [item, ...state.files.below(item)]
    if (all.includes(state.files.inside(place.folder)))
      throw endpointError('duplicated_or_nested_paths')
    const size = all.reduce((sum, one) => sum + (one.revisions.at(-1)?.content.size ?? 0), 0)
    if (size > state.quotaLeft(caller.person)) throw endpointError('insufficient_quota')
    const made = await below('to', () =>
      write(call, () => {
        state.checkWrite(caller, place.folder)
        const name = nameFor(call, place, argument.autorename)
        return state.files.copy(item, makeFolders(state, place), name)
      }),
    )
    return { metadata: await describe(state, caller, made) }
  }),
]

const write = <T>({ state, caller }: DropboxCall, work: () => T) =>
  locked(state, caller, writesBusy(), work)

async function findBoth(
  call: DropboxCall,
  { from_path: from, to_path: to }: z.output<typeof relocation>,
): Promise<{ item: DropboxItem; place: DropboxPlace }> {
  const { state, caller } = call
  const item = await below('from_lookup', () => state.find(caller, from))
  checkCount(call, item)
  const place = await below('to', () => state.place(caller, to))
  if (from === to) throw endpointError('duplicated_or_nested_paths')
  return { item, place }
}

/** A name that differs in its case alone is taken too: such a rename is not supported (files.stone, move:2). */
function nameFor({ state }: DropboxCall, place: DropboxPlace, autorename: boolean): string {
  if (place.item === undefined) return place.name
  if (!autorename) throw conflict(place.item.kind)
  return freeName(state, place.folder, place.name)
}

function checkCount({ state }: DropboxCall, item: DropboxItem): void {
  if (state.files.below(item).length >= MOST) throw endpointError('too_many_files')
}

/** Team folders and the members' own folders stay where they are. */
function checkFixed({ caller: { person } }: DropboxCall, item: DropboxItem): void {
  if (item.parent === undefined) throw refusal('no_write_permission')
  if (item.mounts === undefined || person.team === undefined) return
  throw refusal(item.name === homePathOf(person) ? 'no_write_permission' : 'team_folder')
}
