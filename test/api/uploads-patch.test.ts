// PATCH, HEAD and what comes after the last byte, rule by rule, on the vendors whose rules differ.
import { createHash, randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { describe, expect, it } from 'vitest'
import type { Slipway } from '../harness.ts'
import { holdUpload } from '../held-upload.ts'
import { MIB, patchHeaders, type TusUser } from '../tus.ts'
import { expectNothingLeft, expectStored, placeOf, UPLOAD_PLACES } from '../upload-places.ts'
import { stageUploads } from '../upload-stage.ts'
import { problem } from '../vendor-drives.ts'

let app: Slipway
let ann: TusUser
const drives = stageUploads((stage) => ({ app, ann } = stage))

const GRID = 320 * 1024
const onedrive = placeOf('onedrive')
const target = (provider: string, name: string) => ({
  filename: name,
  connection_id: drives.get(provider) ?? '',
})
const begin = (name: string, size: number, provider = 'onedrive') =>
  ann.begin(size, target(provider, name))
const statusOf = async (answer: Promise<Response>) => {
  const response = await answer
  const text = await response.text()
  if (text === '') return [response.status]
  return [response.status, (JSON.parse(text) as { code: string }).code]
}

describe('a PATCH', () => {
  it.each([
    ['without a type', { 'content-type': undefined }, 415],
    ['of another type', { 'content-type': 'application/octet-stream' }, 415],
    ['without an offset', { 'upload-offset': undefined }, 422],
    ['with a negative offset', { 'upload-offset': '-1' }, 422],
    ['with an offset in words', { 'upload-offset': 'zero' }, 422],
    ['at another offset', { 'upload-offset': '1' }, 409],
    ['behind the end', { 'upload-offset': '700001' }, 409],
    ['with a checksum of another kind', { 'upload-checksum': 'crc32 AAAAAA==' }, 400],
    ['with a checksum without a value', { 'upload-checksum': 'sha1' }, 400],
    ['with a checksum that is too short', { 'upload-checksum': 'sha1 AAAA' }, 400],
    ['with a checksum not in Base64', { 'upload-checksum': 'md5 !!!!' }, 400],
  ] as const)('%s takes nothing', async (what, headers, status) => {
    const name = `refused ${what}.bin`
    const path = await begin(name, 700_000)
    const body = randomBytes(700_000)
    const sent = app.emulators.requests.length
    const response = await ann.send('PATCH', path, { ...patchHeaders(0), ...headers }, body)
    expect(response.status).toBe(status)
    expect(response.headers.get('tus-resumable')).toBe('1.0.0')
    await response.text()
    expect(app.emulators.requests.slice(sent).filter(({ method }) => method === 'PUT')).toEqual([])
    expect(await ann.offset(path)).toEqual([200, 0])
    expect((await ann.patch(path, 0, body)).status).toBe(204)
    await expectStored(app, onedrive, 'ann', name, body)
  })

  it('without a length is 422', async () => {
    const path = await begin('chunked.bin', 700_000)
    const outgoing = request(`${app.url}${path}`, {
      method: 'PATCH',
      headers: {
        authorization: `Bearer ${await app.token('ann')}`,
        'tus-resumable': '1.0.0',
        connection: 'close',
        ...patchHeaders(0),
      },
    })
    const status = new Promise((resolve, reject) => {
      outgoing.once('error', reject)
      outgoing.once('response', (incoming) => resolve(incoming.resume().statusCode))
    })
    outgoing.write(randomBytes(1000))
    outgoing.end()
    expect(await status).toBe(422)
    expect(await ann.end(path)).toBe(204)
  })

  it('that reaches beyond the end is 413, and takes nothing', async () => {
    const path = await begin('beyond.bin', 700_000)
    expect(await statusOf(ann.patch(path, 0, randomBytes(700_001)))).toEqual([
      413,
      'payload_too_large',
    ])
    expect(await ann.offset(path)).toEqual([200, 0])
    expect(await ann.end(path)).toBe(204)
  })

  it.each(UPLOAD_PLACES.filter(({ step }) => step > 1).map(({ provider }) => provider))(
    'too short for %s’s steps is 400 with the bytes that it takes, and takes nothing',
    async (provider) => {
      const { step } = placeOf(provider)
      const size = 11 * MIB
      const path = await begin('short.bin', size, provider)
      const answer = await problem(await ann.patch(path, 0, randomBytes(step - 1)))
      expect([answer.status, answer.code]).toEqual([400, 'invalid_request'])
      expect(answer.detail).toContain(String(step))
      expect(await ann.offset(path)).toEqual([200, 0])
      expect(await ann.end(path)).toBe(204)
      await expectNothingLeft(app, placeOf(provider))
    },
  )

  it.each(UPLOAD_PLACES.map(({ provider }) => provider))(
    'to %s is taken as far as the steps allow, and the rest goes on from there',
    async (provider) => {
      const place = placeOf(provider)
      const size = 11 * MIB + 17
      const bytes = randomBytes(size)
      const name = `steps-${provider}.bin`
      const path = await begin(name, size, provider)
      let offset = 0
      const chunk = Math.max(place.step, MIB) + 5
      for (let sent = 0; offset < size && sent < 20; sent++) {
        const body = bytes.subarray(offset, offset + chunk)
        const response = await ann.patch(path, offset, body)
        expect([response.status, await response.text()]).toEqual([204, ''])
        const reached = Number(response.headers.get('upload-offset'))
        const whole = offset + body.length === size
        expect(reached).toBe(offset + body.length - (whole ? 0 : body.length % place.step))
        expect(response.headers.get('tus-resumable')).toBe('1.0.0')
        expect(Date.parse(response.headers.get('upload-expires') ?? '')).toBeGreaterThan(Date.now())
        expect(await ann.offset(path)).toEqual([200, reached])
        offset = reached
        const at = response.headers.get('content-location')
        const item = `${app.url}/api/cloud/connections/${drives.get(provider)}/items/`
        if (whole) expect(at?.startsWith(item), `${at}`).toBe(true)
        else expect(at).toBeNull()
      }
      await expectStored(app, place, 'ann', name, bytes)
      const view = await ann.show(path)
      expect(view).toMatchObject({ status: 'completed', offset: size, item: { name, size } })
      const item = await ann.call(
        `/api/cloud/connections/${drives.get(provider)}/items/${view.item?.id}`,
      )
      expect(await item.json()).toMatchObject({ name, size })
    },
  )

  it('of a small file at Nextcloud, in several, is stored as well', async () => {
    const size = 8 * MIB
    const bytes = randomBytes(size)
    const path = await begin('small.bin', size, 'nextcloud')
    const first = await ann.patch(path, 0, bytes.subarray(0, 5 * MIB))
    expect([first.status, first.headers.get('upload-offset')]).toEqual([204, `${5 * MIB}`])
    expect((await ann.patch(path, 5 * MIB, bytes.subarray(5 * MIB))).status).toBe(204)
    await expectStored(app, placeOf('nextcloud'), 'ann', 'small.bin', bytes)
  })

  it('can come as a POST that says so, and so can DELETE and HEAD', async () => {
    const bytes = randomBytes(700_000)
    const path = await begin('override.bin', bytes.length)
    const post = (method: string, headers = {}, body?: Uint8Array) =>
      ann.send('POST', path, { 'x-http-method-override': method, ...headers }, body)
    expect((await post('PUT')).status).toBe(422)
    const patched = await post('PATCH', patchHeaders(0), bytes.subarray(0, GRID))
    expect([patched.status, patched.headers.get('upload-offset')]).toEqual([204, String(GRID)])
    expect((await post('HEAD')).headers.get('upload-offset')).toBe(String(GRID))
    expect((await post('PATCH', patchHeaders(GRID), bytes.subarray(GRID))).status).toBe(204)
    await expectStored(app, onedrive, 'ann', 'override.bin', bytes)
    expect((await post('DELETE')).status).toBe(204)
    expect((await ann.head(path)).status).toBe(404)
    await expectStored(app, onedrive, 'ann', 'override.bin', bytes)
  })
})

describe('two at once', () => {
  it('a second PATCH is 423 while the first goes on, and takes nothing from it', async () => {
    const bytes = randomBytes(2 * MIB)
    const path = await begin('two.bin', bytes.length)
    const headers = { 'tus-resumable': '1.0.0', ...patchHeaders(0) }
    const sent = app.emulators.requests.length
    const held = await holdUpload(app, 'ann', path, bytes, 1.5 * MIB, { method: 'PATCH', headers })
    await expect
      .poll(() => app.emulators.requests.slice(sent).some(({ method }) => method === 'PUT'))
      .toBe(true)
    expect(await statusOf(ann.patch(path, 0, bytes))).toEqual([423, 'upload_locked'])
    const answer = await held.resume()
    expect([answer.status, answer.headers.get('upload-offset')]).toEqual([204, `${2 * MIB}`])
    await expectStored(app, onedrive, 'ann', 'two.bin', bytes)
  })

  it('HEAD takes the upload from a sender that has gone silent, and tells where to go on', async () => {
    const bytes = randomBytes(2 * MIB)
    const path = await begin('silent.bin', bytes.length)
    const headers = { 'tus-resumable': '1.0.0', ...patchHeaders(0) }
    const held = await holdUpload(app, 'ann', path, bytes, MIB, { method: 'PATCH', headers })
    await held.started
    // Its sender still holds the connection open, but sends nothing more.
    const [status, offset] = await ann.offset(path)
    expect(status).toBe(200)
    expect((await ann.patch(path, offset, bytes.subarray(offset))).status).toBe(204)
    held.leave()
    await expectStored(app, onedrive, 'ann', 'silent.bin', bytes)
  })
})

describe('after the last byte', () => {
  it.each(UPLOAD_PLACES.map(({ provider }) => provider))(
    '%s: nothing changes',
    async (provider) => {
      const bytes = randomBytes(1000)
      const name = `after-${provider}.bin`
      const path = await begin(name, bytes.length, provider)
      expect((await ann.patch(path, 0, bytes)).status).toBe(204)
      const again = await ann.patch(path, 1000, new Uint8Array(0))
      expect([again.status, again.headers.get('upload-offset')]).toEqual([204, '1000'])
      expect(await statusOf(ann.patch(path, 1000, bytes))).toEqual([413, 'payload_too_large'])
      expect(await statusOf(ann.patch(path, 0, bytes))).toEqual([409, 'offset_mismatch'])
      expect(await ann.offset(path)).toEqual([200, 1000])
      await expectStored(app, placeOf(provider), 'ann', name, bytes)
      expect(await ann.end(path)).toBe(204)
      expect((await ann.head(path)).status).toBe(404)
      await expectStored(app, placeOf(provider), 'ann', name, bytes)
    },
  )
})

describe('a checksum', () => {
  const sum = (algorithm: string, bytes: Uint8Array) => ({
    'upload-checksum': `${algorithm} ${createHash(algorithm).update(bytes).digest('base64')}`,
  })

  it.each(['md5', 'sha1', 'sha256'])('that fits is taken: %s', async (algorithm) => {
    const bytes = randomBytes(700_000)
    const name = `${algorithm}.bin`
    const path = await begin(name, bytes.length)
    const first = bytes.subarray(0, GRID)
    expect((await ann.patch(path, 0, first, sum(algorithm, first))).status).toBe(204)
    const rest = bytes.subarray(GRID)
    expect((await ann.patch(path, GRID, rest, sum(algorithm, rest))).status).toBe(204)
    await expectStored(app, onedrive, 'ann', name, bytes)
  })

  it.each(['onedrive', 'dropbox', 'nextcloud', 'webdav', 'r2'])(
    'that does not fit is 460, and %s keeps nothing of the body',
    async (provider) => {
      const bytes = randomBytes(700_000)
      const name = `mismatch-${provider}.bin`
      const path = await begin(name, bytes.length, provider)
      const wrong = await ann.patch(path, 0, bytes, sum('sha256', randomBytes(5)))
      expect(wrong.status).toBe(460)
      expect(wrong.headers.get('tus-resumable')).toBe('1.0.0')
      expect(await ann.offset(path)).toEqual([200, 0])
      expect(await placeOf(provider).hashes(app, 'ann', name)).toEqual([])
      expect((await ann.patch(path, 0, bytes, sum('sha256', bytes))).status).toBe(204)
      await expectStored(app, placeOf(provider), 'ann', name, bytes)
    },
  )

  it('of more than one request of the vendor is 400 with the most bytes', async () => {
    const bytes = randomBytes(11 * MIB)
    const path = await begin('much.bin', bytes.length)
    const answer = await problem(await ann.patch(path, 0, bytes, sum('sha1', bytes)))
    expect([answer.status, answer.code]).toEqual([400, 'invalid_request'])
    expect(answer.detail).toContain(String(10 * MIB))
    expect(await ann.offset(path)).toEqual([200, 0])
    expect(await ann.end(path)).toBe(204)
  })

  it('is not offered at Google, which keeps a part of what was cut', async () => {
    const bytes = randomBytes(1000)
    const path = await begin('google.bin', bytes.length, 'google_drive')
    expect(await statusOf(ann.patch(path, 0, bytes, sum('md5', bytes)))).toEqual([
      400,
      'invalid_request',
    ])
    expect(await ann.offset(path)).toEqual([200, 0])
    expect((await ann.patch(path, 0, bytes)).status).toBe(204)
  })
})
