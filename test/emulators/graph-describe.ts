// Writes drives and driveItems as Graph shows them: facets, references with their oddities, and nothing that was not selected.
import { GraphError, itemNotFound } from './graph-errors.ts'
import {
  etagOf,
  hashOf,
  mimeTypeOf,
  type GraphDrive,
  type GraphItem,
  type Library,
} from './graph-items.ts'
import { CONTOSO } from './graph-settings.ts'
import { isPersonal, type MicrosoftState } from './graph-state.ts'
import { collectionOf, SHAREPOINT } from './graph-tenant.ts'

const DOWNLOAD = '@microsoft.graph.downloadUrl'

export interface Describer {
  readonly state: MicrosoftState
  /** Makes a new pre-signed URL. */
  readonly downloadUrl: (item: GraphItem) => string
}

/** What of an item is wanted, and where it is shown: search results have no path. */
export interface View {
  readonly select?: readonly string[] | undefined
  readonly pathless?: boolean
}

/** The driveItem, with only what was selected. */
export async function describeItem(
  describer: Describer,
  item: GraphItem,
  view: View = {},
): Promise<Record<string, unknown>> {
  const { state } = describer
  const { items } = state
  const { select } = view
  const drive = items.drive(item.driveId)
  if (drive === undefined) throw itemNotFound()
  const wants = (name: string) => select === undefined || select.includes(name)
  const by = { user: { displayName: drive.owner, email: drive.owner } }
  const all: Record<string, unknown> = {
    // Vanishes unless it is selected, as soon as anything is.
    ...(item.kind === 'file' && wants(DOWNLOAD) ? { [DOWNLOAD]: describer.downloadUrl(item) } : {}),
    id: item.id,
    name: item.name,
    size: wants('size') ? items.sizeOf(item) : 0,
    eTag: etagOf(item),
    createdDateTime: item.created,
    lastModifiedDateTime: item.modified,
    webUrl: [webUrlOf(drive), ...items.pathOf(item).map(encodeURIComponent)].join('/'),
    createdBy: by,
    lastModifiedBy: by,
    fileSystemInfo: {
      createdDateTime: item.created,
      lastModifiedDateTime: item.clientModified ?? item.modified,
    },
    ...(await facetsOf(state, item, wants('file'))),
  }
  // Folders have a cTag on personal drives only.
  if (item.kind === 'file' || isPersonal(drive)) all['cTag'] = `"c:{${item.id}},${item.ctag}"`
  if (item.parent === undefined) all['root'] = {}
  // What is above a root is its drive, and no more is said of that.
  all['parentReference'] =
    item.parent === undefined
      ? { driveType: drive.type, driveId: drive.id }
      : referTo(state, drive, item.parent, view.pathless === true)
  return pick(all, select)
}

async function facetsOf(state: MicrosoftState, item: GraphItem, hashed: boolean): Promise<object> {
  switch (item.kind) {
    case 'folder':
      return { folder: { childCount: state.items.childrenOf(item.id).length } }
    case 'notebook':
      return { package: { type: 'oneNote' } }
    case 'link':
      return { remoteItem: describeRemote(state, item) }
    case 'file': {
      const hash = hashed ? await hashOf(item) : undefined
      const hashes = hash === undefined ? {} : { quickXorHash: hash }
      return { file: { mimeType: mimeTypeOf(item), hashes } }
    }
  }
}

function describeRemote(state: MicrosoftState, { target }: GraphItem): object | undefined {
  const item = target && state.items.items.get(target.itemId)
  const drive = target && state.items.drive(target.driveId)
  if (target === undefined || drive === undefined) return undefined
  // The link goes on naming what it led to, and says no more of it.
  if (item === undefined) return { id: target.itemId, parentReference: { driveId: drive.id } }
  // Personal drive ids lose their leading zero here (OneDrive/onedrive-api-docs issue 1890).
  const short = isPersonal(drive) && state.settings.oddDriveIds
  return {
    id: item.id,
    name: item.name,
    size: state.items.sizeOf(item),
    folder:
      item.kind === 'folder' ? { childCount: state.items.childrenOf(item.id).length } : undefined,
    file: item.kind === 'file' ? { mimeType: mimeTypeOf(item) } : undefined,
    webUrl: `https://${hostOf(drive)}/${encodeURIComponent(item.name)}`,
    parentReference: {
      driveId: short ? drive.id.replace(/^0/, '') : drive.id,
      driveType: drive.type,
      id: item.parent,
    },
  }
}

