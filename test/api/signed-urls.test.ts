// Signed URLs of documents: a PUT stores once and whole whatever happens to it, a GET gives the bytes until its end.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '../connect.ts'
import { sha256 } from '../conformance/provider.ts'
import { holdRequest } from '../held-upload.ts'
import { rows, startSlipway, type Slipway } from '../harness.ts'
import { signature, signToken } from '../sign-token.ts'

const OLD = `old:${randomBytes(32).toString('base64')}`
const NEW = `new:${randomBytes(32).toString('base64')}`
const ORIGIN = 'http://app.localhost:3000'
const TYPE = { 'content-type': 'application/pdf' }

let app: Slipway
beforeAll(async () => {
  app = await startSlipway({
    places: 2,
    settings: { CREDENTIALS_KEYS: `${NEW},${OLD}`, STORAGE_QUOTA_BYTES: '30000000' },
  })
})
afterAll(() => app.close())

interface Announced {
  readonly document_id: string
  readonly storage_backend: string
  readonly upload_url: string
  readonly expires_at: string
}

const postJson = (user: string, path: string, body?: unknown) =>
  app.as(user)(path, {
    method: 'POST',
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
const announce = async (user: string, size: number, more: object = {}): Promise<Announced> => {
  const body = { filename: 'report.pdf', content_type: 'application/pdf', size, ...more }
  const response = await postJson(user, '/api/documents/upload', body)
  expect(response.status).toBe(201)
  expect(response.headers.get('cache-control')).toBe('no-store')
  return (await response.json()) as Announced
}
/** As somebody who has nothing but the URL. `place` 1 is another isolate. */
const call = (url: string, init: RequestInit = {}, place: 0 | 1 = 0) =>
  fetch(url.replace(app.url, app.urls[place] ?? ''), {
    redirect: 'manual',
    ...init,
    headers: { connection: 'close', ...init.headers },
  })
const put = (url: string, body: Uint8Array<ArrayBuffer>, place: 0 | 1 = 0) =>
  call(url, { method: 'PUT', headers: TYPE, body }, place)
const problem = async (response: Response) => {
  const body = (await response.json()) as { code: string; errors?: { field: string }[] }
  const field = body.errors?.[0]?.field
  return field === undefined ? [response.status, body.code] : [response.status, body.code, field]
}
const FORBIDDEN = [403, 'forbidden']
const rowOf = async (id: string) => (await rows(app, 'SELECT * FROM documents WHERE id = ?', id))[0]
const keyOf = (user: string, id: string) =>
  `files/${Buffer.from(user).toString('base64url')}/documents/${id}.pdf`
/** The keys of a user's objects, without the folder's marker. */
const objects = async (user: string) =>
  (await app.bucket.list()).objects
    .map(({ key }) => key)
    .filter((key) => key.startsWith(keyOf(user, '').slice(0, -4)) && !key.endsWith('/'))
const claimed = (id: string) =>
  expect.poll(async () => (await rowOf(id))?.['claim_until'], { timeout: 20_000 })

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

/** What is there when an isolate dies between an object's last byte and its row. */
async function leaveBehind(user: string, id: string, claimUntil: number): Promise<void> {
  await app.bucket.put(keyOf(user, id), 'left')
  const itemId = Buffer.from(`documents/${id}.pdf`).toString('base64url')
  const claim = "UPDATE documents SET claim_id = 'dead', claim_until = ?, item_id = ? WHERE id = ?"
  await rows(app, claim, claimUntil, itemId, id)
}

describe('announcing an upload', () => {
  it('for a provider begins a resumable upload, whose end stores the document', async () => {
    const user = 'rob'
    await connect(app, user, 'onedrive')
    const bytes = randomBytes(70_000)
    const body = { filename: 'a.pdf', content_type: 'application/pdf', size: bytes.length }
    const answer = await postJson(user, '/api/documents/upload', {
      ...body,
      target_backend: 'onedrive',
      category: 'Contracts',
    })
    const announced = (await answer.json()) as Record<string, string>
    expect([answer.status, Object.keys(announced).sort()]).toEqual([
      201,
      ['document_id', 'expires_at', 'resumable_url', 'storage_backend'],
    ])
    expect(answer.headers.get('location')).toBe(announced['resumable_url'])
    const id = announced['document_id'] ?? ''
    const document = async () =>
      (await (await app.as(user)(`/api/documents/${id}`)).json()) as Record<string, unknown>
    expect(await document()).toMatchObject({ status: 'pending', verification: null })
    const sent = await app.as(user)(new URL(announced['resumable_url'] ?? '').pathname, {
      method: 'PATCH',
      headers: {
        'tus-resumable': '1.0.0',
        'upload-offset': '0',
        'content-type': 'application/offset+octet-stream',
      },
      body: bytes,
    })
    expect([sent.status, sent.headers.get('content-location')]).toEqual([
      204,
      `${app.url}/api/documents/${id}`,
    ])
    expect(await document()).toMatchObject({ status: 'stored', category: 'Contracts' })
    const back = await app.as(user)(`/api/documents/${id}/content`)
    expect(Buffer.from(await back.arrayBuffer()).equals(bytes)).toBe(true)
  })

  it('names what is wrong, and keeps no row', async () => {
    const user = 'ann'
    const good = { filename: 'a.pdf', content_type: 'application/pdf', size: 1 }
    const wrong = async (body: unknown) =>
      problem(await postJson(user, '/api/documents/upload', body))
    const field = (name: string) => [422, 'invalid_request', `body.${name}`]
    expect(await wrong({ ...good, filename: '../a' })).toEqual(field('filename'))
    expect(await wrong({ ...good, content_type: 'pdf' })).toEqual(field('content_type'))
    expect(await wrong({ ...good, size: -1 })).toEqual(field('size'))
    expect(await wrong({ ...good, size: 1.5 })).toEqual(field('size'))
    expect(await wrong({ ...good, colour: 'red' })).toEqual(field('colour'))
    expect(await wrong({ ...good, target_backend: 'floppy' })).toEqual(field('target_backend'))
    expect(await wrong({ ...good, target_backend: 'onedrive' })).toEqual([404, 'not_found'])
    expect(await wrong({ ...good, size: 6e12 })).toEqual([413, 'payload_too_large'])
    const cut = await app.as(user)('/api/documents/upload', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"filename":',
    })
    expect(await problem(cut)).toEqual([422, 'invalid_request', 'body'])
    expect(await rows(app, 'SELECT * FROM documents WHERE user_id = ?', user)).toEqual([])
  })
})

describe('a link', () => {
  let id: string
  const file = randomBytes(50_000)
  const link = async (body?: unknown) => {
    const response = await postJson('lea', `/api/documents/${id}/link`, body)
    expect(response.status).toBe(200)
    expect(response.headers.get('cache-control')).toBe('no-store')
    return (await response.json()) as { url: string; expires_at: string }
  }
  beforeAll(async () => {
    const made = await announce('lea', file.length)
    id = made.document_id
    const early = await postJson('lea', `/api/documents/${id}/link`)
    expect(await problem(early)).toEqual([404, 'not_found'])
    expect((await put(made.upload_url, file)).status).toBe(201)
  })

  it('gives the bytes to whoever has it, with ranges, conditions and HEAD', async () => {
    const { url, expires_at } = await link()
    const life = Date.parse(expires_at) - Date.now()
    expect(Math.abs(life - 3600_000)).toBeLessThan(60_000)
    const whole = await call(url)
    expect(whole.status).toBe(200)
    expect(sha256(new Uint8Array(await whole.arrayBuffer()))).toBe(sha256(file))
    expect(whole.headers.get('content-disposition')).toMatch(/^attachment; .*report\.pdf/)
    expect(whole.headers.get('referrer-policy')).toBe('no-referrer')
    expect(whole.headers.get('cache-control')).toBe('private, no-store')
    const head = await call(url, { method: 'HEAD' }, 1)
    expect(head.status).toBe(200)
    expect(head.headers.get('content-length')).toBe('50000')
    const etag = head.headers.get('etag') ?? ''
    const part = await call(url, { headers: { range: 'bytes=-100', 'if-range': etag } })
    expect(part.status).toBe(206)
    expect(Buffer.from(await part.arrayBuffer()).equals(file.subarray(-100))).toBe(true)
    expect((await call(url, { headers: { 'if-none-match': etag } })).status).toBe(304)
    const beyond = await call(url, { headers: { range: 'bytes=50000-' } })
    expect(await problem(beyond)).toEqual([416, 'range_not_satisfiable'])
  })

  it('lasts as long as asked, and shows in the browser if asked', async () => {
    const { url, expires_at } = await link({ expires_in: 604_800, disposition: 'inline' })
    expect(Math.abs(Date.parse(expires_at) - Date.now() - 604_800_000)).toBeLessThan(60_000)
    const shown = await call(url)
    expect(shown.headers.get('content-disposition')).toMatch(/^inline/)
    await shown.arrayBuffer()
    for (const wrong of [{ expires_in: 59 }, { expires_in: 604_801 }, { expires_in: 90.5 }]) {
      const response = await postJson('lea', `/api/documents/${id}/link`, wrong)
      expect(await problem(response)).toEqual([422, 'invalid_request', 'body.expires_in'])
    }
  })

  it('is the owner’s to give, and ends with the document', async () => {
    const foreign = await postJson('thief', `/api/documents/${id}/link`)
    expect(await problem(foreign)).toEqual([404, 'not_found'])
    const bare = await fetch(`${app.url}/api/documents/${id}/link`, { method: 'POST' })
    expect(bare.status).toBe(401)
    await bare.text()
    const made = await announce('lea', 3)
    expect((await put(made.upload_url, randomBytes(3))).status).toBe(201)
    const asked = await postJson('lea', `/api/documents/${made.document_id}/link`)
    const { url } = (await asked.json()) as { url: string }
    const gone = await app.as('lea')(`/api/documents/${made.document_id}`, { method: 'DELETE' })
    expect(gone.status).toBe(204)
    expect(await problem(await call(url))).toEqual([404, 'not_found'])
    expect(await objects('lea')).toEqual([keyOf('lea', id)])
  })

  it('and a signed PUT are worth nothing when forged, ended or of another kind', async () => {
    const at = `${app.url}/api/documents/signed/`
    const { url } = await link()
    const pending = await announce('lea', 3)
    const [payload = '', mark = ''] = url.slice(at.length).split('.')
    expect(mark).toBe(signature(NEW, 'get', payload))
    const get = { document: id, disposition: 'attachment' }
    const change = { document: pending.document_id }
    const body = randomBytes(3)
    const gone = `new:${randomBytes(32).toString('base64')}`
    for (const token of [
      'nothing',
      `${payload}.${mark}x`,
      `${payload}x.${mark}`,
      signToken(gone, 'get', get, 60_000),
      signToken(NEW, 'put', get, 60_000),
      signToken(NEW, 'ticket', get, 60_000),
      signToken(NEW, 'get', get, -1),
    ]) {
      expect(await problem(await call(at + token)), token).toEqual(FORBIDDEN)
    }
    for (const token of [
      url.slice(at.length),
      `${pending.upload_url.slice(at.length)}x`,
      signToken(gone, 'put', change, 60_000),
      signToken(NEW, 'get', change, 60_000),
      signToken(NEW, 'ticket', change, 60_000),
      signToken(NEW, 'put', change, -1),
    ]) {
      expect(await problem(await put(at + token, body)), token).toEqual(FORBIDDEN)
    }
    expect(await problem(await call(pending.upload_url))).toEqual(FORBIDDEN)
    expect((await call(at + signToken(NEW, 'get', get, 60_000))).status).toBe(200)
    // Signed before the newest key came.
    expect((await call(at + signToken(OLD, 'get', get, 60_000))).status).toBe(200)
    expect((await put(at + signToken(OLD, 'put', change, 60_000), body)).status).toBe(201)
    // What stands beside the signed URLs still asks who calls.
    for (const method of ['POST', 'DELETE', 'PATCH']) {
      const response = await call(url, { method })
      expect(response.status).toBe(401)
      await response.text()
    }
  })
})

it('front ends on other origins can use signed URLs', async () => {
  const { upload_url: url } = await announce('cora', 3)
  const preflight = (origin: string, method: string) =>
    call(url, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': 'content-type',
      },
    })
  for (const method of ['PUT', 'GET', 'HEAD']) {
    const answer = await preflight(ORIGIN, method)
    expect(answer.status).toBe(204)
    expect(answer.headers.get('access-control-allow-origin')).toBe(ORIGIN)
    expect(answer.headers.get('access-control-allow-methods')).toContain(method)
    expect(answer.headers.get('access-control-allow-headers')?.toLowerCase()).toContain(
      'content-type',
    )
  }
  const foreign = await preflight('http://evil.localhost:3000', 'PUT')
  expect(foreign.headers.get('access-control-allow-origin')).toBeNull()
  const body = randomBytes(3)
  const headers = { ...TYPE, origin: ORIGIN }
  const response = await call(url, { method: 'PUT', headers, body })
  expect(response.status).toBe(201)
  expect(response.headers.get('access-control-allow-origin')).toBe(ORIGIN)
})

it('no token of a signed URL is logged', async () => {
  const { document_id: id, upload_url } = await announce('log', 3)
  expect((await put(upload_url, randomBytes(3))).status).toBe(201)
  const asked = await postJson('log', `/api/documents/${id}/link`)
  const { url } = (await asked.json()) as { url: string }
  await (await call(url)).arrayBuffer()
  await (await call(`${url}x`)).text()
  await (await put(`${upload_url}x`, randomBytes(3))).text()
  const route = '"route":"/api/documents/signed/:token"'
  await expect.poll(() => app.logs.join('').split(route).length).toBeGreaterThan(4)
  for (const one of [upload_url, url]) {
    for (const part of one.split('/').at(-1)?.split('.') ?? []) {
      expect(app.logs.join('')).not.toContain(part)
    }
  }
})
