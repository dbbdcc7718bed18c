// How uploads end before they are complete: at the client's word, with their connection, with their time. Nothing is left anywhere.
import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { rows, type Slipway } from '../harness.ts'
import { holdUpload } from '../held-upload.ts'
import { MIB, patchHeaders, tusUser, type TusUser } from '../tus.ts'
import {
  expectNothingLeft,
  expectStored,
  placeOf,
  staged,
  UPLOAD_PLACES,
} from '../upload-places.ts'
import { stageUploads } from '../upload-stage.ts'

let app: Slipway
let ann: TusUser
const drives = stageUploads((stage) => ({ app, ann } = stage))

const providers = UPLOAD_PLACES.map(({ provider }) => provider)
const idOf = (path: string) => path.split('/').at(-1) ?? ''
const rowOf = (path: string) => rows(app, 'SELECT id FROM uploads WHERE id = ?', idOf(path))
const SIZE = 11 * MIB

/** An upload whose first bytes are taken. */
async function beginHalf(provider: string, name: string, who: TusUser = ann) {
  const bytes = randomBytes(SIZE)
  const connection_id = drives.get(provider) ?? ''
  const path = await who.begin(SIZE, { filename: name, connection_id })
  const response = await who.patch(path, 0, bytes.subarray(0, 5 * MIB))
  expect([response.status, response.headers.get('upload-offset')]).toEqual([204, `${5 * MIB}`])
  return { path, bytes }
}

/** As if it had begun two days ago. */
async function expire(path: string): Promise<void> {
  const sql = 'UPDATE uploads SET expires_at = ?, sweep_at = ? WHERE id = ?'
  const before = Date.now() - 24 * 3600_000
  await rows(app, sql, before, before, idOf(path))
}

describe.each(providers)('at %s', (provider) => {
  const place = placeOf(provider)

  it('DELETE leaves nothing', async () => {
    const name = `deleted-${provider}.bin`
    const { path, bytes } = await beginHalf(provider, name)
    expect(await ann.end(path)).toBe(204)
    await expectNothingLeft(app, place)
    expect(await rowOf(path)).toEqual([])
    expect((await ann.head(path)).status).toBe(404)
    expect((await ann.patch(path, 5 * MIB, bytes.subarray(5 * MIB))).status).toBe(404)
    expect(await ann.end(path)).toBe(404)
    expect(await place.hashes(app, 'ann', name)).toEqual([])
  })

  it('DELETE takes it from a sender that is at work', async () => {
    const name = `taken-${provider}.bin`
    const connection_id = drives.get(provider) ?? ''
    const path = await ann.begin(SIZE, { filename: name, connection_id })
    const headers = { 'tus-resumable': '1.0.0', ...patchHeaders(0) }
    const held = await holdUpload(app, 'ann', path, randomBytes(SIZE), 6 * MIB, {
      method: 'PATCH',
      headers,
    })
    await held.started
    expect(await ann.end(path)).toBe(204)
    held.leave()
    expect((await ann.head(path)).status).toBe(404)
    await expectNothingLeft(app, place)
    expect(await place.hashes(app, 'ann', name)).toEqual([])
  })

  it('time ends it: the clock cancels at the vendor what nobody goes on with', async () => {
    const name = `expired-${provider}.bin`
    const { path, bytes } = await beginHalf(provider, name)
    const other = await beginHalf(provider, `alive-${provider}.bin`)
    await expire(path)
    expect((await ann.head(path)).status).toBe(404)
    expect((await ann.patch(path, 5 * MIB, bytes.subarray(5 * MIB))).status).toBe(404)
    await app.runCron()
    expect(await rowOf(path)).toEqual([])
    expect(await place.hashes(app, 'ann', name)).toEqual([])
    const pieces = await staged(app)
    expect(pieces.filter((key) => key.includes(idOf(path)))).toEqual([])
    // What is not over goes on.
    const rest = other.bytes.subarray(5 * MIB)
    expect((await ann.patch(other.path, 5 * MIB, rest)).status).toBe(204)
    await expectStored(app, place, 'ann', `alive-${provider}.bin`, other.bytes)
  })
})

