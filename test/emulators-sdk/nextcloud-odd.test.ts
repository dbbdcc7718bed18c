// The Nextcloud emulator can be switched to the servers that administrators and proxies make of Nextcloud.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startEmulators, type Emulators } from '../emulators/server.ts'
import {
  asking,
  basic,
  clientOf,
  hrefsIn,
  refusal,
  statusOf,
  type Client,
} from './nextcloud-client.ts'

const FILES = '/remote.php/dav/files/mia'
const JSON_OCS = { 'ocs-apirequest': 'true', accept: 'application/json' }

let emulators: Emulators
let mia: Client
beforeAll(async () => {
  emulators = await startEmulators({ port: 0 })
})
afterAll(() => emulators.close())
beforeEach(() => {
  emulators.reset()
  mia = clientOf(emulators, 'mia')
})

/** A body whose length is not known before: it is sent in chunks. */
const sendUnknownLength = (path: string) =>
  fetch(emulators.url + emulators.nextcloud.webRoot + FILES + path, {
    method: 'PUT',
    headers: { authorization: basic('mia', 'secret') },
    body: new Blob(['streamed']).stream(),
    duplex: 'half',
  } as RequestInit)

describe('the web server in front', () => {
  it('needs index.php where pretty URLs are off, and says so in its URLs', async () => {
    emulators.nextcloud.settings.prettyUrls = false
    expect(await statusOf(mia('/login/v2', { method: 'POST' }))).toBe(404)
    const started = await mia('/index.php/login/v2', { method: 'POST' })
    const base = `${emulators.url}/nextcloud/index.php/login/v2`
    expect(await started.json()).toEqual({
      poll: { token: expect.any(String) as string, endpoint: `${base}/poll` },
      login: expect.stringMatching(`^${base}/flow/[A-Za-z0-9]{128}$`) as string,
    })
  })

  it('hands out the origin it believes in', async () => {
    emulators.nextcloud.settings.advertisedOrigin = 'http://cloud.internal'
    const started = await mia('/index.php/login/v2', { method: 'POST' })
    expect(await started.json()).toMatchObject({
      poll: { endpoint: 'http://cloud.internal/nextcloud/login/v2/poll' },
    })
  })

  it('redirects as a whole, and refuses a host it was not told of', async () => {
    emulators.nextcloud.settings.redirect = { to: 'https://new.example/cloud', status: 301 }
    const moved = await mia('/status.php')
    expect([moved.status, moved.headers.get('location')]).toEqual([
      301,
      'https://new.example/cloud/status.php',
    ])
    emulators.nextcloud.settings.redirect = undefined
    emulators.nextcloud.settings.trustedDomains = ['cloud.example.com']
    expect(await statusOf(mia('/status.php'))).toBe(400)
  })

  it('takes, refuses or loses a body of unknown length', async () => {
    const { settings } = emulators.nextcloud
    expect(await statusOf(sendUnknownLength('/a.txt'))).toBe(411)
    settings.unknownLength = 'store-nothing'
    expect(await statusOf(sendUnknownLength('/a.txt'))).toBe(201)
    expect(emulators.nextcloud.item('mia', '/a.txt')?.size).toBe(0)
    settings.unknownLength = 'accept'
    expect(await statusOf(sendUnknownLength('/a.txt'))).toBe(204)
    expect((await emulators.nextcloud.content('mia', '/a.txt')).toString()).toBe('streamed')
    settings.bodyLimit = 3
    expect(await statusOf(mia(`${FILES}/b.txt`, { method: 'PUT', body: 'four' }))).toBe(413)
  })

  it('fails on demand as every vendor here does', async () => {
    const counter = emulators.trouble.add({
      match: { host: 'nextcloud', method: 'PROPFIND', path: '/remote.php/dav/files/' },
      fault: { kind: 'status', status: 429, headers: { 'retry-after': '1' } },
    })
    expect(await statusOf(mia(`${FILES}/`, { method: 'PROPFIND' }))).toBe(429)
    expect(await statusOf(mia(`${FILES}/`, { method: 'PROPFIND' }))).toBe(207)
    expect(counter.hits).toBe(1)
  })
})

describe('what only some servers have', () => {
  it('delays logins after failures, twice as long after each', async () => {
    emulators.nextcloud.settings.bruteForce.firstDelayMs = 40
    const guesser = clientOf(emulators, 'ida', 'wrong')
    for (let count = 0; count < 3; count += 1) await guesser(`${FILES}/`, { method: 'PROPFIND' })
    const started = Date.now()
    expect(await statusOf(mia(`${FILES}/`, { method: 'PROPFIND' }))).toBe(207)
    expect(Date.now() - started).toBeGreaterThanOrEqual(150)
  })

  it('shows an encrypted folder to be hidden, reads it, and lets nobody write there', async () => {
    const [file] = emulators.nextcloud.children('mia', '/Private')
    const path = `${FILES}/Private/${file?.name ?? ''}`
    expect(await statusOf(mia(path))).toBe(200)
    expect((await refusal(mia(path, { method: 'DELETE' })))[1]).toContain('not allowed to access')
    expect(await statusOf(mia(`${FILES}/Private/`, { method: 'DELETE' }))).toBe(403)
    const destination = `${emulators.url}/nextcloud${FILES}/Private/x.md`
    const move = { method: 'MOVE', headers: { destination } }
    expect(await statusOf(mia(`${FILES}/Readme.md`, move))).toBe(403)
  })

  it('has the alias without a user id', async () => {
    const headers = { depth: '1' }
    const body = asking('d:getetag')
    const listed = await mia('/remote.php/webdav/Empty', { method: 'PROPFIND', headers, body })
    expect(hrefsIn(await listed.text())).toEqual(['/nextcloud/remote.php/webdav/Empty/'])
    const well = await mia('/.well-known/caldav')
    expect(well.headers.get('location')).toBe('/nextcloud/remote.php/dav/')
    expect(await statusOf(mia('/.well-known/webdav'))).toBe(404)
  })

  it('makes an app password of a real one, and another of that', async () => {
    const read = async (answer: Promise<Response>) =>
      ((await (await answer).json()) as { ocs: { data: { apppassword: string } } }).ocs.data
        .apppassword
    const first = await read(mia('/ocs/v2.php/core/getapppassword', { headers: JSON_OCS }))
    const app = clientOf(emulators, 'mia', first)
    expect(await statusOf(app('/ocs/v2.php/core/getapppassword', { headers: JSON_OCS }))).toBe(403)
    const rotate = { method: 'POST', headers: JSON_OCS }
    const second = await read(app('/ocs/v2.php/core/apppassword/rotate', rotate))
    expect(await statusOf(app(`${FILES}/Readme.md`))).toBe(401)
    expect(await statusOf(clientOf(emulators, 'mia', second)(`${FILES}/Readme.md`))).toBe(200)
    emulators.nextcloud.revokeAppPasswords('mia')
    expect(await statusOf(clientOf(emulators, 'mia', second)(`${FILES}/Readme.md`))).toBe(401)
  })

  it('answers ranges and conditions of downloads', async () => {
    const path = `${FILES}/Documents/notes.txt`
    const part = await mia(path, { headers: { range: 'bytes=6-10' } })
    expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([
      206,
      'bytes 6-10/20',
      'bread',
    ])
    const etag = part.headers.get('etag') ?? ''
    expect(await statusOf(mia(path, { headers: { 'if-none-match': etag } }))).toBe(304)
    expect(await statusOf(mia(path, { headers: { range: 'bytes=20-' } }))).toBe(416)
    expect(await (await mia(`${FILES}/Documents/`)).text()).toContain('WebDAV interface')
  })
})
