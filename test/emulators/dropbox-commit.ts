// Puts a file's bytes in their place: what counts as a conflict, what becomes of it, and which name is free.
// Source: files.stone, CommitInfo and WriteMode.
import { z } from 'zod'
import type { Content } from './content.ts'
import { contentHash } from './dropbox-hash.ts'
import { conflict, refusal, tooMany } from './dropbox-errors.ts'
import { hashOf, type DropboxItem } from './dropbox-items.ts'
import { writePathOrId } from './dropbox-paths.ts'
import type { DropboxCaller, DropboxPlace, DropboxState } from './dropbox-state.ts'
import { flag, optional, revisionName, timestamp } from './dropbox-union.ts'
import { garble } from './garble.ts'

const mode = z.union([
  z.enum(['add', 'overwrite']).transform((tag) => ({ '.tag': tag })),
  z.strictObject({ '.tag': z.enum(['add', 'overwrite']) }),
  z.strictObject({ '.tag': z.literal('update'), update: revisionName }),
])

export const commitFields = {
  path: writePathOrId,
  mode: mode.default({ '.tag': 'add' }),
  autorename: flag(false),
  client_modified: optional(timestamp),
  mute: flag(false),
  strict_conflict: flag(false),
}

export const commitShape = z.strictObject(commitFields)

export type CommitInfo = z.output<typeof commitShape>

/** Takes the content over, unless it throws why the path cannot be written. */
export async function commitFile(
  state: DropboxState,
  caller: DropboxCaller,
  info: CommitInfo,
  received: Content,
): Promise<DropboxItem> {
  const isGarbled = state.settings.garbledUploads > 0
  if (isGarbled) state.settings.garbledUploads -= 1
  const content = isGarbled ? garble(received) : received
  const hash = await contentHash(content)
  const before = state.place(caller, info.path).item?.revisions.at(-1)
  if (before !== undefined) await hashOf(before)
  return locked(state, caller, refusal('too_many_write_operations'), () => {
    const place = state.place(caller, info.path)
    state.checkWrite(caller, place.folder, place.item)
    const { files } = state
    const settled = settle(state, place, info, hash)
    if ('same' in settled) {
      content.discard()
      return settled.same
    }
    const old = 'replaced' in settled ? settled.replaced : undefined
    const freed = old?.revisions.at(-1)?.content.size ?? 0
    if (content.size - freed > state.quotaLeft(caller.person)) throw refusal('insufficient_space')
    const clientModified = info.client_modified
    if ('name' in settled) {
      const parent = makeFolders(state, place)
      return files.put({ parent, name: settled.name, content, hash, clientModified })
    }
    files.write(settled.replaced, content, hash, clientModified)
    return settled.replaced
  })
}

/** The file that has the bytes already or gets them, or the name of a new one. */
type Settled =
  { readonly same: DropboxItem } | { readonly replaced: DropboxItem } | { readonly name: string }

function settle(state: DropboxState, place: DropboxPlace, info: CommitInfo, hash: string): Settled {
  const { item, name } = place
  const { mode, strict_conflict: strict, autorename } = info
  const isUpdate = mode['.tag'] === 'update'
  const latest = item?.revisions.at(-1)
  const fits = isUpdate && latest?.rev === mode.update
  if (item === undefined && !(isUpdate && strict)) return { name }
  if (item !== undefined && latest !== undefined) {
    const forced = strict && mode['.tag'] !== 'overwrite' && !fits
    if (latest.hash === hash && !forced) return { same: item }
    if (mode['.tag'] === 'overwrite' || fits) return { replaced: item }
  }
  if (!autorename) throw conflict(item?.kind ?? 'file')
  const suffix = isUpdate ? ' (conflicted copy)' : ''
  return { name: freeName(state, place.folder, name, suffix) }
}

/** A number in parentheses, before the ending. */
export function freeName(
  { files }: DropboxState,
  folder: DropboxItem,
  name: string,
  suffix = '',
): string {
  const dot = name.lastIndexOf('.')
  const [stem, ending] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, '']
  for (let number = suffix === '' ? 1 : 0; ; number += 1) {
    const free = `${stem}${suffix}${number === 0 ? '' : ` (${number})`}${ending}`
    if (files.child(folder, free) === undefined) return free
  }
}

/** The folders that are missing on the way are made. */
export function makeFolders({ files }: DropboxState, place: DropboxPlace): DropboxItem {
  let parent = place.folder
  for (const name of place.missing) parent = files.put({ parent, name })
  return parent
}

/** One write at a time in an account, when the switch says so; the others are told the error. */
export async function locked<T>(
  { settings, busy }: DropboxState,
  { person }: DropboxCaller,
  error: Error,
  work: () => T,
): Promise<T> {
  if (settings.busyWrites > 0) {
    settings.busyWrites -= 1
    throw error
  }
  if (settings.writeLock === 0) return work()
  if (busy.has(person.email)) throw error
  busy.add(person.email)
  try {
    await new Promise((resolve) => setTimeout(resolve, settings.writeLock))
    return work()
  } finally {
    busy.delete(person.email)
  }
}

export const writesBusy = () => tooMany('too_many_write_operations')
