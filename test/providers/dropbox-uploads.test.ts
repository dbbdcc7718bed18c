// Uploads to Dropbox: one request or a session, what comes of lost answers and lost sessions, and what conflicts come to.
import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '../connect.ts'
import { driveOf } from '../drive.ts'
import { defaultDropboxSettings } from '../emulators/dropbox-settings.ts'
import { endThrottling, startSlipway, type Slipway } from '../harness.ts'
import { holdUpload } from '../held-upload.ts'
import { sha256 } from '../sha256.ts'

const MIA = 'mia@example.com'
const FRAGMENT = 24 * 1024 * 1024
const UPLOAD = '/2/files/upload'
const START = '/2/files/upload_session/start'
const APPEND = '/2/files/upload_session/append_v2'
const FINISH = '/2/files/upload_session/finish'

let app: Slipway
let id: string
beforeAll(async () => {
  app = await startSlipway()
  ;({ id } = await connect(app, 'mia', 'dropbox', { account: MIA }))
})
afterAll(() => app.close())
afterEach(async () => {
  app.emulators.trouble.clear()
  app.emulators.requests.length = 0
  Object.assign(app.emulators.dropbox.settings, defaultDropboxSettings())
  await endThrottling(app)
})

const { call } = driveOf('mia', () => ({ app, id }))
const put = (name: string, body: Uint8Array | string, query: Record<string, string> = {}) =>
  call(`/content?${new URLSearchParams({ name, ...query })}`, {
    method: 'PUT',
    body: body as BodyInit,
  })
const named = (name: string) =>
  app.emulators.dropbox.children(MIA, 'root').filter((item) => item.name === name)
const hashOf = async (name: string) => {
  const [item] = named(name)
  return item === undefined ? undefined : app.emulators.dropbox.sha256(item.id)
}

/** The requests that carried bytes: where, how many, and the argument. */
function sent(): { path: string; length: number; arg: Record<string, unknown> }[] {
  return app.emulators.requests
    .filter(({ path }) => path.startsWith(UPLOAD))
    .map(({ path, headers }) => ({
      path,
      length: Number(headers['content-length']),
      arg: JSON.parse(headers['dropbox-api-arg'] ?? 'null') as Record<string, unknown>,
    }))
}

describe('requests', () => {
  it.each([0, 5, FRAGMENT])('%i bytes go in one', async (size) => {
    const name = `one-${size}.bin`
    expect((await put(name, randomBytes(size))).status).toBe(201)
    expect(sent()).toEqual([
      {
        path: UPLOAD,
        length: size,
        arg: { path: `/${name}`, mode: 'add', autorename: false, strict_conflict: true },
      },
    ])
  })

  it('more go through a session, each request with its length and its offset', async () => {
    const bytes = randomBytes(2 * FRAGMENT + 7)
    expect((await put('three.bin', bytes)).status).toBe(201)
    const [start, append, finish, ...rest] = sent()
    expect(rest).toEqual([])
    expect(start).toEqual({ path: START, length: FRAGMENT, arg: { close: false } })
    expect(append).toMatchObject({
      path: APPEND,
      length: FRAGMENT,
      arg: { cursor: { offset: FRAGMENT }, close: false },
    })
    expect(finish).toMatchObject({
      path: FINISH,
      length: 7,
      arg: { cursor: { offset: 2 * FRAGMENT }, commit: { path: '/three.bin', mode: 'add' } },
    })
    expect(await hashOf('three.bin')).toBe(sha256(bytes))
    expect(app.emulators.dropbox.sessions()).toEqual([])
  })
})

