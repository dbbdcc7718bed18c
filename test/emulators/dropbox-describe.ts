// What Dropbox says of files and folders. Source: files.stone, Metadata and its subtypes.
import { below, refusal } from './dropbox-errors.ts'
import { hashOf, type DropboxItem, type DropboxRevision } from './dropbox-items.ts'
import type { DropboxCaller, DropboxState } from './dropbox-state.ts'

type Described = Record<string, unknown>

/** An item as a member of the Metadata union. */
export async function describe(
  state: DropboxState,
  caller: DropboxCaller,
  item: DropboxItem,
): Promise<Described> {
  return item.kind === 'folder'
    ? { '.tag': 'folder', ...describeFolder(state, caller, item) }
    : { '.tag': 'file', ...(await describeFile(state, caller, item)) }
}

/** Where the type is fixed, the tag is left out. */
export function describeFolder(
  state: DropboxState,
  caller: DropboxCaller,
  item: DropboxItem,
): Described {
  const above = sharedFolder(state, caller, item)
  const sharing = {
    read_only: !mayWrite(state, caller, item),
    ...(above === undefined ? {} : { parent_shared_folder_id: above }),
    ...(item.mounts === undefined ? {} : { shared_folder_id: item.mounts }),
    traverse_only: false,
    no_access: false,
  }
  const isShared = above !== undefined || item.mounts !== undefined
  return {
    ...describeName(state, caller, item),
    id: item.id,
    ...(item.mounts === undefined ? {} : { shared_folder_id: item.mounts }),
    ...(isShared ? { sharing_info: sharing } : {}),
  }
}

export async function describeFile(
  state: DropboxState,
  caller: DropboxCaller,
  item: DropboxItem,
  revision = latestOf(item),
): Promise<Described> {
  const { exports: rule } = item
  const above = sharedFolder(state, caller, item)
  const hash = rule === undefined ? await hashOf(revision) : undefined
  return {
    ...describeName(state, caller, item),
    id: item.id,
    client_modified: revision.clientModified,
    server_modified: revision.serverModified,
    rev: revision.rev,
    size: rule === undefined ? revision.content.size : 0,
    ...(above === undefined
      ? {}
      : {
          sharing_info: {
            read_only: !mayWrite(state, caller, item),
            parent_shared_folder_id: above,
          },
        }),
    ...(rule === undefined && state.settings.sparse ? {} : { is_downloadable: rule === undefined }),
    ...(rule === undefined
      ? {}
      : {
          export_info: {
            export_as: rule.exportAs,
            ...(rule.options === undefined ? {} : { export_options: rule.options }),
          },
        }),
    ...(hash === undefined ? {} : { content_hash: hash }),
  }
}

export function describeDeleted(state: DropboxState, segments: readonly string[]): Described {
  const name = segments.at(-1) ?? ''
  return { '.tag': 'deleted', name, ...describePath(state, segments) }
}

function describeName(state: DropboxState, caller: DropboxCaller, item: DropboxItem): Described {
  const segments = state.files.segments(item, caller.root.id)
  // What lies beside the caller's root has no path there.
  return { name: item.name, ...(segments === undefined ? {} : describePath(state, segments)) }
}

/** Only the last component of `path_display` is reliably cased (files.stone, Metadata.path_display). */
function describePath({ settings }: DropboxState, segments: readonly string[]): Described {
  const path = segments.map((segment) => `/${segment}`)
  const lower = path.join('').toLowerCase()
  const parents = path.slice(0, -1).join('')
  const display = `${settings.lowerParents ? parents.toLowerCase() : parents}${path.at(-1) ?? ''}`
  return { path_lower: lower, path_display: display }
}

/** The shared namespace that an item lies in, if it is not the caller's own. */
function sharedFolder(
  { files }: DropboxState,
  { person }: DropboxCaller,
  { namespace, parent }: DropboxItem,
): string | undefined {
  const shared = namespace !== person.home && files.isMounted(namespace)
  return shared && parent !== undefined ? namespace : undefined
}

function mayWrite({ files }: DropboxState, { person }: DropboxCaller, item: DropboxItem): boolean {
  const namespace = files.namespaces.get(files.inside(item).namespace)
  return namespace?.members.get(person.email) === true
}

export function latestOf(item: DropboxItem): DropboxRevision {
  const latest = item.revisions.at(-1)
  if (latest === undefined) throw refusal('not_file')
  return latest
}

/** Throws `path/not_found` and the like, where a route has its reasons below `path`. */
export function findItem(
  state: DropboxState,
  caller: DropboxCaller,
  path: string,
): Promise<DropboxItem> {
  return below('path', () => state.find(caller, path))
}
