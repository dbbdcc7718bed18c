// Dropbox as far as the benchmark needs it: upload sessions, whose arguments travel in a header.
import { randomUUID } from 'node:crypto'
import { garbled, json } from './answer.mjs'
import { Received } from './received.mjs'

const sessions = new Map()

export async function dropbox({ request, response, path }) {
  if (path.startsWith('/2/files/upload')) return takeBytes(request, response, path)
  request.resume()
  if (path === '/oauth2/token') {
    const token = {
      access_token: 'a',
      refresh_token: 'r',
      expires_in: 14_400,
      token_type: 'bearer',
    }
    return json(response, { ...token, account_id: 'dbid:bench' })
  }
  if (path === '/2/users/get_current_account') {
    return json(response, { account_id: 'dbid:bench', email: 'bench@example.com' })
  }
  return refuse(response, { '.tag': 'path', path: { '.tag': 'not_found' } })
}

const refuse = (response, error) => json(response, { error_summary: 'refused', error }, 409)

async function takeBytes(request, response, path) {
  const arg = JSON.parse(request.headers['dropbox-api-arg'] ?? '{}')
  if (path.endsWith('/start')) {
    const id = randomUUID()
    const received = new Received()
    sessions.set(id, received)
    await received.take(request)
    return json(response, { session_id: id })
  }
  if (path === '/2/files/upload') {
    const received = new Received()
    await received.take(request)
    return finish(response, received, arg)
  }
  const received = sessions.get(arg.cursor?.session_id)
  if (received === undefined || received.offset !== arg.cursor.offset) {
    request.resume()
    const offset = { '.tag': 'incorrect_offset', correct_offset: received?.offset }
    return refuse(response, received === undefined ? { '.tag': 'not_found' } : offset)
  }
  await received.take(request)
  if (!path.endsWith('/finish')) return json(response, null)
  sessions.delete(arg.cursor.session_id)
  return finish(response, received, arg.commit)
}

function finish(response, received, commit) {
  // The length is the sender's to say; the bytes up to there are checked.
  if (!received.isWhole(received.offset)) return garbled(response)
  return json(response, {
    name: commit.path.split('/').at(-1),
    id: `id:${randomUUID()}`,
    path_lower: commit.path.toLowerCase(),
    path_display: commit.path,
    server_modified: '2026-11-02T09:30:11Z',
    rev: '0123456789abcdef',
    size: received.offset,
    is_downloadable: true,
  })
}
