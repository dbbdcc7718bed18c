// PUTs to signed URLs: each stores once and whole, whatever happens to it and whoever else comes.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { holdRequest } from '../held-upload.ts'
import { rows, startSlipway, type Slipway } from '../harness.ts'
import { sha256 } from '../sha256.ts'
import { FORBIDDEN, keyOf, problem, signedDocuments, TYPE } from '../signed-documents.ts'

let app: Slipway
beforeAll(async () => {
  app = await startSlipway({
    places: 2,
    settings: { STORAGE_QUOTA_BYTES: '30000000' },
  })
})
afterAll(() => app.close())

const { postJson, announce, call, put, rowOf, objects, claimed, leaveBehind } = signedDocuments(
  () => app,
)

describe('a signed PUT', () => {
  it('stores what was announced, and moves the document from pending to stored', async () => {
    for (const size of [0, 1, 25_000_000]) {
      const file = randomBytes(size)
      const made = await announce('pia', size, { category: 'Contracts', target_backend: 'minio' })
      expect(Object.keys(made).sort()).toEqual([
        'document_id',
        'expires_at',
        'storage_backend',
        'upload_url',
      ])
      expect(made.storage_backend).toBe('r2')
      expect(made.upload_url.startsWith(`${app.url}/api/documents/signed/`)).toBe(true)
      const life = Date.parse(made.expires_at) - Date.now()
      expect(life).toBeGreaterThan(14 * 60_000)
      expect(life).toBeLessThanOrEqual(15 * 60_000)
      expect(await rowOf(made.document_id)).toMatchObject({ status: 'pending', size })
      const early = await app.as('pia')(`/api/documents/${made.document_id}/content`)
      expect(await problem(early)).toEqual([404, 'not_found'])

      const response = await put(made.upload_url, file)
      expect(await response.json()).toEqual({
        document_id: made.document_id,
        storage_backend: 'r2',
      })
      expect(response.status).toBe(201)
      expect(await app.objectHash(keyOf('pia', made.document_id))).toBe(sha256(file))
      const document = await app.as('pia')(`/api/documents/${made.document_id}`)
      expect(await document.json()).toMatchObject({
        ...{ status: 'stored', size, content_type: 'application/pdf' },
        ...{ filename: 'report.pdf', category: 'Contracts', storage_backend: 'r2' },
      })
      const audit = 'SELECT actor FROM audit_entries WHERE subject_id = ?'
      expect(await rows(app, audit, made.document_id)).toEqual([{ actor: 'pia' }])
    }
  })

  it('is one use: a second one is refused, and changes nothing', async () => {
    const file = randomBytes(1000)
    const { document_id: id, upload_url: url } = await announce('uma', 1000)
    expect((await put(url, file)).status).toBe(201)
    expect(await problem(await put(url, randomBytes(1000)))).toEqual(FORBIDDEN)
    expect(await problem(await put(url, randomBytes(10), 1))).toEqual(FORBIDDEN)
    expect(await objects('uma')).toEqual([keyOf('uma', id)])
    expect(await app.objectHash(keyOf('uma', id))).toBe(sha256(file))
  })

  it('is one use also for many at the same instant in two places', async () => {
    for (let round = 0; round < 5; round++) {
      const { document_id: id, upload_url: url } = await announce('sam', 200_000)
      const files = Array.from({ length: 8 }, () => randomBytes(200_000))
      const answers = await Promise.all(files.map((file, at) => put(url, file, (at % 2) as 0 | 1)))
      const codes = await Promise.all(
        answers.map(async (answer) =>
          answer.status === 201 ? answer.json().then(() => 'stored') : (await problem(answer))[1],
        ),
      )
      expect(codes.filter((code) => code === 'stored')).toHaveLength(1)
      for (const code of codes) expect(['stored', 'forbidden', 'upload_locked']).toContain(code)
      const winner = files[codes.indexOf('stored')] ?? new Uint8Array()
      expect(await app.objectHash(keyOf('sam', id))).toBe(sha256(winner))
      expect(await rowOf(id)).toMatchObject({ status: 'stored' })
    }
    expect(await objects('sam')).toHaveLength(5)
    const twice =
      "SELECT subject_id FROM audit_entries WHERE user_id = 'sam' GROUP BY subject_id HAVING count(*) > 1"
    expect(await rows(app, twice)).toEqual([])
  })

  it('says that another is sending, and lets that one finish', async () => {
    const file = randomBytes(3_000_000)
    const { document_id: id, upload_url: url } = await announce('hal', file.length)
    const held = holdRequest(url, file, 1_000_000, { headers: TYPE })
    await claimed(id).not.toBeNull()
    const other = await put(url, randomBytes(file.length), 1)
    expect(other.headers.get('retry-after')).toBe('5')
    expect(await problem(other)).toEqual([423, 'upload_locked'])
    expect((await held.resume()).status).toBe(201)
    expect(await app.objectHash(keyOf('hal', id))).toBe(sha256(file))
    expect(await problem(await put(url, file, 1))).toEqual(FORBIDDEN)
  })

  it('keeps its claim while it sends, and loses it for good to the one who took over', async () => {
    const files = [randomBytes(3_000_000), randomBytes(3_000_000)] as const
    const { document_id: id, upload_url: url } = await announce('tom', 3_000_000)
    const held = holdRequest(url, files[0], 1_000_000, { headers: TYPE })
    await claimed(id).not.toBeNull()
    const first = Number((await rowOf(id))?.['claim_until'])
    await claimed(id).toBeGreaterThan(first)
    await rows(app, 'UPDATE documents SET claim_until = 0 WHERE id = ?', id)
    expect((await put(url, files[1], 1)).status).toBe(201)
    expect(await problem(await held.resume())).toEqual(FORBIDDEN)
    expect(await objects('tom')).toEqual([keyOf('tom', id)])
    expect(await app.objectHash(keyOf('tom', id))).toBe(sha256(files[1]))
  })

  it('that is cut leaves nothing, and may be repeated', async () => {
    const file = randomBytes(3_000_000)
    const { document_id: id, upload_url: url } = await announce('cal', file.length)
    for (const sent of [1, 2_999_999]) {
      const held = holdRequest(url, file, sent, { headers: TYPE })
      await claimed(id).not.toBeNull()
      held.leave()
      await claimed(id).toBeNull()
      expect(await rowOf(id)).toMatchObject({ status: 'pending', item_id: null })
      expect(await objects('cal')).toEqual([])
    }
    expect((await put(url, file, 1)).status).toBe(201)
    expect(await app.objectHash(keyOf('cal', id))).toBe(sha256(file))
  })

  it('takes exactly the announced size and type, and may be repeated after a refusal', async () => {
    const file = randomBytes(1000)
    const { document_id: id, upload_url: url } = await announce('max', 1000)
    const send = async (headers: Record<string, string>, body: Uint8Array<ArrayBuffer>) =>
      problem(await call(url, { method: 'PUT', headers, body }))
    const length = [422, 'invalid_request', 'header.Content-Length']
    const type = [422, 'invalid_request', 'header.Content-Type']
    expect(await send(TYPE, randomBytes(999))).toEqual(length)
    expect(await send(TYPE, randomBytes(1001))).toEqual(length)
    expect(await send(TYPE, randomBytes(0))).toEqual(length)
    expect(await send({ 'content-type': 'text/html' }, file)).toEqual(type)
    expect(await send({}, file)).toEqual(type)
    const chunked = await call(url, {
      ...{ method: 'PUT', headers: TYPE, duplex: 'half' },
      body: new Blob([file]).stream(),
    } as RequestInit)
    expect(await problem(chunked)).toEqual(length)
    expect(await rowOf(id)).toMatchObject({ status: 'pending', claim_id: null })
    expect(await objects('max')).toEqual([])
    const named = { 'content-type': 'Application/PDF; version=2' }
    expect((await call(url, { method: 'PUT', headers: named, body: file })).status).toBe(201)
  })

  it('leaves no object when the document is removed meanwhile', async () => {
    const file = randomBytes(3_000_000)
    const { document_id: id, upload_url: url } = await announce('rem', file.length)
    const held = holdRequest(url, file, 1_000_000, { headers: TYPE })
    await claimed(id).not.toBeNull()
    const removed = await app.as('rem')(`/api/documents/${id}`, { method: 'DELETE' })
    expect(removed.status).toBe(204)
    expect(await problem(await held.resume())).toEqual([404, 'not_found'])
    expect(await problem(await put(url, file))).toEqual([404, 'not_found'])
    expect(await rowOf(id)).toBeUndefined()
    expect(await objects('rem')).toEqual([])
  })

  it('replaces what a sender that died has left, once its claim has ended', async () => {
    const file = randomBytes(1000)
    const { document_id: id, upload_url: url } = await announce('don', 1000)
    await leaveBehind('don', id, Date.now() + 60_000)
    expect(await problem(await put(url, file))).toEqual([423, 'upload_locked'])
    await leaveBehind('don', id, Date.now() - 1)
    expect((await put(url, file)).status).toBe(201)
    expect(await objects('don')).toEqual([keyOf('don', id)])
    expect(await app.objectHash(keyOf('don', id))).toBe(sha256(file))
  })

  it('never replaces a file that has the name for another reason', async () => {
    const { document_id: id, upload_url: url } = await announce('nat', 4)
    await app.bucket.put(keyOf('nat', id), 'mine')
    for (let times = 0; times < 2; times++) {
      expect(await problem(await put(url, randomBytes(4)))).toEqual([409, 'name_conflict'])
    }
    expect(await app.objectHash(keyOf('nat', id))).toBe(sha256(Buffer.from('mine')))
  })

  it('goes to the folder that the user has chosen for documents', async () => {
    const made = await postJson('fox', '/api/cloud/connections/r2/folders', { name: 'Inbox' })
    const { id: folder } = (await made.json()) as { id: string }
    const choose = await app.as('fox')('/api/users/me/default-storage', {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ backend: 'r2', folder_id: folder }),
    })
    expect(choose.status).toBe(200)
    const { document_id: id, upload_url: url } = await announce('fox', 4)
    expect((await put(url, randomBytes(4))).status).toBe(201)
    const inbox = await app.as('fox')(`/api/cloud/connections/r2/items?folder_id=${folder}`)
    expect(await inbox.json()).toMatchObject({ items: [{ name: `${id}.pdf` }] })
  })

  it('that does not fit into the storage changes nothing, and may be repeated when it does', async () => {
    const user = 'quin'
    const used = async () => {
      const me = await app.as(user)('/api/users/me')
      const { storage } = (await me.json()) as { storage: { used: number; reserved: number } }
      return storage
    }
    const quota = Number(app.settings['STORAGE_QUOTA_BYTES'])
    const first = await announce(user, quota - 1000)
    const second = await announce(user, 2000)
    const large = randomBytes(quota - 1000)
    expect((await put(first.upload_url, large)).status).toBe(201)
    const full = await put(second.upload_url, randomBytes(2000))
    expect(await problem(full)).toEqual([507, 'quota_exceeded'])
    expect(await rowOf(second.document_id)).toMatchObject({
      ...{ status: 'pending', item_id: null, claim_until: null },
    })
    expect(await objects(user)).toEqual([keyOf(user, first.document_id)])
    expect(await used()).toMatchObject({ used: quota - 1000, reserved: 0 })
    const gone = await app.as(user)(`/api/documents/${first.document_id}`, { method: 'DELETE' })
    expect(gone.status).toBe(204)
    const held = holdRequest(second.upload_url, randomBytes(2000), 1000, { headers: TYPE })
    await claimed(second.document_id).not.toBeNull()
    held.leave()
    await claimed(second.document_id).toBeNull()
    expect(await used()).toMatchObject({ used: 0, reserved: 0 })
    expect((await put(second.upload_url, randomBytes(2000))).status).toBe(201)
    expect(await used()).toMatchObject({ used: 2000, reserved: 0 })
  })

  it('that never comes is swept after a day, with whatever was left of it', async () => {
    const day = 24 * 3600_000
    const young = await announce('eve', 10)
    const bare = await announce('eve', 10)
    const begun = await announce('eve', 10)
    const alive = await announce('eve', 10)
    await leaveBehind('eve', begun.document_id, Date.now() - 1)
    await leaveBehind('eve', alive.document_id, Date.now() + 60_000)
    const age = 'UPDATE documents SET created_at = ? WHERE id IN (?, ?, ?)'
    const ids = [bare, begun, alive].map((one) => one.document_id)
    await rows(app, age, Date.now() - day - 1, ...ids)
    await rows(app, age, Date.now() - day + 60_000, young.document_id, '', '')
    await app.runCron()
    const left = await rows<{ id: string }>(app, "SELECT id FROM documents WHERE user_id = 'eve'")
    expect(left.map(({ id }) => id).sort()).toEqual([young.document_id, alive.document_id].sort())
    expect(await objects('eve')).toEqual([keyOf('eve', alive.document_id)])
  })
})
