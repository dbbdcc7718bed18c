// A WebDAV server and a Nextcloud as far as the benchmark needs them: files by path, parts that a MOVE puts together.
import { garbled, json, send } from './answer.mjs'
import { Received } from './received.mjs'

const ITEMS = 1000
/** Bytes of each file, by its path. */
const files = new Map()
/** The parts of each upload, by the folder's path. */
const transfers = new Map()

export async function dav({ request, response, path, prefix }) {
  if (request.method === 'PUT') return put(request, response, path)
  request.resume()
  if (path === '/status.php') return json(response, { installed: true, maintenance: false })
  if (path === '/ocs/v2.php/cloud/user') return json(response, { ocs: { data: { id: 'bench' } } })
  switch (request.method) {
    case 'PROPFIND':
      return find(request, response, path, prefix)
    case 'MKCOL':
      transfers.set(path, new Received())
      return send(response, 201, {})
    case 'MOVE':
      return move(request, response, path, prefix)
    case 'DELETE':
      files.delete(path)
      transfers.delete(path)
      return send(response, 204, {})
    default:
      return send(response, 404, {})
  }
}

const folderOf = (path) => path.slice(0, path.lastIndexOf('/') + 1)

async function put(request, response, path) {
  const transfer = transfers.get(folderOf(path))
  const received = transfer ?? new Received()
  const size = await received.take(request)
  if (transfer === undefined) {
    if (!received.isWhole(size)) return garbled(response)
    files.set(path, size)
  }
  return send(response, 201, {})
}

function move(request, response, path, prefix) {
  const target = new URL(request.headers.destination, 'http://localhost')
  const destination = decodeURIComponent(target.pathname).slice(prefix.length)
  const received = transfers.get(folderOf(path))
  const size = received === undefined ? files.get(path) : received.offset
  if (size === undefined) return send(response, 404, {})
  if (received !== undefined && !received.isWhole(size)) return garbled(response)
  transfers.delete(folderOf(path))
  files.delete(path)
  files.set(destination, size)
  return send(response, 201, {})
}

function find(request, response, path, prefix) {
  const size = files.get(path)
  if (size === undefined && !path.endsWith('/')) return send(response, 404, {})
  const count = request.headers.depth === '1' ? ITEMS : 0
  const document =
    size === undefined ? folder(prefix + path, count) : wrap(file(prefix + path, size, 'own'))
  return send(response, 207, { 'content-type': 'application/xml' }, document)
}

const documents = new Map()

/** A folder as Apache shows it. */
function folder(href, count) {
  const key = `${count} ${href}`
  let document = documents.get(key)
  if (document === undefined) {
    const children = Array.from({ length: count }, (_, index) =>
      file(`${href}Quarterly%20report%20number%20${index}.txt`, 10_000 + index, index),
    )
    document = Buffer.from(wrap(element(href, '<D:collection/>', ''), ...children))
    documents.set(key, document)
  }
  return document
}

const wrap = (...elements) =>
  `<?xml version="1.0" encoding="utf-8"?><D:multistatus xmlns:D="DAV:" xmlns:lp1="DAV:">` +
  `${elements.join('')}</D:multistatus>`

function file(href, size, version) {
  const more =
    `<lp1:getcontentlength>${size}</lp1:getcontentlength>` +
    `<lp1:getetag>"6436d084d${version}"</lp1:getetag><D:getcontenttype>text/plain</D:getcontenttype>`
  return element(href, '', more)
}

const element = (href, type, more) =>
  `<D:response><D:href>${href}</D:href><D:propstat><D:prop><lp1:resourcetype>${type}</lp1:resourcetype>` +
  `${more}<lp1:getlastmodified>Wed, 20 May 2026 10:00:00 GMT</lp1:getlastmodified></D:prop>` +
  `<D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>`
