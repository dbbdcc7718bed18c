// The forms that documents come in: whatever builds them, the file is kept to the byte; what is wrong is named, and nothing of it stays.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { documents, formBody, json, type Document } from '../documents.ts'
import { rows, startSlipway, type Slipway } from '../harness.ts'
import { sha256 } from '../sha256.ts'

let app: Slipway
beforeAll(async () => {
  app = await startSlipway()
})
afterAll(() => app.close())

const { upload, content } = documents(() => app)

describe('a form', () => {
  it('takes a form that a browser or fetch builds', async () => {
    const form = new FormData()
    form.set('category', 'Notes')
    form.set('file', new File(['hello'], 'Grüße "1".txt', { type: 'text/plain' }))
    const request = new Request('http://x/', { method: 'POST', body: form })
    const body = new Uint8Array(await request.arrayBuffer())
    const headers = { 'content-type': request.headers.get('content-type') ?? '' }
    const init = { method: 'POST', headers, body }
    const made = await json<{ document_id: string }>(
      await app.as('fay')('/api/documents/upload', init),
    )
    const document = await json(await app.as('fay')(`/api/documents/${made.document_id}`))
    expect(document).toMatchObject({ filename: 'Grüße "1".txt', category: 'Notes', size: 5 })
    expect(await (await content('fay', made.document_id)).text()).toBe('hello')
  })

  it('names what is wrong, and keeps nothing of it', async () => {
    const user = 'wren'
    const objects = async () =>
      (await app.bucket.list()).objects
        .filter(({ key }) => !key.endsWith('/'))
        .map(({ key }) => key)
    const before = await objects()
    const problem = async (response: Response) => {
      const body = await json<{ status: number; code: string; errors?: { field: string }[] }>(
        response,
      )
      return [body.status, body.code, body.errors?.[0]?.field]
    }
    const file = randomBytes(100)
    expect(await problem(await upload(user, { target_backend: 'floppy' }, file))).toEqual([
      422,
      'invalid_request',
      'body.target_backend',
    ])
    expect(await problem(await upload(user, { target_backend: 'onedrive' }, file))).toEqual([
      404,
      'not_found',
      undefined,
    ])
    expect(await problem(await upload(user, { color: 'red' }, file))).toEqual([
      422,
      'invalid_request',
      'body.color',
    ])
    const post = (headers: Record<string, string>, body: BodyInit) =>
      app.as(user)('/api/documents/upload', { method: 'POST', headers, body })
    expect(await problem(await post({ 'content-type': 'text/plain' }, 'x'))).toEqual([
      422,
      'invalid_request',
      'header.Content-Type',
    ])
    const { headers, body } = formBody({}, file)
    expect((await problem(await post(headers, body.subarray(0, body.length - 4))))[0]).toBe(422)
    expect((await problem(await post(headers, '--nothing')))[0]).toBe(422)
    const noFile = Buffer.from(
      Buffer.from(body).toString('latin1').replace('name="file"', 'name="file2"'),
      'latin1',
    )
    expect((await problem(await post(headers, noFile)))[0]).toBe(422)
    expect(await rows(app, 'SELECT * FROM documents WHERE user_id = ?', user)).toEqual([])
    expect(await objects()).toEqual(before)
  })

  it('stores nothing of a form whose file is not the last part', async () => {
    const user = 'order'
    const marker = Buffer.from('BEHIND')
    const { headers, body } = formBody({}, marker)
    const boundary = /boundary=(.*)/.exec(headers['content-type'])?.[1] ?? ''
    const behind = `\r\n--${boundary}\r\nContent-Disposition: form-data; name="category"\r\n\r\nlate`
    const form = Buffer.from(body)
    const at = form.indexOf(marker)
    // The pieces are of 512 KiB: the boundary in one, over the border of two, and right at the start.
    for (const size of [0, 1000, 512 * 1024 - 5, 512 * 1024 + 100_000]) {
      const file = Buffer.concat([randomBytes(size), Buffer.from(behind)])
      const whole = Buffer.concat([form.subarray(0, at), file, form.subarray(at + marker.length)])
      const init = { method: 'POST', headers, body: new Uint8Array(whole) }
      const response = await app.as(user)('/api/documents/upload', init)
      expect([size, response.status, await json(response)]).toMatchObject([
        size,
        422,
        { code: 'invalid_request', errors: [{ field: 'body.file' }] },
      ])
    }
    expect(await rows(app, 'SELECT * FROM documents WHERE user_id = ?', user)).toEqual([])
  })

  it('keeps a file that has line breaks and pieces of the boundary', async () => {
    const { headers, body } = formBody({}, Buffer.from('BEHIND'))
    const boundary = /boundary=(.*)/.exec(headers['content-type'])?.[1] ?? ''
    const near = `\r\n--${boundary.slice(0, -1)}\r\n\r\n--${boundary.slice(0, 3)}\n--${boundary}`
    const file = Buffer.concat([Buffer.alloc(512 * 1024 - 9, '\r\n--'), Buffer.from(near)])
    const [before = '', after = ''] = Buffer.from(body).toString('latin1').split('BEHIND')
    const whole = Buffer.concat([Buffer.from(before), file, Buffer.from(after)])
    const init = { method: 'POST', headers, body: new Uint8Array(whole) }
    const response = await app.as('near')('/api/documents/upload', init)
    expect(response.status).toBe(201)
    const { document_id: id } = await json<{ document_id: string }>(response)
    const back = await (await content('near', id)).arrayBuffer()
    expect(sha256(new Uint8Array(back))).toBe(sha256(new Uint8Array(file)))
  })

  it('reads parameters without quotation marks, as .NET sends them, and none inside a quoted name', async () => {
    const { headers, body } = formBody({}, randomBytes(10))
    const plain = ['name="file"; filename="report.pdf"', 'name=file; filename=report.pdf'] as const
    const tricky = [
      plain[0],
      'name="file"; x="; filename=b.pdf"; filename="a; filename=b.pdf"',
    ] as const
    for (const [[from, to], name] of [
      [plain, 'report.pdf'],
      [tricky, 'a; filename=b.pdf'],
    ] as const) {
      const form = Buffer.from(Buffer.from(body).toString('latin1').replace(from, to), 'latin1')
      const init = { method: 'POST', headers, body: new Uint8Array(form) }
      const response = await app.as('dotnet')('/api/documents/upload', init)
      expect(response.status).toBe(201)
      const { document_id: id } = await json<{ document_id: string }>(response)
      const shown = await json<Document>(await app.as('dotnet')(`/api/documents/${id}`))
      expect([shown.filename, shown.size]).toEqual([name, 10])
    }
  })

  it('answers a large form that is wrong, instead of breaking off', async () => {
    const file = randomBytes(5_000_000)
    for (const form of [
      formBody({ color: 'red' }, file),
      formBody({ target_backend: 'floppy' }, file),
    ]) {
      const response = await app.as('large')('/api/documents/upload', { method: 'POST', ...form })
      expect(response.status).toBe(422)
      await response.text()
    }
    const { headers, body } = formBody({}, file)
    const other = { 'content-type': headers['content-type'].replace('boundary=b', 'boundary=c') }
    const init = { method: 'POST', headers: other, body }
    expect((await app.as('large')('/api/documents/upload', init)).status).toBe(413)
  })
})
