// Changing a drive through Graph: folders, rename, move, delete, and small files in one PUT.
import type { Context } from 'hono'
import { receive, type Content } from './content.ts'
import type { Target } from './graph-address.ts'
import { describeItem, type Describer } from './graph-describe.ts'
import { GraphError, invalidRequest, itemNotFound, nameTaken } from './graph-errors.ts'
import type { GraphItem, GraphItems } from './graph-items.ts'
import { rewriteForLibrary } from './graph-office.ts'
import { checkName, readBehavior, settleName, type ConflictBehavior } from './graph-names.ts'
import { checkNames, readBody, readClientTime, readObject, readOptions } from './graph-query.ts'
import type { MicrosoftState } from './graph-state.ts'

const BEHAVIOR = '@microsoft.graph.conflictBehavior'
const LARGEST_PUT = 250 * 1024 * 1024

/** POST …/children */
export async function createFolder(
  c: Context,
  describer: Describer,
  { drive, item }: Target,
): Promise<Response> {
  const { state } = describer
  state.write(c)
  const { select } = readOptions(c, ['$select'])
  const body = await readBody(c, ['name', 'folder', '@odata.type', BEHAVIOR])
  if (item?.kind !== 'folder') throw itemNotFound()
  const name = body['name']
  if (typeof name !== 'string' || body['folder'] === undefined) {
    throw invalidRequest('A folder needs a name and the folder facet')
  }
  readObject(body['folder'], ['@odata.type', 'childCount'])
  checkName(state.items, item, name)
  const behavior = readBehavior(body[BEHAVIOR], 'fail')
  // What `replace` does to a folder's contents is not documented: it counts as taken.
  const free = settleName(state.items, item.id, name, behavior)
  const made = state.items.put({ driveId: drive.id, name: free, parent: item.id, kind: 'folder' })
  return c.json(await describeItem(describer, made, { select }), 201)
}

/** PATCH of an item: rename and move inside one drive. */
export async function updateItem(
  c: Context,
  describer: Describer,
  { item }: Target,
): Promise<Response> {
  const { state } = describer
  state.write(c)
  const { select } = readOptions(c, ['$select'])
  const body = await readBody(c, ['name', 'parentReference', 'fileSystemInfo'])
  if (item?.parent === undefined) throw itemNotFound()
  state.checkChange(c, item)
  const parent = readParent(describer, item, item.parent, body['parentReference'])
  const name = body['name'] ?? item.name
  if (typeof name !== 'string') throw invalidRequest('The name is no string')
  checkName(state.items, parent, name)
  const taken = state.items.child(parent.id, name)
  if (taken !== undefined && taken.id !== item.id) throw nameTaken()
  const time = readClientTime(body['fileSystemInfo'])
  item.name = name
  if (parent.id !== item.parent) state.items.move(item, parent.id)
  state.items.touch(item, false)
  if (time !== undefined) item.clientModified = time
  return c.json(await describeItem(describer, item, { select }))
}

function readParent(
  { state }: Describer,
  item: GraphItem,
  current: string,
  reference: unknown,
): GraphItem {
  const given =
    reference === undefined ? {} : readObject(reference, ['id', 'driveId', 'driveType', 'path'])
  // `root` is no id: a move to the top names the root's own.
  const id = reference === undefined ? current : given['id']
  const parent = typeof id === 'string' ? state.items.items.get(id) : undefined
  if (parent?.kind !== 'folder') throw itemNotFound()
  const driveId = given['driveId']
  const other = typeof driveId === 'string' && state.items.drive(driveId)?.id !== item.driveId
  if (other || parent.driveId !== item.driveId)
    throw invalidRequest('Cross-drive moves are not supported')
  if (state.items.isWithin(parent, item.id))
    throw invalidRequest('A folder cannot be moved into itself')
  return parent
}

/** To the recycle bin, which the emulator does not keep. */
export function deleteItem(c: Context, { state }: Describer, { item }: Target): Response {
  state.write(c)
  checkNames(new URL(c.req.url).searchParams, [])
  if (item === undefined) throw itemNotFound()
  if (item.parent === undefined)
    throw new GraphError(403, 'accessDenied', 'The root cannot be deleted')
  state.checkChange(c, item)
  state.items.remove(item)
  return c.body(null, 204)
}

/** PUT …/content: small files, and the only way for empty ones. Here the conflict behaviour belongs into the URL. */
export async function putContent(
  c: Context,
  describer: Describer,
  target: Target,
): Promise<Response> {
  const { state } = describer
  state.write(c)
  const query = new URL(c.req.url).searchParams
  checkNames(query, [BEHAVIOR])
  const behavior = readBehavior(query.get(BEHAVIOR), 'replace')
  const place = placeOf(state.items, target)
  const length = Number(c.req.header('content-length') ?? Number.NaN)
  if (length > LARGEST_PUT)
    throw new GraphError(413, 'invalidRequest', 'The request is too large', 'maxFileSizeExceeded')
  state.checkRoom(target.drive, length || 0)
  const received = await receive(c.req.raw.body, Number.isNaN(length) ? undefined : length)
  const { content } = received
  if (!received.complete) {
    content.discard()
    throw invalidRequest('The body was cut')
  }
  // Looked up again: another request may have come in meanwhile.
  const existing = state.items.child(place.parent.id, place.name)
  try {
    if (existing !== undefined) state.checkChange(c, existing)
    if (existing?.kind === 'folder') throw nameTaken()
    const stored = storeContent(state, target, place, behavior, content)
    return c.json(await describeItem(describer, stored.item), stored.created ? 201 : 200)
  } catch (error) {
    content.discard()
    throw error
  }
}

export interface Place {
  readonly parent: GraphItem
  readonly name: string
}

/** Where a file goes: by its path, or over an item. Throws 404, and 400 for a name that cannot be. */
export function placeOf(items: GraphItems, { item, parent, name }: Target): Place {
  if (parent !== undefined && name !== undefined) {
    if (parent.kind !== 'folder') throw itemNotFound()
    checkName(items, parent, name)
    return { parent, name }
  }
  const above = item?.parent === undefined ? undefined : items.items.get(item.parent)
  if (item?.kind !== 'file' || above === undefined) throw itemNotFound()
  return { parent: above, name: item.name }
}

/** Makes or replaces the file. Throws 409 when the name is taken. */
export function storeContent(
  { items, settings }: MicrosoftState,
  { drive }: Pick<Target, 'drive'>,
  { parent, name }: Place,
  behavior: ConflictBehavior,
  sent: Content,
): { readonly item: GraphItem; readonly created: boolean } {
  const content = settings.rewriteOffice ? rewriteForLibrary(drive, name, sent) : sent
  const existing = items.child(parent.id, name)
  if (existing?.kind === 'file' && behavior === 'replace') {
    existing.content?.discard()
    existing.content = content
    delete existing.hash
    delete existing.clientModified
    items.touch(existing, true)
    return { item: existing, created: false }
  }
  const free = settleName(items, parent.id, name, behavior)
  const item = items.put({
    driveId: drive.id,
    name: free,
    parent: parent.id,
    kind: 'file',
    content,
  })
  return { item, created: true }
}
