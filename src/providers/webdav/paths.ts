// Paths below a WebDAV base: one encoding for each name, compared decoded, and never able to climb out.
import { invalidField, Problem } from '../../problems/problem.ts'
import { decodeId, encodeId } from '../opaque-id.ts'

/**
 * A path relative to the base, its segments percent-encoded, without a leading slash. Folders end in a
 * slash; the base itself is the empty string.
 */
export type DavPath = string

/** Base64url of the path, `root` for the base. */
export function toId(path: DavPath): string {
  if (path === '') return 'root'
  return encodeId(path)
}

/** Throws `item_not_found` for what is no id, or would lead out of the base. */
export function fromId(id: string): DavPath {
  if (id === 'root') return ''
  const path = decodeId(id)
  const segments = path.replace(/\/$/, '').split('/')
  if (path === '' || !segments.every(isSafe)) throw new Problem('item_not_found')
  return path
}

/** A segment that names something in its folder, however often a server behind a proxy may decode it. */
function isSafe(segment: string): boolean {
  const name = decodeSegment(segment)
  return (
    name !== '' &&
    name !== '.' &&
    name !== '..' &&
    !/[/\\\u0000-\u001f?#]/.test(segment) &&
    !/[/\u0000]/.test(name)
  )
}

/** Decoded once; what is not valid encoding stays as it is. */
export function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

export const isFolderPath = (path: DavPath) => path === '' || path.endsWith('/')

/** The last segment, decoded. */
export function nameOf(path: DavPath): string {
  return decodeSegment(path.replace(/\/$/, '').split('/').at(-1) ?? '')
}

/** The folder that holds it. */
export function parentOf(path: DavPath): DavPath {
  const trimmed = path.replace(/\/$/, '')
  return trimmed.slice(0, trimmed.lastIndexOf('/') + 1)
}

/** Bytes. */
const MAX_NAME = 255

/** A file of this name in a folder. Throws `invalid_request` for a name that would lead elsewhere. */
export function childPath(folder: DavPath, name: string): DavPath {
  const segment = encodeSegment(name)
  // The limit of nearly every file system below a server, which says so in no way that could be told.
  if (new TextEncoder().encode(name).length > MAX_NAME) {
    throw invalidField('name', `must have at most ${MAX_NAME} bytes in UTF-8`)
  }
  if (!isSafe(segment)) throw invalidField('name', 'must name something in the folder')
  return `${folder === '' || folder.endsWith('/') ? folder : `${folder}/`}${segment}`
}

/**
 * A server's segment in our own encoding, so that an item has one id whoever names it. What is not UTF-8 behind its percent
 * signs stays as it is: it could not be said in another way.
 */
export function canonicalSegment(raw: string): string {
  if (/^[A-Za-z0-9._~-]+$/.test(raw)) return raw
  try {
    return encodeSegment(decodeURIComponent(raw))
  } catch {
    return raw
  }
}

function encodeSegment(name: string): string {
  // What encodeURIComponent leaves alone may be encoded harmlessly, and some servers decode only what is.
  return encodeURIComponent(name).replace(
    /['()*!]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** The URL of a path. `base` ends in a slash. */
export function toUrl(base: string, path: DavPath): string {
  return base + path
}

/**
 * What a href of a multistatus document names, relative to the folder that was listed: '' for the folder itself, the raw segment of
 * a child, undefined for anything else. Only the path counts: scheme and host are often those behind a proxy. `rewritten` is what
 * the server calls the base, where a proxy has put another prefix in front.
 */
export function relativeTo(
  href: string,
  requested: string,
  rewritten: string | undefined,
  folder: DavPath,
): string | undefined {
  const path = pathOfHref(href)
  if (!path.startsWith('/')) {
    // Relative to the base with some servers, to the folder with others.
    const [own, ...more] = segmentsOf(path)
    return restBelow(path, folder) ?? (more.length === 0 ? (own ?? '') : undefined)
  }
  for (const base of [requested, rewritten]) {
    if (base === undefined) continue
    const rest = restBelow(path, base)
    if (rest !== undefined) return rest
  }
  return undefined
}

function pathOfHref(href: string): string {
  const path = href.replace(/^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/]*/, '')
  return path.replace(/[?#].*$/, '')
}

/** Segments are compared decoded: the encoding varies even within one answer. */
function restBelow(path: string, base: string): string | undefined {
  // Nearly always the server writes the base as we do.
  if (base.endsWith('/') && path.startsWith(base)) {
    const rest = path.endsWith('/') ? path.slice(base.length, -1) : path.slice(base.length)
    if (!rest.includes('/')) return rest
  }
  const own = segmentsOf(path)
  const above = segmentsOf(base)
  if (own.length < above.length || own.length > above.length + 1) return undefined
  const same = above.every((segment, at) => {
    const other = own[at] ?? ''
    return segment === other || decodeSegment(segment) === decodeSegment(other)
  })
  return same ? (own[above.length] ?? '') : undefined
}

const segmentsOf = (path: string) =>
  path.split('/').filter((segment) => segment !== '' && segment !== '.')
