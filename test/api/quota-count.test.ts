// How the default storage is counted: anew after a death, without refusing anybody meanwhile; and where the count is shown.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codeOf, defaultStorage, FULL, prefixOf, QUOTA, R2 } from '../default-storage.ts'
import { rows, startSlipway, type Slipway } from '../harness.ts'

let app: Slipway
beforeAll(async () => {
  app = await startSlipway({ places: 2, settings: { STORAGE_QUOTA_BYTES: String(QUOTA) } })
})
afterAll(() => app.close())

const { put, putItem, usage, expectExact } = defaultStorage(() => app)

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
