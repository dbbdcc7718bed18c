// The Graph v1.0 wire: requests, the driveItem, and what of it makes an entry.
import { discard, readJson } from '../../net/body.ts'
import { Problem } from '../../problems/problem.ts'
import type { Entry, Session } from '../contract.ts'
import { formatId, normalizeDriveId, sameDrive, type Address } from './address.ts'
import { readRefusal, type GraphRefusal } from './errors.ts'
import { covers } from './sign-in.ts'

export const GRAPH = 'https://graph.microsoft.com'
const API = `${GRAPH}/v1.0`
/** Decorated traffic is throttled later: learn.microsoft.com/sharepoint/dev/general-development/how-to-avoid-getting-throttled. */
const USER_AGENT = 'ISV|Slipway|Slipway/1.0'

/** Listings are the hot path: nothing is asked for that is not shown. */
export const ENTRY_FIELDS =
  'id,name,size,file,folder,package,remoteItem,root,parentReference,eTag,cTag,lastModifiedDateTime,webUrl'

interface Facets {
  readonly size?: number
  readonly file?: {
    readonly mimeType?: string
    readonly hashes?: { readonly quickXorHash?: string }
  }
  readonly folder?: object
  readonly package?: object
}

/** The driveItem resource, as far as it is asked for. */
export interface DriveItem extends Facets {
  readonly id: string
  readonly name?: string
  readonly root?: object
  readonly eTag?: string
  readonly cTag?: string
  readonly lastModifiedDateTime?: string
  readonly webUrl?: string
  readonly '@microsoft.graph.downloadUrl'?: string
  readonly parentReference?: {
    readonly driveId?: string
    readonly id?: string
    readonly name?: string
    readonly path?: string
    readonly siteId?: string
  }
  readonly remoteItem?: Facets & {
    readonly id?: string
    readonly parentReference?: { readonly driveId?: string }
  }
}

export interface GraphRequest {
  readonly method?: string
  readonly json?: unknown
  readonly body?: BodyInit
  readonly contentType?: string
  readonly replay?: boolean
  readonly prefer?: string
}

/** Sends to the API. Anything but a 2xx or 3xx becomes a Problem. `path` is below `/v1.0`, or a next-page link as it was given. */
export async function callGraph(
  session: Session,
  path: string,
  request: GraphRequest = {},
): Promise<Response> {
  const { json, contentType = json === undefined ? undefined : 'application/json' } = request
  const body = json === undefined ? request.body : JSON.stringify(json)
  const response = await session.http({
    url: path.startsWith('/') ? API + path : path,
    method: request.method ?? 'GET',
    headers: {
      accept: 'application/json',
      'user-agent': USER_AGENT,
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
      ...(request.prefer === undefined ? {} : { prefer: request.prefer }),
    },
    ...(body === undefined ? {} : { body }),
    ...(request.replay === undefined ? {} : { replay: request.replay }),
  })
  if (response.status < 400) return response
  const refusal = await readRefusal(response, session.now())
  throw needsWiderScope(session, path, refusal) ?? refusal
}

/** The scope without which Graph refuses a path, where it was not granted. */
function needsWiderScope(
  session: Session,
  path: string,
  refusal: GraphRefusal,
): Problem | undefined {
  if (refusal.vendorStatus !== 403) return undefined
  const need = scopeOf(session, path)
  if (need === undefined || covers(session.scopes, need.scope)) return undefined
  return new Problem('insufficient_scope', need.detail, { scope: need.scope })
}

/** All but the first need an administrator's consent in most tenants. */
function scopeOf(
  session: Session,
  path: string,
): { readonly scope: string; readonly detail: string } | undefined {
  if (/^\/me\/joinedTeams/.test(path)) {
    return { scope: 'Team.ReadBasic.All', detail: 'The granted access does not cover Teams.' }
  }
  if (/^\/teams\/[^/]+\/channels(?:\?|$)/.test(path)) {
    return { scope: 'Channel.ReadBasic.All', detail: 'The granted access covers no channels.' }
  }
  if (/^\/(?:sites|me\/followedSites)(?:[/?]|$)/.test(path)) {
    return { scope: 'Sites.Read.All', detail: 'The granted access does not cover SharePoint.' }
  }
  const driveId = /^\/drives\/([^/?]+)/.exec(path)?.[1]
  const own = session.data['driveId'] ?? session.data['oneDrive']
  if (driveId === undefined && !/\/filesFolder/.test(path)) return undefined
  // `Files.ReadWrite` covers the user's own drive; what a shortcut leads to lies in another.
  const isOwn = driveId && own !== undefined && sameDrive(decodeURIComponent(driveId), own)
  if (isOwn) return undefined
  return {
    scope: 'Files.ReadWrite.All',
    detail: 'The granted access covers the account’s own drive; this item lies in another one.',
  }
}

