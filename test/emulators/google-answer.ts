// What Drive v3 answers: the file resource, partial responses by `fields`, and pages with opaque tokens.
import { randomBytes } from 'node:crypto'
import type { Context } from 'hono'
import { applyMask, checkMask, parseMask, type Mask, type Shape } from './fields-mask.ts'
import { hashContent } from './content.ts'
import { FOLDER, isNative, md5Of, SHORTCUT, type GoogleFile } from './google-files.ts'
import { GoogleError, type GoogleCaller, type GoogleState } from './google-state.ts'

const USER_SHAPE: Shape = {
  kind: true,
  displayName: true,
  photoLink: true,
  me: true,
  permissionId: true,
  emailAddress: true,
}

const CAPABILITIES = [
  'canDownload',
  'canEdit',
  'canRename',
  'canTrash',
  'canDelete',
  'canCopy',
  'canAddChildren',
  'canListChildren',
]

/** The documented names that are of use here; some of them (`description`) are never filled. */
export const FILE_SHAPE: Shape = {
  kind: true,
  id: true,
  name: true,
  mimeType: true,
  description: true,
  size: true,
  quotaBytesUsed: true,
  md5Checksum: true,
  sha1Checksum: true,
  sha256Checksum: true,
  parents: true,
  driveId: true,
  trashed: true,
  explicitlyTrashed: true,
  createdTime: true,
  modifiedTime: true,
  version: true,
  headRevisionId: true,
  originalFilename: true,
  fileExtension: true,
  fullFileExtension: true,
  iconLink: true,
  hasThumbnail: true,
  thumbnailLink: true,
  webViewLink: true,
  webContentLink: true,
  owners: USER_SHAPE,
  ownedByMe: true,
  shared: true,
  sharedWithMeTime: true,
  isAppAuthorized: true,
  resourceKey: true,
  appProperties: true,
  properties: true,
  shortcutDetails: { targetId: true, targetMimeType: true, targetResourceKey: true },
  exportLinks: true,
  capabilities: Object.fromEntries(CAPABILITIES.map((name) => [name, true as const])),
}

export const ABOUT_SHAPE: Shape = {
  kind: true,
  user: USER_SHAPE,
  storageQuota: { limit: true, usage: true, usageInDrive: true, usageInDriveTrash: true },
  maxUploadSize: true,
  exportFormats: true,
  importFormats: true,
  canCreateDrives: true,
}

/** Reads `fields`; undefined when it is left out. */
export function readFields(fields: string | null, shape: Shape): Mask | undefined {
  if (fields === null) return undefined
  try {
    const mask = parseMask(fields)
    checkMask(mask, shape)
    return mask
  } catch (error) {
    const message = error instanceof Error ? error.message : 'Invalid field selection'
    throw new GoogleError(400, 'invalidParameter', message, 'fields')
  }
}

export function answer(c: Context, fields: string | null, shape: Shape, value: object): Response {
  return c.json(applyMask(value, readFields(fields, shape)) as object)
}

export async function sendFile(
  c: Context,
  state: GoogleState,
  caller: GoogleCaller,
  file: GoogleFile,
  fields: string | null,
): Promise<Response> {
  const mask = readFields(fields, FILE_SHAPE)
  const value = await describeFile(state, caller, file, mask)
  return c.json(applyMask(value, mask) as object)
}

