// Answers GET, HEAD and PUT in a Nextcloud home, with its checksums, times and early checks of space.
import { hashContent, receive, type Content } from './content.ts'
import { download } from './dav-files.ts'
import { checkConditions, DavError } from './dav-request.ts'
import {
  attach,
  createFile,
  createFolder,
  findNode,
  nextVersion,
  type DavFile,
  type DavFolder,
} from './dav-tree.ts'
import { garble } from './garble.ts'
import { readTime, refuseLocked, refuseName } from './nextcloud-names.ts'
import { freeBytes, isEncrypted, ocId, permissionsOf } from './nextcloud-properties.ts'
import {
  findItem,
  refuseForeign,
  type Location,
  type NextcloudRequest,
} from './nextcloud-request.ts'
import { propagate } from './nextcloud-state.ts'

/** GET and HEAD of a file; a folder is answered in words: apps/dav/lib/Connector/Sabre/DummyGetResponsePlugin.php */
export function read(request: NextcloudRequest): Response {
  const node = findItem(request)
  const { state } = request
  if (node.kind === 'folder') {
    const text =
      'This is the WebDAV interface. It can only be accessed by WebDAV clients such as the Nextcloud desktop sync client.'
    return new Response(request.method === 'HEAD' ? null : text, { status: 200 })
  }
  const response = download(request)
  response.headers.set('oc-etag', `"${node.version}"`)
  response.headers.set('oc-fileid', ocId(state.traitsOf(node).fileId))
  response.headers.set(
    'content-disposition',
    `attachment; filename*=UTF-8''${encodeURIComponent(node.name)}`,
  )
  const { checksum } = state.traitsOf(node)
  if (checksum !== undefined) response.headers.set('oc-checksum', checksum.split(' ')[0] ?? '')
  return response
}

/** PUT: 201 for a new file, 204 for a replaced one. */
export async function write(request: NextcloudRequest): Promise<Response> {
  const { location, state } = request
  const expected = readLength(request)
  const stated = { ...readTimes(request), checksum: readChecksum(request) }
  if (location.slash) throw new DavError(409, 'PUT is not allowed on a collection')
  const place = findPlace(request, location)
  checkConditions(request, place.parent.children.get(place.name))
  checkSpace(request, location.segments, Math.max(totalLength(request) ?? 0, expected ?? 0))

  const received = await receive(request.body, expected)
  let { content } = received
  if (!received.complete) {
    content.discard()
    throw new DavError(
      400,
      `Expected filesize of ${expected ?? 0} bytes but read (from Nextcloud client) ${content.size} bytes. Could either be a network problem on the sending side or a problem writing to the storage on the server side.`,
    )
  }
  if (
    request.header('content-length') === undefined &&
    state.settings.unknownLength === 'store-nothing'
  ) {
    content.discard()
    content = (await receive(null, undefined)).content
  }
  if (state.settings.garbledUploads > 0) {
    state.settings.garbledUploads -= 1
    content = garble(content)
  }
  try {
    await verify(request, content)
    // Another request may have come between.
    const { parent, name } = findPlace(request, location)
    checkConditions(request, parent.children.get(name))
    checkSpace(request, location.segments, content.size)
    const response = await store(request, { parent, name }, content, stated)
    await addHashes(request, response, content)
    return response
  } catch (error) {
    content.discard()
    throw error
  }
}

/**
 * The hash that X-Hash asks for, of the bytes of this PUT; the last step of an upload in parts has none.
 * https://docs.nextcloud.com/server/latest/developer_manual/client_apis/WebDAV/basic.html#request-headers
 */
async function addHashes(
  request: NextcloudRequest,
  response: Response,
  content: Content,
): Promise<void> {
  const wanted = request.header('x-hash')?.toLowerCase()
  if (!request.state.settings.hashes) return
  for (const algorithm of ['md5', 'sha1', 'sha256']) {
    if (wanted !== algorithm && wanted !== 'all') continue
    response.headers.set(`x-hash-${algorithm}`, await hashContent(content, algorithm))
  }
}

export interface Stated {
  readonly modified: number | undefined
  readonly created: number | undefined
  readonly checksum: string | undefined
}

/** X-OC-MTime and X-OC-CTime. */
export function readTimes(request: NextcloudRequest): Omit<Stated, 'checksum'> {
  return {
    modified: readTime('X-OC-MTime', request.header('x-oc-mtime')),
    created: readTime('X-OC-CTime', request.header('x-oc-ctime')),
  }
}

/** OC-Checksum as it is stored. @throws DavError 400 when it is no algorithm and digest */
export function readChecksum(request: NextcloudRequest): string | undefined {
  const value = request.header('oc-checksum')
  if (value === undefined) return undefined
  if (
    !/^(?:SHA1:[0-9a-f]{40}|MD5:[0-9a-f]{32}|SHA256:[0-9a-f]{64}|SHA3-256:[0-9a-f]{64}|ADLER32:[0-9a-f]{1,8})$/i.test(
      value,
    )
  ) {
    throw new DavError(400, 'OC-Checksum is no algorithm, colon and digest')
  }
  return value
}

/**
 * The folder that a new file goes into; X-NC-WebDAV-AutoMkcol makes the missing ones (apps/dav/lib/Connector/Sabre/FilesPlugin.php).
 * @throws DavError 409 without a parent, 405 where a folder is, 403 without the right, 400 for the name
 */
