// Graph v1.0's drive methods: who am I, items by id and by path, children, search, folders, rename, move, delete, small PUTs.
import { randomBytes } from 'node:crypto'
import type { Context } from 'hono'
import { receive } from './content.ts'
import { numbered, type GraphDrive, type GraphItem } from './graph-items.ts'
import {
  GraphError,
  itemNotFound,
  readOptions,
  type MicrosoftState,
  type Person,
} from './graph-state.ts'

export interface GraphApi {
  readonly state: MicrosoftState
  readonly downloadUrl: (item: GraphItem) => string
  /** The real base, mapped. */
  readonly base: () => string
  readonly openSession: (
    c: Context,
    drive: GraphDrive,
    parent: GraphItem,
    name: string,
  ) => Promise<Response>
}

/** GET /me */
export function me(c: Context, { state }: GraphApi): Response {
  const person = state.authorize(c, ['User.Read'])
  const { select } = readOptions(c, ['id', 'displayName', 'mail', 'userPrincipalName'])
  const all = {
    id: person.id,
    displayName: person.name,
    // Personal accounts have none.
    mail: person.email.endsWith('contoso.com') ? person.email : null,
    userPrincipalName: person.email,
  }
  return c.json(pick(all, select))
}

/** GET /me/drive and /drives/{id} */
export function drive(c: Context, { state }: GraphApi, id: string | undefined): Response {
  const person = state.read(c)
  const found = id === undefined ? state.ownDrive(person) : state.drive(person, id)
  const { select } = readOptions(c, ['id', 'driveType', 'name', 'webUrl', 'owner', 'quota'])
  const used = state.items.used(found)
  const all = {
    id: found.id,
    driveType: found.type,
    name: 'OneDrive',
    webUrl: 'https://contoso-my.sharepoint.com/personal/documents',
    owner: { user: { displayName: person.name, id: person.id } },
    quota: { total: found.quota, used, remaining: found.quota - used, deleted: 0, state: 'normal' },
  }
  return c.json(pick(all, select))
}

function pick(value: Record<string, unknown>, select: readonly string[] | undefined) {
  if (select === undefined) return value
  return Object.fromEntries(Object.entries(value).filter(([name]) => select.includes(name)))
}

/** An address below a drive: an item, or a name that may not exist yet below one. */
export interface Target {
  readonly drive: GraphDrive
  readonly item: GraphItem | undefined
  /** With path addressing: the folder and the last name. */
  readonly parent: GraphItem | undefined
  readonly name: string | undefined
  /** What follows the address: `children`, `content`, `createUploadSession`, `search(…)`. */
  readonly action: string
}

/** Reads `/drives/{d}/(root|items/{i})[:/path[:]][/action]`; colons are found before anything is decoded. */
export function resolve(state: MicrosoftState, person: Person, path: string): Target {
  const match =
    /^\/(?:me\/drive|drives\/([^/]+))\/(?:root|items\/([^/:]+))(?::\/([^:]*)(?::|$))?(?:\/(.+))?$/.exec(
      path,
    )
  if (match === null)
    throw new GraphError(400, 'BadRequest', `Resource not found for the segment: ${path}`)
  const [, driveId, itemId, below, action = ''] = match
  const drive =
    driveId === undefined
      ? state.ownDrive(person)
      : state.drive(person, decodeURIComponent(driveId))
  const start = state.items.find(drive, itemId === undefined ? 'root' : decodeURIComponent(itemId))
  if (below === undefined) return { drive, item: start, parent: undefined, name: undefined, action }
  let at = start
  let parent: GraphItem | undefined
  let name: string | undefined
  for (const segment of below.split('/')) {
    if (at === undefined) throw itemNotFound()
    parent = at
    name = decodeURIComponent(segment)
    at = state.items.child(parent.id, name)
  }
  return { drive, item: at, parent, name, action }
}

