// Uploads to a Nextcloud: parts and the step that puts them together, and what is lost or refused on the way.
import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { connectNextcloud } from '../connect.ts'
import { driveOf } from '../drive.ts'
import type { NextcloudEmulator } from '../emulators/nextcloud.ts'
import { defaultSettings } from '../emulators/nextcloud-settings.ts'
import { startSlipway, type Slipway } from '../harness.ts'
import { holdUpload } from '../held-upload.ts'
import { sha256 } from '../sha256.ts'

const MIB = 1024 * 1024
const PART = 10 * MIB
const HOUR = 3_600_000

let app: Slipway
let id: string
let nextcloud: NextcloudEmulator
beforeAll(async () => {
  app = await startSlipway()
  ;({ nextcloud } = app.emulators)
  ;({ id } = await connectNextcloud(app, 'mia'))
})
afterAll(() => app.close())
afterEach(() => {
  app.emulators.trouble.clear()
  Object.assign(nextcloud.settings, defaultSettings())
  nextcloud.requests.length = 0
})

const { call } = driveOf('mia', () => ({ app, id }))
const put = (name: string, body: Uint8Array | string, query: Record<string, string> = {}) =>
  call(`/content?${new URLSearchParams({ name, ...query })}`, {
    method: 'PUT',
    body: body as BodyInit,
  })
/** What the server has of that name. */
const named = (name: string) => nextcloud.children('mia', '/').filter((item) => item.name === name)
const hashOf = (name: string) => nextcloud.sha256('mia', `/${name}`)
const seen = (method: string) => nextcloud.requests.filter((request) => request.method === method)
const parts = () =>
  seen('PUT').map(({ target, headers, status }) => ({
    name: target.split('/').at(-1),
    length: Number(headers['content-length']),
    total: headers['oc-total-length'],
    destination: headers['destination'],
    status,
  }))
const expired = {
  status: 502,
  code: 'provider_unavailable',
  detail: 'The upload has expired at the server; start it again.',
}

describe('requests', () => {
  it('up to 10 MiB go in one', async () => {
    expect((await put('one.bin', new Uint8Array(PART))).status).toBe(201)
    expect(parts()).toMatchObject([{ name: 'one.bin', length: PART, status: 201 }])
    expect(seen('MKCOL')).toEqual([])
  })

  it.each(['v2', 'v1'] as const)('more go in numbered parts, with chunking %s', async (version) => {
    nextcloud.settings.chunking = version
    const name = `Größe #${version} 100%.bin`
    const total = 2 * PART + 7
    const bytes = randomBytes(total)
    expect((await put(name, bytes)).status).toBe(201)
    const destination = `${app.emulators.url}/nextcloud/remote.php/dav/files/mia/${encodeURIComponent(name)}`
    const common = { total: String(total), destination, status: 201 }
    expect(parts()).toEqual([
      { name: '00001', length: PART, ...common },
      { name: '00002', length: PART, ...common },
      { name: '00003', length: 7, ...common },
    ])
    const [mkcol, ...others] = seen('MKCOL')
    expect([mkcol?.headers['destination'], others]).toEqual([destination, []])
    const [move, ...moves] = seen('MOVE')
    expect(moves).toEqual([])
    expect(move?.target).toMatch(/\/uploads\/mia\/slipway-[\w-]+\/\.file$/)
    expect(move?.headers).toMatchObject({ destination, 'oc-total-length': String(total) })
    expect(await hashOf(name)).toBe(sha256(bytes))
    expect(nextcloud.sessions()).toEqual([])
  })
})

