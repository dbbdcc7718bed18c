// The Nextcloud emulator says what it is and who is signed in, and refuses strangers, as a Nextcloud server does.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startEmulators, type Emulators } from '../emulators/server.ts'
import { asking, clientOf, refusal, statusOf, type Client } from './nextcloud-client.ts'

const FILES = '/remote.php/dav/files/mia'
const XML = { 'content-type': 'application/xml; charset=utf-8' }
const JSON_OCS = { 'ocs-apirequest': 'true', accept: 'application/json' }

let emulators: Emulators
let mia: Client
let nobody: Client
beforeAll(async () => {
  emulators = await startEmulators({ port: 0 })
})
afterAll(() => emulators.close())
beforeEach(() => {
  emulators.reset()
  mia = clientOf(emulators, 'mia')
  nobody = clientOf(emulators)
})

const put = (path: string, body: string, headers: Record<string, string> = {}) =>
  mia(FILES + path, { method: 'PUT', body, headers })
const propfind = (client: Client, path: string, depth: '0' | '1', ...props: string[]) =>
  client(path, { method: 'PROPFIND', headers: { ...XML, depth }, body: asking(...props) })

describe('the server', () => {
  it('says what it is, also in maintenance', async () => {
    const status = async () => (await nobody('/status.php')).json()
    expect(await status()).toMatchObject({
      installed: true,
      maintenance: false,
      version: '31.0.4.1',
    })
    emulators.nextcloud.settings.maintenance = true
    expect(await status()).toMatchObject({ maintenance: true })
    const closed = await mia(`${FILES}/`, { method: 'PROPFIND', headers: { depth: '0' } })
    expect(closed.status).toBe(503)
    expect(closed.headers.get('x-nextcloud-maintenance-mode')).toBe('1')
    expect(closed.headers.get('retry-after')).toBe('120')
    expect(await closed.text()).toContain('System is in maintenance mode.')
  })

  it('is served at an origin of its own, too, with the same state', async () => {
    const origin = await emulators.nextcloud.ownOrigin()
    expect((await fetch(`${origin}/status.php`)).status).toBe(200)
    expect((await fetch(`${origin}/nextcloud/status.php`)).status).toBe(404)
    const started = await fetch(`${origin}/index.php/login/v2`, { method: 'POST' })
    expect(await started.json()).toMatchObject({ poll: { endpoint: `${origin}/login/v2/poll` } })
  })

  it('refuses wrong, missing and revoked credentials, and slows down who guesses', async () => {
    const anonymous = await nobody(`${FILES}/`, { method: 'PROPFIND' })
    expect(anonymous.status).toBe(401)
    expect(anonymous.headers.get('www-authenticate')).toMatch(/^Basic /)
    const ajax = { 'x-requested-with': 'XMLHttpRequest' }
    const script = await nobody(`${FILES}/`, { method: 'PROPFIND', headers: ajax })
    expect(script.headers.get('www-authenticate')).toMatch(/^DummyBasic /)
    emulators.nextcloud.settings.twoFactor = ['mia']
    expect(await statusOf(propfind(mia, `${FILES}/`, '0', 'd:getetag'))).toBe(401)
    emulators.nextcloud.settings.twoFactor = []
    const guesser = clientOf(emulators, 'ida', 'wrong')
    for (let count = 1; count < 10; count += 1) {
      expect(await statusOf(guesser(`${FILES}/`, { method: 'PROPFIND' }))).toBe(401)
    }
    // Everybody of the subnet is refused now, with the right password as well.
    const throttled = await propfind(mia, `${FILES}/`, '0', 'd:getetag')
    expect(throttled.status).toBe(429)
    expect(await throttled.text()).toContain('too many requests')
    const later = Date.now() + 31 * 60_000
    emulators.nextcloud.settings.now = () => later
    expect(await statusOf(propfind(mia, `${FILES}/`, '0', 'd:getetag'))).toBe(207)
  })

  it('wants no session cookie on writes', async () => {
    const cookie = (await mia(`${FILES}/Readme.md`)).headers.get('set-cookie')?.split(';')[0] ?? ''
    expect(await statusOf(mia(`${FILES}/Readme.md`, { headers: { cookie } }))).toBe(200)
    expect(await refusal(put('/a.txt', 'a', { cookie }))).toEqual([401, 'CSRF check not passed.'])
  })
})

