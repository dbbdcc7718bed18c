// Finds what a Graph path is about: a drive, an item by id or by path, a name that may not exist yet, and what is to be done there.
import type { Context } from 'hono'
import { GraphError, itemNotFound } from './graph-errors.ts'
import type { GraphDrive, GraphItem } from './graph-items.ts'
import { checkWork, REACH_ALL, type Caller, type MicrosoftState } from './graph-state.ts'
import type { GraphSite } from './graph-tenant.ts'

/** An address below a drive: an item, or a name that may not exist yet below one. */
export interface Target {
  readonly drive: GraphDrive
  readonly item: GraphItem | undefined
  /** With path addressing: the folder and the last name. */
  readonly parent: GraphItem | undefined
  readonly name: string | undefined
  /** What follows the address: `children`, `content`, `createUploadSession`, `search(…)`. */
  readonly action: string
  /** The path as it was sent, below `/v1.0`. */
  readonly path: string
}

const DRIVE =
  /^\/(?:me\/drive|drives\/([^/]+)|sites\/([^/:]+)\/drive|groups\/([^/]+)\/drive)(?=\/|$)(.*)$/s
const BELOW_DRIVE = /^\/(?:root|items\/([^/:]+))(?::\/([^:]+)(?::|$))?(?:\/(.+))?$/
const DRIVE_SEARCH = /^\/(search\(.+\))$/

/** Whose drive a path begins with, and what of the path follows. */
export interface DrivePlace {
  readonly caller: Caller
  readonly drive: GraphDrive
  readonly below: string
}

/**
 * Reads `/me/drive`, `/drives/{d}`, `/sites/{s}/drive` and `/groups/{g}/drive`; undefined for another path. Throws 404 for a drive
 * that is not there, 403 for a site, a group or a scope that the caller does not have.
 */
export function locateDrive(
  c: Context,
  state: MicrosoftState,
  path: string,
): DrivePlace | undefined {
  const match = DRIVE.exec(path)
  if (match === null) return undefined
  const [, driveId, siteId, groupId, below = ''] = match
  if (groupId !== undefined) {
    const caller = state.authorizeWork(c, REACH_ALL)
    const { site } = state.team(caller, decode(groupId))
    return { caller, drive: defaultLibrary(state.site(caller, () => site)), below }
  }
  const caller = state.read(c)
  if (siteId !== undefined) {
    checkWork(caller)
    const site = state.site(caller, (tenant) => tenant.siteById(decode(siteId)))
    return { caller, drive: defaultLibrary(site), below }
  }
  const drive = driveId === undefined ? state.ownDrive(caller) : state.drive(decode(driveId))
  return { caller, drive, below }
}

/** Throws 404 for a site without any library. */
export function defaultLibrary({ libraries }: GraphSite): GraphDrive {
  const [library] = libraries
  if (library === undefined) throw itemNotFound()
  return library
}

/**
 * Reads `/(root|items/{i})[:/path[:]][/action]` below a drive; colons are found before anything is decoded. Throws 400 for another
 * path, 404 for a folder on the way that is not there or not the caller's to see.
 */
export function resolve(state: MicrosoftState, place: DrivePlace, path: string): Target {
  const { caller, drive } = place
  const search = DRIVE_SEARCH.exec(place.below)
  const match = search ?? BELOW_DRIVE.exec(place.below)
  if (match === null) throw noSegment(path)
  const [itemId, below, action = ''] = search ? [, , search[1]] : match.slice(1)
  const start = state.items.find(drive, itemId === undefined ? 'root' : decode(itemId))
  if (start !== undefined) state.checkReach(caller, drive, start)
  const found = { drive, action, path }
  if (below === undefined) return { ...found, item: start, parent: undefined, name: undefined }
  let item = start
  let parent: GraphItem | undefined
  let name: string | undefined
  for (const segment of below.split('/')) {
    if (item === undefined) throw itemNotFound()
    parent = item
    name = decode(segment)
    item = state.items.child(parent.id, name)
  }
  return { ...found, item, parent, name }
}

export function noSegment(path: string): GraphError {
  return new GraphError(400, 'BadRequest', `Resource not found for the segment: ${path}`)
}

/** Throws 400 for what is not percent-encoded UTF-8. */
export function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw new GraphError(400, 'BadRequest', 'The URL is not percent-encoded UTF-8')
  }
}
