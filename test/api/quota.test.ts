// The quota of the default storage: never exceeded, and given back to the byte.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codeOf, defaultStorage, FULL, QUOTA, R2 } from '../default-storage.ts'
import { startSlipway, type Slipway } from '../harness.ts'
import { holdUpload } from '../held-upload.ts'

let app: Slipway
beforeAll(async () => {
  app = await startSlipway({ places: 2, settings: { STORAGE_QUOTA_BYTES: String(QUOTA) } })
})
afterAll(() => app.close())

const { put, putItem, remove, send, usage, stored, expectExact } = defaultStorage(() => app)

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
