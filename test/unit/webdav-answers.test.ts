// WebDAV answers that a good server never gives: none may cost memory, lose a file or pass for something else.
import { describe, expect, it } from 'vitest'
import type { Outbound } from '../../src/net/http.ts'
import type { Session } from '../../src/providers/contract.ts'
import { list } from '../../src/providers/webdav/browse.ts'
import { download } from '../../src/providers/webdav/content.ts'
import { createFolder, update } from '../../src/providers/webdav/manage.ts'
import { readMultistatus } from '../../src/providers/webdav/multistatus.ts'
import { toId } from '../../src/providers/webdav/paths.ts'
import { upload } from '../../src/providers/webdav/upload.ts'

const HEAD = '<?xml version="1.0"?><D:multistatus xmlns:D="DAV:">'

function show(href: string, size = 5): string {
  const type = href.endsWith('/') ? '<D:collection/>' : ''
  const length = href.endsWith('/') ? '' : `<D:getcontentlength>${size}</D:getcontentlength>`
  return `<D:response><D:href>${href}</D:href><D:propstat><D:prop><D:resourcetype>${type}</D:resourcetype>${length}</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>`
}

function answer(status: number, body: BodyInit | null, headers: Record<string, string> = {}) {
  const response = new Response(body, { status, headers })
  Object.defineProperty(response, 'url', { value: 'https://dav.test/dav/' })
  return response
}

const multistatus = (...rows: string[]) => answer(207, `${HEAD}${rows.join('')}</D:multistatus>`)

function sessionOf(
  respond: (method: string, path: string, request: Outbound) => Response,
): Session {
  const fields = { connectionId: 'c', userId: 'u', scopes: [], data: {}, now: Date.now }
  return {
    ...fields,
    serverUrl: 'https://dav.test/dav/',
    settings: { microsoftTenant: 'common', publicUrl: 'https://slipway.test' },
    anonymous: () => Promise.reject(new Error('not used')),
    remember: () => Promise.reject(new Error('not used')),
    http: (request) =>
      Promise.resolve(respond(request.method ?? 'GET', new URL(request.url).pathname, request)),
  }
}

/** A server that moves, and says with `status` that it has not. */
function movingServer(files: Map<string, number>, status: number): Session {
  return sessionOf((method, path, request) => {
    if (method === 'PROPFIND') {
      if (path.endsWith('/')) return multistatus(show(path))
      const size = files.get(path)
      return size === undefined ? answer(404, null) : multistatus(show(path, size))
    }
    if (method === 'PUT') {
      files.set(path, 5)
      return answer(201, null)
    }
    const size = files.get(path)
    if (size === undefined) return answer(404, null)
    files.delete(path)
    if (method === 'DELETE') return answer(204, null)
    const destination = (request.headers as Record<string, string>)['destination'] ?? ''
    files.set(new URL(destination, 'https://dav.test').pathname, size)
    return answer(status, null)
  })
}

describe('multistatus documents', () => {
  it.each([
    ['a DTD', '<?xml version="1.0"?><!DOCTYPE x ['],
    ['text', `${HEAD}<D:response><D:href>`],
    ['a comment', `${HEAD}<!--`],
    ['an attribute', `${HEAD}<D:a b="`],
    ['a name', `${HEAD}<D:`],
    ['CDATA', `${HEAD}<D:response><D:href><![CDATA[`],
  ])('are given up soon when %s does not end', async (_, start) => {
    const piece = new TextEncoder().encode('a'.repeat(64 * 1024))
    let pieces = 0
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode(start)),
      pull: (controller) => {
        pieces += 1
        // So that a reader without a bound ends as well, and fails.
        if (pieces > 100) controller.close()
        else controller.enqueue(piece)
      },
    })
    const read = async () => {
      const resources = readMultistatus(answer(207, body))
      while ((await resources.next()).done !== true);
    }
    await expect(read()).rejects.toMatchObject({ code: 'provider_unavailable' })
    expect(pieces).toBeLessThan(10)
  })

  it('whose hrefs all lie elsewhere are no empty folder', async () => {
    const session = sessionOf(() => multistatus(show('/other/'), show('/other/a.txt')))
    const listing = list(session, { folderId: 'root', cursor: null, limit: 10 })
    await expect(listing).rejects.toMatchObject({ code: 'provider_unavailable' })
  })
})

describe('a range', () => {
  const fetchPart = (range: string, length: number) =>
    download(
      sessionOf((method) =>
        method === 'PROPFIND'
          ? multistatus(show('/dav/a.txt', 100))
          : answer(206, 'x'.repeat(length), {
              'content-range': `bytes ${range}/100`,
              'content-length': String(length),
            }),
      ),
      toId('a.txt'),
      { range: { start: 10, end: 14 } },
    )

  it('is taken when it is the one that was asked', async () => {
    expect(await fetchPart('10-14', 5)).toMatchObject({ status: 206, length: 5 })
    expect(await fetchPart('10-12', 3)).toMatchObject({ status: 206, length: 3 })
  })

  it.each([
    ['0-4', 5],
    ['10-99', 90],
    ['10-14', 90],
  ])('is refused when %s with %d bytes came', async (range, length) => {
    await expect(fetchPart(range, length)).rejects.toMatchObject({ code: 'provider_unavailable' })
  })
})

describe('a move that was done and denied', () => {
  it.each([400, 500, 502, 504])('with %d is an upload that succeeded', async (status) => {
    for (const conflict of ['fail', 'replace'] as const) {
      const files = new Map<string, number>()
      const session = movingServer(files, status)
      const target = {
        id: 'one',
        parentId: 'root',
        name: 'a.txt',
        size: 5,
        mimeType: 'text/plain',
        conflict,
      }
      const begun = await upload.begin(session, target)
      if (begun.done) throw new Error('nothing was sent yet')
      const fragment = { offset: 0, length: 5, total: 5, body: null }
      expect(await upload.write(session, begun.state, fragment)).toMatchObject({ done: true })
      expect([...files.keys()]).toEqual(['/dav/a.txt'])
    }
  })

  it.each([400, 500, 502, 504])('with %d is a rename that succeeded', async (status) => {
    const session = movingServer(new Map([['/dav/o.txt', 5]]), status)
    expect(await update(session, toId('o.txt'), { name: 'n.txt' })).toMatchObject({ name: 'n.txt' })
  })
})

it('a file that is to be replaced is not taken for the new one of the same size', async () => {
  const session = movingServer(new Map([['/dav/a.txt', 5]]), 204)
  const target = { id: 'one', parentId: 'root', name: 'a.txt', size: 5, mimeType: 'text/plain' }
  const begun = await upload.begin(session, { ...target, conflict: 'replace' })
  if (begun.done) throw new Error('nothing was sent yet')
  expect(await upload.offset(session, begun.state)).toMatchObject({ done: false, offset: 0 })
})

it('a name that is not UTF-8 survives a move to another folder', async () => {
  const files = new Map([['/dav/t%E9.txt', 5]])
  await update(movingServer(files, 201), toId('t%E9.txt'), { parentId: toId('sub/') })
  expect([...files.keys()]).toEqual(['/dav/sub/t%E9.txt'])
})

it.each(['.', '..', ''])('a folder named %j is not asked for', async (name) => {
  const session = sessionOf(() => {
    throw new Error('was asked for')
  })
  await expect(createFolder(session, 'root', name)).rejects.toMatchObject({
    code: 'invalid_request',
  })
})