/** The same, for an answer in JSON. */
export async function fetchGraph<T>(
  session: Session,
  path: string,
  request: GraphRequest = {},
): Promise<T> {
  const body = await readJson(await callGraph(session, path, request))
  if (typeof body !== 'object' || body === null) throw strangeAnswer()
  return body as T
}

/** The same, for an answer that nobody needs. */
export async function sendGraph(
  session: Session,
  path: string,
  request: GraphRequest,
): Promise<void> {
  await discard(await callGraph(session, path, request))
}

/** `/drives/{drive}/items/{item}`, or the drive's root. */
export function itemPath({ driveId, itemId }: Address): string {
  const drive = `/drives/${encodeURIComponent(driveId)}`
  return itemId === 'root' ? `${drive}/root` : `${drive}/items/${encodeURIComponent(itemId)}`
}

/** A child by its name: `{item}:/{name}`; a segment that follows needs another colon. */
export function childPath(parent: Address, name: string): string {
  return `${itemPath(parent)}:/${encodeURIComponent(name)}`
}

export async function getItem(
  session: Session,
  address: Address,
  fields = ENTRY_FIELDS,
): Promise<DriveItem> {
  return checkItem(await fetchGraph<DriveItem>(session, `${itemPath(address)}?$select=${fields}`))
}

/** The child of this name, or undefined. Names are compared without case, as OneDrive does. */
export async function findChild(
  session: Session,
  parent: Address,
  name: string,
): Promise<DriveItem | undefined> {
  try {
    const path = `${childPath(parent, name)}?$select=${ENTRY_FIELDS}`
    return checkItem(await fetchGraph<DriveItem>(session, path))
  } catch (error) {
    if (error instanceof Problem && error.code === 'item_not_found') return undefined
    throw error
  }
}

export function checkItem(item: DriveItem): DriveItem {
  if (typeof item.id !== 'string' || item.id === '') throw strangeAnswer()
  return item
}

export function strangeAnswer(): Problem {
  return new Problem('provider_unavailable', 'Microsoft gave an answer of an unknown shape.')
}

/** An item's own address; a shortcut's also says where it leads. `driveId`: the drive it was found in. */
export function addressOf(item: DriveItem, driveId: string): Address {
  const { remoteItem } = item
  const remoteDrive = remoteItem?.parentReference?.driveId
  const target =
    remoteItem?.id === undefined || remoteDrive === undefined
      ? undefined
      : { driveId: normalizeDriveId(remoteDrive), itemId: remoteItem.id }
  return { driveId, itemId: item.id, target }
}

/** `parentId`: where the listing was made, as the caller knows that folder. */
export function toEntry(
  session: Session,
  item: DriveItem,
  driveId: string,
  parentId?: string,
): Entry {
  const facets: Facets = item.remoteItem ?? item
  const isNotebook = (facets.package ?? item.package) !== undefined
  const isFolder = !isNotebook && (facets.folder ?? item.folder) !== undefined
  const file = isNotebook ? undefined : (facets.file ?? item.file)
  const hash = item.file?.hashes?.quickXorHash
  const isUnknownLink = item.remoteItem?.id !== undefined && !isNotebook
  const parent = parentId ?? parentOf(session, item, driveId)
  return {
    id:
      item.root === undefined
        ? formatId(session, addressOf(item, driveId))
        : rootId(session, driveId),
    name: item.name ?? '',
    isFolder,
    // A notebook has a size, but no content that could be downloaded.
    size: file === undefined || isFolder ? null : (facets.size ?? item.size ?? null),
    mimeType: isFolder ? null : (file?.mimeType ?? null),
    modifiedAt: item.lastModifiedDateTime ?? null,
    // A shortcut's own tag does not change with what it leads to.
    etag:
      file === undefined || isFolder || item.remoteItem ? null : (item.cTag ?? item.eTag ?? null),
    ...(hash === undefined ? {} : { hash: { algorithm: 'quickxor' as const, value: hash } }),
    ...(item.webUrl === undefined ? {} : { webUrl: item.webUrl }),
    // What a shortcut of no kind leads to is asked where its content is wanted: it may be gone.
    ...(isFolder || file !== undefined || isUnknownLink ? {} : { exportableAs: [] }),
    ...(parent === undefined ? {} : { parentId: parent }),
  }
}

function rootId(session: Session, driveId: string): string {
  return formatId(session, { driveId, itemId: 'root' })
}

function parentOf(session: Session, item: DriveItem, driveId: string): string | undefined {
  const parent = item.parentReference
  if (parent?.id === undefined) return undefined
  if (isRootPath(parent.path)) return rootId(session, driveId)
  return formatId(session, { driveId, itemId: parent.id })
}

/** `/drives/{id}/root:` is the top; below it a path follows the colon. */
export function isRootPath(path: string | undefined): boolean {
  return path !== undefined && /\/root:?$/.test(path)
}