describe('the clock', () => {
  it('forgets what was completed, and leaves the file', async () => {
    const bytes = randomBytes(1000)
    const connection_id = drives.get('onedrive') ?? ''
    const path = await ann.begin(1000, { filename: 'kept.bin', connection_id })
    expect((await ann.patch(path, 0, bytes)).status).toBe(204)
    await expire(path)
    await app.runCron()
    expect(await rowOf(path)).toEqual([])
    await expectStored(app, placeOf('onedrive'), 'ann', 'kept.bin', bytes)
  })

  it('is not kept from what is open by any number of those that were completed', async () => {
    const connection_id = drives.get('onedrive') ?? ''
    const done = await ann.begin(0, { filename: 'many.bin', connection_id })
    const { path } = await beginHalf('onedrive', 'behind.bin')
    await expire(done)
    await expire(path)
    await rows(app, 'UPDATE uploads SET sweep_at = 2 WHERE id = ?', idOf(path))
    const columns = `user_id, provider, connection_id, filename, metadata, size, conflict, status,
      "offset", is_unsure, is_staged, created_at, expires_at`
    const copy = `INSERT INTO uploads (id, sweep_at, ${columns}) WITH RECURSIVE n(i) AS
      (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
      SELECT 'copy-' || i, 1, ${columns} FROM uploads, n WHERE id = ?`
    await rows(app, copy, idOf(done))
    await app.runCron()
    expect(await rowOf(path)).toEqual([])
    expect(await rows(app, "SELECT id FROM uploads WHERE id LIKE 'copy-%'")).toEqual([])
    await expectNothingLeft(app, placeOf('onedrive'))
  })

  it('takes the document with it that nothing came of', async () => {
    const path = await ann.begin(1000, { filename: 'never.pdf', target_backend: 'onedrive' })
    const { document_id } = await ann.show(path)
    await expire(path)
    await app.runCron()
    expect(await rows(app, 'SELECT id FROM documents WHERE id = ?', document_id)).toEqual([])
    await expectNothingLeft(app, placeOf('onedrive'))
  })

  it('does not disturb a sender that is at work', async () => {
    const bytes = randomBytes(SIZE)
    const connection_id = drives.get('google_drive') ?? ''
    const path = await ann.begin(SIZE, { filename: 'busy.bin', connection_id })
    const options = {
      method: 'PATCH',
      headers: { 'tus-resumable': '1.0.0', ...patchHeaders(0) },
    } as const
    const held = await holdUpload(app, 'ann', path, bytes, MIB, options)
    await held.started
    const isHeld = async () => {
      const sql = 'SELECT id FROM uploads WHERE id = ? AND lease_id IS NOT NULL'
      return (await rows(app, sql, idOf(path))).length
    }
    await expect.poll(isHeld).toBe(1)
    await expire(path)
    await app.runCron()
    const answer = await held.resume()
    expect(answer.status).toBe(204)
    await expectStored(app, placeOf('google_drive'), 'ann', 'busy.bin', bytes)
  })
})

describe('the quota', () => {
  const usage = async (user: TusUser) => {
    const me = await (await user.call('/api/users/me')).json()
    return (me as { storage: { used: number; reserved: number } }).storage
  }

  it.each(['r2', 'webdav'])('is given back by every end of an upload to %s', async (provider) => {
    const user = `quota-${provider}`
    const who = tusUser(app, user)
    drives.set(user, (await placeOf(provider).connect(app, user)).id)
    const none = { used: 0, reserved: 0 }
    const ends = {
      delete: async (path: string) => void (await who.end(path)),
      expiry: async (path: string) => {
        await expire(path)
        await app.runCron()
      },
    }
    for (const [what, end] of Object.entries(ends)) {
      const { path } = await beginHalf(user, `${what}.bin`, who)
      expect((await usage(who)).reserved, what).toBeGreaterThanOrEqual(5 * MIB)
      await end(path)
      expect(await usage(who), what).toMatchObject(none)
    }
    const { path, bytes } = await beginHalf(user, `whole-${provider}.bin`, who)
    expect((await who.patch(path, 5 * MIB, bytes.subarray(5 * MIB))).status).toBe(204)
    expect(await usage(who)).toMatchObject({ used: provider === 'r2' ? SIZE : 0, reserved: 0 })
  })
})

it('an upload ends with its connection', async () => {
  const place = placeOf('google_drive')
  const { id } = await place.connect(app, 'leaver')
  drives.set('leaving', id)
  const leaver = tusUser(app, 'leaver')
  const { path } = await beginHalf('leaving', 'left.bin', leaver)
  const gone = await leaver.call(`/api/cloud/connections/${id}`, { method: 'DELETE' })
  expect(gone.status).toBe(204)
  expect((await leaver.head(path)).status).toBe(404)
  expect(await rowOf(path)).toEqual([])
  await expectNothingLeft(app, place)
})

