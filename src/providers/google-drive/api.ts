// The Drive v3 wire: requests, the file resource, and what of it makes an entry.
import { discard, readJson } from '../../net/body.ts'
import { Problem } from '../../problems/problem.ts'
import type { Entry, Session } from '../contract.ts'
import { exportTypes } from './export-types.ts'
import { FULL_SCOPE, READ_SCOPE, readRefusal } from './errors.ts'

export const API = 'https://www.googleapis.com/drive/v3'
export const FOLDER = 'application/vnd.google-apps.folder'
export const SHORTCUT = 'application/vnd.google-apps.shortcut'
const NATIVE = 'application/vnd.google-apps.'

/** Listings are the hot path: nothing is asked for that is not shown. */
export const ENTRY_FIELDS =
  'id,name,mimeType,size,modifiedTime,md5Checksum,headRevisionId,webViewLink,parents,' +
  'shortcutDetails(targetId,targetMimeType,targetResourceKey)'

/** The file resource, as far as it is asked for. int64 values are strings. */
export interface DriveFile {
  readonly id: string
  readonly name: string
  readonly mimeType: string
  readonly size?: string
  readonly modifiedTime?: string
  readonly md5Checksum?: string
  readonly headRevisionId?: string
  readonly webViewLink?: string
  readonly parents?: readonly string[]
  readonly trashed?: boolean
  readonly driveId?: string
  readonly exportLinks?: Readonly<Record<string, string>>
  readonly shortcutDetails?: {
    readonly targetId?: string
    readonly targetMimeType?: string
    readonly targetResourceKey?: string
  }
}

export interface DriveRequest {
  readonly method?: string
  readonly query?: Readonly<Record<string, string | undefined>>
  readonly json?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly replay?: boolean
}

/** Sends to the API. Anything but a 2xx becomes a Problem. `path` is below `/drive/v3`, its segments encoded. */
export async function callDrive(
  session: Session,
  path: string,
  request: DriveRequest = {},
): Promise<Response> {
  const { method = 'GET', json } = request
  const response = await session.http({
    url: withQuery(`${API}${path}`, request.query),
    method,
    headers: {
      accept: 'application/json',
      ...(json === undefined ? {} : { 'content-type': 'application/json; charset=UTF-8' }),
      ...request.headers,
    },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    ...(request.replay === undefined ? {} : { replay: request.replay }),
  })
  if (response.ok) return response
  throw await readRefusal(response, method === 'GET' ? READ_SCOPE : FULL_SCOPE, session.now())
}

/** The same, for an answer in JSON. */
export async function fetchDrive<T>(
  session: Session,
  path: string,
  request: DriveRequest = {},
): Promise<T> {
  const body = await readJson(await callDrive(session, path, request))
  if (typeof body !== 'object' || body === null) throw strangeAnswer()
  return body as T
}

/** The same, for an answer that nobody needs. */
export async function sendDrive(
  session: Session,
  path: string,
  request: DriveRequest,
): Promise<void> {
  await discard(await callDrive(session, path, request))
}

export function withQuery(url: string, query: DriveRequest['query'] = {}): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) params.set(name, value)
  }
  return `${url}?${params.toString()}`
}

/**
 * One file's metadata. `supportsAllDrives` stands on every call: items of shared drives are 404 without it. What lies in the bin
 * can still be asked for, but is gone for its user.
 */
export async function getFile(
  session: Session,
  id: string,
  fields: string,
  resourceKey?: string,
): Promise<DriveFile> {
  const file = await fetchDrive<DriveFile>(session, filePath(id), {
    query: { fields: `${fields},trashed`, supportsAllDrives: 'true' },
    ...(resourceKey === undefined ? {} : { headers: resourceKeyHeader(id, resourceKey) }),
  })
  if (typeof file.id !== 'string') throw strangeAnswer()
  if (file.trashed === true) throw new Problem('item_not_found', 'The item is in the bin.')
  return file
}

export function resourceKeyHeader(id: string, key: string): Record<string, string> {
  return /^[A-Za-z0-9_-]+$/.test(key) ? { 'x-goog-drive-resource-keys': `${id}/${key}` } : {}
}

/** Drive's ids need no escaping in a path or a query; what does is not one of them. */
export function filePath(id: string): string {
  return `/files/${checkId(id)}`
}

export function checkId(id: string): string {
  if (!/^[A-Za-z0-9_-]{1,200}$/.test(id)) throw new Problem('item_not_found')
  return id
}

export function strangeAnswer(): Problem {
  return new Problem('provider_unavailable', 'Google Drive gave an answer of an unknown shape.')
}

/** `parentId`: where the listing was made, as the caller knows that folder. */
export function toEntry(file: DriveFile, parentId?: string): Entry {
  const target = file.shortcutDetails
  const mimeType = target?.targetMimeType ?? file.mimeType
  const isDocument = mimeType.startsWith(NATIVE) && mimeType !== FOLDER && mimeType !== SHORTCUT
  const exportableAs = isDocument ? (exportTypes(mimeType) ?? []) : undefined
  const parent = parentId ?? file.parents?.[0]
  // A shortcut's own time does not change with what it leads to: only who follows it knows the version.
  const hasVersion = mimeType !== FOLDER && file.mimeType !== SHORTCUT
  return {
    id: file.id,
    name: file.name,
    isFolder: mimeType === FOLDER,
    // Google also reports a size for documents of its own, which no download has.
    size: file.size === undefined || mimeType.startsWith(NATIVE) ? null : Number(file.size),
    mimeType: mimeType === FOLDER ? null : mimeType,
    modifiedAt: file.modifiedTime ?? null,
    etag: hasVersion ? (file.headRevisionId ?? file.modifiedTime ?? null) : null,
    ...(file.md5Checksum === undefined
      ? {}
      : { hash: { algorithm: 'md5' as const, value: file.md5Checksum } }),
    ...(file.webViewLink === undefined ? {} : { webUrl: file.webViewLink }),
    ...(exportableAs === undefined ? {} : { exportableAs }),
    ...(parent === undefined ? {} : { parentId: parent }),
  }
}

/** Whether this is one of Google's own formats, which have no bytes. */
export const isNative = (mimeType: string) => mimeType.startsWith(NATIVE)

/** What a shortcut stands for; the file itself if it is none. A shortcut to a shortcut cannot be made. */
export async function followShortcut(session: Session, file: DriveFile): Promise<DriveFile> {
  const target = file.shortcutDetails
  if (file.mimeType !== SHORTCUT) return file
  if (target?.targetId === undefined) throw new Problem('item_not_found')
  const found = await getFile(session, target.targetId, ENTRY_FIELDS, target.targetResourceKey)
  if (found.mimeType === SHORTCUT) throw new Problem('item_not_found')
  return found
}
