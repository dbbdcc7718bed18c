// Signing in at the user's own Nextcloud (Login Flow v2), and what becomes of the app password.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { NextcloudEmulator } from '../emulators/nextcloud.ts'
import { startSlipway, type Slipway } from '../harness.ts'
import { nextcloudUser, type NextcloudUser } from '../nextcloud-user.ts'

const HOUR = 3_600_000

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

describe('Login Flow v2', () => {
  const start = async (fields: Record<string, string> = {}) => {
    const [status, body] = await me.post('/nextcloud/login', { server_url: base, ...fields })
    expect(status, JSON.stringify(body)).toBe(200)
    return { login: String(body['login_url']), attempt: String(body['attempt_id']), body }
  }
  const finish = async (attempt: string) => {
    const { status, connection } = await me.attempt(attempt)
    expect(status).toBe('completed')
    return connection?.id ?? ''
  }
  /** Polls of the server, and what they were answered. */
  const polls = () =>
    nextcloud.requests.filter(({ target }) => target.endsWith('/poll')).map(({ status }) => status)

  it('is pending until the user grants access, and then a connection', async () => {
    const { login, attempt, body } = await start({ server_url: app.emulators.url })
    expect(login).toMatch(new RegExp(`^${base}login/v2/flow/\\w+$`))
    const left = Date.parse(String(body['expires_at'])) - Date.now()
    expect(left).toBeLessThanOrEqual(20 * 60_000)
    expect(await me.attempt(attempt)).toMatchObject({ status: 'pending' })
    nextcloud.approveLogin(login, 'ida')
    const { connection } = await me.attempt(attempt)
    expect(connection).toMatchObject({
      provider: 'nextcloud',
      status: 'ACTIVE',
      account_email: 'ida@example.com',
      server_url: base,
    })
    expect(JSON.stringify(connection)).not.toContain(nextcloud.appPasswords()[0]?.password)
    expect(nextcloud.appPasswords()).toMatchObject([{ name: `Slipway (${me.name}@local.test)` }])
    expect(await me.names(connection?.id ?? '')).toEqual(['only-ida.txt'])
    expect(await finish(attempt)).toBe(connection?.id)
    expect(polls()).toEqual([404, 200])
    const posts = nextcloud.requests.filter(({ method }) => method === 'POST')
    const agents = posts.map(({ headers }) => headers['user-agent'])
    expect(agents).toEqual(Array(3).fill(`Slipway (${me.name}@local.test)`))
  })

  it('that is denied, or has expired at the server, stays pending until its own end', async () => {
    const denied = await start()
    nextcloud.denyLogin(denied.login)
    expect(await me.attempt(denied.attempt)).toMatchObject({ status: 'pending' })
    const late = await start()
    nextcloud.settings.now = () => Date.now() + HOUR
    expect(await me.attempt(late.attempt)).toMatchObject({ status: 'pending' })
    await app.db.prepare('UPDATE oauth_attempts SET expires_at = 1').bind().run()
    const before = polls().length
    for (const { attempt } of [denied, late]) {
      expect(await me.attempt(attempt)).toMatchObject({ status: 'failed', code: 'invalid_state' })
    }
    expect(polls()).toHaveLength(before)
  })

  it('is nobody else’s', async () => {
    const { login, attempt } = await start()
    nextcloud.approveLogin(login)
    const mine = me
    me = nextcloudUser(app, 'somebody else')
    expect(await me.attempt(attempt)).toMatchObject({ status: 404, code: 'not_found' })
    expect(polls()).toEqual([])
    me = mine
    await finish(attempt)
  })

  it('outlives a server that fails before it hands out the password', async () => {
    const { login, attempt } = await start()
    nextcloud.approveLogin(login)
    for (const fault of [
      { kind: 'status', status: 500 },
      { kind: 'status', status: 429 },
      { kind: 'reset' },
    ] as const) {
      app.emulators.trouble.add({ match: { path: /\/poll$/ }, fault })
      expect(await me.attempt(attempt), fault.kind).toMatchObject({ status: 'pending' })
      app.emulators.trouble.clear()
    }
    await finish(attempt)
  })

  it('keeps a password that was handed out by a server that fails just then', async () => {
    const { login, attempt } = await start()
    nextcloud.approveLogin(login)
    for (const path of [/\/ocs\//, /status\.php$/, /\/dav\/files\//]) {
      const fault = { kind: 'status', status: 503 } as const
      app.emulators.trouble.add({ match: { path }, times: 99, fault })
      expect(await me.attempt(attempt), path.source).toMatchObject({ status: 'pending' })
      app.emulators.trouble.clear()
    }
    nextcloud.settings.maintenance = true
    expect(await me.attempt(attempt)).toMatchObject({ status: 'pending' })
    nextcloud.settings.maintenance = false
    await finish(attempt)
    expect(polls()).toEqual([200])
    expect(nextcloud.appPasswords()).toHaveLength(1)
  })

  it('whose one answer is lost does not end as a connection', async () => {
    const { login, attempt } = await start()
    nextcloud.approveLogin(login)
    app.emulators.trouble.add({ match: { path: /\/poll$/ }, fault: { kind: 'drop' } })
    for (let look = 0; look < 2; look++)
      expect(await me.attempt(attempt)).toMatchObject({ status: 'pending' })
    expect(await me.connections()).toMatchObject({ connections: [] })
    const again = await start()
    nextcloud.approveLogin(again.login)
    await finish(again.attempt)
  })

  it('that is looked at twice at once connects once', async () => {
    const { login, attempt } = await start()
    nextcloud.approveLogin(login)
    await Promise.all(Array.from({ length: 6 }, () => me.attempt(attempt)))
    const id = await finish(attempt)
    expect(await me.connections()).toMatchObject({ connections: [{ id }] })
    expect(polls().filter((status) => status === 200)).toEqual([200])
    expect(nextcloud.appPasswords()).toHaveLength(1)
  })

  it('never leaves the origin that was typed, whatever the server calls itself', async () => {
    nextcloud.settings.advertisedOrigin = 'http://cloud.internal'
    const { login, attempt } = await start()
    expect(login.startsWith(base)).toBe(true)
    nextcloud.approveLogin(login)
    const { connection } = await me.attempt(attempt)
    expect(connection).toMatchObject({ server_url: base })
    expect(await me.names(connection?.id ?? '')).not.toEqual([])
  })

  it('works where the URLs need index.php', async () => {
    nextcloud.settings.prettyUrls = false
    const { login, attempt } = await start()
    expect(login).toContain('/index.php/login/v2/flow/')
    nextcloud.approveLogin(login)
    await finish(attempt)
  })

  it('renews a connection in place, and gives the password of another account back', async () => {
    const first = await start()
    nextcloud.approveLogin(first.login)
    const id = await finish(first.attempt)
    const other = await start({ connection_id: id })
    nextcloud.approveLogin(other.login, 'ida')
    expect(await me.attempt(other.attempt)).toMatchObject({
      status: 'failed',
      code: 'account_mismatch',
    })
    expect(nextcloud.appPasswords().map((one) => one.user)).toEqual(['mia'])
    const same = await start({ connection_id: id })
    nextcloud.approveLogin(same.login)
    expect(await finish(same.attempt)).toBe(id)
    // The password that was replaced is of no use to anybody.
    await expect.poll(() => nextcloud.appPasswords().length).toBe(1)
    expect(await me.names(id)).toContain('Readme.md')
  })

  it.each(['x:@evil.example', 'x:.evil.example', 'javascript:'])(
    'refuses addresses such as %j, whose path could become a host',
    async (origin) => {
      nextcloud.settings.advertisedOrigin = origin
      const [status, body] = await me.post('/nextcloud/login', { server_url: base })
      expect([status, body['code']]).toEqual([422, 'server_check_failed'])
    },
  )

  it('a password that the user revokes ends the connection, and another one heals it', async () => {
    const { login, attempt } = await start()
    nextcloud.approveLogin(login)
    const id = await finish(attempt)
    nextcloud.revokeAppPasswords('mia')
    expect(await me.list(id)).toMatchObject({ status: 503, code: 'reauth_required' })
    expect((await me.show(id)).status).toBe('REQUIRES_REAUTH')
    // Each further try would count as a wrong password.
    const before = nextcloud.requests.length
    expect(await me.list(id)).toMatchObject({ code: 'reauth_required' })
    expect(nextcloud.requests).toHaveLength(before)
    const again = await start({ connection_id: id })
    nextcloud.approveLogin(again.login)
    expect(await finish(again.attempt)).toBe(id)
    expect((await me.show(id)).status).toBe('ACTIVE')
  })

  it('disconnecting deletes the app password', async () => {
    const { login, attempt } = await start()
    nextcloud.approveLogin(login)
    const id = await finish(attempt)
    expect(nextcloud.appPasswords()).toHaveLength(1)
    expect(await me.disconnect(id)).toBe(204)
    expect(nextcloud.appPasswords()).toEqual([])
  })
})
