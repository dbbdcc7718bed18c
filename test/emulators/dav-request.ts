// Turns a request target into a place in a user's tree, strictly, and names the errors of the WebDAV emulator.
import type { DavSettings } from './dav-settings.ts'
import { findNode, type DavFolder, type DavNode } from './dav-tree.ts'

/** The path below which the emulator is served. */
export const davRoot = '/dav-server/'

export interface DavRequest {
  readonly method: string
  /** The request target as sent, without decoding. */
  readonly target: string
  /** Scheme and host the client used, such as `http://127.0.0.1:8790`. */
  readonly origin: string
  readonly header: (name: string) => string | undefined
  readonly body: ReadableStream<Uint8Array> | null
  readonly settings: DavSettings
  readonly user: string
  readonly tree: DavFolder
  readonly place: Place
}

export interface Place {
  /** `/dav-server/` or `/dav-server/files/<user>/`, as sent. */
  readonly base: string
  readonly segments: readonly string[]
  readonly slash: boolean
}

/** An answer other than success; `condition` is an element of the DAV: namespace (RFC 4918 section 16). */
export class DavError extends Error {
  readonly status: number
  readonly condition: string | undefined
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: number,
    message: string,
    condition?: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message)
    this.status = status
    this.condition = condition
    this.headers = headers
  }
}

/**
 * Where a raw path leads for a user.
 * @throws DavError 400 for what no correct client sends (a query, a bad escape, `..`, an encoded slash), 403 for another
 * user's tree
 */
export function locate(target: string, user: string): Place {
  if (/[?#]/.test(target)) throw new DavError(400, 'A name with ? or # was not encoded')
  if (!/^[\x21-\x7e]+$/.test(target)) throw new DavError(400, 'The target has raw bytes')
  const path = target === davRoot.slice(0, -1) ? davRoot : target
  if (!path.startsWith(davRoot)) throw new DavError(502, 'Not a path of this server')
  const raw = path.slice(davRoot.length).split('/')
  const last = raw[raw.length - 1] === ''
  if (last) raw.pop()
  const segments = raw.map(decodeSegment)
  const slash = last && target.endsWith('/')
  const [first, owner] = segments
  if (first !== 'files' || owner === undefined) return { base: davRoot, segments, slash }
  if (owner !== user) throw new DavError(403, 'Not your files')
  return {
    base: `${davRoot}${raw.slice(0, 2).join('/')}/`,
    segments: segments.slice(2),
    slash,
  }
}

/** One segment of a path, decoded. @throws DavError 400 for one that no correct client sends */
export function decodeSegment(raw: string): string {
  if (raw === '') throw new DavError(400, 'An empty segment')
  let segment: string
  try {
    segment = decodeURIComponent(raw)
  } catch {
    throw new DavError(400, 'A bad percent escape')
  }
  if (segment === '.' || segment === '..') throw new DavError(400, 'A dot segment')
  if (/[/\0]/.test(segment)) throw new DavError(400, 'A slash or NUL inside a name')
  if (Buffer.byteLength(segment) > 255) throw new DavError(400, 'A name above 255 bytes')
  return segment
}

/**
 * The node a request is for.
 * @throws DavError 404, or 409 when `slashStrict` and a collection is named without its slash
 */
export function findTarget(request: DavRequest): DavNode {
  const node = findNode(request.tree, request.place.segments)
  if (!node || (node.kind === 'file' && request.place.slash)) {
    throw new DavError(404, 'No such item')
  }
  return node
}

/**
 * The folder that a new item goes into and the name it gets.
 * @throws DavError 409 when the folder is missing (RFC 4918 sections 9.3.1, 9.7.1), 405 for the root itself
 */
export function findParent(
  tree: DavFolder,
  segments: readonly string[],
): { parent: DavFolder; name: string } {
  const name = segments[segments.length - 1]
  if (name === undefined) throw new DavError(405, 'The root is there already')
  const parent = findNode(tree, segments.slice(0, -1))
  if (parent?.kind !== 'folder') throw new DavError(409, 'The parent does not exist')
  return { parent, name }
}

/** @throws DavError 423 for a path that the settings lock (RFC 4918 section 11.3) */
export function refuseLocked(settings: DavSettings, segments: readonly string[]): void {
  if (settings.locked.includes(`/${segments.join('/')}`)) {
    throw new DavError(423, 'Locked by somebody else', 'lock-token-submitted')
  }
}

/** The ETag of a node in the form the settings ask for, or undefined. */
export function etagOf(node: DavNode, settings: DavSettings): string | undefined {
  switch (settings.etag) {
    case 'strong':
      return `"${node.version}"`
    case 'weak':
      return `W/"${node.version}"`
    case 'unquoted':
      return node.version
    case 'none':
      return undefined
  }
}

/**
 * Holds If-Match and If-None-Match against what is there (RFC 9110 section 13.1).
 * @throws DavError 412 when one does not hold, 400 when one is no list of entity tags
 */
export function checkConditions(request: DavRequest, node: DavNode | undefined): void {
  if (!request.settings.conditions) return
  const current = node && etagOf(node, request.settings)
  const match = request.header('if-match')
  if (match !== undefined) {
    const holds = match.trim() === '*' ? node !== undefined : listed(match, current, false)
    if (!holds) throw new DavError(412, 'If-Match does not hold')
  }
  const none = request.header('if-none-match')
  if (none !== undefined) {
    const holds = none.trim() === '*' ? node === undefined : !listed(none, current, true)
    if (!holds) throw new DavError(412, 'If-None-Match does not hold')
  }
}

/** Whether a list of entity tags has one; weak tags only count where `weakly` (RFC 9110 section 8.8.3.2). */
export function listed(list: string, current: string | undefined, weakly: boolean): boolean {
  const tags = list.match(/(?:W\/)?"[^"]*"/g)
  if (!tags || list.replace(/(?:W\/)?"[^"]*"/g, '').replaceAll(/[\s,]/g, '') !== '') {
    throw new DavError(400, 'Not a list of entity tags')
  }
  if (current === undefined) return false
  if (!weakly && current.startsWith('W/')) return false
  const opaque = (tag: string): string => tag.replace(/^W\//, '').replaceAll('"', '')
  return tags.some((tag) => (weakly || !tag.startsWith('W/')) && opaque(tag) === opaque(current))
}
