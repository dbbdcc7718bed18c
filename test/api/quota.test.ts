// The quota of the default storage: never exceeded, given back to the byte, and counted anew after a death.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Item } from '../conformance/provider.ts'
import { rows, startSlipway, type Slipway } from '../harness.ts'
import { holdUpload } from '../held-upload.ts'

const QUOTA = 1_000_000
const R2 = '/api/cloud/connections/r2'

interface Usage {
  readonly used: number
  readonly reserved: number
  readonly quota: number | null
}

let app: Slipway
beforeAll(async () => {
  app = await startSlipway({ places: 2, settings: { STORAGE_QUOTA_BYTES: String(QUOTA) } })
})
afterAll(() => app.close())

const put = (
  user: string,
  name: string,
  body: Uint8Array | string,
  { place = 0, ...query }: { place?: number; conflict?: string; parent_id?: string } = {},
) =>
  app.as(user)(`${R2}/content?${new URLSearchParams({ name, ...query })}`, {
    method: 'PUT',
    body: body as BodyInit,
    place,
  })
const putItem = async (...args: Parameters<typeof put>): Promise<Item> => {
  const response = await put(...args)
  expect(response.status).toBe(201)
  return (await response.json()) as Item
}
const remove = (user: string, { id }: { readonly id: string }, place = 0) =>
  app.as(user)(`${R2}/items/${id}`, { method: 'DELETE', place })
const send = async (user: string, path: string, method: string, body: object) => {
  const headers = { 'content-type': 'application/json' }
  const response = await app.as(user)(path, { method, headers, body: JSON.stringify(body) })
  expect(response.ok).toBe(true)
  return (await response.json()) as Item
}
const usage = async (user: string): Promise<Usage> => {
  const me = await app.as(user)('/api/users/me')
  return ((await me.json()) as { storage: Usage }).storage
}
const prefixOf = (user: string) => `files/${Buffer.from(user).toString('base64url')}/`
/** What the bucket has of a user. */
const stored = async (user: string) => {
  const { objects } = await app.bucket.list({ prefix: prefixOf(user) })
  return objects.reduce((sum, { size }) => sum + size, 0)
}
const holdsOf = (user: string) =>
  rows<{ id: string; bytes: number }>(app, 'SELECT * FROM storage_holds WHERE user_id = ?', user)
/** Exactly what is there is charged, and nothing is held. */
const expectExact = async (user: string, bytes: number) => {
  expect(await stored(user)).toBe(bytes)
  expect(await usage(user)).toEqual({ used: bytes, reserved: 0, quota: QUOTA })
  expect(await holdsOf(user)).toEqual([])
}
const codeOf = async (response: Response) => {
  const { status, code } = (await response.json()) as { status: number; code: string }
  return `${status} ${code}`
}
const FULL = '507 quota_exceeded'

describe('the limit', () => {
  it('is not exceeded by 100 uploads at once in two places', async () => {
    const user = 'crowd'
    const size = 27_000
    const charged: number[] = []
    const file = randomBytes(size)
    const work = Promise.all(
      Array.from({ length: 100 }, async (_, at) => {
        const response = await put(user, `${at}.bin`, file, { place: at % 2 })
        return response.ok ? `${response.status}` : codeOf(response)
      }),
    )
    let isOver = false
    const end = work.finally(() => (isOver = true))
    end.catch(() => undefined)
    for (let looks = 0; looks < 2000 && !isOver; looks++) {
      const { used, reserved } = await usage(user)
      charged.push(used + reserved)
    }
    const outcomes = await end
    expect(outcomes.filter((one) => one === '201')).toHaveLength(Math.floor(QUOTA / size))
    expect(outcomes.filter((one) => one === FULL)).toHaveLength(100 - Math.floor(QUOTA / size))
    expect(Math.max(...charged)).toBeLessThanOrEqual(QUOTA)
    await expectExact(user, Math.floor(QUOTA / size) * size)
  })

  it('lets a file that fills it to the last byte in, and an empty one after', async () => {
    expect(await codeOf(await put('brim', 'more.bin', randomBytes(QUOTA + 1)))).toBe(FULL)
    await putItem('brim', 'all.bin', randomBytes(QUOTA))
    expect(await codeOf(await put('brim', 'one.bin', 'x'))).toBe(FULL)
    await putItem('brim', 'empty.bin', '')
    await expectExact('brim', QUOTA)
  })

  it('holds for documents', async () => {
    const form = new FormData()
    form.set('file', new File([randomBytes(QUOTA)], 'large.bin'))
    const upload = async () => {
      const request = new Request('http://x/', { method: 'POST', body: form })
      const headers = { 'content-type': request.headers.get('content-type') ?? '' }
      const body = new Uint8Array(await request.arrayBuffer())
      return app.as('paper')('/api/documents/upload', { method: 'POST', headers, body })
    }
    const made = (await (await upload()).json()) as { document_id: string }
    expect(await codeOf(await upload())).toBe(FULL)
    await expectExact('paper', QUOTA)
    const path = `/api/documents/${made.document_id}`
    expect((await app.as('paper')(path, { method: 'DELETE' })).status).toBe(204)
    await expectExact('paper', 0)
  })

  it('is each user’s own', async () => {
    await putItem('rich', 'all.bin', randomBytes(QUOTA))
    await putItem('poor', 'all.bin', randomBytes(QUOTA))
    expect(await usage('other')).toEqual({ used: 0, reserved: 0, quota: QUOTA })
  })
})