export async function getItem(c: Context, api: GraphApi, target: Target): Promise<Response> {
  const { select } = readOptions(c)
  if (target.item === undefined) throw itemNotFound()
  return c.json(await api.state.describe(target.item, select, api.downloadUrl))
}

/** Children and search results, page by page. */
export async function listItems(c: Context, api: GraphApi, target: Target): Promise<Response> {
  const { state } = api
  const { select, top, skipToken } = readOptions(c)
  const { item } = target
  if (item === undefined) throw itemNotFound()
  if (item.kind !== 'folder')
    throw new GraphError(400, 'invalidRequest', 'The item is not a folder')
  const known = skipToken === null ? undefined : state.pages.get(skipToken)
  if (skipToken !== null && known === undefined) {
    throw new GraphError(400, 'invalidRequest', 'The skip token is not valid')
  }
  const ids = known?.ids ?? rowsOf(state, target).map(({ id }) => id)
  const size = known?.size ?? Math.min(top, state.settings.maxPage)
  const shown = ids.slice(0, size)
  const rest = ids.slice(state.settings.repeatRows ? size - 1 : size)
  const rows = shown.flatMap((id) => state.items.items.get(id) ?? [])
  const value = await Promise.all(rows.map((row) => state.describe(row, select, api.downloadUrl)))
  const more = ids.length > size
  return c.json({
    '@odata.context': 'https://graph.microsoft.com/v1.0/$metadata#driveItems',
    value,
    ...(more ? { '@odata.nextLink': nextLink(c, api, { ids: rest, size }) } : {}),
  })
}

function nextLink(
  c: Context,
  api: GraphApi,
  page: { ids: readonly string[]; size: number },
): string {
  const token = randomBytes(18).toString('base64url')
  api.state.pages.set(token, page)
  const url = new URL(c.req.url)
  const query = new URLSearchParams(url.searchParams)
  query.set('$skiptoken', token)
  return `${api.base()}${url.pathname.replace(/^\/[^/]+/, '')}?${query.toString()}`
}

