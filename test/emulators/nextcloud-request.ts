// Turns a request target or a Destination into a place below remote.php, strictly.
import { DavError, decodeSegment, type DavRequest } from './dav-request.ts'
import { createFolder, findNode, pathOf, type DavFolder, type DavNode } from './dav-tree.ts'
import { notFound } from './nextcloud-errors.ts'
import type { NextcloudAccount, NextcloudState } from './nextcloud-state.ts'

/** The collections below `/remote.php/dav/` that are served. */
export type Area = 'root' | 'files' | 'uploads' | 'trashbin'

export interface Location {
  readonly area: Area
  /** Undefined for `/files/` itself. */
  readonly owner: string | undefined
  /** What stands before `segments`, as it is written in hrefs, with a trailing slash. */
  readonly base: string
  readonly segments: readonly string[]
  readonly slash: boolean
}

export interface NextcloudRequest extends DavRequest {
  readonly state: NextcloudState
  readonly account: NextcloudAccount
  /** '' or the folder that the server is installed in, such as `/nextcloud`. */
  readonly webRoot: string
  readonly location: Location
}

const DAV = '/remote.php/dav'
/** The alias without a user id, which knows files alone. */
const LEGACY = '/remote.php/webdav'

/**
 * Where a path below the web root leads.
 * @throws DavError 400 for what no correct client sends, 404 for no part of remote.php
 */
export function locateDav(path: string, webRoot: string, account: NextcloudAccount): Location {
  if (/[?#]/.test(path)) throw new DavError(400, 'A name with ? or # was not encoded')
  if (!/^[\x21-\x7e]*$/.test(path)) throw new DavError(400, 'The target has raw bytes')
  const slash = path.endsWith('/')
  const split = (rest: string) =>
    rest.replace(/^\//, '').replace(/\/$/, '').split('/').filter(Boolean).map(decodeSegment)
  if (/\/\//.test(path)) throw new DavError(400, 'An empty segment')
  if (path === LEGACY || path.startsWith(`${LEGACY}/`)) {
    const segments = split(path.slice(LEGACY.length))
    return { area: 'files', owner: account.id, base: `${webRoot}${LEGACY}/`, segments, slash }
  }
  if (path !== DAV && !path.startsWith(`${DAV}/`)) throw notFound(path)
  const [area, owner, ...segments] = split(path.slice(DAV.length))
  if (area === undefined) {
    return { area: 'root', owner: undefined, base: `${webRoot}${DAV}/`, segments: [], slash }
  }
  if (area !== 'files' && area !== 'uploads' && area !== 'trashbin') throw notFound(area)
  const base = `${webRoot}${DAV}/${area}/${owner === undefined ? '' : `${encodeSegment(owner)}/`}`
  return { area, owner, base, segments, slash }
}

/** Sabre's own encoding, in lower case and with parentheses as they are: sabre-io/http lib/functions.php */
export function encodeSegment(name: string): string {
  return encodeURIComponent(name)
    .replaceAll(/[!'*]/g, (found) => `%${found.charCodeAt(0).toString(16)}`)
    .replaceAll(/%../g, (escape) => escape.toLowerCase())
}

/**
 * The tree that a location is in: the user's own, or an empty one where another account's is named.
 * https://github.com/nextcloud/server/blob/master/apps/dav/lib/Files/RootCollection.php
 * @throws DavError 404 for no account's id
 */
export function treeOf(
  state: NextcloudState,
  account: NextcloudAccount,
  owner: string | undefined,
): DavFolder {
  if (owner === account.id) return state.home(account.id)
  const { wrongHome } = state.settings
  const known = state.accounts.some(({ id }) => id === owner)
  if (wrongHome === 'empty' || (wrongHome === 'by-principal' && known)) return createFolder('')
  throw new DavError(404, `Principal with name ${owner ?? ''} not found`)
}

/** @throws DavError 403 where a write goes to another home than the user's own, or to none */
export function refuseForeign({ owner }: Location, account: NextcloudAccount): void {
  if (owner !== account.id) throw new DavError(403, 'Permission denied to create node')
}

/**
 * The Destination header as a place (RFC 4918 section 10.3). Sabre looks at the path alone, which has to lie below its base.
 * https://github.com/sabre-io/dav/blob/master/lib/DAV/Server.php
 * @throws DavError 400 when missing or malformed, 403 out of the base
 */
export function readDestination(request: NextcloudRequest): Location {
  const value = request.header('destination')
  if (value === undefined || value === '') {
    throw new DavError(400, 'The destination header was not supplied')
  }
  const path = /^https?:\/\/[^/]+(\/.*)$/i.exec(value)?.[1] ?? value
  if (!path.startsWith('/')) throw new DavError(400, 'The destination header is no URL')
  const base = `${request.webRoot}/remote.php/`
  if (!path.startsWith(base)) {
    throw new DavError(403, `Requested uri (${path}) is out of base uri (${base}dav/)`)
  }
  return locateDav(path.slice(request.webRoot.length), request.webRoot, request.account)
}

/**
 * The node that a request is for.
 * @throws DavError 404
 */
export function findItem(request: NextcloudRequest): DavNode {
  const found = findNode(request.tree, request.location.segments)
  if (!found) throw notFound(request.location.segments.at(-1) ?? '')
  return found
}

/** The href of a node below a base. */
export function hrefOf(base: string, node: DavNode): string {
  const path = pathOf(node).slice(1).split('/').map(encodeSegment).join('/')
  return path === '' ? base : `${base}${path}${node.kind === 'folder' ? '/' : ''}`
}
