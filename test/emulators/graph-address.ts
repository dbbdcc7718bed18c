// Finds what a Graph path is about: a drive, an item by id or by path, a name that may not exist yet, and what is to be done there.
import { GraphError, itemNotFound } from './graph-errors.ts'
import type { GraphDrive, GraphItem } from './graph-items.ts'
import type { Caller, MicrosoftState } from './graph-state.ts'

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

const BELOW_DRIVE =
  /^\/(?:me\/drive|drives\/([^/]+))\/(?:root|items\/([^/:]+))(?::\/([^:]+)(?::|$))?(?:\/(.+))?$/
const DRIVE_SEARCH = /^\/(?:me\/drive|drives\/([^/]+))\/(search\(.+\))$/

/**
 * Reads `/drives/{d}/(root|items/{i})[:/path[:]][/action]`; colons are found before anything is decoded. Throws 400 for another
 * path, 404 for a drive or folder on the way that is not there or not the caller's to see.
 */
export function resolve(state: MicrosoftState, caller: Caller, path: string): Target {
  const search = DRIVE_SEARCH.exec(path)
  const match = search ?? BELOW_DRIVE.exec(path)
  if (match === null) {
    throw new GraphError(400, 'BadRequest', `Resource not found for the segment: ${path}`)
  }
  const driveId = match[1]
  const [itemId, below, action = ''] = search ? [, , search[2]] : match.slice(2)
  const drive = driveId === undefined ? state.ownDrive(caller) : state.drive(decode(driveId))
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

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw new GraphError(400, 'BadRequest', 'The URL is not percent-encoded UTF-8')
  }
}
