// The requests that every WebDAV server understands, and what their refusals mean (RFC 4918).
import { discard } from '../../net/body.ts'
import { retryAfter } from '../../net/retry.ts'
import { Problem } from '../../problems/problem.ts'
import type { Entry, Session } from '../contract.ts'
import { rateLimited } from '../rate-limited.ts'
import { notWebdav, readMultistatus, type DavResource } from './multistatus.ts'
import { isFolderPath, nameOf, parentOf, toId, toUrl, type DavPath } from './paths.ts'

const PROPFIND_BODY = `<?xml version="1.0" encoding="utf-8"?>
<d:propfind xmlns:d="DAV:"><d:prop><d:resourcetype/><d:getcontentlength/><d:getlastmodified/><d:getetag/><d:getcontenttype/></d:prop></d:propfind>`
const QUOTA_BODY = `<?xml version="1.0" encoding="utf-8"?>
<d:propfind xmlns:d="DAV:"><d:prop><d:resourcetype/><d:quota-available-bytes/><d:quota-used-bytes/></d:prop></d:propfind>`

/** What a server has to tell beyond RFC 4918. */
export interface Dialect {
  /** The body of a PROPFIND for it. */
  readonly properties: string
  /** Where a person finds the resource. */
  readonly webUrl: (resource: DavResource) => string | undefined
}

/** The base URL, ending in a slash. */
export function baseOf(session: Session): string {
  if (session.serverUrl === undefined) throw new Error('a WebDAV connection has a server URL')
  return session.serverUrl.endsWith('/') ? session.serverUrl : `${session.serverUrl}/`
}

/** Sends PROPFIND; whatever comes back is the caller's to read. Without Depth it would mean everything below. */
export async function propfind(
  session: Session,
  path: DavPath,
  depth: '0' | '1',
  body = PROPFIND_BODY,
): Promise<Response> {
  const response = await session.http({
    url: toUrl(baseOf(session), path),
    method: 'PROPFIND',
    headers: {
      depth,
      'content-type': 'application/xml; charset=utf-8',
      accept: 'application/xml, text/xml',
    },
    body,
    // Servers that walk a large folder take their time.
    deadline: 30_000,
    redirect: 'follow',
  })
  // Another origin was asked without credentials: whatever it says is not about this account.
  // (A refusal whose body was looked at has no URL any more, and says nothing of anybody's files.)
  if (response.url !== '' && new URL(response.url).origin !== new URL(baseOf(session)).origin) {
    await discard(response)
    throw new Problem('provider_unavailable', 'The server sent us on to another one.')
  }
  return response
}

/** What is there, or undefined. */
export async function findResource(
  session: Session,
  path: DavPath,
  dialect?: Dialect,
): Promise<DavResource | undefined> {
  const response = await propfind(session, path, '0', dialect?.properties)
  if (response.status === 404 || response.status === 410) {
    await discard(response)
    return undefined
  }
  return readOne(session, response)
}

/** What is there, or `item_not_found`. */
export async function getResource(
  session: Session,
  path: DavPath,
  dialect?: Dialect,
): Promise<DavResource> {
  const found = await findResource(session, path, dialect)
  if (found === undefined) throw new Problem('item_not_found')
  return found
}

/** Quota has to be asked for by name: it is no part of what "all properties" means. */
export async function getQuota(session: Session): Promise<DavResource> {
  return readOne(session, await propfind(session, '', '0', QUOTA_BODY))
}

async function readOne(session: Session, response: Response): Promise<DavResource> {
  if (response.status !== 207) throw await davProblem(session, response)
  for await (const resource of readMultistatus(response)) {
    if (resource.status === undefined || resource.status < 300) return resource
    throw statusProblem(resource.status, undefined)
  }
  throw notWebdav()
}

/** Reads an unexpected answer to its end. A page of HTML with 200 is a sign-in page or no WebDAV at all. */
export async function davProblem(session: Session, response: Response): Promise<Problem> {
  const wait = retryAfter(response, session.now())
  const range = response.headers.get('content-range')
  await discard(response)
  if (response.status < 400) return notWebdav()
  return statusProblem(response.status, wait, range)
}

export function statusProblem(
  status: number,
  wait: number | undefined,
  range: string | null = null,
): Problem {
  switch (status) {
    case 401:
      return new Problem('reauth_required')
    case 403:
      return new Problem('access_denied', 'The server does not allow this.')
    case 404:
    case 410:
      return new Problem('item_not_found')
    case 409:
      // RFC 4918: a collection above is missing.
      return new Problem('item_not_found', 'The folder is not there any more.')
    case 405:
    case 501:
      return new Problem('not_supported', 'The server does not offer this.')
    case 412:
      return new Problem('name_conflict')
    case 413:
      return new Problem('payload_too_large', 'The server does not take files of this size.')
    case 416:
      return new Problem('range_not_satisfiable', undefined, {
        headers: range === null ? {} : { 'content-range': range },
      })
    case 423:
      return new Problem('upload_locked', 'The item is locked at the server.', { retryAfter: wait })
    case 425:
    case 429:
    case 509:
      return rateLimited('The server asks to slow down.', wait)
    case 507:
      return new Problem('quota_exceeded', 'The server has no space left for this account.')
    default:
      return new Problem('provider_unavailable', 'The server could not do this.', {
        retryAfter: wait,
      })
  }
}

/** A 207 to a write is a list of failures, however green it looks. */
export async function checkWrite(session: Session, response: Response): Promise<void> {
  if (response.status === 207) {
    for await (const { status } of readMultistatus(response)) {
      if (status !== undefined && status >= 400 && status !== 424)
        throw statusProblem(status, undefined)
    }
    return
  }
  if (!response.ok) throw await davProblem(session, response)
  await discard(response)
}

/** `path` as the server has it; whether it is a folder decides its form. */
export function toEntry(resource: DavResource, path: DavPath, dialect?: Dialect): Entry {
  const trimmed = path.replace(/\/$/, '')
  const own = resource.isCollection ? `${trimmed}/` : trimmed
  const isRoot = trimmed === ''
  const webUrl = dialect?.webUrl(resource)
  return {
    id: isRoot ? 'root' : toId(own),
    name: isRoot ? 'Files' : nameOf(own),
    isFolder: resource.isCollection,
    size: resource.isCollection ? null : resource.length,
    mimeType: resource.isCollection ? null : resource.contentType,
    modifiedAt: resource.modified,
    etag: resource.isCollection ? null : etagOf(resource),
    ...(webUrl === undefined ? {} : { webUrl }),
    ...(isRoot ? {} : { parentId: toId(parentOf(own)) }),
  }
}

/** Servers without entity tags still change a file's time or size with its content. */
function etagOf({ etag, modified, length }: DavResource): string | null {
  return etag ?? (modified === null ? null : `${modified}/${length ?? ''}`)
}

/** A file's own URL must not end in a slash, a folder's must (nginx answers 409 otherwise). */
export function urlOf(session: Session, path: DavPath, isFolder = isFolderPath(path)): string {
  const trimmed = path.replace(/\/$/, '')
  return toUrl(baseOf(session), isFolder && trimmed !== '' ? `${trimmed}/` : trimmed)
}