export function findPlace(
  request: NextcloudRequest,
  location: Location,
): { parent: DavFolder; name: string } {
  const { state, account } = request
  refuseForeign(location, account)
  const name = location.segments.at(-1)
  if (location.area !== 'files' || name === undefined) {
    throw new DavError(409, 'PUT is not allowed on a collection')
  }
  const home = state.home(account.id)
  let parent = findNode(home, location.segments.slice(0, -1))
  if (!parent && request.method === 'PUT' && request.header('x-nc-webdav-automkcol') === '1') {
    parent = makeFolders(request, home, location.segments.slice(0, -1))
  }
  if (!parent) throw new DavError(409, 'Files cannot be created in non-existent collections')
  if (parent.kind === 'file') {
    throw new DavError(409, 'Files can only be created as children of collections')
  }
  refuseEncrypted(request, parent)
  const there = parent.children.get(name)
  if (there?.kind === 'folder') throw new DavError(409, 'PUT is not allowed on non-files.')
  if (!there) refuseName(state.settings, name)
  refuseLocked(state.settings, location.segments)
  const right = there
    ? permissionsOf(state, there).includes('W')
    : permissionsOf(state, parent).includes('C')
  if (!right) throw new DavError(403, 'Permission denied to create file')
  return { parent, name }
}

function makeFolders(
  request: NextcloudRequest,
  home: DavFolder,
  names: readonly string[],
): DavFolder {
  let at = home
  for (const name of names) {
    const next = at.children.get(name) ?? createFolder(name)
    if (next.kind === 'file') throw new DavError(409, 'The parent is a file')
    if (!next.parent) {
      refuseName(request.state.settings, name)
      attach(at, next)
      propagate(at)
    }
    at = next
  }
  return at
}

/**
 * Clients without the keys see names and bytes that mean nothing, and write none.
 * https://github.com/nextcloud/end_to_end_encryption/blob/master/lib/Connector/Sabre/LockPlugin.php
 * @throws DavError 403
 */
export function refuseEncrypted(
  request: NextcloudRequest,
  node: Parameters<typeof isEncrypted>[1],
): void {
  if (isEncrypted(request.state, node)) {
    const client = request.header('user-agent') ?? ''
    throw new DavError(
      403,
      `Client "${client}" is not allowed to access end-to-end encrypted content`,
    )
  }
}

/**
 * Holds bytes against what is left; the file that they replace counts on, and a new folder counts 4096.
 * https://github.com/nextcloud/server/blob/master/apps/dav/lib/Connector/Sabre/QuotaPlugin.php
 * @throws DavError 507
 */
export function checkSpace(
  { state, account }: NextcloudRequest,
  segments: readonly string[],
  bytes: number,
): void {
  const free = freeBytes(state, account)
  if (free < 0 || bytes <= free) return
  const path = `/${segments.join('/')}`
  throw new DavError(507, `Insufficient space in ${path}, ${bytes} required, ${free} available`)
}

/** OC-Total-Length. @throws DavError 400 when it is no number */
export function totalLength(request: NextcloudRequest): number | undefined {
  const value = request.header('oc-total-length')
  if (value === undefined) return undefined
  if (!/^\d+$/.test(value)) throw new DavError(400, 'OC-Total-Length is no number')
  return Number(value)
}

/** The length of a PUT, before any byte of it. */
export function readLength(request: NextcloudRequest): number | undefined {
  const { settings } = request.state
  // Sabre's CorePlugin: partial PUT would destroy the rest of the file.
  if (request.header('content-range') !== undefined) {
    throw new DavError(400, 'Content-Range on PUT requests are forbidden.')
  }
  if (request.header('content-encoding') !== undefined) throw new DavError(415, 'A content coding')
  const stated = request.header('content-length')
  if (stated === undefined && settings.unknownLength === 'refuse') {
    throw new DavError(411, 'Content-Length is required')
  }
  const length = stated === undefined ? undefined : Number(stated)
  if ((length ?? 0) > settings.bodyLimit) throw new DavError(413, 'Too large for the proxy')
  return length
}

/** Compares bytes and OC-Checksum, where the server does so. @throws DavError 400 */
export async function verify(request: NextcloudRequest, content: Content): Promise<void> {
  const [algorithm = '', digest = ''] = readChecksum(request)?.split(':') ?? []
  const name = { SHA1: 'sha1', MD5: 'md5', SHA256: 'sha256' }[algorithm.toUpperCase()]
  if (!request.state.settings.verifyChecksums || name === undefined) return
  if ((await hashContent(content, name)) !== digest.toLowerCase()) {
    throw new DavError(
      400,
      'The computed checksum does not match the one received from the client.',
    )
  }
}

/** Puts bytes in place and answers as a PUT, or the last step of an upload, is answered. */
export async function store(
  request: NextcloudRequest,
  { parent, name }: { parent: DavFolder; name: string },
  content: Content,
  stated: Stated,
): Promise<Response> {
  const { state, account } = request
  const before = parent.children.get(name)
  let file: DavFile
  if (before?.kind === 'file') {
    before.content.discard()
    before.content = content
    before.version = nextVersion()
    file = before
  } else {
    file = createFile(name, content)
    attach(parent, file)
  }
  file.modified = stated.modified === undefined ? new Date() : new Date(stated.modified * 1000)
  const traits = state.traitsOf(file)
  traits.uploadedAt = Math.floor(state.settings.now() / 1000)
  if (stated.checksum === undefined) delete traits.checksum
  else traits.checksum = stated.checksum
  if (stated.created !== undefined) traits.createdAt = stated.created
  propagate(parent)
  const headers = new Headers({
    etag: `"${file.version}"`,
    'oc-etag': `"${file.version}"`,
    'oc-fileid': ocId(traits.fileId),
    'x-nc-ownerid': account.id,
    'x-nc-permissions': permissionsOf(state, file),
  })
  if (stated.modified !== undefined) headers.set('x-oc-mtime', 'accepted')
  if (stated.created !== undefined) headers.set('x-oc-ctime', 'accepted')
  return new Response(null, { status: before ? 204 : 201, headers })
}
