// A WebDAV server that only reads: the library's folders, and its files with tags and ranges, as fast as they are taken.
import { SHELVES, placeOf, SMALL } from '../library.mjs'
import { pour } from '../pattern.mjs'
import { send } from './answer.mjs'

/** By path; of a folder, the paths of what lies in it. */
const files = new Map()
const folders = new Map([['/', []]])
for (const shelf of SHELVES) {
  shelf.paths.forEach((path, at) => {
    const whole = `/${shelf.folder}/${path}`
    files.set(whole, { shelf, at, size: shelf.size, tag: `"${shelf.folder}-${at}"` })
    addTo(folderOf(whole), whole)
  })
}

function addTo(folder, path) {
  if (!folders.has(folder)) {
    folders.set(folder, [])
    addTo(folderOf(folder.slice(0, -1)), folder)
  }
  folders.get(folder).push(path)
}

function folderOf(path) {
  return path.slice(0, path.lastIndexOf('/') + 1)
}

export async function library({ request, response, path, prefix }) {
  request.resume()
  const file = files.get(path)
  const folder = folders.has(path) ? path : `${path}/`
  if (file === undefined && !folders.has(folder)) return send(response, 404, {})
  switch (request.method) {
    case 'PROPFIND': {
      const below = request.headers.depth === '0' ? [] : (folders.get(folder) ?? [])
      const found = [file === undefined ? folder : path, ...below]
      return send(response, 207, { 'content-type': 'application/xml' }, describe(prefix, found))
    }
    case 'GET':
    case 'HEAD':
      return file === undefined ? send(response, 405, {}) : give(request, response, file)
    default:
      return send(response, 405, {})
  }
}

async function give(request, response, { shelf, at, size, tag }) {
  const asked = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
  const start = Number(asked?.[1] ?? 0)
  const end = Math.min(Number(asked?.[2] || size - 1), size - 1)
  if (start > end) return send(response, 416, { 'content-range': `bytes */${size}` })
  response.writeHead(asked === null ? 200 : 206, {
    'content-length': end - start + 1,
    'content-type': typeOf(shelf),
    'accept-ranges': 'bytes',
    etag: tag,
    'last-modified': MODIFIED,
    ...(asked && { 'content-range': `bytes ${start}-${end}/${size}` }),
  })
  if (request.method === 'HEAD') return response.end()
  if (shelf === SMALL) return response.end(shelf.pieces(at)[0].subarray(start, end + 1))
  // A reader that goes away has its reasons.
  await pour(response, placeOf(at) + start, end - start + 1).catch(() => undefined)
  return response.end()
}

const MODIFIED = 'Wed, 20 May 2026 10:00:00 GMT'
const typeOf = (shelf) => (shelf === SMALL ? 'text/plain' : 'application/octet-stream')
const documents = new Map()

/** The same answer is made once. */
function describe(prefix, paths) {
  const key = `${paths.length} ${paths[0]}`
  let document = documents.get(key)
  if (document === undefined) {
    document = Buffer.from(
      `<?xml version="1.0" encoding="utf-8"?><D:multistatus xmlns:D="DAV:">` +
        `${paths.map((path) => element(prefix, path)).join('')}</D:multistatus>`,
    )
    documents.set(key, document)
  }
  return document
}

function element(prefix, path) {
  const file = files.get(path)
  const own =
    file === undefined
      ? '<D:resourcetype><D:collection/></D:resourcetype>'
      : `<D:resourcetype/><D:getcontentlength>${file.size}</D:getcontentlength>` +
        `<D:getetag>${file.tag}</D:getetag><D:getcontenttype>${typeOf(file.shelf)}</D:getcontenttype>`
  return (
    `<D:response><D:href>${encodeURI(prefix + path)}</D:href><D:propstat><D:prop>${own}` +
    `<D:getlastmodified>${MODIFIED}</D:getlastmodified></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>`
  )
}
