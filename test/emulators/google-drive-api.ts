// Drive v3's metadata methods: about, drives, files. Strict about parameters, fields, scopes and who may write what.
import { randomBytes } from 'node:crypto'
import type { Context } from 'hono'
import { applyMask, checkMask, parseMask, type Shape } from './fields-mask.ts'
import { FOLDER, isNative, md5Of, SHORTCUT, type GoogleFile } from './google-files.ts'
import { compileQuery } from './google-query.ts'
import { GoogleError, type GoogleCaller, type GoogleState } from './google-state.ts'

const FILE_SHAPE: Shape = {
  kind: true,
  id: true,
  name: true,
  mimeType: true,
  size: true,
  md5Checksum: true,
  sha256Checksum: true,
  parents: true,
  driveId: true,
  trashed: true,
  createdTime: true,
  modifiedTime: true,
  version: true,
  headRevisionId: true,
  webViewLink: true,
  owners: { kind: true, emailAddress: true, displayName: true, permissionId: true },
  ownedByMe: true,
  shared: true,
  resourceKey: true,
  shortcutDetails: { targetId: true, targetMimeType: true, targetResourceKey: true },
  exportLinks: true,
  capabilities: true,
}

const WRITE = ['drive', 'drive.file']
const READ = [...WRITE, 'drive.readonly', 'drive.metadata.readonly']

/** GET /about */
export function about(c: Context, state: GoogleState): Response {
  const caller = state.authorize(c, READ)
  const query = state.query(c, ['fields'])
  const mask = query.get('fields')
  if (mask === null)
    throw new GoogleError(400, 'required', "The 'fields' parameter is required for this method.")
  const { name, permissionId, quota } = state.profile(caller.account)
  const used = String(state.usedBy(caller.account))
  return answer(c, mask, ABOUT_SHAPE, {
    kind: 'drive#about',
    user: {
      kind: 'drive#user',
      displayName: name,
      me: true,
      permissionId,
      emailAddress: caller.account,
    },
    storageQuota: {
      ...(quota === undefined ? {} : { limit: String(quota) }),
      usage: used,
      usageInDrive: used,
      usageInDriveTrash: '0',
    },
  })
}

const ABOUT_SHAPE: Shape = {
  kind: true,
  user: { kind: true, displayName: true, me: true, permissionId: true, emailAddress: true },
  storageQuota: { limit: true, usage: true, usageInDrive: true, usageInDriveTrash: true },
}

/** GET /drives and /drives/{id}: drive and drive.readonly only. */
export function listDrives(c: Context, state: GoogleState): Response {
  const caller = state.authorize(c, ['drive', 'drive.readonly'])
  const query = state.query(c, ['pageSize', 'pageToken', 'q', 'fields'])
  const all = [...state.files.drives.values()].filter((drive) => drive.members.has(caller.account))
  const size = pageSize(query, 10, 100)
  const { rows, next } = page(state, query, all, size, 'drives')
  const shape: Shape = {
    kind: true,
    nextPageToken: true,
    drives: { kind: true, id: true, name: true },
  }
  return answer(c, query.get('fields'), shape, {
    kind: 'drive#driveList',
    nextPageToken: next,
    drives: rows.map(({ id, name }) => ({ kind: 'drive#drive', id, name })),
  })
}

export function getDrive(c: Context, state: GoogleState): Response {
  const caller = state.authorize(c, ['drive', 'drive.readonly'])
  const query = state.query(c, ['fields'])
  const drive = state.files.drives.get(c.req.param('id') ?? '')
  if (drive === undefined || !drive.members.has(caller.account)) {
    throw new GoogleError(404, 'notFound', 'Shared drive not found')
  }
  const shape: Shape = { kind: true, id: true, name: true }
  return answer(c, query.get('fields'), shape, {
    kind: 'drive#drive',
    id: drive.id,
    name: drive.name,
  })
}

const LIST_QUERY = [
  'q',
  'pageSize',
  'pageToken',
  'orderBy',
  'fields',
  'spaces',
  'corpora',
  'driveId',
  'supportsAllDrives',
  'includeItemsFromAllDrives',
]

/** GET /files */
export async function listFiles(c: Context, state: GoogleState): Promise<Response> {
  const caller = state.authorize(c, READ)
  const query = state.query(c, LIST_QUERY)
  const all = query.get('includeItemsFromAllDrives') === 'true'
  if (all && query.get('supportsAllDrives') !== 'true') {
    throw new GoogleError(400, 'invalid', 'includeItemsFromAllDrives requires supportsAllDrives')
  }
  const rows = select(state, caller, query, all)
  const sorted = sort(rows, query.get('orderBy'))
  const size = Math.min(pageSize(query, 100, 1000), state.settings.maxPage)
  const { rows: shown, next } = page(state, query, sorted, size, 'files')
  const shape: Shape = {
    kind: true,
    nextPageToken: true,
    incompleteSearch: true,
    files: FILE_SHAPE,
  }
  const fields = query.get('fields')
  const files = await Promise.all(
    shown.map((file) => describe(state, caller, file, fields === null)),
  )
  return answer(c, fields, shape, {
    kind: 'drive#fileList',
    incompleteSearch: false,
    nextPageToken: next,
    files,
  })
}

