// The tus protocol as a client meets it before bytes flow: what is offered, versions, pages of other origins, whose uploads are whose.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '../connect.ts'
import { startSlipway, type Slipway } from '../harness.ts'
import { tusUser, type TusUser } from '../tus.ts'
import { expectNothingLeft, placeOf } from '../upload-places.ts'

const ORIGIN = 'http://app.localhost:3000'
const EXTENSIONS = 'creation,creation-with-upload,expiration,termination,checksum'

let app: Slipway
let ann: TusUser
let drive: string
beforeAll(async () => {
  app = await startSlipway()
  ann = tusUser(app, 'ann')
  drive = (await connect(app, 'ann', 'onedrive')).id
})
afterAll(() => app.close())

const onedrive = placeOf('onedrive')
const fields = (name: string) => ({ filename: name, connection_id: drive })
const listOf = (header: string | null) => (header ?? '').toLowerCase().split(/, */)

describe('what is offered', () => {
  it.each(['/api/uploads', '/api/uploads/anything'])(
    'OPTIONS %s says it to anybody',
    async (at) => {
      const response = await fetch(app.url + at, { method: 'OPTIONS' })
      expect(response.status).toBe(204)
      const { headers } = response
      expect(headers.get('tus-resumable')).toBe('1.0.0')
      expect(headers.get('tus-version')).toBe('1.0.0')
      expect(headers.get('tus-extension')).toBe(EXTENSIONS)
      expect(headers.get('tus-checksum-algorithm')).toBe('md5,sha1,sha256')
      expect(Number(headers.get('tus-max-size'))).toBeGreaterThan(1024 ** 4)
      expect(headers.get('slipway-chunk-size')).toBe('52428800')
    },
  )

  it.each(['/api/uploads', '/api/uploads/anything'])('a preflight of %s is CORS’s', async (at) => {
    for (const method of ['POST', 'PATCH', 'HEAD', 'DELETE']) {
      const response = await fetch(app.url + at, {
        method: 'OPTIONS',
        headers: {
          origin: ORIGIN,
          'access-control-request-method': method,
          'access-control-request-headers':
            'authorization,content-type,tus-resumable,upload-length,upload-metadata,upload-offset,upload-checksum,x-http-method-override,x-request-id',
        },
      })
      expect(response.status).toBe(204)
      const { headers } = response
      expect(headers.get('access-control-allow-origin')).toBe(ORIGIN)
      expect(listOf(headers.get('access-control-allow-methods'))).toContain(method.toLowerCase())
      expect(listOf(headers.get('access-control-allow-headers'))).toEqual(
        expect.arrayContaining([
          ...['authorization', 'content-type', 'tus-resumable', 'upload-length', 'upload-offset'],
          ...['upload-metadata', 'upload-checksum', 'x-http-method-override', 'x-request-id'],
        ]),
      )
    }
  })

  it('a page of a known origin can read every header of it, another origin none', async () => {
    const ask = (origin: string) =>
      fetch(`${app.url}/api/uploads`, { method: 'OPTIONS', headers: { origin } })
    const { headers } = await ask(ORIGIN)
    expect(headers.get('access-control-allow-origin')).toBe(ORIGIN)
    expect(headers.get('tus-version')).toBe('1.0.0')
    expect(listOf(headers.get('access-control-expose-headers'))).toEqual(
      expect.arrayContaining([
        ...['tus-resumable', 'tus-version', 'tus-extension', 'tus-max-size', 'location'],
        ...['tus-checksum-algorithm', 'slipway-chunk-size', 'content-location', 'retry-after'],
        ...['upload-offset', 'upload-length', 'upload-expires', 'upload-metadata'],
      ]),
    )
    const other = await ask('https://evil.example')
    expect(other.headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe('every request', () => {
  it('needs a user', async () => {
    for (const [method, at] of [
      ['POST', '/api/uploads'],
      ['PATCH', '/api/uploads/x'],
      ['HEAD', '/api/uploads/x'],
      ['GET', '/api/uploads/x'],
      ['DELETE', '/api/uploads/x'],
    ] as const) {
      const response = await fetch(app.url + at, { method, headers: { 'tus-resumable': '1.0.0' } })
      expect([method, response.status]).toEqual([method, 401])
      expect(response.headers.get('tus-resumable')).toBe('1.0.0')
    }
  })

  it.each([undefined, '0.2.2', '1.0.1'])('with the version %s is 412', async (version) => {
    const path = await ann.begin(10, fields('version.bin'))
    const headers = { 'tus-resumable': version }
    for (const response of [
      await ann.create(10, fields('v.bin'), headers),
      await ann.patch(path, 0, randomBytes(10), headers),
      await ann.send('HEAD', path, headers),
      await ann.send('DELETE', path, headers),
    ]) {
      expect(response.status).toBe(412)
      expect(response.headers.get('tus-version')).toBe('1.0.0')
      expect(response.headers.get('tus-resumable')).toBe('1.0.0')
    }
    expect((await ann.send('GET', path, headers)).status).toBe(200)
    expect(await ann.offset(path)).toEqual([200, 0])
    expect(await ann.end(path)).toBe(204)
  })

  it('to what is not there, or somebody else’s, is 404', async () => {
    const path = await ann.begin(10, fields('mine.bin'))
    const thief = tusUser(app, 'thief')
    for (const [who, at] of [
      [thief, path],
      [ann, '/api/uploads/nothing'],
    ] as const) {
      const patched = await who.patch(at, 0, randomBytes(10))
      expect([patched.status, patched.headers.get('tus-resumable')]).toEqual([404, '1.0.0'])
      expect((await who.head(at)).status).toBe(404)
      expect((await who.call(at)).status).toBe(404)
      expect(await who.end(at)).toBe(404)
    }
    expect(await ann.offset(path)).toEqual([200, 0])
    expect(await ann.end(path)).toBe(204)
    await expectNothingLeft(app, onedrive)
  })
})
