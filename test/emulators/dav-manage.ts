// Answers MKCOL, DELETE, COPY and MOVE, with the errors of RFC 4918 sections 9.3 and 9.6 to 9.9.
import { checkQuota } from './dav-files.ts'
import { drain } from './content.ts'
import { multistatus } from './dav-propfind.ts'
import { hrefOf } from './dav-properties.ts'
import {
  checkConditions,
  DavError,
  findParent,
  findTarget,
  locate,
  refuseLocked,
  type DavRequest,
  type Place,
} from './dav-request.ts'
import {
  attach,
  copyNode,
  createFolder,
  detach,
  findNode,
  pathOf,
  sumBytes,
  type DavNode,
} from './dav-tree.ts'

/** MKCOL: 201; 405 where something is, 409 without a parent, 415 with a body. */
export async function makeCollection(request: DavRequest): Promise<Response> {
  const { settings, tree, place } = request
  if (Number(request.header('content-length') ?? 0) > 0 || request.header('transfer-encoding')) {
    await drain(request.body)
    throw new DavError(415, 'MKCOL has no body')
  }
  if (settings.slashStrict && !place.slash) {
    throw new DavError(409, 'MKCOL can create a collection only')
  }
  const { parent, name } = findParent(tree, place.segments)
  if (parent.children.has(name)) throw new DavError(405, 'The name is taken')
  refuseLocked(settings, place.segments)
  attach(parent, createFolder(name))
  return new Response(null, { status: 201 })
}

/** DELETE, recursive: 204, or 207 naming the locked items that stay with the folders above them. */
export function remove(request: DavRequest): Response {
  const { settings, place } = request
  const found = findNode(request.tree, place.segments)
  if (!found && settings.deleteMissing === 204) return new Response(null, { status: 204 })
  const node = findTarget(request)
  if (place.segments.length === 0) throw new DavError(403, 'The root stays')
  refuseSlashless(request, node)
  const depth = request.header('depth')?.toLowerCase() ?? 'infinity'
  if (node.kind === 'folder' && depth !== 'infinity') {
    throw new DavError(400, 'DELETE of a collection is Depth: infinity')
  }
  checkConditions(request, node)
  refuseLocked(settings, place.segments)
  const stuck = removeTree(node, new Set(settings.locked))
  if (stuck.length === 0) return new Response(null, { status: 204 })
  return multistatus(request, stuck, (of) => ({
    href: hrefOf(request, of),
    status: 423,
    condition: 'lock-token-submitted',
  }))
}

/** Deletes what can be deleted and returns what could not; parents of those stay, unnamed (section 9.6.1). */
function removeTree(node: DavNode, locked: ReadonlySet<string>): DavNode[] {
  if (locked.has(pathOf(node))) return [node]
  const stuck =
    node.kind === 'folder'
      ? [...node.children.values()].flatMap((child) => removeTree(child, locked))
      : []
  if (stuck.length === 0) detach(node)
  return stuck
}

/** COPY and MOVE: 201 for a new name, 204 when something was replaced. */
export function transfer(request: DavRequest): Response {
  const { settings, tree, place, method } = request
  const move = method === 'MOVE'
  const destination = readDestination(request)
  const overwrite = request.header('overwrite') ?? 'T'
  if (overwrite !== 'T' && overwrite !== 'F') throw new DavError(400, 'Overwrite is T or F')
  const depth = request.header('depth')?.toLowerCase() ?? 'infinity'
  const shallow = !move && depth === '0'
  const node = findTarget(request)
  if (depth !== 'infinity' && !shallow && (node.kind === 'folder' || !move)) {
    throw new DavError(400, 'This Depth does not go with the method')
  }
  refuseSlashless(request, node, destination)
  if (place.segments.length === 0 && move) throw new DavError(403, 'The root stays')
  const from = pathOf(node)
  const to = `/${destination.segments.join('/')}`
  if (from === to) throw new DavError(403, 'Source and destination are the same')
  if (`${to}/`.startsWith(from === '/' ? '/' : `${from}/`)) {
    throw new DavError(409, 'The destination is inside the source')
  }
  checkConditions(request, node)
  const { parent, name } = findParent(tree, destination.segments)
  const there = parent.children.get(name)
  if (there && overwrite === 'F') throw new DavError(412, 'The destination exists')
  if (move) refuseLocked(settings, place.segments)
  refuseLocked(settings, destination.segments)
  if (there && `${from}/`.startsWith(`${pathOf(there)}/`)) {
    throw new DavError(403, 'The source is inside the destination')
  }
  if (move) {
    detach(node, true)
    node.name = name
    attach(parent, node)
  } else {
    if (!shallow) checkQuota(request, sumBytes(node))
    attach(parent, copyNode(node, name, shallow))
  }
  return new Response(null, { status: there ? 204 : 201 })
}

/** nginx answers 409 where a collection's URL, or only one of the two URLs, ends in a slash. */
function refuseSlashless(request: DavRequest, node: DavNode, destination?: Place): void {
  if (!request.settings.slashStrict || node.kind === 'file') return
  if (!request.place.slash || (destination && !destination.slash)) {
    throw new DavError(409, 'A collection ends in a slash')
  }
}

/**
 * The Destination header as a place in the same tree (RFC 4918 section 10.3).
 * @throws DavError 400 when missing or malformed, 502 for another server
 */
function readDestination(request: DavRequest): Place {
  const { settings, origin, user } = request
  const value = request.header('destination')
  if (value === undefined) throw new DavError(400, 'Destination is missing')
  if (value.startsWith('/')) {
    if (settings.destinations === 'absolute') throw new DavError(400, 'Destination is no URL')
    return locate(value, user)
  }
  const match = /^(https?):\/\/([^/]+)(\/.*)$/i.exec(value)
  const [, scheme = '', host = '', path = ''] = match ?? []
  if (!match) throw new DavError(400, 'Destination is no URL')
  if (settings.destinations === 'path') throw new DavError(502, 'Destination names another server')
  const here = new URL(origin).host
  if (scheme.toLowerCase() !== settings.believes || host.toLowerCase() !== here) {
    throw new DavError(502, 'Destination names another server')
  }
  return locate(path, user)
}