describe('putting the parts together', () => {
  it.each(['fail', 'replace'])('outlasts a gateway’s patience: conflict=%s', async (conflict) => {
    const name = `slow ${conflict}.bin`
    const bytes = randomBytes(PART + 7)
    // Of the same size: only the content tells whether it was replaced.
    if (conflict === 'replace') nextcloud.addFile('mia', `/${name}`, bytes.length)
    Object.assign(nextcloud.settings, { assembleMs: 2000, gatewayTimeoutMs: 200 })
    const answer = await put(name, bytes, { conflict })
    expect([answer.status, await answer.json()]).toMatchObject([201, { name, size: bytes.length }])
    const statuses = seen('MOVE').map(({ status }) => status)
    expect([...new Set(statuses)]).toEqual([504, 423, 404])
    expect(parts()).toHaveLength(2)
    expect(named(name)).toHaveLength(1)
    expect(await hashOf(name)).toBe(sha256(bytes))
  })

  it('survives an answer that is lost', async () => {
    const bytes = randomBytes(PART + 7)
    app.emulators.trouble.add({ match: { method: 'MOVE' }, fault: { kind: 'drop' } })
    expect((await put('lost answer.bin', bytes)).status).toBe(201)
    expect(await hashOf('lost answer.bin')).toBe(sha256(bytes))
    expect(nextcloud.sessions()).toEqual([])
  })

  it('tells a file that somebody else has locked', async () => {
    nextcloud.addFile('mia', '/locked.bin', 'before')
    nextcloud.settings.locked = ['/locked.bin']
    for (const size of [5, PART + 5]) {
      const answer = await put('locked.bin', new Uint8Array(size), { conflict: 'replace' })
      expect(await answer.json(), String(size)).toMatchObject({
        status: 423,
        code: 'upload_locked',
      })
    }
    expect((await nextcloud.content('mia', '/locked.bin')).toString()).toBe('before')
    expect(nextcloud.sessions()).toEqual([])
  })

  it('gives no file where the name was taken meanwhile', async () => {
    const path = `/api/cloud/connections/${id}/content?name=late.bin`
    const held = await holdUpload(app, 'mia', path, new Uint8Array(PART + 7), PART + 1)
    await expect.poll(() => parts()[0]?.status, { timeout: 20_000 }).toBe(201)
    nextcloud.addFile('mia', '/late.bin', 'first')
    expect(await (await held.resume()).json()).toMatchObject({ status: 409, code: 'name_conflict' })
    expect((await nextcloud.content('mia', '/late.bin')).toString()).toBe('first')
    expect(nextcloud.sessions()).toEqual([])
  })
})

