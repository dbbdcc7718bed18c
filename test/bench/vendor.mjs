// A vendor with nothing behind it, in a process of its own: OneDrive's answers, and every byte that arrives is checked.
import { createHash, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { digestOf, pour } from './pattern.mjs'

const ITEMS = 1000

const server = createServer((request, response) => {
  const path = decodeURIComponent((request.url ?? '').split('?')[0])
  const base = `http://127.0.0.1:${server.address().port}`
  const json = (value, status = 200) => {
    const body = JSON.stringify(value)
    response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    })
    response.end(body)
  }
  if (request.method === 'PUT') return swallow(request, path, json)
  request.resume()
  if (request.method === 'PROPFIND') {
    const document = multistatus(request.headers['depth'] === '1' ? ITEMS : 0)
    response.writeHead(207, {
      'content-type': 'application/xml',
      'content-length': document.length,
    })
    return response.end(document)
  }
  if (path.endsWith('/token')) {
    return json({ access_token: 'a', refresh_token: 'r', expires_in: 3600, token_type: 'Bearer' })
  }
  if (path === '/v1.0/me') return json({ id: 'bench', userPrincipalName: 'bench@example.com' })
  if (path === '/v1.0/me/drive') return json({ id: 'b!bench', driveType: 'business' })
  if (path.endsWith('/createUploadSession'))
    return json({ uploadUrl: `${base}/upload/${randomUUID()}` })
  if (path.endsWith('/children')) {
    const listing = listingOf(base)
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': listing.length,
    })
    return response.end(listing)
  }
  if (path === '/download') {
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': size })
    return pour(response, size)
  }
  if (path.startsWith('/v1.0/drives/b!bench/')) {
    if (path.endsWith('/root')) return json({ id: 'ROOT', name: 'root', root: {}, folder: {} })
    return json({
      id: 'FILE',
      name: 'bench.bin',
      size,
      file: { mimeType: 'application/octet-stream' },
      cTag: 'c',
      parentReference: { id: 'ROOT', path: '/drives/b!bench/root:' },
      '@microsoft.graph.downloadUrl': `${base}/download`,
    })
  }
  json({ error: { code: 'itemNotFound' } }, 404)
})

/** Bytes of the file: those of the last upload. */
let size = 1024 ** 3
const hashes = new Map()

function swallow(request, path, json) {
  const hash = hashes.get(path) ?? createHash('sha256')
  hashes.set(path, hash)
  request.on('data', (part) => hash.update(part))
  request.on('end', () => {
    const range = /^bytes \d+-(\d+)\/(\d+)$/.exec(request.headers['content-range'] ?? '')
    const total = Number(range?.[2] ?? request.headers['content-length'])
    if (range !== null && Number(range[1]) + 1 < total) {
      return json({ nextExpectedRanges: [`${Number(range[1]) + 1}-`] }, 202)
    }
    hashes.delete(path)
    if (hash.digest('hex') !== digestOf(total)) return json({ error: { code: 'garbled' } }, 500)
    size = total
    json({ id: 'FILE', name: 'bench.bin' }, 201)
  })
}

let listing
function listingOf(base) {
  listing ??= Buffer.from(
    JSON.stringify({
      '@odata.context': `${base}/v1.0/$metadata#items`,
      value: Array.from({ length: ITEMS }, (_, index) => ({
        id: `01BYE5RZ6QN3ZWBTUFOFD3GSPGOHDJ${String(index).padStart(4, '0')}`,
        name: `Quarterly report number ${index}.docx`,
        size: 10_000 + index,
        eTag: `"{7B7C0001-0000-0000-0000-00000000${index}},2"`,
        cTag: `"c:{7B7C0001-0000-0000-0000-00000000${index}},2"`,
        lastModifiedDateTime: '2026-11-02T09:30:11Z',
        webUrl: `https://contoso-my.sharepoint.com/personal/ann/Documents/report-${index}.docx`,
        parentReference: { driveId: 'b!bench', id: 'ROOT', path: '/drives/b!bench/root:' },
        file: {
          mimeType: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
          hashes: { quickXorHash: 'cJ2xN0mYk3uC4zQbDJv2x9q1m0o=' },
        },
      })),
    }),
  )
  return listing
}

const documents = new Map()

/** A folder as Apache shows it. */
function multistatus(count) {
  let document = documents.get(count)
  if (document === undefined) {
    const one = (href, type, more) =>
      `<D:response><D:href>${href}</D:href><D:propstat><D:prop><lp1:resourcetype>${type}</lp1:resourcetype>` +
      `${more}<lp1:getlastmodified>Wed, 20 May 2026 10:00:00 GMT</lp1:getlastmodified></D:prop>` +
      `<D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>`
    const files = Array.from({ length: count }, (_, index) => {
      const more =
        `<lp1:getcontentlength>${10_000 + index}</lp1:getcontentlength>` +
        `<lp1:getetag>"6436d084d${index}"</lp1:getetag><D:getcontenttype>text/plain</D:getcontenttype>`
      return one(`/dav/Quarterly%20report%20number%20${index}.txt`, '', more)
    })
    document = Buffer.from(
      `<?xml version="1.0" encoding="utf-8"?><D:multistatus xmlns:D="DAV:" xmlns:lp1="DAV:">` +
        one('/dav/', '<D:collection/>', '') +
        files.join('') +
        `</D:multistatus>`,
    )
    documents.set(count, document)
  }
  return document
}

server.listen(0, '127.0.0.1', () => process.send(server.address().port))
process.on('disconnect', () => process.exit(0))
