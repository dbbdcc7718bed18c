// Documents on every backend, the default storage, and the listing cache.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect, connectWebdav } from '../connect.ts'
import { sha256 } from '../conformance/provider.ts'
import { rows, startSlipway, type Slipway } from '../harness.ts'

let app: Slipway
beforeAll(async () => {
  app = await startSlipway()
})
afterAll(() => app.close())

interface Document {
  readonly id: string
  readonly filename: string
  readonly size: number
  readonly category: string | null
  readonly status: string
  readonly storage_backend: string
}
const json = async <T = Record<string, unknown>>(response: Response) => (await response.json()) as T

/** Built by hand: the length of a form must be known before it is sent. */
function formBody(fields: Record<string, string>, file: Uint8Array, name = 'report.pdf') {
  const boundary = `b${randomBytes(12).toString('hex')}`
  const head = Object.entries(fields)
    .map(
      ([key, value]) =>
        `--${boundary}\r\nContent-Disposition: form-data; name="${key}"\r\n\r\n${value}\r\n`,
    )
    .join('')
  const part = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: application/pdf\r\n\r\n`
  return {
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: new Uint8Array(
      Buffer.concat([Buffer.from(head + part), file, Buffer.from(`\r\n--${boundary}--\r\n`)]),
    ),
  }
}

const upload = (user: string, fields: Record<string, string>, file: Uint8Array, name?: string) =>
  app.as(user)('/api/documents/upload', { method: 'POST', ...formBody(fields, file, name) })

const content = async (user: string, id: string, headers: Record<string, string> = {}) =>
  app.as(user)(`/api/documents/${id}/content`, { headers })

describe('uploading', () => {
  it('factory_returns_correct_backend: each backend keeps what is sent to it, byte for byte', async () => {
    const user = 'dora'
    await connect(app, user, 'google_drive')
    await connect(app, user, 'onedrive')
    await connectWebdav(app, user)
    const { google, microsoft, dav } = app.emulators
    const stored = {
      r2: async (name: string) => {
        const prefix = `files/${Buffer.from(user).toString('base64url')}/documents/`
        return app.objectHash(prefix + name)
      },
      google_drive: async (name: string) => {
        const file = google.children('ann@example.com', 'root').find((one) => one.name === name)
        return file && google.sha256(file.id)
      },
      onedrive: async (name: string) => {
        const folder = microsoft
          .children('ann@contoso.com', 'root')
          .find((one) => one.name === user)
        const item = microsoft
          .children('ann@contoso.com', folder?.id ?? '')
          .find((one) => one.name === name)
        return item && microsoft.sha256(item.id)
      },
      webdav: (name: string) => dav.sha256('mia', `/${name}`),
    }
    for (const [backend, find] of Object.entries(stored)) {
      for (const size of [0, 1, 25_000_000]) {
        const file = randomBytes(size)
        const response = await upload(
          user,
          { target_backend: backend, category: 'Contracts' },
          file,
        )
        const text = await response.text()
        expect(`${response.status} ${text}`).toMatch(/^201/)
        const body = JSON.parse(text) as { document_id: string; storage_backend: string }
        expect(body).toEqual({ document_id: body.document_id, storage_backend: backend })
        expect(await find(`${body.document_id}.pdf`), `${backend} ${size}`).toBe(sha256(file))
        const back = await content(user, body.document_id)
        expect(back.headers.get('content-disposition')).toContain('report.pdf')
        expect(sha256(new Uint8Array(await back.arrayBuffer()))).toBe(sha256(file))
        const document = await json(await app.as(user)(`/api/documents/${body.document_id}`))
        expect(document).toMatchObject({ size, category: 'Contracts', storage_backend: backend })
        const gone = await app.as(user)(`/api/documents/${body.document_id}`, { method: 'DELETE' })
        expect(gone.status).toBe(204)
        expect((await content(user, body.document_id)).status).toBe(404)
      }
    }
    expect(microsoft.sessions()).toEqual([])
    expect(google.sessions()).toEqual([])
    expect(await rows(app, "SELECT * FROM documents WHERE user_id = 'dora'")).toEqual([])
  })

  it('cloud_upload_no_presigned: no answer of an upload to a provider carries a URL', async () => {
    await connect(app, 'nora', 'onedrive')
    const response = await upload('nora', { target_backend: 'onedrive' }, randomBytes(1000))
    const text = await response.text()
    expect(response.status).toBe(201)
    expect(Object.keys(JSON.parse(text) as object).sort()).toEqual([
      'document_id',
      'storage_backend',
    ])
    expect(text).not.toMatch(/https?:|upload_url|sharepoint|token/i)
    const { document_id: id } = JSON.parse(text) as { document_id: string }
    const link = await app.as('nora')(`/api/documents/${id}/link`, { method: 'POST' })
    expect(await json(link)).toMatchObject({ status: 501, code: 'not_supported' })
  })

  it('minio is another name of the default storage', async () => {
    const body = await json(await upload('mini', { target_backend: 'minio' }, randomBytes(10)))
    expect(body).toMatchObject({ storage_backend: 'r2' })
  })

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

  it('goes to the user’s default storage', async () => {
    const user = 'dell'
    const { id } = await connect(app, user, 'google_drive')
    const set = await app.as(user)('/api/users/me/default-storage', {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ backend: 'google_drive', connection_id: id }),
    })
    expect(set.status).toBe(200)
    expect(await json(await app.as(user)('/api/users/me'))).toMatchObject({
      default_storage: { backend: 'google_drive', connection_id: id },
    })
    const made = await json(await upload(user, {}, randomBytes(10)))
    expect(made).toMatchObject({ storage_backend: 'google_drive' })
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

  it('goes to the chosen folder of the default storage', async () => {
    const call = app.as('chooser')
    const json5 = { 'content-type': 'application/json' }
    const made = await call('/api/cloud/connections/r2/folders', {
      method: 'POST',
      headers: json5,
      body: '{"name":"Inbox"}',
    })
    const { id } = await json<{ id: string }>(made)
    const choose = (folder_id: string) =>
      call('/api/users/me/default-storage', {
        method: 'PATCH',
        headers: json5,
        body: JSON.stringify({ backend: 'r2', folder_id }),
      })
    expect((await choose('nonsense')).status).toBe(404)
    expect((await choose(id)).status).toBe(200)
    const { document_id: document } = await json<{ document_id: string }>(
      await upload('chooser', {}, randomBytes(3)),
    )
    const inbox = await json<{ items: { name: string }[] }>(
      await call(`/api/cloud/connections/r2/items?folder_id=${id}`),
    )
    expect(inbox.items.map(({ name }) => name)).toEqual([`${document}.pdf`])
  })

  it('leaves neither row nor object when the backend fails', async () => {
    const user = 'fail'
    await connect(app, user, 'onedrive')
    app.emulators.trouble.add({
      match: { host: 'contoso-my.sharepoint.com', method: 'PUT' },
      fault: { kind: 'status', status: 500 },
    })
    const response = await upload(user, { target_backend: 'onedrive' }, randomBytes(500_000))
    expect(await json(response)).toMatchObject({ code: 'provider_unavailable' })
    expect(await rows(app, 'SELECT * FROM documents WHERE user_id = ?', user)).toEqual([])
    expect(app.emulators.microsoft.sessions()).toEqual([])
  })
})

describe('keeping', () => {
  it('lists, filters, renames and is nobody else’s', async () => {
    const user = 'lily'
    for (const name of ['a.txt', 'b.txt', 'c.txt']) {
      const category = name === 'b.txt' ? 'Two' : 'One'
      expect((await upload(user, { category }, Buffer.from(name), name)).status).toBe(201)
    }
    const list = async (query: string) =>
      json<{ documents: Document[]; next_cursor: string | null }>(
        await app.as(user)(`/api/documents?${query}`),
      )
    const first = await list('limit=2')
    expect(first.documents).toHaveLength(2)
    const second = await list(`limit=2&cursor=${encodeURIComponent(first.next_cursor ?? '')}`)
    const names = [...first.documents, ...second.documents].map(({ filename }) => filename)
    expect(names.sort()).toEqual(['a.txt', 'b.txt', 'c.txt'])
    expect((await list('category=Two')).documents.map(({ filename }) => filename)).toEqual([
      'b.txt',
    ])
    const { id } = first.documents[0] ?? { id: '' }
    const patch = (who: string, body: object) =>
      app.as(who)(`/api/documents/${id}`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    expect(await json(await patch(user, { filename: 'new.txt', category: null }))).toMatchObject({
      filename: 'new.txt',
      category: null,
    })
    expect((await patch('thief', { filename: 'mine.txt' })).status).toBe(404)
    expect((await app.as('thief')(`/api/documents/${id}`)).status).toBe(404)
    expect((await content('thief', id)).status).toBe(404)
    expect((await app.as('thief')(`/api/documents/${id}`, { method: 'DELETE' })).status).toBe(404)
    expect((await content(user, id, { range: 'bytes=0-0' })).status).toBe(206)
  })

  it('removes also what was stored while the removal went on', async () => {
    const user = 'remy'
    await connect(app, user, 'onedrive')
    const { microsoft, trouble } = app.emulators
    const [first = '', second = ''] = await Promise.all(
      ['a', 'b'].map(async (name) => {
        const made = await upload(user, { target_backend: 'onedrive' }, Buffer.from(name))
        return (await json<{ document_id: string }>(made)).document_id
      }),
    )
    const folder = microsoft.children('ann@contoso.com', 'root').find(({ name }) => name === user)
    const left = () => microsoft.children('ann@contoso.com', folder?.id ?? '')
    expect(left()).toHaveLength(2)
    const slow = trouble.add({
      match: { host: 'graph.microsoft.com', method: 'DELETE' },
      fault: { kind: 'slow', ms: 1000 },
    })
    const removal = app.as(user)(`/api/documents/${first}`, { method: 'DELETE' })
    await expect.poll(() => slow.hits).toBe(1)
    const move = 'UPDATE documents SET item_id = (SELECT item_id FROM documents WHERE id = ?)'
    await rows(app, `${move} WHERE id = ?`, second, first)
    expect((await removal).status).toBe(204)
    expect(left()).toEqual([])
    expect(await rows(app, 'SELECT * FROM documents WHERE id = ?', first)).toEqual([])
  })

  it('says that a grant is dead when the document cannot be had any more', async () => {
    const user = 'dead'
    await connect(app, user, 'google_drive', { account: 'bob@example.com' })
    const made = await json<{ document_id: string }>(
      await upload(user, { target_backend: 'google_drive' }, randomBytes(10)),
    )
    app.emulators.google.oauth.killGrant('bob@example.com')
    expect(await json(await content(user, made.document_id))).toMatchObject({
      status: 503,
      code: 'reauth_required',
    })
  })
})

describe('the listing cache', () => {
  it('serves a listing again, and never after a write', async () => {
    const user = 'cash'
    const { id } = await connect(app, user, 'onedrive')
    const list = async (query = '') => app.as(user)(`/api/cloud/connections/${id}/items${query}`)
    const cached = async (query = '') => {
      const response = await list(query)
      const { items } = await json<{ items: { name: string }[] }>(response)
      return [
        response.headers.get('x-slipway-cache'),
        items.some(({ name }) => name === 'cached.txt'),
      ]
    }
    const children = () =>
      app.emulators.requests.filter(({ path }) => path.endsWith('/children')).length
    expect(await cached()).toEqual(['miss', false])
    const before = children()
    expect(await cached()).toEqual(['hit', false])
    expect(children()).toBe(before)
    expect(await cached('?fresh=1')).toEqual(['miss', false])
    const put = await app.as(user)(`/api/cloud/connections/${id}/content?name=cached.txt`, {
      method: 'PUT',
      body: 'x',
    })
    expect(put.status).toBe(201)
    expect(await cached()).toEqual(['miss', true])
    expect((await app.as('other')(`/api/cloud/connections/${id}/items`)).status).toBe(404)
  })

  it('finds the connection by provider', async () => {
    const user = 'fold'
    const { id } = await connect(app, user, 'google_drive')
    const folder = await app.as(user)('/api/cloud/folders/google_drive/root')
    expect(folder.status).toBe(200)
    expect(await json(folder)).toMatchObject({ folder: { id: 'root' } })
    const chosen = await app.as(user)(`/api/cloud/folders/google_drive/root?connection_id=${id}`)
    expect(chosen.status).toBe(200)
    expect((await app.as(user)('/api/cloud/folders/onedrive/root')).status).toBe(404)
    expect((await app.as(user)('/api/cloud/folders/nothing/root')).status).toBe(404)
  })
})
