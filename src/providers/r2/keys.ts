// Where a user's files lie in the bucket, and the ids that stand for them.
import { invalidField, Problem } from '../../problems/problem.ts'
import type { Session } from '../contract.ts'
import { decodeId, encodeId } from '../opaque-id.ts'

/** Relative to the user's own prefix, without a leading slash; folders end in one, the top is the empty string. */
export type FilePath = string

/** The prefix that holds everything of one user. Ids may hold any character, a key's first part may not. */
export function prefixOf({ userId }: Pick<Session, 'userId'>): string {
  return `files/${encodeId(userId)}/`
}

export function toId(path: FilePath): string {
  return path === '' ? 'root' : encodeId(path)
}

/** Throws `item_not_found` for what is no id. */
export function fromId(id: string): FilePath {
  if (id === 'root') return ''
  const path = decodeId(id)
  const segments = path.replace(/\/$/, '').split('/')
  if (segments.some((segment) => ['', '.', '..'].includes(segment)))
    throw new Problem('item_not_found')
  return path
}

export const isFolderPath = (path: FilePath) => path === '' || path.endsWith('/')

export function nameOf(path: FilePath): string {
  return path.replace(/\/$/, '').split('/').at(-1) ?? ''
}

export function parentOf(path: FilePath): FilePath {
  const trimmed = path.replace(/\/$/, '')
  return trimmed.slice(0, trimmed.lastIndexOf('/') + 1)
}

/** What has this name in a folder. Throws `invalid_request` for a name that no id could stand for. */
export function childPath(folder: FilePath, name: string): FilePath {
  if (name === '' || name === '.' || name === '..' || name.includes('/')) {
    throw invalidField('name', 'must name something in the folder')
  }
  return folder + name
}

/** R2's keys have at most 1,024 bytes, the user's prefix included. */
export const isKey = (key: string) => new TextEncoder().encode(key).length <= 1024

/** What is to be made at a path must have a key, also as a folder. */
export function checkLength(session: Session, path: FilePath): void {
  if (!isKey(`${prefixOf(session)}${path}/`)) {
    throw invalidField('name', 'is too long together with the names of the folders above it')
  }
}