describe('OCS', () => {
  it('needs its header and credentials', async () => {
    expect(await statusOf(mia('/ocs/v2.php/cloud/user'))).toBe(412)
    expect(await statusOf(nobody('/ocs/v2.php/cloud/user', { headers: JSON_OCS }))).toBe(401)
    const xml = await mia('/ocs/v2.php/cloud/user', { headers: { 'ocs-apirequest': 'true' } })
    expect(await xml.text()).toContain('<statuscode>200</statuscode>')
    const old = await mia('/ocs/v1.php/cloud/nothing?format=json', { headers: JSON_OCS })
    expect(old.status).toBe(200)
    expect(await old.json()).toMatchObject({
      ocs: { meta: { status: 'failure', statuscode: 998 } },
    })
  })

  it('tells the user id from the login name, and the quota with its special values', async () => {
    const user = async (client: Client) => {
      const answer = await client('/ocs/v2.php/cloud/user', { headers: JSON_OCS })
      return ((await answer.json()) as { ocs: { data: { id: string; quota: { quota: number } } } })
        .ocs.data
    }
    const ida = clientOf(emulators, 'ida@example.com', 'pässwörd:1')
    expect(await user(ida)).toMatchObject({ id: 'ida', quota: { quota: -3 } })
    expect((await user(mia)).quota.quota).toBe(10 * 1024 ** 3)
    emulators.nextcloud.settings.quota['mia'] = -2
    const xml = await (await propfind(mia, `${FILES}/`, '0', 'd:quota-available-bytes')).text()
    expect(xml).toContain('>-2<')
  })

  it('names the forbidden names to users alone', async () => {
    const get = async (client: Client) =>
      (await client('/ocs/v2.php/cloud/capabilities', { headers: JSON_OCS })).json()
    expect(await get(mia)).toMatchObject({
      ocs: {
        data: {
          version: { major: 31 },
          capabilities: {
            dav: { chunking: '1.0' },
            files: {
              forbidden_filename_characters: ['\\', '/'],
              chunked_upload: { max_size: 104857600 },
            },
          },
        },
      },
    })
    expect(JSON.stringify(await get(nobody))).not.toContain('chunking')
  })
})

describe('Login Flow v2', () => {
  interface Started {
    readonly poll: { readonly token: string; readonly endpoint: string }
    readonly login: string
  }
  const start = async (): Promise<Started> => {
    const headers = { 'user-agent': 'Slipway (ann@local.test)' }
    const answer = await nobody('/index.php/login/v2', { method: 'POST', headers })
    return (await answer.json()) as Started
  }
  const poll = ({ poll: { endpoint, token } }: Started) =>
    fetch(endpoint, { method: 'POST', body: new URLSearchParams({ token }) })

  it('hands out an app password once, which its owner can delete', async () => {
    const started = await start()
    const pending = await poll(started)
    expect([pending.status, await pending.json()]).toEqual([404, []])
    emulators.nextcloud.approveLogin(started.login, 'ida')
    const granted = (await (await poll(started)).json()) as {
      loginName: string
      appPassword: string
    }
    expect(granted).toEqual({
      server: `${emulators.url}/nextcloud`,
      loginName: 'ida@example.com',
      appPassword: expect.stringMatching(/^[A-Za-z0-9]{72}$/) as string,
    })
    expect((await poll(started)).status).toBe(404)
    const [listed] = emulators.nextcloud.appPasswords()
    expect(listed).toMatchObject({ user: 'ida', name: 'Slipway (ann@local.test)' })
    // Not under the user id: the login name belongs to the app password.
    const byId = clientOf(emulators, 'ida', granted.appPassword)
    expect(await statusOf(byId('/ocs/v2.php/cloud/user', { headers: JSON_OCS }))).toBe(401)
    const ida = clientOf(emulators, granted.loginName, granted.appPassword)
    const remove = { method: 'DELETE', headers: JSON_OCS }
    expect(await statusOf(mia('/ocs/v2.php/core/apppassword', remove))).toBe(403)
    expect(await statusOf(ida('/ocs/v2.php/core/apppassword', remove))).toBe(200)
    expect(emulators.nextcloud.appPasswords()).toEqual([])
    expect(await statusOf(ida('/ocs/v2.php/cloud/user', { headers: JSON_OCS }))).toBe(401)
  })

  it('ends after twenty minutes, when it is denied, and for a wrong token', async () => {
    const denied = await start()
    emulators.nextcloud.denyLogin(denied.poll.token)
    expect((await poll(denied)).status).toBe(404)
    const late = await start()
    const then = Date.now() + 20 * 60_000
    emulators.nextcloud.settings.now = () => then
    expect(() => emulators.nextcloud.approveLogin(late.login)).toThrow('no such login')
    expect((await fetch(late.login)).status).toBe(403)
    // The login token polls nothing.
    const mixed = await start()
    emulators.nextcloud.approveLogin(mixed.login)
    const token = mixed.login.split('/').at(-1) ?? ''
    expect((await poll({ ...mixed, poll: { ...mixed.poll, token } })).status).toBe(404)
    expect((await poll(mixed)).status).toBe(200)
  })

  it('has a page on which a person grants access', async () => {
    const started = await start()
    const page = await (await fetch(started.login)).text()
    expect(page).toContain('Slipway (ann@local.test)')
    const action = /action="([^"]+)"/.exec(page)?.[1] ?? ''
    const token = /name="token" value="([^"]+)"/.exec(page)?.[1] ?? ''
    const form = { token, account: 'full', decision: 'allow' }
    const done = await fetch(action, { method: 'POST', body: new URLSearchParams(form) })
    expect(done.status).toBe(200)
    expect(await (await poll(started)).json()).toMatchObject({ loginName: 'full' })
  })
})