function select(
  state: GoogleState,
  caller: GoogleCaller,
  query: URLSearchParams,
  allDrives: boolean,
): GoogleFile[] {
  const { files } = state
  const text = query.get('q')
  const isSharedWithMe = (file: GoogleFile) =>
    file.owner !== caller.account && file.sharedWith.has(caller.account)
  let test = (_: GoogleFile) => true
  if (text !== null) {
    let compiled
    try {
      compiled = compileQuery(text, { rootId: files.rootOf(caller.account), isSharedWithMe })
    } catch (error) {
      throw new GoogleError(
        400,
        'invalid',
        error instanceof Error ? error.message : 'Invalid Value',
      )
    }
    if (compiled.usesFullText && query.get('orderBy')) {
      throw new GoogleError(
        400,
        'badRequest',
        'Sorting is not supported for queries with fullText terms.',
      )
    }
    for (const parent of compiled.parents) {
      if (files.find(caller.account, parent) === undefined) throw notFound(parent)
    }
    ;({ test } = compiled)
  }
  const roots = new Set([files.rootOf(caller.account), ...files.drives.keys()])
  return [...files.byId.values()].filter(
    (file) =>
      !roots.has(file.id) &&
      (allDrives || file.driveId === undefined) &&
      test(file) &&
      state.sees(caller, file),
  )
}

function sort(rows: GoogleFile[], orderBy: string | null): GoogleFile[] {
  const keys = (orderBy ?? '').split(',').filter((key) => key !== '')
  const isFolder = (file: GoogleFile) => (file.mimeType === FOLDER ? 0 : 1)
  for (const key of keys) {
    const known = ['folder', 'name', 'name_natural', 'modifiedTime', 'createdTime']
    if (!known.includes(key.replace(/ desc$/, ''))) {
      throw new GoogleError(400, 'invalid', `Invalid Value for orderBy: ${key}`)
    }
  }
  return rows.sort((a, b) => {
    for (const key of keys) {
      const order =
        key === 'folder'
          ? isFolder(a) - isFolder(b)
          : key.startsWith('name')
            ? COLLATOR.compare(a.name, b.name)
            : a.modifiedTime.localeCompare(b.modifiedTime)
      if (order !== 0) return key.endsWith(' desc') ? -order : order
    }
    return 0
  })
}

const COLLATOR = new Intl.Collator('en', { numeric: true })

function pageSize(query: URLSearchParams, preset: number, most: number): number {
  const text = query.get('pageSize') ?? String(preset)
  if (!/^\d+$/.test(text) || Number(text) < 1)
    throw new GoogleError(400, 'invalidParameter', 'pageSize')
  return Math.min(most, Number(text))
}

