// Connecting a Nextcloud: finding the server behind what was typed, and passwords.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { NextcloudEmulator } from '../emulators/nextcloud.ts'
import { startSlipway, type Slipway } from '../harness.ts'
import { nextcloudUser, type NextcloudUser } from '../nextcloud-user.ts'

let app: Slipway
let nextcloud: NextcloudEmulator
/** The server's base, as connections show it. */
let base: string
beforeAll(async () => {
  app = await startSlipway()
  ;({ nextcloud } = app.emulators)
  base = `${app.emulators.url}/nextcloud/`
})
afterAll(() => app.close())
let me: NextcloudUser
let users = 0
beforeEach(() => {
  app.emulators.reset()
  users += 1
  me = nextcloudUser(app, `user-${users}`)
})

const targets = () => nextcloud.requests.map(({ target }) => target)

/** Connects, and expects that it is refused with these words. */
const refused = async (words: RegExp, fields: Record<string, string> = {}) => {
  const [status, body] = await me.connect(fields)
  expect([status, body.code]).toEqual([422, 'server_check_failed'])
  expect(body.detail).toMatch(words)
}

describe('finding the server', () => {
  it.each([
    '',
    '/',
    '/nextcloud',
    '/nextcloud/index.php/apps/files/files/12?dir=/Documents&openfile=true',
    '/nextcloud/apps/files/?dir=/Photos',
    '/nextcloud/index.php/settings/user/security',
    '/nextcloud/login',
    '/nextcloud/s/aBcDeFgH',
    '/nextcloud/remote.php/dav/files/mia/Photos/a/b/c/d/e/f/g/h',
    '/nextcloud/somewhere/below',
  ])('behind %j', async (tail) => {
    const [status, body] = await me.connect({ server_url: app.emulators.url + tail })
    expect([status, body['server_url']]).toEqual([201, base])
    expect(await me.names(body.id)).toContain('Photos')
  })

  it.each(['', '/apps/files/files?dir=/', '/index.php/apps/dashboard/'])(
    'at an origin of its own, behind %j',
    async (tail) => {
      const own = await nextcloud.ownOrigin()
      const [status, body] = await me.connect({ server_url: own + tail })
      expect([status, body['server_url']]).toEqual([201, `${own}/`])
      expect(await me.names(body.id)).toContain('Photos')
    },
  )

  it('where a redirect within the origin leads to', async () => {
    const location = `${base}status.php`
    app.emulators.trouble.add({
      match: { host: 'old', path: '/status.php' },
      fault: { kind: 'status', status: 301, headers: { location } },
    })
    const [status, body] = await me.connect({ server_url: `${app.emulators.url}/old/` })
    expect([status, body['server_url']]).toEqual([201, base])
  })

  it('but not where a redirect leads to another origin', async () => {
    const own = await nextcloud.ownOrigin()
    app.emulators.trouble.add({
      match: { host: 'nextcloud', path: '/status.php' },
      fault: { kind: 'status', status: 302, headers: { location: `${own}/status.php` } },
    })
    await refused(/another one/)
    // The other server was asked what it is, and never who is calling.
    expect(targets()).toEqual(['/status.php'])
    expect(nextcloud.requests[0]?.headers).not.toHaveProperty('authorization')
  })

  it('says what is wrong with it', async () => {
    const { settings } = nextcloud
    settings.maintenance = true
    await refused(/maintenance/)
    settings.maintenance = false
    settings.needsDbUpgrade = true
    await refused(/upgrade/)
    settings.needsDbUpgrade = false
    settings.installed = false
    await refused(/not installed/)
  })

  it.each([
    ['nothing', { kind: 'status', status: 404 }],
    ['a page', { kind: 'garbage' }],
    ['other JSON', { kind: 'status', status: 200, body: '{"status":"ok"}' }],
  ] as const)('says that there is none where there is %s', async (_, fault) => {
    app.emulators.trouble.add({ match: { path: /status\.php$/ }, times: 99, fault })
    await refused(/There is no Nextcloud/)
    expect(nextcloud.requests).toEqual([])
  })
})

describe('passwords', () => {
  it('of a user whose login name is not the id', async () => {
    // Under a wrong name the server would show an empty folder.
    nextcloud.settings.wrongHome = 'empty'
    const [status, body] = await me.connect({
      username: 'ida@example.com',
      password: 'pässwörd:1',
    })
    expect([status, body['account_email'], body['account_name']]).toEqual([
      201,
      'ida@example.com',
      'Ida Östberg',
    ])
    expect(await me.names(body.id)).toEqual(['only-ida.txt'])
    const paths = targets().filter((target) => target.includes('/dav/files/'))
    expect(new Set(paths)).toEqual(new Set(['/nextcloud/remote.php/dav/files/ida/']))
  })

  it('lead to a connection only where the user has a folder', async () => {
    const body = '<?xml version="1.0"?><d:multistatus xmlns:d="DAV:"></d:multistatus>'
    const headers = { 'content-type': 'application/xml' }
    app.emulators.trouble.add({
      match: { method: 'PROPFIND' },
      fault: { kind: 'status', status: 207, headers, body },
    })
    await refused(/shows no files of this user/)
    app.emulators.trouble.add({
      match: { method: 'PROPFIND' },
      fault: { kind: 'status', status: 404 },
    })
    await refused(/does not show the files/)
    expect(await me.connections()).toMatchObject({ connections: [] })
  })

  it('that are wrong, or not enough, are tried once', async () => {
    const attempts = () => targets().filter((target) => target.includes('/ocs/')).length
    await refused(/password is wrong.*app password/, { password: 'wrong' })
    expect(attempts()).toBe(1)
    nextcloud.settings.twoFactor = ['mia']
    await refused(/two-factor/)
    expect(attempts()).toBe(2)
  })

  it('are not blamed where the server has seen too many wrong ones', async () => {
    nextcloud.settings.bruteForce = { limit: 0, firstDelayMs: 0 }
    await refused(/too many wrong passwords/)
  })

  it('renew a connection in place, for the same account alone', async () => {
    const [, { id }] = await me.connect({ label: 'Harbour' })
    const ida = { username: 'ida@example.com', password: 'pässwörd:1', connection_id: id }
    expect(await me.connect(ida)).toMatchObject([409, { code: 'account_mismatch' }])
    expect(await me.connect({ connection_id: id })).toMatchObject([201, { id, label: 'Harbour' }])
    me = nextcloudUser(app, 'somebody else')
    expect(await me.connect({ connection_id: id })).toMatchObject([404, { code: 'not_found' }])
  })

  it('of the user’s own stay when the connection ends', async () => {
    const [, { id }] = await me.connect()
    expect(await me.disconnect(id)).toBe(204)
    const last = nextcloud.requests.at(-1)
    expect([last?.method, last?.status]).toEqual(['DELETE', 403])
    expect(await me.connect()).toMatchObject([201, {}])
  })
})