function referTo(
  state: MicrosoftState,
  drive: GraphDrive,
  parentId: string,
  pathless: boolean,
): object {
  const parent = state.items.items.get(parentId)
  // The same id is upper case at /me/drive and lower case here (issue 1902).
  const driveId =
    isPersonal(drive) && state.settings.oddDriveIds ? drive.id.toLowerCase() : drive.id
  const path = parent === undefined ? [] : state.items.pathOf(parent).map(encodeURIComponent)
  return {
    driveType: drive.type,
    driveId,
    id: parentId,
    name: parent?.name,
    ...(drive.library === undefined ? {} : { siteId: shownSiteId(state, drive.library) }),
    ...(pathless ? {} : { path: [`/drives/${driveId}/root:`, ...path].join('/') }),
  }
}

/** The reference promises the id of the site; what comes is the GUID of its collection. */
function shownSiteId({ settings }: MicrosoftState, { siteId }: Library): string {
  return settings.wholeSiteIds ? siteId : collectionOf(siteId)
}

/** Not shown unless it is selected. Source: learn.microsoft.com/graph/api/resources/sharepointids. */
function sharePointIdsOf({ siteId, path }: Library): object {
  const [, site, web] = siteId.split(',')
  const siteUrl = `https://${SHAREPOINT}${encodeURI(path.slice(0, path.lastIndexOf('/')))}`
  return { siteId: site, siteUrl, tenantId: CONTOSO, webId: web }
}

export function describeDrive(
  state: MicrosoftState,
  drive: GraphDrive,
  select: readonly string[] | undefined,
): Record<string, unknown> {
  const { library } = drive
  const quota = describeQuota(state, drive)
  const all = {
    id: drive.id,
    driveType: drive.type,
    name: library?.name ?? 'OneDrive',
    webUrl: webUrlOf(drive),
    owner:
      library === undefined
        ? { user: { displayName: drive.owner, email: drive.owner } }
        : { group: { displayName: `${drive.owner} Owners` } },
    ...(quota === undefined ? {} : { quota }),
    ...(library && select?.includes('sharePointIds')
      ? { sharePointIds: sharePointIdsOf(library) }
      : {}),
  }
  return pick(all, select)
}

export function webUrlOf(drive: GraphDrive): string {
  const path = drive.library?.path.split('/').map(encodeURIComponent).join('/')
  return `https://${hostOf(drive)}${path ?? '/personal/documents'}`
}

function describeQuota(state: MicrosoftState, drive: GraphDrive): object | undefined {
  const shown = drive.library?.quotaShown
  if (shown === 'none') return undefined
  // Unknown, not full.
  if (shown === 'zeros') return { total: 0, used: 0, remaining: 0, deleted: 0, state: 'normal' }
  const used = state.items.used(drive)
  const total = state.settings.full ? used : drive.quota
  const remaining = Math.max(0, total - used)
  const low = remaining < total / 100 ? 'critical' : 'nearing'
  return {
    total,
    used,
    remaining,
    deleted: 0,
    state: remaining === 0 ? 'exceeded' : remaining < total / 10 ? low : 'normal',
  }
}

export function pick(
  value: Record<string, unknown>,
  select: readonly string[] | undefined,
): Record<string, unknown> {
  if (select === undefined) return value
  return Object.fromEntries(Object.entries(value).filter(([name]) => select.includes(name)))
}

/** The file host behind a drive. */
export const hostOf = (drive: GraphDrive) =>
  drive.type === 'personal'
    ? 'my.microsoftpersonalcontent.com'
    : drive.type === 'business'
      ? 'contoso-my.sharepoint.com'
      : SHAREPOINT

/** The bytes of a file; 4xx for what has none. */
export function contentOf(item: GraphItem | undefined) {
  if (item === undefined) throw itemNotFound()
  if (item.content === undefined)
    throw new GraphError(400, 'invalidRequest', 'Only files have content')
  return item.content
}
