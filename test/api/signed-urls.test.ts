// Documents that are announced, and links to those that are stored: what a signed URL gives, to whom, and until when.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '../connect.ts'
import { rows, startSlipway, type Slipway } from '../harness.ts'
import { sha256 } from '../sha256.ts'
import { FORBIDDEN, keyOf, problem, signedDocuments, TYPE } from '../signed-documents.ts'
import { signature, signToken } from '../sign-token.ts'

const OLD = `old:${randomBytes(32).toString('base64')}`
const NEW = `new:${randomBytes(32).toString('base64')}`
const ORIGIN = 'http://app.localhost:3000'

let app: Slipway
beforeAll(async () => {
  app = await startSlipway({
    places: 2,
    settings: { CREDENTIALS_KEYS: `${NEW},${OLD}`, STORAGE_QUOTA_BYTES: '30000000' },
  })
})
afterAll(() => app.close())

const { postJson, announce, call, put, objects } = signedDocuments(() => app)

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
