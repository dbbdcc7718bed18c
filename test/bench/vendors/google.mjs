// Google Drive as far as the benchmark needs it: resumable sessions that take any number of bytes per request.
import { randomUUID } from 'node:crypto'
import { garbled, json, send } from './answer.mjs'
import { Received } from './received.mjs'

const sessions = new Map()
const files = new Map()

export async function google({ request, response, path, base }) {
  if (path.startsWith('/session/')) return takeChunk(request, response, path)
  if (path.startsWith('/upload/drive/v3/files')) return openSession(request, response, base)
  request.resume()
  if (path === '/token') {
    const token = { access_token: 'a', refresh_token: 'r', expires_in: 7200, token_type: 'Bearer' }
    return json(response, token)
  }
  if (path === '/v1/userinfo') return json(response, { sub: 'bench', email: 'bench@example.com' })
  if (path === '/drive/v3/about') return json(response, { storageQuota: { usage: '0' } })
  // Nothing has the name that is asked for.
  if (path === '/drive/v3/files') return json(response, { files: [] })
  const file = files.get(path.split('/').at(-1))
  return file === undefined
    ? json(response, { error: { code: 404, errors: [{ reason: 'notFound' }] } }, 404)
    : json(response, file)
}

async function openSession(request, response, base) {
  const parts = []
  for await (const part of request) parts.push(part)
  const { name = 'bench.bin' } = JSON.parse(Buffer.concat(parts).toString() || '{}')
  const path = `/session/${randomUUID()}`
  const size = Number(request.headers['x-upload-content-length'])
  sessions.set(path, { name, size, received: new Received() })
  return send(response, 200, { location: base + path })
}

async function takeChunk(request, response, path) {
  const session = sessions.get(path)
  if (request.method === 'DELETE') sessions.delete(path)
  if (request.method === 'DELETE' || session === undefined) {
    request.resume()
    return send(response, request.method === 'DELETE' ? 499 : 404, {})
  }
  const { received, name, size } = session
  const range = request.headers['content-range']
  const start = range === undefined ? 0 : Number(/^bytes (\d+)-/.exec(range)?.[1])
  // One that only asks, or begins elsewhere, is told what is there.
  if (start === received.offset) await received.take(request)
  else request.resume()
  if (received.offset < size) {
    const kept = received.offset === 0 ? {} : { range: `bytes=0-${received.offset - 1}` }
    return send(response, 308, kept)
  }
  sessions.delete(path)
  if (!received.isWhole(size)) return garbled(response)
  const id = randomUUID()
  const file = {
    id,
    name,
    mimeType: 'application/octet-stream',
    size: String(size),
    modifiedTime: '2026-11-02T09:30:11.000Z',
    headRevisionId: 'r1',
    parents: ['ROOT'],
  }
  files.set(id, file)
  return json(response, file)
}