describe('what is lost on the way', () => {
  it('bytes that the session has already are not sent again', async () => {
    app.emulators.dropbox.settings.repeatedAppends = 1
    const bytes = randomBytes(2 * FRAGMENT + 7)
    expect((await put('repeated.bin', bytes)).status).toBe(201)
    expect(sent().map(({ path }) => path)).toEqual([START, APPEND, FINISH])
    expect(await hashOf('repeated.bin')).toBe(sha256(bytes))
  })

  it('the lost answer to an append is found out, and the upload goes on', async () => {
    const name = 'after an append.bin'
    const bytes = randomBytes(2 * FRAGMENT + 7)
    app.emulators.trouble.add({ match: { path: APPEND }, fault: { kind: 'drop' } })
    expect(await (await put(name, bytes)).json()).toMatchObject({ name, size: bytes.length })
    expect(await hashOf(name)).toBe(sha256(bytes))
  })

  it('the lost answer to a start ends the upload, and the next one is whole', async () => {
    const name = 'after a start.bin'
    const bytes = randomBytes(2 * FRAGMENT + 7)
    app.emulators.trouble.add({ match: { path: START }, fault: { kind: 'drop' } })
    expect(await (await put(name, bytes)).json()).toMatchObject({ code: 'provider_unavailable' })
    expect(named(name)).toEqual([])
    expect((await put(name, bytes)).status).toBe(201)
    expect(await hashOf(name)).toBe(sha256(bytes))
  })

  it.each([
    ['of one request', 9, UPLOAD],
    ['of a session', FRAGMENT + 9, FINISH],
  ])('the lost answer to the end %s is found out', async (what, size, path) => {
    const name = `end ${what}.bin`
    const bytes = randomBytes(size)
    app.emulators.trouble.add({ match: { path }, fault: { kind: 'drop' } })
    const answer = await put(name, bytes)
    const item = (await answer.json()) as { id: string; name: string; size: number }
    expect([answer.status, item.name, item.size]).toEqual([201, name, size])
    expect(named(name).map((one) => one.id)).toEqual([`id:${item.id}`])
    expect(await hashOf(name)).toBe(sha256(bytes))
  })

  it('a file of the same size that was there before is not taken for the one that was sent', async () => {
    const before = app.emulators.dropbox.addFile(MIA, 'root', 'kept.txt', 'before')
    app.emulators.trouble.add({ match: { path: UPLOAD }, fault: { kind: 'reset' } })
    const answer = await put('kept.txt', 'after!', { conflict: 'replace' })
    expect(await answer.json()).toMatchObject({ code: 'provider_unavailable' })
    expect((await app.emulators.dropbox.content(before)).toString()).toBe('before')
  })

  it('a session that has fewer bytes than were sent gives no file', async () => {
    const body = JSON.stringify({
      error_summary: 'incorrect_offset/..',
      error: { '.tag': 'incorrect_offset', correct_offset: 4096 },
    })
    const headers = { 'content-type': 'application/json' }
    const fault = { kind: 'status', status: 409, headers, body } as const
    app.emulators.trouble.add({ match: { path: APPEND }, fault })
    const answer = await put('fewer.bin', new Uint8Array(2 * FRAGMENT + 7))
    expect(await answer.json()).toMatchObject({ code: 'provider_unavailable' })
    expect(named('fewer.bin')).toEqual([])
  })

  it.each([
    ['in between', 2 * FRAGMENT + 7],
    ['at the end', FRAGMENT + 7],
  ])('a session that is gone %s is said to have expired', async (when, size) => {
    const name = `gone ${when}.bin`
    app.emulators.dropbox.settings.lostSessions = 1
    expect(await (await put(name, new Uint8Array(size))).json()).toMatchObject({
      status: 502,
      code: 'provider_unavailable',
      detail: 'The upload has expired at Dropbox; start it again.',
    })
    expect(named(name)).toEqual([])
  })

  it('what a sender who went away has left in a session is in no file', async () => {
    const { settings } = app.emulators.dropbox
    settings.keepParts = true
    const bytes = randomBytes(2 * FRAGMENT + 7)
    const path = `/api/cloud/connections/${id}/content?name=kept.bin`
    const held = await holdUpload(app, 'mia', path, bytes, FRAGMENT + 1000)
    await expect.poll(() => sent().length, { timeout: 20_000 }).toBe(2)
    held.leave()
    await expect.poll(() => app.emulators.requests.at(-1)?.status, { timeout: 20_000 }).not.toBe(0)
    expect(named('kept.bin')).toEqual([])
    settings.keepParts = false
    expect((await put('kept.bin', bytes)).status).toBe(201)
    expect(await hashOf('kept.bin')).toBe(sha256(bytes))
  })
})

