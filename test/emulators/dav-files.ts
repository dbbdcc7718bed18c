// Answers GET, HEAD and PUT, with ranges and conditions as RFC 9110 has them.
import { receive, type Content } from './content.ts'
import { loginPage } from './dav-odd.ts'
import { typeOf } from './dav-properties.ts'
import {
  checkConditions,
  DavError,
  etagOf,
  findParent,
  findTarget,
  listed,
  refuseLocked,
  type DavRequest,
} from './dav-request.ts'
import { attach, createFile, nextVersion, sumBytes, type DavFile } from './dav-tree.ts'

/** GET and HEAD of a file: 200, 206, 304 or 416; of a collection 405 or a page. */
export function download(request: DavRequest): Response {
  const { settings, method } = request
  if (settings.answer === 'login-page') return loginPage()
  if (method === 'HEAD' && settings.head === 'refuse') throw new DavError(405, 'No HEAD here')
  const node = findTarget(request)
  if (node.kind === 'folder') {
    if (settings.folderGet === 'refuse') throw new DavError(405, 'A collection has no content')
    return new Response('<!doctype html><title>Index</title>', {
      headers: { 'content-type': 'text/html' },
    })
  }
  const etag = etagOf(node, settings)
  const none = request.header('if-none-match')
  if (none !== undefined && listed(none, etag, true)) return new Response(null, { status: 304 })
  const match = request.header('if-match')
  if (match !== undefined && match !== '*' && !listed(match, etag, false)) {
    throw new DavError(412, 'If-Match does not hold')
  }
  const headers = new Headers({
    'content-type': typeOf(node.name),
    'last-modified': node.modified.toUTCString(),
  })
  if (etag !== undefined) headers.set('etag', etag)
  if (settings.compress && request.header('accept-encoding') !== 'identity') {
    return compressed(node.content, headers, method)
  }
  return ranged(request, node, headers)
}

function ranged(request: DavRequest, node: DavFile, headers: Headers): Response {
  const { settings, method } = request
  const { size } = node.content
  const honours = settings.range === 'honour'
  headers.set('accept-ranges', honours ? 'bytes' : 'none')
  const condition = request.header('if-range')
  const etag = etagOf(node, settings)
  const valid = condition === undefined || (etag !== undefined && condition === etag)
  const range =
    honours && valid && method === 'GET' ? readRange(request.header('range'), size) : undefined
  if (range === 'unsatisfiable') {
    throw new DavError(416, 'No such range', undefined, { 'content-range': `bytes */${size}` })
  }
  const [start, end] = range ?? [0, size]
  if (range) headers.set('content-range', `bytes ${start}-${end - 1}/${size}`)
  if (method === 'GET' || settings.head === 'normal') {
    headers.set('content-length', String(end - start))
  }
  const body = method === 'HEAD' ? null : node.content.read(start, end)
  return new Response(body, { status: range ? 206 : 200, headers })
}

function compressed(content: Content, headers: Headers, method: string): Response {
  headers.set('content-encoding', 'gzip')
  headers.set('vary', 'Accept-Encoding')
  const body = content
    .read(0, content.size)
    .pipeThrough(new CompressionStream('gzip') as ReadableWritablePair<Uint8Array, Uint8Array>)
  if (method === 'HEAD') void body.cancel()
  return new Response(method === 'HEAD' ? null : body, { headers })
}

/** One byte range as [start, end); several or malformed ones are ignored (RFC 9110 section 14.2). */
function readRange(
  header: string | undefined,
  size: number,
): readonly [number, number] | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '')
  const [, first = '', last = ''] = match ?? []
  if (first === '' && last === '') return undefined
  if (first === '') {
    const count = Math.min(Number(last), size)
    return count === 0 ? 'unsatisfiable' : [size - count, size]
  }
  const start = Number(first)
  const end = last === '' ? size : Math.min(Number(last) + 1, size)
  if (last !== '' && Number(last) < start) return undefined
  return start >= size ? 'unsatisfiable' : [start, end]
}

/** PUT: 201 for a new file, 204 for a replaced one. */
export async function upload(request: DavRequest): Promise<Response> {
  const { settings, tree, place } = request
  if (request.header('content-range') !== undefined) {
    // RFC 9110 section 14.5: a server that does not support it answers 400.
    throw new DavError(400, 'Content-Range is no part of a PUT')
  }
  if (request.header('content-encoding') !== undefined) throw new DavError(415, 'A content coding')
  const stated = request.header('content-length')
  if (stated === undefined && settings.unknownLength === 'refuse') {
    throw new DavError(411, 'Content-Length is required')
  }
  const expected = stated === undefined ? undefined : Number(stated)
  if ((expected ?? 0) > settings.bodyLimit) throw new DavError(413, 'Too large for the proxy')
  const { parent, name } = findParent(tree, place.segments)
  const before = parent.children.get(name)
  if (place.slash) throw new DavError(409, 'A collection cannot be PUT')
  if (before?.kind === 'folder') throw new DavError(405, 'A collection is there')
  checkConditions(request, before)
  refuseLocked(settings, place.segments)
  checkQuota(request, expected ?? 0, before)

  const received = await receive(request.body, expected)
  let { content } = received
  if (!received.complete && !settings.keepsCutUploads) {
    content.discard()
    throw new DavError(400, 'The body ended early')
  }
  if (stated === undefined && settings.unknownLength === 'store-nothing') {
    content.discard()
    content = (await receive(null, undefined)).content
  }
  return store(request, name, content)
}

/** Puts the bytes in place; looks again at what is there, as another request may have come between. */
function store(request: DavRequest, name: string, content: Content): Response {
  const { settings, tree, place } = request
  try {
    const { parent } = findParent(tree, place.segments)
    const now = parent.children.get(name)
    if (now?.kind === 'folder') throw new DavError(405, 'A collection is there')
    checkConditions(request, now)
    checkQuota(request, content.size, now)
    let file: DavFile
    if (now) {
      now.content.discard()
      now.content = content
      now.version = nextVersion()
      now.modified = new Date()
      file = now
    } else {
      file = createFile(name, content)
      file.modified = new Date()
      attach(parent, file)
    }
    const etag = etagOf(file, settings)
    const headers = etag !== undefined && settings.etagOnPut ? { etag } : undefined
    return new Response(null, { status: now ? 204 : 201, headers })
  } catch (error) {
    content.discard()
    throw error
  }
}

/** @throws DavError 507 when bytes do not fit beside the rest (RFC 4918 section 11.5) */
export function checkQuota(request: DavRequest, bytes: number, instead?: DavFile): void {
  const { quota } = request.settings
  if (typeof quota !== 'number') return
  const used = sumBytes(request.tree) - (instead?.content.size ?? 0)
  if (used + bytes > quota) {
    throw new DavError(507, 'No space left', 'quota-not-exceeded')
  }
}
