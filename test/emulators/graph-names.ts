// What OneDrive lets a file be called, and what it does when a name is taken.
// Source: support.microsoft.com "Restrictions and limitations in OneDrive and SharePoint", learn.microsoft.com/onedrive/developer/rest-api/concepts/addressing-driveitems.
import { invalidRequest, nameTaken } from './graph-errors.ts'
import type { GraphItem, GraphItems } from './graph-items.ts'

const FORBIDDEN = /["*:<>?/\\|]/
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d|\.lock|desktop\.ini)$/i
const LONGEST_SEGMENT = 255
const LONGEST_PATH = 400

export type ConflictBehavior = 'fail' | 'replace' | 'rename'

/** Throws 400 invalidRequest for a name that cannot be, and for a path that gets too long with it. */
export function checkName(items: GraphItems, parent: GraphItem, name: string): void {
  const bad = name === '' || FORBIDDEN.test(name) || name !== name.trim() || name.endsWith('.')
  const reserved = RESERVED.test(name) || name.startsWith('~$') || /_vti_/i.test(name)
  if (bad || reserved || name.length > LONGEST_SEGMENT) {
    throw invalidRequest('The provided name cannot contain...', 'invalidPath')
  }
  if ([...items.pathOf(parent), name].join('/').length > LONGEST_PATH) {
    throw invalidRequest('The path is too long', 'pathIsTooLong')
  }
}

/** Throws 400 for anything that is no conflict behaviour. */
export function readBehavior(value: unknown, preset: ConflictBehavior): ConflictBehavior {
  if (value === undefined || value === null) return preset
  if (value === 'fail' || value === 'replace' || value === 'rename') return value
  throw invalidRequest(`${String(value)} is no conflictBehavior`)
}

/** The name to use: the wanted one when it is free, a numbered one for `rename`, else 409. */
export function settleName(
  items: GraphItems,
  parent: string,
  name: string,
  behavior: ConflictBehavior,
): string {
  if (items.child(parent, name) === undefined) return name
  if (behavior !== 'rename') throw nameTaken()
  for (let number = 1; ; number += 1) {
    const free = numbered(name, number)
    if (items.child(parent, free) === undefined) return free
  }
}

/** `name 1.ext`, as OneDrive renames. */
function numbered(name: string, number: number): string {
  const dot = name.lastIndexOf('.')
  return dot > 0 ? `${name.slice(0, dot)} ${number}${name.slice(dot)}` : `${name} ${number}`
}