/** Tokens are bound to the request that they continue. */
function page<T>(
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

const FILE_QUERY = ['fields', 'supportsAllDrives', 'acknowledgeAbuse', 'alt']

/** GET /files/{id}, without alt=media. */
export async function getFile(c: Context, state: GoogleState): Promise<Response> {
  const caller = state.authorize(c, READ)
  const query = state.query(c, FILE_QUERY)
  const file = state.find(caller, c.req.param('id') ?? '', query)
  return sendFile(c, state, caller, file, query.get('fields'))
}

export async function sendFile(
  c: Context,
  state: GoogleState,
  caller: GoogleCaller,
  file: GoogleFile,
  fields: string | null,
): Promise<Response> {
  return answer(c, fields, FILE_SHAPE, await describe(state, caller, file, fields === null))
}

const CREATE_FIELDS = ['name', 'mimeType', 'parents', 'description', 'shortcutDetails', 'id']

/** POST /files: metadata only. */
export async function createFile(c: Context, state: GoogleState): Promise<Response> {
  const caller = state.authorize(c, WRITE)
  const query = state.query(c, ['fields', 'supportsAllDrives'])
  const body = await readMetadata(c, CREATE_FIELDS)
  const parent = writableParent(state, caller, body, query)
  const file = state.files.add(caller.account, {
    parent,
    name: typeof body['name'] === 'string' ? body['name'] : 'Untitled',
    mimeType: typeof body['mimeType'] === 'string' ? body['mimeType'] : 'application/octet-stream',
    byApp: true,
  })
  return sendFile(c, state, caller, file, query.get('fields'))
}

/** PATCH /files/{id} */
export async function updateFile(c: Context, state: GoogleState): Promise<Response> {
  const caller = state.authorize(c, WRITE)
  const query = state.query(c, ['fields', 'supportsAllDrives', 'addParents', 'removeParents'])
  const body = await readMetadata(c, ['name', 'trashed', 'description', 'parents', 'mimeType'])
  if ('parents' in body) {
    throw new GoogleError(
      403,
      'fieldNotWritable',
      'The parents field is not directly writable in update requests.',
    )
  }
  const file = state.find(caller, c.req.param('id') ?? '', query)
  state.checkWritable(caller, file)
  const add = query.get('addParents')
  if (add !== null) {
    const parent = state.find(caller, add, query)
    state.checkWritableParent(caller, parent)
    if (query.get('removeParents') !== file.parents[0]) {
      throw new GoogleError(
        403,
        'cannotAddParent',
        'Increasing the number of parents is not allowed',
      )
    }
    file.parents = [parent.id]
  }
  if (typeof body['name'] === 'string') file.name = body['name']
  if (typeof body['trashed'] === 'boolean') file.trashed = body['trashed']
  state.files.touch(file)
  return sendFile(c, state, caller, file, query.get('fields'))
}

/** DELETE /files/{id}: for good. */
export function deleteFile(c: Context, state: GoogleState): Response {
  const caller = state.authorize(c, WRITE)
  const file = state.find(caller, c.req.param('id') ?? '', state.query(c, ['supportsAllDrives']))
  state.checkWritable(caller, file)
  state.files.remove(file)
  return c.body(null, 204)
}

/** The folder that a new file is to go into. */
export function writableParent(
  state: GoogleState,
  caller: GoogleCaller,
  body: Record<string, unknown>,
  query: URLSearchParams,
): string {
  const { parents } = body
  if (parents === undefined) return 'root'
  if (!Array.isArray(parents) || parents.length !== 1 || typeof parents[0] !== 'string') {
    throw new GoogleError(400, 'invalid', 'A file has exactly one parent')
  }
  const parent = state.find(caller, parents[0], query)
  if (parent.mimeType !== FOLDER)
    throw new GoogleError(403, 'parentNotAFolder', 'The parent is not a folder')
  state.checkWritableParent(caller, parent)
  return parent.id
}

export async function readMetadata(
  c: Context,
  known: readonly string[],
): Promise<Record<string, unknown>> {
  if (!(c.req.header('content-type') ?? '').startsWith('application/json')) {
    throw new GoogleError(400, 'badContent', 'Unsupported content with type')
  }
  let body: unknown
  try {
    body = JSON.parse(await c.req.text())
  } catch {
    throw new GoogleError(400, 'parseError', 'Parse Error')
  }
  if (typeof body !== 'object' || body === null)
    throw new GoogleError(400, 'parseError', 'Parse Error')
  const unknown = Object.keys(body).find((name) => !known.includes(name))
  if (unknown !== undefined) throw new GoogleError(400, 'badRequest', `Unknown name "${unknown}"`)
  return body as Record<string, unknown>
}

async function describe(
  state: GoogleState,
  caller: GoogleCaller,
  file: GoogleFile,
  thin: boolean,
): Promise<object> {
  const basic = { kind: 'drive#file', id: file.id, name: file.name, mimeType: file.mimeType }
  if (thin) return basic
  if (file.content !== undefined) file.md5 ??= await md5Of(file.content)
  const parent = state.files.byId.get(file.parents[0] ?? '')
  const parents = parent !== undefined && state.sees(caller, parent) ? [parent.id] : undefined
  return {
    ...basic,
    ...(file.content === undefined
      ? isNative(file) && file.mimeType !== FOLDER && file.mimeType !== SHORTCUT
        ? { size: '1024', exportLinks: state.exportLinks(file) }
        : {}
      : {
          size: String(file.content.size),
          md5Checksum: file.md5,
          headRevisionId: `${file.id.slice(0, 8)}r${file.revision}`,
        }),
    parents,
    ...(file.driveId === undefined
      ? { ownedByMe: file.owner === caller.account }
      : { driveId: file.driveId }),
    trashed: file.trashed,
    createdTime: file.createdTime,
    modifiedTime: file.modifiedTime,
    version: String(file.version),
    webViewLink: `https://drive.google.com/file/d/${file.id}/view`,
    ...(file.target === undefined
      ? {}
      : { shortcutDetails: { targetId: file.target.id, targetMimeType: file.target.mimeType } }),
  }
}

function answer(c: Context, fields: string | null, shape: Shape, value: object): Response {
  if (fields === null) return c.json(value)
  let mask
  try {
    mask = parseMask(fields)
    checkMask(mask, shape)
  } catch (error) {
    const message = error instanceof Error ? error.message : 'Invalid field selection'
    throw new GoogleError(400, 'invalidParameter', message, 'fields')
  }
  return c.json(applyMask(value, mask) as object)
}

export function notFound(id: string): GoogleError {
  return new GoogleError(404, 'notFound', `File not found: ${id}.`, 'fileId')
}
