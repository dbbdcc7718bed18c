// Default storage: the conformance suite over R2, and files that come in several requests.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testConformance } from '../conformance/provider.ts'
import { driveOf } from '../drive.ts'
import { rows, startSlipway, type Slipway } from '../harness.ts'
import { sha256 } from '../sha256.ts'

testConformance({
  name: 'r2',
  fragment: 1024 * 1024,
  searches: false,
  open: async () => {
    const app = await startSlipway()
    const prefix = `files/${Buffer.from('mia').toString('base64url')}/`
    return {
      app,
      call: app.as('mia'),
      connection: 'r2',
      leftovers: () => Promise.resolve([]),
      vendorHash: (_, path) => app.objectHash(prefix + path.join('/')),
      close: app.close,
    }
  },
})

describe('in several requests', () => {
  const USER = 'pat'
  const PART = 5 * 2 ** 20
  const QUOTA = 8 * PART
  const PREFIX = `files/${Buffer.from(USER).toString('base64url')}/`
  let app: Slipway
  /** Bytes of the files that are there. */
  let used = 0
  beforeAll(async () => {
    app = await startSlipway({ settings: { STORAGE_QUOTA_BYTES: String(QUOTA) } })
  })
  afterAll(() => app.close())

  const { call } = driveOf(USER, () => ({ app, id: 'r2' }))
  const tus = (path: string, method: string, headers: Record<string, string>, body?: Uint8Array) =>
    app.as(USER)(path, {
      method,
      headers: { 'tus-resumable': '1.0.0', ...headers },
      ...(body === undefined ? {} : { body: body as BodyInit }),
    })
  const create = (name: string, size: number, conflict = 'fail') => {
    const metadata = Object.entries({ filename: name, connection_id: 'r2', conflict })
    return tus('/api/uploads', 'POST', {
      'upload-length': String(size),
      'upload-metadata': metadata
        .map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`)
        .join(','),
    })
  }
  const begin = async (name: string, size: number, conflict?: string) => {
    const response = await create(name, size, conflict)
    expect(response.status).toBe(201)
    return new URL(response.headers.get('location') ?? '').pathname
  }
  const patch = (path: string, offset: number, body: Uint8Array) =>
    tus(
      path,
      'PATCH',
      { 'upload-offset': String(offset), 'content-type': 'application/offset+octet-stream' },
      body,
    )
  const offsetOf = async (path: string) => {
    const head = await tus(path, 'HEAD', {})
    return head.status === 200 ? Number(head.headers.get('upload-offset')) : head.status
  }
  /** Sends from an offset on, so many bytes in a request. */
  const sendAll = async (path: string, bytes: Uint8Array, from: number, chunk: number) => {
    for (let offset = from; offset < bytes.length; offset += chunk) {
      const response = await patch(path, offset, bytes.subarray(offset, offset + chunk))
      expect(response.status).toBe(204)
    }
  }
  const usage = async () => {
    const me = await app.as(USER)('/api/users/me')
    return ((await me.json()) as { storage: object }).storage
  }
  const expectUsage = async (reserved: number) =>
    expect(await usage()).toEqual({ used, reserved, quota: QUOTA })
  const hashOf = (name: string) => app.objectHash(PREFIX + name)
  const remove = async (name: string) => {
    const { items } = (await (await call('/items')).json()) as {
      items: { id: string; name: string; size: number }[]
    }
    const item = items.find((one) => one.name === name)
    used -= item?.size ?? 0
    expect((await call(`/items/${item?.id}`, { method: 'DELETE' })).status).toBe(204)
  }
  const put = (name: string, body: Uint8Array | string) =>
    call(`/content?name=${name}`, { method: 'PUT', body: body as BodyInit })

  it.each([
    ['whole parts', 3 * PART, PART],
    ['several parts in each', 5 * PART, 2 * PART],
    ['a part that is not full at the end', 2 * PART + 1, PART],
    ['one request', PART + 7, PART + 7],
  ])('of %s it is there at the end, and not before', async (what, size, chunk) => {
    const name = `${what.replaceAll(' ', '-')}.bin`
    const bytes = randomBytes(size)
    const path = await begin(name, size)
    await expectUsage(size)
    if (chunk < size) {
      expect((await patch(path, 0, bytes.subarray(0, chunk))).status).toBe(204)
      expect(await hashOf(name)).toBeUndefined()
      expect(await offsetOf(path)).toBe(chunk)
      await expectUsage(size)
    }
    await sendAll(path, bytes, chunk < size ? chunk : 0, chunk)
    used += size
    expect(await hashOf(name)).toBe(sha256(bytes))
    await expectUsage(0)
    await remove(name)
    await expectUsage(0)
  })

  it('does not begin what does not fit', async () => {
    expect(await (await create('large.bin', QUOTA + 1)).json()).toMatchObject({
      status: 507,
      code: 'quota_exceeded',
    })
    const path = await begin('most.bin', QUOTA - 5)
    expect((await create('more.bin', 6)).status).toBe(507)
    expect((await tus(path, 'DELETE', {})).status).toBe(204)
    await expectUsage(0)
  })

  it('gives back what was cancelled or has expired after some parts', async () => {
    for (const end of ['cancelled', 'expired']) {
      const path = await begin(`${end}.bin`, 2 * PART)
      expect((await patch(path, 0, randomBytes(PART))).status).toBe(204)
      await expectUsage(2 * PART)
      if (end === 'cancelled') expect((await tus(path, 'DELETE', {})).status).toBe(204)
      else {
        await rows(app, 'UPDATE uploads SET expires_at = 1, sweep_at = 1')
        await app.runCron()
      }
      await expectUsage(0)
      expect(await hashOf(`${end}.bin`)).toBeUndefined()
    }
  })

  it('leaves nothing where somebody else took the name meanwhile', async () => {
    const bytes = randomBytes(2 * PART)
    const path = await begin('race.bin', bytes.length)
    await sendAll(path, bytes.subarray(0, PART), 0, PART)
    expect((await put('race.bin', 'first')).status).toBe(201)
    used += 5
    const last = await patch(path, PART, bytes.subarray(PART))
    expect(await last.json()).toMatchObject({ status: 409, code: 'name_conflict' })
    expect(await hashOf('race.bin')).toBe(sha256(Buffer.from('first')))
    expect(await offsetOf(path)).toBe(404)
    await expectUsage(0)
  })

  it('replaces at the end alone, and gives back what was replaced', async () => {
    expect((await put('old.bin', randomBytes(1000))).status).toBe(201)
    used += 1000
    const bytes = randomBytes(PART + 1)
    const path = await begin('old.bin', bytes.length, 'replace')
    await sendAll(path, bytes.subarray(0, PART), 0, PART)
    await expectUsage(PART + 1)
    await sendAll(path, bytes, PART, PART)
    used += bytes.length - 1000
    expect(await hashOf('old.bin')).toBe(sha256(bytes))
    await expectUsage(0)
    await remove('old.bin')
  })

  it('does not keep the dead from being counted while it rests', async () => {
    const path = await begin('rest.bin', 2 * PART)
    await sendAll(path, randomBytes(PART), 0, PART)
    await rows(app, "INSERT INTO storage_holds VALUES ('dead', ?, 'add', 700, 0, 1)", USER)
    await expectUsage(2 * PART + 700)
    await app.runCron()
    await expectUsage(2 * PART)
    expect((await tus(path, 'DELETE', {})).status).toBe(204)
  })

  /** As if the Worker had died right before it noted what had become of the last part. */
  const forgetEnd = async (path: string, before: Record<string, unknown>) => {
    const id = path.split('/').at(-1)
    const [names, values] = [Object.keys(before), Object.values(before)]
    await rows(
      app,
      `UPDATE uploads SET ${names.map((name) => `"${name}" = ?`).join(', ')} WHERE id = ?`,
      ...[...values, id],
    )
    await rows(app, 'UPDATE uploads SET is_unsure = 1 WHERE id = ?', id)
  }
  const rowOf = async (path: string) =>
    (await rows(app, 'SELECT * FROM uploads WHERE id = ?', path.split('/').at(-1)))[0] ?? {}

  it('knows its object after the answer to the last part was lost', async () => {
    const bytes = randomBytes(PART + 9)
    const path = await begin('found.bin', bytes.length)
    await sendAll(path, bytes.subarray(0, PART), 0, PART)
    const before = await rowOf(path)
    await sendAll(path, bytes, PART, PART)
    used += bytes.length
    await forgetEnd(path, before)
    expect(await offsetOf(path)).toBe(bytes.length)
    await app.runCron()
    await expectUsage(0)
    expect(await hashOf('found.bin')).toBe(sha256(bytes))
    await remove('found.bin')
  })

  it('is over when R2 knows nothing of its parts any more', async () => {
    const bytes = randomBytes(PART + 9)
    const path = await begin('gone.bin', bytes.length)
    await sendAll(path, bytes.subarray(0, PART), 0, PART)
    const before = await rowOf(path)
    await sendAll(path, bytes, PART, PART)
    used += bytes.length
    await remove('gone.bin')
    await forgetEnd(path, before)
    expect(await offsetOf(path)).toBe(PART)
    const last = await patch(path, PART, bytes.subarray(PART))
    expect(await last.json()).toMatchObject({ status: 502, code: 'provider_unavailable' })
    expect(await offsetOf(path)).toBe(404)
    await expectUsage(0)
    expect(await hashOf('gone.bin')).toBeUndefined()
  })
})
