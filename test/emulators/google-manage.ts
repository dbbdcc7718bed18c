// Drive v3's writing methods: create, update, copy, delete, generateIds; and who may write where under which scope.
import type { Context } from 'hono'
import { contentOfBytes } from './content.ts'
import { sendFile } from './google-answer.ts'
import { FOLDER, newId, SHORTCUT, type GoogleFile } from './google-files.ts'
import { GoogleError, type GoogleCaller, type GoogleState } from './google-state.ts'

const WRITE = ['drive', 'drive.file']
const NATIVE = 'application/vnd.google-apps.'

/** POST /files: metadata only, so what is no folder, shortcut or document is an empty file. */
export async function createFile(c: Context, state: GoogleState): Promise<Response> {
  const caller = state.authorize(c, WRITE)
  const query = state.query(c, ['fields', 'supportsAllDrives'])
  const body = await readMetadata(c, {
    name: isString,
    mimeType: isString,
    parents: isParents,
    shortcutDetails: isTarget,
    id: isString,
  })
  const parent = writableParent(state, caller, body, query)
  const mimeType = (body['mimeType'] as string | undefined) ?? 'application/octet-stream'
  const file = state.files.add(caller.account, {
    ...readId(state, body),
    parent,
    name: (body['name'] as string | undefined) ?? 'Untitled',
    mimeType,
    byApp: true,
    ...(mimeType.startsWith(NATIVE) ? {} : { content: contentOfBytes(new Uint8Array(0)) }),
    ...readTarget(state, caller, body, mimeType),
  })
  return sendFile(c, state, caller, file, query.get('fields'))
}

/** An id from generateIds; one that is taken says that this create was done before. */
export function readId(state: GoogleState, body: Record<string, unknown>): { id?: string } {
  const id = body['id'] as string | undefined
  if (id === undefined) return {}
  if (state.files.byId.has(id)) {
    throw new GoogleError(409, 'fileIdInUse', 'A file already exists with the provided ID.')
  }
  if (!state.generatedIds.has(id)) {
    throw new GoogleError(400, 'invalid', 'The provided file ID is not usable.', 'file.id')
  }
  return { id }
}

function readTarget(
  state: GoogleState,
  caller: GoogleCaller,
  body: Record<string, unknown>,
  mimeType: string,
): { target?: GoogleFile['target'] } {
  const details = body['shortcutDetails'] as { targetId: string } | undefined
  if ((mimeType === SHORTCUT) !== (details !== undefined)) {
    throw new GoogleError(400, 'invalid', 'A shortcut needs shortcutDetails.targetId')
  }
  if (details === undefined) return {}
  const all = new URLSearchParams({ supportsAllDrives: 'true' })
  const target = state.find(caller, details.targetId, all)
  return { target: { id: target.id, mimeType: target.mimeType } }
}

/** PATCH /files/{id} */
export async function updateFile(c: Context, state: GoogleState): Promise<Response> {
  const caller = state.authorize(c, WRITE)
  const query = state.query(c, ['fields', 'supportsAllDrives', 'addParents', 'removeParents'])
  const body = await readMetadata(c, { name: isString, trashed: isBoolean, parents: () => true })
  if ('parents' in body) throw parentsNotWritable()
  const file = state.find(caller, c.req.param('id') ?? '', query)
  state.checkWritable(caller, file)
  const parent = readMove(state, caller, file, query)
  if (parent !== undefined) file.parents = [parent.id]
  if (typeof body['name'] === 'string') file.name = body['name']
  if (typeof body['trashed'] === 'boolean') file.trashed = body['trashed']
  state.files.touch(file)
  return sendFile(c, state, caller, file, query.get('fields'))
}

/** A move takes the old parent away as it adds the new one: a file has exactly one. */
function readMove(
  state: GoogleState,
  caller: GoogleCaller,
  file: GoogleFile,
  query: URLSearchParams,
): GoogleFile | undefined {
  const add = query.get('addParents')
  if (add === null) return undefined
  const parent = state.find(caller, add, query)
  state.checkWritableParent(caller, parent)
  if (query.get('removeParents') !== file.parents[0]) {
    const message = 'Increasing the number of parents is not allowed'
    throw new GoogleError(403, 'cannotAddParent', message)
  }
  // The reference gives no reason of its own for this.
  if (parent.mimeType !== FOLDER || state.files.isWithin(parent, file.id)) {
    throw new GoogleError(403, 'forbidden', 'The file cannot be moved there.')
  }
  return parent
}

