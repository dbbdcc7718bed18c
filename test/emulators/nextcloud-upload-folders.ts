// Finds and lists the upload folders of a user, without those that have expired.
import { dav, type Item } from './dav-xml.ts'
import { notFound } from './nextcloud-errors.ts'
import { entries, readPropfind } from './nextcloud-propfind.ts'
import { encodeSegment, type NextcloudRequest } from './nextcloud-request.ts'
import { discardUpload, type NextcloudState, type UploadFolder } from './nextcloud-state.ts'

/** The virtual file that the chunks become. */
export const FUTURE_FILE = '.file'

/** The live upload folders of a user; one that nobody used for a day is gone. */
export function uploadsOf(state: NextcloudState, user: string): Map<string, UploadFolder> {
  const folders = state.uploads.get(user) ?? new Map<string, UploadFolder>()
  const { now, uploadLifetimeMs } = state.settings
  for (const folder of folders.values()) {
    if (folder.usedAt + uploadLifetimeMs > now() || folder.assembling) continue
    discardUpload(folder)
    folders.delete(folder.name)
  }
  return folders
}

/** @throws DavError 404 for one that is unknown, finished or expired */
export function findUpload(request: NextcloudRequest, name: string): UploadFolder {
  const folder = uploadsOf(request.state, request.account.id).get(name)
  if (!folder) throw notFound(name)
  return folder
}

/** The upload folder with its chunks and the virtual file, or all upload folders; sizes, no contents. */
export async function listUploads(
  request: NextcloudRequest,
  name: string | undefined,
  part: string | undefined,
): Promise<Response> {
  const { depth, asked } = await readPropfind(request)
  const { base } = request.location
  interface Row {
    readonly path: string
    readonly size: number | undefined
    readonly modified: Date
  }
  const folderRow = (path: string): Row => ({ path, size: undefined, modified: new Date() })
  let rows: Row[]
  if (name === undefined) {
    const names = [...uploadsOf(request.state, request.account.id).keys()]
    rows = [folderRow(''), ...names.map((one) => folderRow(`${encodeSegment(one)}/`))]
  } else {
    const folder = findUpload(request, name)
    const root = `${encodeSegment(name)}/`
    const parts = [...folder.parts].map(([key, { content, modified }]): Row => ({
      path: root + encodeSegment(key),
      size: content.size,
      modified,
    }))
    const size = parts.reduce((sum, one) => sum + (one.size ?? 0), 0)
    rows = [folderRow(root), ...parts, { ...folderRow(root + FUTURE_FILE), size }]
    if (part !== undefined) rows = rows.filter(({ path }) => path === root + encodeSegment(part))
    if (rows.length === 0) throw notFound(part ?? name)
  }
  const shown = depth === 0 ? rows.slice(0, 1) : rows
  return entries(shown, ({ path, size, modified }): Item => {
    const values: Record<string, string> = {
      resourcetype: '',
      getlastmodified: modified.toUTCString(),
      ...(size === undefined ? {} : { getcontentlength: String(size) }),
    }
    const props =
      asked.kind === 'prop' ? asked.props : Object.keys(values).map((local) => ({ ns: dav, local }))
    const has = (prop: { ns: string; local: string }) => prop.ns === dav && prop.local in values
    const found = props
      .filter(has)
      .map(({ ns, local }) =>
        local === 'resourcetype' && size === undefined
          ? { ns, local, children: [{ local: 'collection' }] }
          : { ns, local, text: values[local] ?? '' },
      )
    return { href: base + path, found, missing: props.filter((prop) => !has(prop)) }
  })
}