describe('what is lost on the way', () => {
  /** Happens when the first of two or three parts has arrived. */
  const midway = async (name: string, size: number, event: () => void) => {
    const path = `/api/cloud/connections/${id}/content?name=${name}`
    const held = await holdUpload(app, 'mia', path, new Uint8Array(size), PART + 1)
    await expect.poll(() => parts()[0]?.status, { timeout: 20_000 }).toBe(201)
    event()
    return (await held.resume()).json()
  }

  it('a server that has forgotten the upload says so', async () => {
    const answer = await midway('forgotten.bin', 2 * PART + 7, () => nextcloud.forgetSessions())
    expect(answer).toMatchObject(expired)
    expect(named('forgotten.bin')).toEqual([])
    expect(nextcloud.sessions()).toEqual([])
  })

  it('a folder of parts that has expired is not an item that is gone', async () => {
    const answer = await midway('expired.bin', 2 * PART + 7, () => {
      nextcloud.settings.now = () => Date.now() + 25 * HOUR
    })
    expect(answer).toMatchObject(expired)
    expect(named('expired.bin')).toEqual([])
  })

  it('a password that ends in between asks for a reconnect', async () => {
    const started = await app.as('rita')('/api/cloud/connections/nextcloud/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ server_url: `${app.emulators.url}/nextcloud/` }),
    })
    const { login_url, attempt_id } = (await started.json()) as Record<string, string>
    nextcloud.approveLogin(login_url ?? '')
    const attempt = await app.as('rita')(`/api/cloud/oauth/attempts/${attempt_id}`)
    const { connection } = (await attempt.json()) as { connection: { id: string } }
    const path = `/api/cloud/connections/${connection.id}/content?name=revoked.bin`
    nextcloud.requests.length = 0
    const held = await holdUpload(app, 'rita', path, new Uint8Array(2 * PART), PART + 1)
    await expect.poll(() => parts()[0]?.status, { timeout: 20_000 }).toBe(201)
    nextcloud.revokeAppPasswords('mia')
    expect(await (await held.resume()).json()).toMatchObject({ code: 'reauth_required' })
    expect(named('revoked.bin')).toEqual([])
    // Nobody can sign in any more to delete the parts: the server does it after a day.
    expect(nextcloud.sessions()).toHaveLength(1)
    nextcloud.settings.now = () => Date.now() + 25 * HOUR
    expect(nextcloud.sessions()).toEqual([])
  })

  it('the lost answer to a small file is found out', async () => {
    app.emulators.trouble.add({
      match: { method: 'PUT', path: /small\.txt$/ },
      fault: { kind: 'drop' },
    })
    const answer = await put('small.txt', 'small')
    expect([answer.status, await answer.json()]).toMatchObject([201, { name: 'small.txt' }])
    expect(named('small.txt')).toHaveLength(1)
  })

  it('a file of the same size that was there before is not taken for the one that was sent', async () => {
    nextcloud.addFile('mia', '/kept.txt', 'before')
    app.emulators.trouble.add({ match: { method: 'PUT' }, fault: { kind: 'reset' } })
    const answer = await put('kept.txt', 'after!', { conflict: 'replace' })
    expect(await answer.json()).toMatchObject({ code: 'provider_unavailable' })
    expect((await nextcloud.content('mia', '/kept.txt')).toString()).toBe('before')
  })

  it.each(['v2', 'v1'] as const)('the lost answer to a part is found out: %s', async (version) => {
    nextcloud.settings.chunking = version
    const name = `lost part ${version}.bin`
    const bytes = randomBytes(PART + 7)
    app.emulators.trouble.add({
      match: { method: 'PUT', path: /\/00001$/ },
      fault: { kind: 'drop' },
    })
    expect(await (await put(name, bytes)).json()).toMatchObject({ name, size: bytes.length })
    expect(parts().map((part) => part.name)).toEqual(['00001', '00002'])
    expect(await hashOf(name)).toBe(sha256(bytes))
    expect(nextcloud.sessions()).toEqual([])
  })

  it('the lost answer to the folder of the parts is no failure', async () => {
    const bytes = randomBytes(PART + 7)
    app.emulators.trouble.add({ match: { method: 'MKCOL' }, fault: { kind: 'drop' } })
    expect((await put('lost folder.bin', bytes)).status).toBe(201)
    expect(await hashOf('lost folder.bin')).toBe(sha256(bytes))
    expect(nextcloud.sessions()).toEqual([])
  })

  it('a part that was cut ends the upload, and nothing is left of it', async () => {
    app.emulators.trouble.add({
      match: { method: 'PUT', path: /\/00001$/ },
      fault: { kind: 'reset' },
    })
    const answer = await put('cut part.bin', new Uint8Array(PART + 7))
    expect(await answer.json()).toMatchObject({ code: 'provider_unavailable' })
    expect(named('cut part.bin')).toEqual([])
    expect(nextcloud.sessions()).toEqual([])
  })
})

describe('refusals', () => {
  it('a full storage shows at the first part, and nothing is left behind', async () => {
    const { id: full } = await connectNextcloud(app, 'fulvia', undefined, 'full')
    nextcloud.requests.length = 0
    for (const [size, tried] of [
      [2 * MIB, ['film.bin 2']],
      [3 * PART, ['00001']],
    ] as const) {
      const path = `/api/cloud/connections/${full}/content?name=film.bin%202`
      const answer = await app.as('fulvia')(path, { method: 'PUT', body: new Uint8Array(size) })
      expect(await answer.json()).toMatchObject({ status: 507, code: 'quota_exceeded' })
      expect(parts().map(({ name }) => decodeURIComponent(name ?? ''))).toEqual(tried)
      nextcloud.requests.length = 0
    }
    expect(nextcloud.children('full', '/').map(({ name }) => name)).toEqual(['film.bin'])
    expect(nextcloud.sessions()).toEqual([])
  })

  it.each([
    ['.htaccess', 5],
    ['film.part', 5],
    ['film.filepart', PART + 5],
  ])('the name %s, which the server forbids, is the field that is wrong', async (name, size) => {
    expect(await (await put(name, new Uint8Array(size))).json()).toMatchObject({
      status: 422,
      code: 'invalid_request',
      errors: [{ field: 'name' }],
    })
    expect(named(name)).toEqual([])
    expect(nextcloud.sessions()).toEqual([])
  })

  it('a proxy that takes no body of that size', async () => {
    nextcloud.settings.bodyLimit = MIB
    for (const size of [2 * MIB, PART + 5]) {
      const answer = await put('large.bin', new Uint8Array(size))
      expect(await answer.json()).toMatchObject({ status: 413, code: 'payload_too_large' })
    }
    expect(nextcloud.sessions()).toEqual([])
  })
})