describe('what fails is given back', () => {
  it('by a name that is taken, also while the bytes are on their way', async () => {
    const user = 'dora'
    const path = `${R2}/content?name=late.bin`
    const held = await holdUpload(app, user, path, randomBytes(50_000), 1000)
    await expect.poll(() => usage(user)).toMatchObject({ used: 0, reserved: 50_000 })
    await putItem(user, 'late.bin', randomBytes(70))
    expect(await codeOf(await put(user, 'late.bin', 'x'))).toBe('409 name_conflict')
    expect(await codeOf(await held.resume())).toBe('409 name_conflict')
    await expectExact(user, 70)
  })

  it('by an upload that is cut off', async () => {
    const user = 'cut'
    const path = `${R2}/content?name=cut.bin`
    const held = await holdUpload(app, user, path, randomBytes(900_000), 300_000)
    await expect.poll(() => usage(user)).toMatchObject({ reserved: 900_000 })
    expect(await codeOf(await put(user, 'other.bin', randomBytes(200_000)))).toBe(FULL)
    held.leave()
    await expect.poll(() => usage(user)).toMatchObject({ used: 0, reserved: 0 })
    await putItem(user, 'other.bin', randomBytes(200_000))
    await expectExact(user, 200_000)
  })
})

describe('what goes is given back', () => {
  it('by a delete', async () => {
    const item = await putItem('dell', 'a.bin', randomBytes(5000))
    await putItem('dell', 'b.bin', randomBytes(300))
    expect((await remove('dell', item)).status).toBe(204)
    expect((await remove('dell', item)).status).toBe(204)
    await expectExact('dell', 300)
  })

  it('by a replacement, for which there must be room beside what it replaces', async () => {
    const user = 'rep'
    await putItem(user, 'a.bin', randomBytes(600_000))
    const replace = { conflict: 'replace' }
    expect(await codeOf(await put(user, 'a.bin', randomBytes(400_001), replace))).toBe(FULL)
    await putItem(user, 'a.bin', randomBytes(400_000), replace)
    await expectExact(user, 400_000)
    await putItem(user, 'a.bin', '', replace)
    await expectExact(user, 0)
    await putItem(user, 'a.bin', randomBytes(70), { conflict: 'rename' })
    await expectExact(user, 70)
  })

  it('by a folder with all that is in it, also after it was moved', async () => {
    const user = 'fold'
    const outer = await send(user, `${R2}/folders`, 'POST', { name: 'outer' })
    const inner = await send(user, `${R2}/folders`, 'POST', { name: 'in', parent_id: outer.id })
    await putItem(user, 'kept.bin', randomBytes(11))
    for (let at = 0; at < 12; at++) {
      const folder = at % 2 === 0 ? outer : inner
      await putItem(user, `${at}.bin`, randomBytes(1000 + at), { parent_id: folder.id })
    }
    const bytes = 12_000 + 66
    await expectExact(user, bytes + 11)
    const moved = await send(user, `${R2}/items/${outer.id}`, 'PATCH', { name: 'moved' })
    await expectExact(user, bytes + 11)
    expect((await remove(user, moved)).status).toBe(204)
    await expectExact(user, 11)
  })

  it('once, by deletes and replacements at the same time', async () => {
    const user = 'race'
    const item = await putItem(user, 'a.bin', randomBytes(90_000))
    await putItem(user, 'b.bin', randomBytes(2000))
    await Promise.all(
      Array.from({ length: 16 }, async (_, at) => {
        const place = at % 2
        const sent =
          at < 8
            ? await remove(user, item, place)
            : await put(user, 'b.bin', randomBytes(1000 + at), { conflict: 'replace', place })
        expect(sent.ok).toBe(true)
        await sent.body?.cancel()
      }),
    )
    await app.runCron()
    const bytes = await stored(user)
    expect(bytes).toBeGreaterThan(1000)
    expect(bytes).toBeLessThan(1100)
    await expectExact(user, bytes)
  })
})