/** Without a mask only the four fields that the reference names; digests only when they are asked for. */
export async function describeFile(
  state: GoogleState,
  caller: GoogleCaller,
  file: GoogleFile,
  mask: Mask | undefined,
): Promise<object> {
  const basic = { kind: 'drive#file', id: file.id, name: file.name, mimeType: file.mimeType }
  if (mask === undefined) return basic
  const asks = (name: string) => mask.has(name) || mask.has('*')
  const { content } = file
  if (content !== undefined && asks('md5Checksum')) file.md5 ??= await md5Of(content)
  const parent = state.files.byId.get(file.parents[0] ?? '')
  const seesParent = parent !== undefined && state.sees(caller, parent)
  return {
    ...basic,
    ...(content === undefined
      ? nativeFields(state, file)
      : {
          size: String(content.size),
          md5Checksum: file.md5,
          ...(asks('sha1Checksum') ? { sha1Checksum: await hashContent(content, 'sha1') } : {}),
          ...(asks('sha256Checksum') ? { sha256Checksum: await hashContent(content) } : {}),
          headRevisionId: `${file.id.slice(0, 8)}r${file.revision}`,
          originalFilename: file.name,
        }),
    parents: seesParent ? [parent.id] : undefined,
    ...ownership(state, caller, file),
    trashed: state.files.isTrashed(file),
    explicitlyTrashed: file.trashed,
    createdTime: file.createdTime,
    modifiedTime: file.modifiedTime,
    version: String(file.version),
    isAppAuthorized: file.byApp,
    webViewLink: `https://drive.google.com/file/d/${file.id}/view`,
    ...(file.target === undefined
      ? {}
      : { shortcutDetails: { targetId: file.target.id, targetMimeType: file.target.mimeType } }),
    capabilities: capabilities(caller, file),
  }
}

/** Google's own documents state a size, too, which no download has. */
function nativeFields(state: GoogleState, file: GoogleFile): object {
  if (!isNative(file) || file.mimeType === FOLDER || file.mimeType === SHORTCUT) return {}
  return { size: '1024', exportLinks: state.exportLinks(file) }
}

/** Items of shared drives have no owners. */
function ownership(state: GoogleState, caller: GoogleCaller, file: GoogleFile): object {
  if (file.driveId !== undefined) return { driveId: file.driveId }
  const { name, permissionId } = state.profile(file.owner)
  const me = file.owner === caller.account
  const owner = { kind: 'drive#user', displayName: name, me, permissionId }
  return {
    owners: [{ ...owner, emailAddress: file.owner }],
    ownedByMe: me,
    shared: file.sharedWith.size > 0,
  }
}

/** What the user may do; what the client may do is another matter. */
function capabilities(caller: GoogleCaller, file: GoogleFile): Record<string, boolean> {
  const mayEdit = file.driveId !== undefined || file.owner === caller.account || file.byApp
  const isFolder = file.mimeType === FOLDER
  return {
    canDownload: !isFolder,
    canEdit: mayEdit,
    canRename: mayEdit,
    canTrash: mayEdit && file.parents.length > 0,
    canDelete: mayEdit && file.parents.length > 0,
    canCopy: !isFolder,
    canAddChildren: mayEdit && isFolder,
    canListChildren: isFolder,
  }
}

export function pageSize(query: URLSearchParams, preset: number, most: number): number {
  const text = query.get('pageSize') ?? String(preset)
  if (!/^\d+$/.test(text) || Number(text) < 1)
    throw new GoogleError(400, 'invalidParameter', 'pageSize', 'pageSize')
  return Math.min(most, Number(text))
}

/** Tokens are bound to the request that they continue. */
export function page<T>(
  state: GoogleState,
  query: URLSearchParams,
  rows: readonly T[],
  size: number,
  method: string,
): { rows: readonly T[]; next: string | undefined } {
  const own = new URLSearchParams(query)
  own.delete('pageToken')
  own.sort()
  const key = `${method} ${own.toString()}`
  const token = query.get('pageToken')
  const known = token === null ? undefined : state.pageTokens.get(token)
  if (token !== null && known?.key !== key) {
    throw new GoogleError(400, 'invalid', 'Invalid Value', 'pageToken')
  }
  const start = known?.offset ?? 0
  // Pages may be short, even empty, and still have a successor.
  const empty = state.settings.emptyPages && token === null
  const end = empty ? start : start + size
  if (end >= rows.length && !empty) return { rows: rows.slice(start), next: undefined }
  const next = `~!!~${randomBytes(18).toString('base64url')}`
  state.pageTokens.set(next, { key, offset: end })
  return { rows: rows.slice(start, end), next }
}
