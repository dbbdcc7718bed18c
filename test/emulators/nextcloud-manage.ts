// Answers MKCOL, DELETE, COPY and MOVE in a Nextcloud home; what is deleted goes to the bin.
import { drain } from './content.ts'
import { checkConditions, DavError } from './dav-request.ts'
import {
  attach,
  copyNode,
  createFolder,
  detach,
  findNode,
  pathOf,
  sumBytes,
  type DavFolder,
  type DavNode,
} from './dav-tree.ts'
import { checkSpace, refuseEncrypted } from './nextcloud-files.ts'
import { refuseLocked, refuseName } from './nextcloud-names.ts'
import { ocId, permissionsOf } from './nextcloud-properties.ts'
import {
  findItem,
  readDestination,
  refuseForeign,
  type Location,
  type NextcloudRequest,
} from './nextcloud-request.ts'
import { propagate } from './nextcloud-state.ts'

// Statuses and words: https://github.com/sabre-io/dav/blob/master/lib/DAV/Server.php and CorePlugin.php

/** MKCOL: 201; 405 where something is, 409 without a parent, 415 with a body that is no XML. */
export async function makeFolder(request: NextcloudRequest): Promise<Response> {
  const { location, state, account } = request
  await refuseBody(request)
  refuseForeign(location, account)
  const home = state.home(account.id)
  if (findNode(home, location.segments)) {
    throw new DavError(405, 'The resource you tried to create already exists')
  }
  const name = location.segments.at(-1) ?? ''
  const parent = findNode(home, location.segments.slice(0, -1))
  if (!parent) throw new DavError(409, 'Parent node does not exist')
  if (parent.kind === 'file') throw new DavError(409, 'Parent node is not a collection')
  refuseEncrypted(request, parent)
  refuseName(state.settings, name)
  if (!permissionsOf(state, parent).includes('K')) {
    throw new DavError(403, 'Permission denied to create folder')
  }
  const folder = createFolder(name)
  attach(parent, folder)
  propagate(parent)
  const headers = { 'oc-fileid': ocId(state.traitsOf(folder).fileId) }
  return new Response(null, { status: 201, headers })
}

/** @throws DavError 415 when a MKCOL has a body */
export async function refuseBody(request: NextcloudRequest): Promise<void> {
  if (Number(request.header('content-length') ?? 0) > 0 || request.header('transfer-encoding')) {
    await drain(request.body)
    throw new DavError(415, 'The request body for the MKCOL request must have an xml Content-Type')
  }
}

/** DELETE, recursive: 204. */
export function remove(request: NextcloudRequest): Response {
  const { location, state, account } = request
  const node = findItem(request)
  refuseForeign(location, account)
  if (!node.parent) throw new DavError(403, 'Permission denied to delete the home')
  checkConditions(request, node)
  refuseEncryptedParent(request, node)
  refuseLocked(state.settings, location.segments)
  if (!permissionsOf(state, node).includes('D')) {
    throw new DavError(403, 'Permission denied to delete node')
  }
  discardNode(request, node)
  return new Response(null, { status: 204 })
}

/** An encrypted folder as a whole may go; what is in it is its clients' alone. */
function refuseEncryptedParent(request: NextcloudRequest, node: DavNode): void {
  if (node.parent) refuseEncrypted(request, node.parent)
}

/** To the bin, or away at once; the root of a share is taken out of the home alone. */
function discardNode({ state, account }: NextcloudRequest, node: DavNode): void {
  const parent = node.parent
  const location = pathOf(node).slice(1)
  const keeps = state.settings.trashbin && !state.traitsOf(node).mount
  detach(node, keeps)
  propagate(parent)
  if (!keeps) return
  const deletedAt = Math.floor(state.settings.now() / 1000)
  const name = `${node.name}.d${deletedAt}`
  const bin = state.bins.get(account.id) ?? []
  bin.push({ name, node, location, deletedAt })
}

/** COPY and MOVE: 201 for a new name, 204 when something was replaced. */
export function transfer(request: NextcloudRequest): Response {
  const { location, state, account, method } = request
  const move = method === 'MOVE'
  const node = findItem(request)
  refuseForeign(location, account)
  const { destination, parent, name, there } = readTarget(request)
  const from = pathOf(node)
  const to = `/${destination.segments.join('/')}`
  if (from === to) throw new DavError(403, 'Source and destination uri are identical.')
  if (`${to}/`.startsWith(from === '/' ? '/' : `${from}/`)) {
    throw new DavError(
      409,
      'The destination may not be part of the same subtree as the source path.',
    )
  }
  checkConditions(request, node)
  refuseEncryptedParent(request, node)
  refuseEncrypted(request, parent)
  refuseName(state.settings, name)
  if (move) refuseLocked(state.settings, location.segments)
  refuseLocked(state.settings, destination.segments)
  refuseRights(request, node, parent, there)
  if (there && `${from}/`.startsWith(`${pathOf(there)}/`)) {
    throw new DavError(403, 'The source is inside the destination')
  }
  if (!move) checkSpace(request, destination, sumBytes(node))
  if (there) discardNode(request, there)
  const old = node.parent
  let placed = node
  if (move) {
    detach(node, true)
    node.name = name
  } else {
    placed = copyNode(node, name, request.header('depth') === '0')
  }
  attach(parent, placed)
  if (move) propagate(old)
  propagate(parent)
  const headers = { 'oc-fileid': ocId(state.traitsOf(placed).fileId) }
  return new Response(null, { status: there ? 204 : 201, headers })
}

function refuseRights(
  { state, method }: NextcloudRequest,
  node: DavNode,
  parent: DavFolder,
  there: DavNode | undefined,
): void {
  const rights = permissionsOf(state, node)
  const stays = node.parent === parent
  if (method === 'MOVE' && !rights.includes(stays ? 'N' : 'V')) {
    throw new DavError(403, 'Permission denied to move the node')
  }
  const needed = node.kind === 'folder' ? 'K' : 'C'
  const renames = method === 'MOVE' && stays
  if (!renames && !there && !permissionsOf(state, parent).includes(needed)) {
    throw new DavError(403, 'Permission denied to create node')
  }
  if (there && !permissionsOf(state, there).includes('D')) {
    throw new DavError(403, 'Permission denied to replace the destination')
  }
}

export interface Target {
  readonly destination: Location
  readonly parent: DavFolder
  readonly name: string
  readonly there: DavNode | undefined
}

/**
 * Where a COPY or MOVE goes.
 * @throws DavError 400 for the headers, 403 out of the home, 409 without a parent, 412 with Overwrite: F where something is
 */
export function readTarget(request: NextcloudRequest): Target {
  const { state, account } = request
  const overwrite = (request.header('overwrite') ?? 'T').toUpperCase()
  const destination = readDestination(request)
  if (overwrite !== 'T' && overwrite !== 'F') {
    throw new DavError(400, 'The HTTP Overwrite header should be either T or F')
  }
  refuseForeign(destination, account)
  const name = destination.segments.at(-1)
  if (destination.area !== 'files' || name === undefined) {
    throw new DavError(403, 'The destination is no place for a file')
  }
  const parent = findNode(state.home(account.id), destination.segments.slice(0, -1))
  if (!parent) throw new DavError(409, 'The destination node is not found')
  if (parent.kind === 'file') throw new DavError(409, 'The destination node is not a collection')
  const there = parent.children.get(name)
  if (there && overwrite === 'F') {
    throw new DavError(
      412,
      'The destination node already exists, and the overwrite header is set to false',
    )
  }
  return { destination, parent, name, there }
}
