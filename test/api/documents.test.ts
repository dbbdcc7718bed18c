// Documents on every backend, the default storage, and the listing cache.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect, connectWebdav } from '../connect.ts'
import { documents, json, type Document } from '../documents.ts'
import { rows, startSlipway, type Slipway } from '../harness.ts'
import { sha256 } from '../sha256.ts'

let app: Slipway
beforeAll(async () => {
  app = await startSlipway()
})
afterAll(() => app.close())

const { upload, content } = documents(() => app)

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
