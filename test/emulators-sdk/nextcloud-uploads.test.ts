// The Nextcloud emulator holds chunked uploads to the rules of v2, and to those of v1 where it is switched to it.
import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startEmulators, type Emulators } from '../emulators/server.ts'
import { asking, clientOf, hrefsIn, refusal, statusOf, type Client } from './nextcloud-client.ts'

const UPLOAD = '/remote.php/dav/uploads/mia/slipway-1'
const MIB = 1024 * 1024

let emulators: Emulators
let mia: Client
let destination: string
beforeAll(async () => {
  emulators = await startEmulators({ port: 0 })
})
afterAll(() => emulators.close())
beforeEach(() => {
  emulators.reset()
  mia = clientOf(emulators, 'mia')
  destination = target('/Empty/film.bin')
})

const target = (path: string, user = 'mia') =>
  `${emulators.url}/nextcloud/remote.php/dav/files/${user}${path}`
const start = (headers: Record<string, string> = { destination }) =>
  mia(UPLOAD, { method: 'MKCOL', headers })
const put = (part: string, body: Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  mia(`${UPLOAD}/${part}`, { method: 'PUT', body, headers: { destination, ...headers } })
const move = (headers: Record<string, string> = {}) =>
  mia(`${UPLOAD}/.file`, { method: 'MOVE', headers: { destination, ...headers } })
const total = (bytes: number) => ({ 'oc-total-length': String(bytes) })
const chunk = (size: number) => new Uint8Array(randomBytes(size))

describe('chunked upload v2', () => {
  it('assembles chunks by their numbers, whatever the order they came in', async () => {
    const [one, two, three] = [chunk(5 * MIB), chunk(5 * MIB), chunk(7)]
    const whole = Buffer.concat([one, two, three])
    const length = total(whole.length)
    expect(await statusOf(start())).toBe(201)
    expect(await statusOf(start())).toBe(405)
    expect(await statusOf(put('00010', three, length))).toBe(201)
    expect(await statusOf(put('00002', two, length))).toBe(201)
    expect(await statusOf(put('00001', chunk(9), length))).toBe(201)
    // The same number again takes its place, written as it may be.
    expect(await statusOf(put('1', one, length))).toBe(201)
    expect(emulators.nextcloud.sessions()).toEqual(['slipway-1'])
    const listed = await mia(`${UPLOAD}/`, {
      method: 'PROPFIND',
      headers: { depth: '1', 'content-type': 'application/xml' },
      body: asking('d:getcontentlength'),
    })
    const names = hrefsIn(await listed.text()).map((href) => href.split('/').at(-1))
    expect(names.sort()).toEqual(['', '.file', '1', '10', '2'])
    const done = await move({ ...length, 'x-oc-mtime': '1547545326', overwrite: 'F' })
    expect(done.status).toBe(201)
    expect(done.headers.get('oc-fileid')).toMatch(/^\d{8}oc/)
    expect(done.headers.get('oc-etag')).toMatch(/^"/)
    expect(await emulators.nextcloud.sha256('mia', '/Empty/film.bin')).toBe(
      createHash('sha256').update(whole).digest('hex'),
    )
    const item = emulators.nextcloud.item('mia', '/Empty/film.bin')
    expect(item?.modified).toEqual(new Date(1_547_545_326_000))
    expect(emulators.nextcloud.sessions()).toEqual([])
    expect(await statusOf(move(length))).toBe(404)
  })

  it('refuses a start, a name or a header that v2 does not know', async () => {
    expect(await statusOf(start({}))).toBe(400)
    expect(await statusOf(start({ destination: target('/x', 'ida') }))).toBe(403)
    expect(await statusOf(start({ destination: '/remote.php/dav/files/mia/x' }))).toBe(403)
    const ida = '/remote.php/dav/uploads/ida/slipway-1'
    expect(await statusOf(mia(ida, { method: 'MKCOL', headers: { destination } }))).toBe(403)
    expect(await statusOf(put('00001', chunk(1)))).toBe(404)
    await start()
    for (const name of ['0', '10001', '00000000000-00000000005', 'part', '-1', '1.5']) {
      expect(await refusal(put(name, chunk(1)))).toEqual([
        400,
        'Invalid chunk name, must be numeric between 1 and 10000',
      ])
    }
    const bare = mia(`${UPLOAD}/1`, { method: 'PUT', body: chunk(1) })
    expect(await statusOf(bare)).toBe(400)
    expect(await statusOf(put('1', chunk(1), { 'oc-total-length': 'many' }))).toBe(400)
    expect(await statusOf(put('1', chunk(1)))).toBe(201)
    expect(await statusOf(mia(`${UPLOAD}/1`))).toBe(405)
    expect(await statusOf(mia(`${UPLOAD}/1`, { method: 'MOVE', headers: { destination } }))).toBe(
      403,
    )
    expect(await statusOf(mia(`${UPLOAD}/.file`, { method: 'MOVE' }))).toBe(400)
    expect(await statusOf(move({ destination: target('/nowhere/x') }))).toBe(409)
    expect(await statusOf(move({ 'x-oc-mtime': 'now' }))).toBe(500)
  })

  it('refuses lengths that do not fit, and chunks that are too small or missing', async () => {
    await start()
    await put('00001', chunk(5 * MIB))
    await put('00003', chunk(5))
    expect(await refusal(move(total(5 * MIB + 6)))).toEqual([
      400,
      `Chunks on server do not sum up to ${5 * MIB + 6} but to ${5 * MIB + 5} bytes`,
    ])
    await put('00002', chunk(1))
    const [status, said] = await refusal(move(total(5 * MIB + 6)))
    expect([status, said]).toEqual([400, expect.stringContaining('EntityTooSmall') as string])
    emulators.nextcloud.settings.chunkMin = 1
    expect(await statusOf(move(total(5 * MIB + 6)))).toBe(201)
    await start()
    expect((await refusal(move()))[0]).toBe(400)
  })

  it('replaces with 204, and not with Overwrite: F', async () => {
    emulators.nextcloud.addFile('mia', '/Empty/film.bin', 'old')
    const before = emulators.nextcloud.item('mia', '/Empty/film.bin')
    await start()
    await put('1', chunk(3))
    expect(await statusOf(move({ overwrite: 'F' }))).toBe(412)
    expect(await statusOf(move())).toBe(204)
    const after = emulators.nextcloud.item('mia', '/Empty/film.bin')
    expect(after).toMatchObject({ size: 3, fileId: before?.fileId })
  })

  it('is aborted by DELETE, expires after a day, and is lost with the cache', async () => {
    await start()
    expect(await statusOf(mia(`${UPLOAD}/`, { method: 'DELETE' }))).toBe(204)
    expect(await statusOf(mia(`${UPLOAD}/`, { method: 'DELETE' }))).toBe(404)
    await start()
    emulators.nextcloud.forgetSessions()
    const lost = 'Missing metadata for chunked upload'
    expect(await refusal(put('1', chunk(1)))).toEqual([
      412,
      expect.stringContaining(lost) as string,
    ])
    expect((await refusal(move()))[0]).toBe(412)
    const tomorrow = Date.now() + 25 * 3_600_000
    emulators.nextcloud.settings.now = () => tomorrow
    expect(await statusOf(move())).toBe(404)
    expect(emulators.nextcloud.sessions()).toEqual([])
  })

  it('refuses early with OC-Total-Length what does not fit, otherwise at the end', async () => {
    emulators.nextcloud.settings.quota['mia'] = 4 * MIB
    await start()
    expect((await refusal(put('1', chunk(10), total(2 * MIB))))[0]).toBe(507)
    expect(await statusOf(put('1', chunk(2 * MIB)))).toBe(201)
    expect((await refusal(move()))[0]).toBe(507)
  })

  it('goes on assembling behind a proxy that gave up: 504, 423, then 404', async () => {
    const { settings } = emulators.nextcloud
    settings.assembleMs = 400
    settings.gatewayTimeoutMs = 50
    await start()
    await put('1', chunk(1000), total(1000))
    expect(await statusOf(move(total(1000)))).toBe(504)
    expect((await refusal(move(total(1000))))[0]).toBe(423)
    expect(emulators.nextcloud.item('mia', '/Empty/film.bin')).toBeUndefined()
    const deadline = Date.now() + 5_000
    let status = 423
    while (status === 423 && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      status = await statusOf(move(total(1000)))
    }
    expect(status).toBe(404)
    expect(emulators.nextcloud.item('mia', '/Empty/film.bin')?.size).toBe(1000)
  })
})

describe('chunked upload v1', () => {
  it('takes any name and puts them in natural order', async () => {
    emulators.nextcloud.settings.chunking = 'v1'
    await start()
    expect(await statusOf(put('part-10', Buffer.from('c')))).toBe(201)
    expect(await statusOf(put('part-9', Buffer.from('x')))).toBe(201)
    expect(await statusOf(put('part-9', Buffer.from('b')))).toBe(204)
    expect(await statusOf(put('part-1', Buffer.from('a')))).toBe(201)
    expect(await statusOf(move(total(4)))).toBe(400)
    expect(await statusOf(move(total(3)))).toBe(201)
    expect((await emulators.nextcloud.content('mia', '/Empty/film.bin')).toString()).toBe('abc')
  })

  it('is what a start without a Destination falls back to, where that is let pass', async () => {
    emulators.nextcloud.settings.requireDestination = false
    expect(await statusOf(start({}))).toBe(201)
    const bare = mia(`${UPLOAD}/000000000000000-000000000000004`, { method: 'PUT', body: chunk(5) })
    expect(await statusOf(bare)).toBe(201)
    expect(await statusOf(move())).toBe(201)
  })
})