function rowsOf(state: MicrosoftState, { drive, item, action }: Target): GraphItem[] {
  if (action === 'children') {
    return state.items.childrenOf(item?.id ?? '').sort((a, b) => a.name.localeCompare(b.name, 'en'))
  }
  const literal = /^search\(q='(.*)'\)$/s.exec(decodeURIComponent(action))?.[1]
  // A quote that is not doubled ends the literal.
  if (literal === undefined || /(?<!')'(?:'')*(?!')/.test(literal)) {
    throw new GraphError(400, 'BadRequest', 'Syntax error in the search literal')
  }
  const wanted = literal.replaceAll("''", "'").toLowerCase()
  if (wanted === '') throw new GraphError(400, 'invalidRequest', 'An empty search')
  return [...state.items.items.values()].filter(
    (row) =>
      row.driveId === drive.id &&
      row.parent !== undefined &&
      row.name.toLowerCase().includes(wanted),
  )
}

/** POST …/children */
export async function createFolder(c: Context, api: GraphApi, target: Target): Promise<Response> {
  const { state } = api
  state.write(c)
  const body = await readBody(c, ['name', 'folder', '@microsoft.graph.conflictBehavior'])
  const { item } = target
  const name = body['name']
  if (item?.kind !== 'folder') throw itemNotFound()
  if (typeof name !== 'string' || body['folder'] === undefined) {
    throw new GraphError(400, 'invalidRequest', 'A folder needs a name and the folder facet')
  }
  state.checkName(name)
  const free = settleName(state, item.id, name, body['@microsoft.graph.conflictBehavior'])
  const made = state.items.put({
    driveId: target.drive.id,
    name: free,
    parent: item.id,
    kind: 'folder',
  })
  return c.json(await state.describe(made, undefined, api.downloadUrl), 201)
}

/** The name to use, or 409. */
export function settleName(
  state: MicrosoftState,
  parent: string,
  name: string,
  behavior: unknown,
): string {
  if (state.items.child(parent, name) === undefined) return name
  if (behavior !== 'rename') {
    throw new GraphError(409, 'nameAlreadyExists', 'An item with the same name already exists')
  }
  for (let number = 1; ; number += 1) {
    const free = numbered(name, number)
    if (state.items.child(parent, free) === undefined) return free
  }
}

/** PATCH of an item: rename and move. */
export async function updateItem(c: Context, api: GraphApi, target: Target): Promise<Response> {
  const { state } = api
  state.write(c)
  const { item } = target
  if (item?.parent === undefined) throw itemNotFound()
  const body = await readBody(c, ['name', 'parentReference'])
  const parentId = (body['parentReference'] as { id?: unknown } | undefined)?.id
  const parent = typeof parentId === 'string' ? state.items.items.get(parentId) : undefined
  if (body['parentReference'] !== undefined && parent?.kind !== 'folder') throw itemNotFound()
  if (parent !== undefined && parent.driveId !== item.driveId) {
    throw new GraphError(400, 'invalidRequest', 'Cross-drive moves are not supported')
  }
  const name = typeof body['name'] === 'string' ? body['name'] : item.name
  state.checkName(name)
  const taken = state.items.child(parent?.id ?? item.parent, name)
  if (taken !== undefined && taken.id !== item.id) {
    throw new GraphError(409, 'nameAlreadyExists', 'An item with the same name already exists')
  }
  item.name = name
  if (parent !== undefined) item.parent = parent.id
  state.items.touch(item, false)
  return c.json(await state.describe(item, undefined, api.downloadUrl))
}

export function deleteItem(c: Context, { state }: GraphApi, { item }: Target): Response {
  state.write(c)
  if (item?.parent === undefined) throw itemNotFound()
  state.items.remove(item)
  return c.body(null, 204)
}

/** PUT …:/content: small files, and the only way for empty ones. */
export async function putContent(c: Context, api: GraphApi, target: Target): Promise<Response> {
  const { state } = api
  state.write(c)
  const { parent, name, drive } = target
  if (parent?.kind !== 'folder' || name === undefined) throw itemNotFound()
  state.checkName(name)
  const behavior =
    new URL(c.req.url).searchParams.get('@microsoft.graph.conflictBehavior') ?? 'replace'
  const length = c.req.header('content-length')
  const received = await receive(c.req.raw.body, length === undefined ? undefined : Number(length))
  if (!received.complete) throw new GraphError(400, 'invalidRequest', 'The body was cut')
  const existing = state.items.child(parent.id, name)
  if (existing !== undefined && behavior === 'replace') {
    existing.content?.discard()
    existing.content = received.content
    delete existing.hash
    state.items.touch(existing, true)
    return c.json(await state.describe(existing, undefined, api.downloadUrl), 200)
  }
  const free = settleName(state, parent.id, name, behavior)
  const { content } = received
  const made = state.items.put({
    driveId: drive.id,
    name: free,
    parent: parent.id,
    kind: 'file',
    content,
  })
  return c.json(await state.describe(made, undefined, api.downloadUrl), 201)
}

export async function readBody(
  c: Context,
  known: readonly string[],
): Promise<Record<string, unknown>> {
  if (!(c.req.header('content-type') ?? '').startsWith('application/json')) {
    throw new GraphError(400, 'BadRequest', 'The payload must be JSON')
  }
  let body: unknown
  try {
    body = JSON.parse(await c.req.text())
  } catch {
    throw new GraphError(400, 'BadRequest', 'Unable to read JSON request payload')
  }
  if (typeof body !== 'object' || body === null)
    throw new GraphError(400, 'BadRequest', 'No object')
  const unknown = Object.keys(body).find((name) => !known.includes(name))
  if (unknown !== undefined)
    throw new GraphError(400, 'invalidRequest', `Unknown property ${unknown}`)
  return body as Record<string, unknown>
}
