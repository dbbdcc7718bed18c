// Microsoft Graph as far as the benchmark needs it: one drive, upload sessions, a file of 1 GiB, a listing of 1,000 items.
import { randomUUID } from 'node:crypto'
import { pour } from '../pattern.mjs'
import { garbled, json, send } from './answer.mjs'
import { Received } from './received.mjs'

const ITEMS = 1000
const FILE = { id: 'FILE', name: 'bench.bin', size: 1024 ** 3 }
const DRIVE = '/v1.0/drives/b!bench/'

const sessions = new Map()
const files = new Map([[FILE.id, FILE]])

export async function onedrive({ request, response, path, base }) {
  if (path.startsWith('/session/')) return takeFragment(request, response, path)
  request.resume()
  if (path.endsWith('/token')) {
    const token = { access_token: 'a', refresh_token: 'r', expires_in: 7200, token_type: 'Bearer' }
    return json(response, token)
  }
  if (path === '/v1.0/me')
    return json(response, { id: 'bench', userPrincipalName: 'bench@example.com' })
  if (path === '/v1.0/me/drive') return json(response, { id: 'b!bench', driveType: 'business' })
  if (path === '/download') {
    response.writeHead(200, {
      'content-type': 'application/octet-stream',
      'content-length': FILE.size,
    })
    await pour(response, 0, FILE.size)
    return response.end()
  }
  if (!path.startsWith(DRIVE)) return missing(response)
  if (path.endsWith('/createUploadSession')) {
    const id = randomUUID()
    const name = path.split('/').at(-2).replace(/:$/, '')
    sessions.set(`/session/${id}`, { id, name, received: new Received() })
    return json(response, { uploadUrl: `${base}/session/${id}` })
  }
  // The folder of the user's documents, whatever it is to be called.
  const isFolder = path.endsWith(':/bench')
  if (isFolder || (request.method === 'POST' && path.endsWith('/children'))) {
    return json(response, { id: 'FOLDER', name: 'bench', folder: {} })
  }
  if (path.endsWith('/children')) {
    return send(response, 200, { 'content-type': 'application/json' }, listingOf(base))
  }
  if (path.endsWith('/root')) {
    return json(response, { id: 'ROOT', name: 'root', root: {}, folder: {} })
  }
  const id = path.split('/').at(-1)
  if (request.method === 'DELETE') files.delete(id)
  if (request.method === 'DELETE') return send(response, 204, {})
  const file = files.get(id)
  return file === undefined ? missing(response) : json(response, itemOf(file, base))
}

const missing = (response) => json(response, { error: { code: 'itemNotFound' } }, 404)

function itemOf({ id, name, size }, base) {
  return {
    id,
    name,
    size,
    file: { mimeType: 'application/octet-stream' },
    cTag: 'c',
    parentReference: { id: 'ROOT', driveId: 'b!bench', path: '/drives/b!bench/root:' },
    '@microsoft.graph.downloadUrl': `${base}/download`,
  }
}

async function takeFragment(request, response, path) {
  const session = sessions.get(path)
  if (request.method === 'DELETE') {
    sessions.delete(path)
    return send(response, 204, {})
  }
  if (session === undefined) return missing(response)
  const { received, id, name } = session
  const range = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(request.headers['content-range'] ?? '')
  if (Number(range?.[1]) !== received.offset) {
    request.resume()
    return json(
      response,
      { nextExpectedRanges: [`${received.offset}-`] },
      range === null ? 200 : 416,
    )
  }
  await received.take(request)
  const size = Number(range[3])
  if (received.offset < size) {
    return json(response, { nextExpectedRanges: [`${received.offset}-`] }, 202)
  }
  sessions.delete(path)
  if (!received.isWhole(size)) return garbled(response)
  files.set(id, { id, name, size })
  return json(response, { id, name }, 201)
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