it.each(['onedrive', 'webdav'])(
  'one to %s ends with its connection while bytes flow',
  async (provider) => {
    const place = placeOf(provider)
    const user = `leaves-${provider}`
    const who = tusUser(app, user)
    const { id } = await place.connect(app, user)
    drives.set(user, id)
    const { path, bytes } = await beginHalf(user, `flowing-${provider}.bin`, who)
    const headers = { 'tus-resumable': '1.0.0', ...patchHeaders(5 * MIB) }
    const rest = bytes.subarray(5 * MIB)
    const held = await holdUpload(app, user, path, rest, 2 * MIB, { method: 'PATCH', headers })
    await held.started
    const sql = 'SELECT id FROM uploads WHERE id = ? AND lease_id IS NOT NULL'
    await expect.poll(async () => rows(app, sql, idOf(path))).toHaveLength(1)
    const gone = await who.call(`/api/cloud/connections/${id}`, { method: 'DELETE' })
    expect(gone.status).toBe(204)
    held.leave()
    await expectNothingLeft(app, place)
    expect(await rowOf(path)).toEqual([])
    const holds = 'SELECT id FROM storage_holds WHERE id = ?'
    expect(await rows(app, holds, idOf(path))).toEqual([])
  },
)

it('a piece that comes late between others does no harm', async () => {
  const { path, bytes } = await beginHalf('webdav', 'late piece.bin')
  expect((await ann.patch(path, 5 * MIB, bytes.subarray(5 * MIB, 8 * MIB))).status).toBe(204)
  await app.bucket.put(`staging/${idOf(path)}/${String(6 * MIB).padStart(15, '0')}`, 'late')
  expect((await ann.patch(path, 8 * MIB, bytes.subarray(8 * MIB))).status).toBe(204)
  await expectStored(app, placeOf('webdav'), 'ann', 'late piece.bin', bytes)
})

it('the clock clears away pieces that belong to no upload', async () => {
  const { path, bytes } = await beginHalf('webdav', 'has pieces.bin')
  await app.bucket.put('staging/nobody/000000000000000', 'a piece')
  await app.runCron()
  expect(await staged(app)).toEqual([`staging/${idOf(path)}/000000000000000`])
  expect((await ann.patch(path, 5 * MIB, bytes.subarray(5 * MIB))).status).toBe(204)
  await expectStored(app, placeOf('webdav'), 'ann', 'has pieces.bin', bytes)
})

it('a document that is deleted meanwhile does not come back', async () => {
  const bytes = randomBytes(2 * MIB)
  const path = await ann.begin(bytes.length, { filename: 'gone.pdf', target_backend: 'onedrive' })
  expect((await ann.patch(path, 0, bytes.subarray(0, 960 * 1024))).status).toBe(204)
  const { document_id: id } = await ann.show(path)
  await ann.call(`/api/documents/${id}`, { method: 'DELETE' })
  const rest = await ann.patch(path, 960 * 1024, bytes.subarray(960 * 1024))
  expect(rest.status).toBe(404)
  expect((await ann.call(`/api/documents/${id}`)).status).toBe(404)
  await ann.end(path)
  await expectNothingLeft(app, placeOf('onedrive'))
  const { microsoft } = app.emulators
  const account = 'ann@contoso.com'
  const folder = microsoft.children(account, 'root').find(({ name }) => name === 'ann')
  const names = microsoft.children(account, folder?.id ?? 'root').map(({ name }) => name)
  expect(names).not.toContain(`${id}.pdf`)
})

it('one that was ended is gone at once, also when the vendor cannot be told yet', async () => {
  const { path } = await beginHalf('onedrive', 'ended.bin')
  const match = { host: 'contoso-my.sharepoint.com', method: 'DELETE' }
  const fault = { kind: 'status', status: 503 } as const
  app.emulators.trouble.add({ match, times: 100, fault })
  expect(await ann.end(path)).toBe(204)
  app.emulators.trouble.clear()
  expect(await rowOf(path)).toHaveLength(1)
  expect((await ann.call(path)).status).toBe(404)
  expect((await ann.head(path)).status).toBe(404)
  await rows(app, 'UPDATE uploads SET sweep_at = 1 WHERE id = ?', idOf(path))
  await app.runCron()
  expect(await rowOf(path)).toEqual([])
  await expectNothingLeft(app, placeOf('onedrive'))
})

it('the clock tries again when the vendor cannot be reached', async () => {
  const { path } = await beginHalf('onedrive', 'unreachable.bin')
  await expire(path)
  const match = { host: 'contoso-my.sharepoint.com', method: 'DELETE' }
  const fault = { kind: 'status', status: 503 } as const
  const counter = app.emulators.trouble.add({ match, times: 100, fault })
  await app.runCron()
  expect(counter.hits).toBeGreaterThan(0)
  app.emulators.trouble.clear()
  for (let runs = 0; runs < 3 && (await rowOf(path)).length > 0; runs++) {
    await rows(app, 'UPDATE uploads SET sweep_at = 1 WHERE id = ?', idOf(path))
    await app.runCron()
  }
  expect(await rowOf(path)).toEqual([])
  await expectNothingLeft(app, placeOf('onedrive'))
})