describe('counting', () => {
  const die = (user: string, bytes: number, expiresAt: number, id = `dead-${user}`) =>
    rows(
      app,
      'INSERT INTO storage_holds VALUES (?, ?, ?, ?, ?, ?)',
      ...[id, user, 'add', bytes, 0, expiresAt],
    )

  it('finds out what became of an upload whose Worker died', async () => {
    await putItem('dead', 'a.bin', randomBytes(100))
    await putItem('lost', 'a.bin', randomBytes(100))
    for (const user of ['dead', 'lost']) await die(user, 4000, Date.now() - 1000)
    await app.bucket.put(`${prefixOf('dead')}stray.bin`, 'x'.repeat(4000))
    expect(await usage('dead')).toMatchObject({ used: 100, reserved: 4000 })
    await app.runCron()
    await expectExact('dead', 4100)
    await expectExact('lost', 100)
  })

  it('waits until nothing is being written', async () => {
    const user = 'busy'
    await putItem(user, 'a.bin', randomBytes(100))
    await die(user, 4000, 1)
    await die(user, 0, Date.now() + 3600_000, 'live')
    await app.bucket.put(`${prefixOf(user)}stray.bin`, 'x'.repeat(4000))
    await app.runCron()
    expect(await usage(user)).toMatchObject({ used: 100, reserved: 4000 })
    await rows(app, 'DELETE FROM storage_holds WHERE id = ?', 'live')
    await app.runCron()
    await expectExact(user, 4100)
  })

  it('does not refuse for what is dead', async () => {
    await putItem('bury', 'a.bin', randomBytes(100))
    await die('bury', QUOTA, Date.now() - 1000)
    await putItem('bury', 'b.bin', randomBytes(QUOTA - 100))
    await expectExact('bury', QUOTA)
  })

  it('comes before the first charge of a user from before', async () => {
    const user = 'old'
    await app.bucket.put(`${prefixOf(user)}a.bin`, 'x'.repeat(QUOTA - 10))
    expect(await codeOf(await put(user, 'b.bin', randomBytes(11)))).toBe(FULL)
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, (_, at) => put('elder', `${at}.bin`, 'xx', { place: at % 2 })),
    )
    expect(outcomes.map(({ status }) => status)).toEqual(Array.from({ length: 6 }, () => 201))
    await expectExact('elder', 12)
    await putItem(user, 'b.bin', randomBytes(10))
    await expectExact(user, QUOTA)
  })

  it('goes on where it stopped, unless something has changed since', async () => {
    const user = 'many'
    for (const name of ['a', 'b', 'c']) await putItem(user, name, randomBytes(100))
    const [row] = await rows<{ version: number }>(
      app,
      'SELECT storage_version AS version FROM users WHERE id = ?',
      user,
    )
    const stopAt = (version: number) =>
      rows(
        app,
        'INSERT INTO storage_counts VALUES (?, ?, ?, ?)',
        ...[user, version, `${prefixOf(user)}b`, 5000],
      )
    await stopAt(row?.version ?? 0)
    await app.runCron()
    expect(await usage(user)).toMatchObject({ used: 5100, reserved: 0 })
    await stopAt(row?.version ?? 0)
    await app.runCron()
    await expectExact(user, 300)
    expect(await rows(app, 'SELECT * FROM storage_counts')).toEqual([])
  })
})

describe('what is shown', () => {
  it('by the check of the default storage', async () => {
    await putItem('check', 'a.bin', randomBytes(100))
    const check = await app.as('check')(`${R2}/check`, { method: 'POST' })
    expect(await check.json()).toMatchObject({ quota: { total: QUOTA, used: 100 } })
  })

  it('without a limit, where there is none', async () => {
    const open = await startSlipway({ settings: { STORAGE_QUOTA_BYTES: '0' } })
    try {
      const path = `${R2}/content?name=a.bin`
      const body = randomBytes(2 * QUOTA)
      expect((await open.as('free')(path, { method: 'PUT', body })).status).toBe(201)
      const me = await open.as('free')('/api/users/me')
      expect(await me.json()).toMatchObject({
        storage: { used: 2 * QUOTA, reserved: 0, quota: null },
      })
      const check = await open.as('free')(`${R2}/check`, { method: 'POST' })
      expect(await check.json()).toMatchObject({ quota: { total: null, used: 2 * QUOTA } })
    } finally {
      await open.close()
    }
  })

  it('ten GiB, unless it is set', async () => {
    const usual = await startSlipway()
    try {
      const me = await usual.as('usual')('/api/users/me')
      expect(await me.json()).toMatchObject({
        storage: { used: 0, reserved: 0, quota: 10 * 2 ** 30 },
      })
    } finally {
      await usual.close()
    }
  })
})