describe('a name that is taken', () => {
  /** Dropbox says that nothing has the name: it is taken only after that. */
  const takeLate = () =>
    app.emulators.trouble.add({
      match: { path: '/2/files/get_metadata' },
      fault: {
        kind: 'status',
        status: 409,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          error_summary: 'path/not_found/..',
          error: { '.tag': 'path', path: { '.tag': 'not_found' } },
        }),
      },
    })

  it.each([
    ['the same bytes', 'one'],
    ['other bytes', 'two'],
  ])('meanwhile, by %s, is a conflict', async (what, body) => {
    const name = `late, ${what}.txt`
    const before = app.emulators.dropbox.addFile(MIA, 'root', name, 'one')
    takeLate()
    expect(await (await put(name, body)).json()).toMatchObject({
      status: 409,
      code: 'name_conflict',
    })
    expect(named(name).map((item) => item.id)).toEqual([before])
    expect((await app.emulators.dropbox.content(before)).toString()).toBe('one')
  })

  it.each([5, FRAGMENT + 5])('by the same %i bytes is a conflict', async (size) => {
    const name = `same-${size}.bin`
    const bytes = new Uint8Array(size)
    expect((await put(name, bytes)).status).toBe(201)
    expect(await (await put(name, bytes)).json()).toMatchObject({ code: 'name_conflict' })
  })

  it('gets a number, also for the same bytes', async () => {
    const rename = { conflict: 'rename' }
    for (const [body, name] of [
      ['one', 'number.txt'],
      ['two', 'number 1.txt'],
      ['two', 'number 2.txt'],
    ] as const) {
      const answer = await put('number.txt', body, rename)
      expect([answer.status, await answer.json()]).toMatchObject([201, { name }])
    }
    expect(named('number 2.txt')).toHaveLength(1)
  })

  it('meanwhile, where it may have another, gets the one that Dropbox gives', async () => {
    app.emulators.dropbox.addFile(MIA, 'root', 'raced.txt', 'one')
    takeLate()
    const answer = await put('raced.txt', 'two', { conflict: 'rename' })
    expect([answer.status, await answer.json()]).toMatchObject([201, { name: 'raced (1).txt' }])
  })

  it('is replaced in place: the same item, one revision more', async () => {
    const first = (await (await put('again.txt', 'one')).json()) as { id: string; etag: string }
    const second = await put('again.txt', 'two', { conflict: 'replace' })
    expect(await second.json()).toMatchObject({ id: first.id, name: 'again.txt', size: 3 })
    const revisions = app.emulators.dropbox.item(`id:${first.id}`)?.revisions ?? []
    expect(revisions.map(({ rev }) => rev === first.etag)).toEqual([true, false])
  })

  it('by a folder is a conflict, even where it may be replaced', async () => {
    app.emulators.dropbox.addFolder(MIA, 'root', 'a folder')
    const answer = await put('a folder', 'bytes', { conflict: 'replace' })
    expect(await answer.json()).toMatchObject({ code: 'name_conflict' })
  })
})

describe('refusals', () => {
  it.each([5, FRAGMENT + 5])('says that the storage is full: %i bytes', async (size) => {
    const name = `full-${size}.bin`
    app.emulators.dropbox.settings.full = true
    expect(await (await put(name, new Uint8Array(size))).json()).toMatchObject({
      status: 507,
      code: 'quota_exceeded',
    })
    expect(named(name)).toEqual([])
  })

  it.each([5, FRAGMENT + 5])('waits while others are writing: %i bytes', async (size) => {
    const name = `busy-${size}.bin`
    app.emulators.dropbox.settings.busyWrites = 2
    const busy = await put(name, new Uint8Array(size))
    expect(await busy.json()).toMatchObject({ name, size })
    expect(named(name)).toHaveLength(1)
  })

  it('says so when others do not stop writing, and throttles nothing else', async () => {
    app.emulators.dropbox.settings.busyWrites = 20
    const busy = await put('never.bin', new Uint8Array(5))
    expect(await busy.json()).toMatchObject({ status: 429, code: 'rate_limited' })
    expect(named('never.bin')).toEqual([])
    app.emulators.dropbox.settings.busyWrites = 0
    expect((await call('/items?fresh=1')).status).toBe(200)
  })

  it('waits while others are writing and a folder is made', async () => {
    app.emulators.dropbox.settings.busyWrites = 1
    const made = await call('/folders', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'made while busy' }),
    })
    expect(made.status).toBe(201)
    expect(named('made while busy')).toHaveLength(1)
  })
})
