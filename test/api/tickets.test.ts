// Download tickets: for a minute, whoever holds one gets the content of one item, and nothing else.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '../connect.ts'
import { startSlipway, type Slipway } from '../harness.ts'
import { sha256 } from '../sha256.ts'
import { signature, signToken } from '../sign-token.ts'

const OLD = `old:${randomBytes(32).toString('base64')}`
const NEW = `new:${randomBytes(32).toString('base64')}`
const GONE = `gone:${randomBytes(32).toString('base64')}`

let app: Slipway
let id: string
let film: string
const file = randomBytes(300_000)

beforeAll(async () => {
  app = await startSlipway({ settings: { CREDENTIALS_KEYS: `${NEW},${OLD}` } })
  ;({ id } = await connect(app, 'tina', 'onedrive'))
  const response = await app.as('tina')(`/api/cloud/connections/${id}/content?name=film.mp4`, {
    method: 'PUT',
    body: file,
  })
  expect(response.status).toBe(201)
  film = ((await response.json()) as { id: string }).id
})
afterAll(() => app.close())

const ask = (user: string, item: string, body?: unknown, connection = id) =>
  app.as(user)(`/api/cloud/connections/${connection}/items/${item}/ticket`, {
    method: 'POST',
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
const ticket = async (body?: unknown) => {
  const response = await ask('tina', film, body)
  expect(response.status).toBe(200)
  expect(response.headers.get('cache-control')).toBe('no-store')
  return (await response.json()) as { url: string; expires_at: string }
}
/** As a browser follows a link: without any credentials. */
const open = (url: string, init: RequestInit = {}) =>
  fetch(url, { redirect: 'manual', ...init, headers: { connection: 'close', ...init.headers } })
const problem = async (response: Response) => {
  const { status, code } = (await response.json()) as { status: number; code: string }
  return [response.status, status, code]
}
const FORBIDDEN = [403, 403, 'forbidden']

describe('a ticket', () => {
  it('gives the bytes without a token, any number of times within its minute', async () => {
    const before = Date.now()
    const { url, expires_at } = await ticket()
    expect(url.startsWith(`${app.url}/api/cloud/tickets/`)).toBe(true)
    const life = Date.parse(expires_at) - before
    expect(life).toBeGreaterThan(59_000)
    expect(life).toBeLessThan(75_000)
    for (let times = 0; times < 2; times++) {
      const response = await open(url)
      expect(response.status).toBe(200)
      expect(sha256(new Uint8Array(await response.arrayBuffer()))).toBe(sha256(file))
      expect(response.headers.get('content-disposition')).toMatch(/^attachment; .*film\.mp4/)
      expect(response.headers.get('referrer-policy')).toBe('no-referrer')
      expect(response.headers.get('cache-control')).toBe('private, no-store')
    }
  })

  it('serves ranges, conditions and HEAD as the content route does', async () => {
    const { url } = await ticket({ disposition: 'inline' })
    const head = await open(url, { method: 'HEAD' })
    expect(head.status).toBe(200)
    expect(await head.text()).toBe('')
    expect(head.headers.get('content-length')).toBe('300000')
    expect(head.headers.get('content-disposition')).toMatch(/^inline/)
    const tag = head.headers.get('etag') ?? ''
    const part = await open(url, { headers: { range: 'bytes=100-199', 'if-range': tag } })
    expect(part.status).toBe(206)
    expect(part.headers.get('content-range')).toBe('bytes 100-199/300000')
    expect(Buffer.from(await part.arrayBuffer()).equals(file.subarray(100, 200))).toBe(true)
    const known = await open(url, { headers: { 'if-none-match': tag } })
    expect(known.status).toBe(304)
    const beyond = await open(url, { headers: { range: 'bytes=300000-' } })
    expect(await problem(beyond)).toEqual([416, 416, 'range_not_satisfiable'])
  })

  it('never lets a browser run what it gives', async () => {
    const put = await app.as('tina')('/api/cloud/connections/r2/content?name=page.html', {
      method: 'PUT',
      headers: { 'content-type': 'text/html' },
      body: '<script>1</script>',
    })
    const { id: item } = (await put.json()) as { id: string }
    const asked = await ask('tina', item, { disposition: 'inline' }, 'r2')
    const { url } = (await asked.json()) as { url: string }
    const response = await open(url)
    expect(await response.text()).toBe('<script>1</script>')
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(response.headers.get('content-security-policy')).toBe("sandbox; default-src 'none'")
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    const worker = await open(url, { headers: { 'service-worker': 'script' } })
    expect(await problem(worker)).toEqual(FORBIDDEN)
  })

  it('works on the default storage, with any name of it', async () => {
    const put = await app.as('tina')('/api/cloud/connections/minio/content?name=a.txt', {
      method: 'PUT',
      body: 'built in',
    })
    const { id: item } = (await put.json()) as { id: string }
    const { url } = (await (await ask('tina', item, {}, 'r2')).json()) as { url: string }
    expect(await (await open(url)).text()).toBe('built in')
    // Of the same name in another user's storage there is nothing.
    const other = (await (await ask('otto', item, {}, 'r2')).json()) as { url: string }
    expect(await problem(await open(other.url))).toEqual([404, 404, 'item_not_found'])
  })
})

describe('a ticket is refused', () => {
  it('to those who have no such connection', async () => {
    expect(await problem(await ask('thief', film))).toEqual([404, 404, 'not_found'])
    const bare = await fetch(`${app.url}/api/cloud/connections/${id}/items/x/ticket`, {
      method: 'POST',
    })
    expect(await problem(bare)).toEqual([401, 401, 'unauthorized'])
    const admin = await app.as('root', { role: 'admin' })(
      `/api/cloud/connections/${id}/items/x/ticket`,
      { method: 'POST' },
    )
    expect(await problem(admin)).toEqual(FORBIDDEN)
  })

  it('without asking the vendor for the item', async () => {
    const before = app.emulators.requests.length
    const { url } = (await (await ask('tina', 'no-such-item')).json()) as { url: string }
    expect(app.emulators.requests.length).toBe(before)
    expect(await problem(await open(url))).toEqual([404, 404, 'item_not_found'])
  })

  it('where the body asks for something else', async () => {
    const wrong = async (body: unknown) => {
      const response = await ask('tina', 'x', body)
      const answer = (await response.json()) as { errors: { field: string }[] }
      return [response.status, answer.errors[0]?.field]
    }
    expect(await wrong({ disposition: 'sideways' })).toEqual([422, 'body.disposition'])
    expect(await wrong({ minutes: 90 })).toEqual([422, 'body.minutes'])
    const plain = await app.as('tina')(`/api/cloud/connections/${id}/items/x/ticket`, {
      method: 'POST',
      body: '{"disposition":"inline"}',
    })
    expect(plain.status).toBe(422)
    const long = await ask('tina', 'x'.repeat(8193))
    expect(long.status).toBe(422)
  })

  it('when it is forged, changed, ended or of another kind', async () => {
    const { url } = await ticket()
    const at = `${app.url}/api/cloud/tickets/`
    const [payload = '', mark = ''] = url.slice(at.length).split('.')
    // What the test signs is what the Worker signs.
    expect(mark).toBe(signature(NEW, 'ticket', payload))
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object
    const other = Buffer.from(JSON.stringify({ ...claims, user: 'otto' })).toString('base64url')
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const last = letters[letters.indexOf(mark.slice(-1)) ^ 1] ?? ''
    const forged = [
      'nothing',
      `${payload}.`,
      `.${mark}`,
      `${other}.${mark}`,
      `${payload}.${mark.slice(0, -1)}${last}`,
      `${payload}.${mark}A`,
      `${payload}.${mark}.${mark}`,
      signToken(GONE, 'ticket', claims, 60_000),
      signToken(NEW, 'get', claims, 60_000),
      signToken(NEW, 'put', claims, 60_000),
      signToken(NEW, 'ticket', claims, -1),
    ]
    for (const token of forged)
      expect(await problem(await open(at + token)), token).toEqual(FORBIDDEN)
    expect((await open(at + signToken(NEW, 'ticket', claims, 60_000))).status).toBe(200)
    // Signed before the newest key came.
    expect((await open(at + signToken(OLD, 'ticket', claims, 60_000))).status).toBe(200)
    expect((await open(url, { method: 'DELETE' })).status).toBe(404)
  })

  it('once the connection is gone', async () => {
    const { id: second } = await connect(app, 'gus', 'google_drive')
    const put = await app.as('gus')(`/api/cloud/connections/${second}/content?name=a.txt`, {
      method: 'PUT',
      body: 'a',
    })
    const { id: item } = (await put.json()) as { id: string }
    const { url } = (await (await ask('gus', item, {}, second)).json()) as { url: string }
    expect(await (await open(url)).text()).toBe('a')
    const gone = await app.as('gus')(`/api/cloud/connections/${second}`, { method: 'DELETE' })
    expect(gone.status).toBe(204)
    expect(await problem(await open(url))).toEqual([404, 404, 'not_found'])
  })
})

it('front ends on other origins can ask for one, and no token is logged', async () => {
  const origin = 'http://app.localhost:3000'
  const preflight = await fetch(`${app.url}/api/cloud/connections/${id}/items/x/ticket`, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST' },
  })
  expect(preflight.headers.get('access-control-allow-origin')).toBe(origin)
  const { url } = await ticket()
  const response = await open(url, { headers: { origin } })
  expect(response.headers.get('access-control-allow-origin')).toBe(origin)
  expect(response.headers.get('cross-origin-resource-policy')).toBe('cross-origin')
  await response.text()
  await (await open(`${url}x`)).text()
  const [payload = '', mark = ''] = url.split('/').at(-1)?.split('.') ?? []
  await expect.poll(() => app.logs.join('')).toContain('"route":"/api/cloud/tickets/:token"')
  expect(app.logs.join('')).not.toContain(payload)
  expect(app.logs.join('')).not.toContain(mark)
})
