// Requests that are wrong: each is refused as what it is, and the field is named.
import { expect, it } from 'vitest'
import type { Scene } from './scene.ts'

/** The tests of what is refused. */
export function testRefusals(scene: Scene): void {
  const { send, problem, post, put, upload, list } = scene

  it('does not find what is not there', async () => {
    const missing = await upload('missing.txt', 'x')
    await send(`/items/${missing.id}`, { method: 'DELETE' })
    for (const id of [
      'nothing-like-that',
      'constructor',
      'YQ'.repeat(1500),
      '..',
      '%2e%2e',
      'a%2Fb',
      "'%20or%20'1'='1",
    ]) {
      const response = await send(`/items/${id}`)
      expect(response.status, id).toBe(404)
      await response.text()
    }
    const parent = new URLSearchParams({ parent_id: 'nothing-like-that', name: 'a.txt' })
    const upward = await send(`/content?${parent}`, { method: 'PUT', body: 'x' })
    expect(await problem(upward)).toMatchObject({ status: 404, code: 'item_not_found' })
    const gone = await list('root').then(() => send('/items?folder_id=nothing-like-that'))
    expect(await problem(gone)).toMatchObject({ status: 404, code: 'item_not_found' })
  })

  it('names the field that is wrong', async () => {
    for (const [response, field] of [
      [await put('a/b.txt', 'x'), 'query.name'],
      [await put('..', 'x'), 'query.name'],
      [await put('line\nbreak', 'x'), 'query.name'],
      [await put('x.txt', 'x', { conflict: 'maybe' }), 'query.conflict'],
      [await put('x.txt', 'x', { color: 'red' }), 'query.color'],
      [await send('/items?limit=0'), 'query.limit'],
      [await send('/items?limit=many'), 'query.limit'],
      [await post('/folders', { name: '' }), 'body.name'],
      [await post('/folders', {}), 'body.name'],
      [await post(`/items/${scene.folder.id}`, {}, 'PATCH'), 'body.name'],
    ] as const) {
      const refused = await problem(response)
      expect(refused).toMatchObject({ status: 422, code: 'invalid_request' })
      expect(refused.errors?.map((error) => error.field)).toContain(field)
    }
  })

  it('refuses a body that cannot be parsed', async () => {
    const headers = { 'content-type': 'application/json' }
    const refused = await problem(
      await send('/folders', { method: 'POST', headers, body: '{"name":' }),
    )
    expect(refused).toMatchObject({ status: 422, code: 'invalid_request' })
    expect(refused.errors?.[0]?.field).toBe('body')
  })

  it('wants to know how long a body is', async () => {
    const chunked = new ReadableStream({
      start: (controller) => {
        controller.enqueue(new TextEncoder().encode('x'))
        controller.close()
      },
    })
    const params = new URLSearchParams({ parent_id: scene.folder.id, name: 'chunked.txt' })
    const init = { method: 'PUT', body: chunked, duplex: 'half' as const }
    const refused = await problem(await send(`/content?${params}`, init))
    expect(refused).toMatchObject({ status: 422, code: 'invalid_request' })
    expect(refused.errors?.[0]?.field).toBe('header.Content-Length')
  })
}