/** POST /files/{id}/copy: not for folders. */
export async function copyFile(c: Context, state: GoogleState): Promise<Response> {
  const caller = state.authorize(c, WRITE)
  const query = state.query(c, ['fields', 'supportsAllDrives'])
  const body = await readMetadata(c, { name: isString, parents: isParents, id: isString })
  const file = state.find(caller, c.req.param('id') ?? '', query)
  if (file.mimeType === FOLDER) {
    throw new GoogleError(403, 'cannotCopyFile', 'This file cannot be copied by the user.')
  }
  if (state.settings.full) throw storageFull()
  const copy = state.files.add(caller.account, {
    ...readId(state, body),
    parent: writableParent(state, caller, body, query),
    name: (body['name'] as string | undefined) ?? `Copy of ${file.name}`,
    mimeType: file.mimeType,
    byApp: true,
    ...(file.content === undefined ? {} : { content: file.content.share() }),
    ...(file.target === undefined ? {} : { target: file.target }),
  })
  return sendFile(c, state, caller, copy, query.get('fields'))
}

/** GET /files/generateIds */
export function generateIds(c: Context, state: GoogleState): Response {
  state.authorize(c, WRITE)
  const query = state.query(c, ['count', 'space', 'type', 'fields'])
  const count = Number(query.get('count') ?? 10)
  if (!Number.isInteger(count) || count < 1 || count > 1000) {
    throw new GoogleError(400, 'invalidParameter', 'count', 'count')
  }
  const ids = Array.from({ length: count }, newId)
  for (const id of ids) state.generatedIds.add(id)
  return c.json({ kind: 'drive#generatedIds', space: query.get('space') ?? 'drive', ids })
}

/** DELETE /files/{id}: for good, with everything in it. */
export function deleteFile(c: Context, state: GoogleState): Response {
  const caller = state.authorize(c, WRITE)
  const file = state.find(caller, c.req.param('id') ?? '', state.query(c, ['supportsAllDrives']))
  state.checkWritable(caller, file)
  state.files.remove(file)
  return c.body(null, 204)
}

export function parentsNotWritable(): GoogleError {
  const message = 'The parents field is not directly writable in update requests.'
  return new GoogleError(403, 'fieldNotWritable', message)
}

export function storageFull(): GoogleError {
  const message = "The user's Drive storage quota has been exceeded."
  return new GoogleError(403, 'storageQuotaExceeded', message)
}

/** The folder that a new file is to go into. */
export function writableParent(
  state: GoogleState,
  caller: GoogleCaller,
  body: Record<string, unknown>,
  query: URLSearchParams,
): string {
  const parents = body['parents'] as readonly string[] | undefined
  if (parents === undefined) return 'root'
  const parent = state.find(caller, parents[0] ?? '', query)
  if (parent.mimeType !== FOLDER)
    throw new GoogleError(403, 'parentNotAFolder', 'The parent is not a folder')
  state.checkWritableParent(caller, parent)
  return parent.id
}

type Fits = (value: unknown) => boolean
export const isString: Fits = (value) => typeof value === 'string'
const isBoolean: Fits = (value) => typeof value === 'boolean'
/** Exactly one id, though it is a list. */
export const isParents: Fits = (value) =>
  Array.isArray(value) && value.length === 1 && isString(value[0])
const isTarget: Fits = (value) =>
  typeof value === 'object' &&
  value !== null &&
  Object.keys(value).join() === 'targetId' &&
  Object.values(value).every(isString)

/** A JSON object with these properties at most. No body at all is an empty object. */
export async function readMetadata(
  c: Context,
  known: Readonly<Record<string, Fits>>,
): Promise<Record<string, unknown>> {
  const text = await c.req.text()
  const type = c.req.header('content-type') ?? ''
  return text === '' && type === '' ? {} : parseMetadata(text, type, known)
}

export function parseMetadata(
  text: string,
  type: string,
  known: Readonly<Record<string, Fits>>,
): Record<string, unknown> {
  if (!type.startsWith('application/json')) {
    throw new GoogleError(400, 'badContent', 'Unsupported content with type')
  }
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    throw new GoogleError(400, 'parseError', 'Parse Error')
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new GoogleError(400, 'parseError', 'Parse Error')
  for (const [name, value] of Object.entries(body)) {
    const fits = Object.hasOwn(known, name) ? known[name] : undefined
    if (fits === undefined) throw new GoogleError(400, 'badRequest', `Unknown name "${name}"`)
    if (!fits(value)) throw new GoogleError(400, 'invalid', `Invalid value of "${name}"`)
  }
  return body as Record<string, unknown>
}
