// What one user may do in a minute, send in one body and have open at once: refused plainly, with nothing half done.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callback, connect, connectWebdav, initiate } from '../connect.ts'
import { authorize } from '../emulators/oauth-server.ts'
import { rows, startSlipway, type Slipway } from '../harness.ts'
import { insertImport } from '../import-rows.ts'
import { until } from '../imports.ts'
import { nextcloudUser } from '../nextcloud-user.ts'
import { tusUser } from '../tus.ts'

interface Failure {
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly retry_after?: number
}
const failure = async (response: Response) => (await response.json()) as Failure
const json = (body: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})
const PDF = { filename: 'report.pdf', content_type: 'application/pdf' }

let app: Slipway
let hurried: Slipway
beforeAll(async () => {
  app = await startSlipway({
    rateLimit: null,
    settings: {
      MAX_CONNECTIONS_PER_USER: '2',
      MAX_OPEN_UPLOADS_PER_USER: '3',
      MAX_UNFINISHED_IMPORTS_PER_USER: '2',
      MAX_OPEN_ATTEMPTS_PER_USER: '3',
      STORAGE_QUOTA_BYTES: '50000000',
    },
  })
  hurried = await startSlipway({ rateLimit: 4 })
})
afterAll(async () => {
  await app.close()
  await hurried.close()
})

describe('in a minute', () => {
  const calls: Readonly<Record<string, readonly (readonly [string, RequestInit])[]>> = {
    initiate: [
      ['/api/cloud/oauth/initiate/dropbox', { headers: { accept: 'application/json' } }],
      ['/api/cloud/oauth/initiate/google_drive', { headers: { accept: 'application/json' } }],
    ],
    connect: [
      ['/api/cloud/connections/webdav', json({ provider: 'webdav' })],
      ['/api/cloud/connections/nextcloud/login', json({})],
      ['/api/cloud/oauth/complete', json({ code: 'of.nothing' })],
    ],
    import: [
      ['/api/imports', json({})],
      ['/api/imports/preview', json({})],
      ['/api/imports/none/retry', { method: 'POST' }],
    ],
    refresh: [
      ['/api/cloud/connections/none/refresh', { method: 'POST' }],
      ['/api/cloud/connections/none/check', { method: 'POST' }],
    ],
  }

  it.each(Object.entries(calls))(
    'a user may %s so often, and another one as often again',
    async (_, own) => {
      const user = `hurried-${own[0]?.[0] ?? ''}`
      // A minute may end between two of them: then the count begins anew, once.
      let refused: Response | undefined
      for (let sent = 0; sent < 10 && refused === undefined; sent++) {
        const [path, init] = own[sent % own.length] ?? ['', {}]
        const answer = await hurried.as(user)(path, init)
        if (answer.status === 429) refused = answer
        else if (sent < 4) expect([200, 404, 422]).toContain(answer.status)
      }
      expect(refused?.headers.get('retry-after')).toBe('60')
      expect(refused && (await failure(refused))).toMatchObject({
        status: 429,
        code: 'rate_limited',
        retry_after: 60,
      })
      const [path, init] = own[0] ?? ['', {}]
      expect((await hurried.as(`${user}-too`)(path, init)).status).not.toBe(429)
      // Each kind has a count of its own, and looking has none.
      expect((await hurried.as(user)('/api/cloud/connections')).status).toBe(200)
    },
  )

  it('nobody is held up where the platform does not count, and the log says so', async () => {
    const client = app.as('uncounted')
    expect((await client('/api/cloud/connections/none/refresh', { method: 'POST' })).status).toBe(
      404,
    )
    await until(() => app.logs.some((line) => line.includes('rate_limit_failure')), 'a log line')
  })
})

describe('in one body', () => {
  const bodies: readonly (readonly [string, string, string, number])[] = [
    ['POST', '/api/cloud/oauth/complete', 'application/json', 64 * 1024],
    ['POST', '/api/cloud/connections/webdav', 'application/json', 64 * 1024],
    ['PATCH', '/api/users/me/default-storage', 'application/json', 64 * 1024],
    ['POST', '/api/documents/upload', 'application/json', 64 * 1024],
    ['POST', '/api/imports', 'application/json', 5 * 1024 * 1024],
  ]

  it.each(bodies)('%s %s is refused by its declared length', async (method, path, type, limit) => {
    const body = `{"code":"${'x'.repeat(limit)}"}`
    const headers = { 'content-type': type }
    const answer = await app.as('large')(path, { method, headers, body })
    expect(await failure(answer)).toMatchObject({ status: 413, code: 'payload_too_large' })
  })

  it.each(bodies)('%s %s is refused without one', async (method, path, type, limit) => {
    const piece = new TextEncoder().encode('x'.repeat(32 * 1024))
    let left = limit / piece.length + 8
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        if (left-- > 0) controller.enqueue(piece)
        else controller.close()
      },
    })
    const headers = { 'content-type': type }
    const answer = await app.as('large')(path, { method, headers, body, duplex: 'half' })
    expect(await failure(answer)).toMatchObject({ status: 413, code: 'payload_too_large' })
  })

  it('as much as may be is taken', async () => {
    const ids = Array.from({ length: 1000 }, (_, at) => ({ id: `${at}${'x'.repeat(5000)}` }))
    const body = { connection_id: 'r2', items: ids }
    const answer = await app.as('large')('/api/imports', json(body))
    expect(answer.status).toBe(202)
    const { import_id } = (await answer.json()) as { import_id: string }
    await app.as('large')(`/api/imports/${import_id}/cancel`, { method: 'POST' })
  })
})

describe('connections at once', () => {
  const own = (user: string) =>
    rows(app, 'SELECT id, provider, status FROM connections WHERE user_id = ?', user)

  it('one more is refused, and its grant ended; the others can be renewed', async () => {
    await connectWebdav(app, 'full')
    const google = await connect(app, 'full', 'google_drive')
    const client = app.as('full')
    const started = await initiate(client, 'dropbox', { return_to: '/settings' })
    const before = app.emulators.dropbox.oauth.revocations.length
    const answer = await callback(await authorize(started.authorizationUrl), started.cookie)
    expect(new URL(answer.headers.get('location') ?? '').searchParams.get('cloud_error')).toBe(
      'rate_limited',
    )
    const attempt = await client(`/api/cloud/oauth/attempts/${started.attemptId}`)
    expect(await attempt.json()).toMatchObject({ status: 'failed', code: 'rate_limited' })
    await until(
      () => app.emulators.dropbox.oauth.revocations.length > before,
      'the end of the grant',
    )
    expect(await own('full')).toHaveLength(2)
    const again = await connect(app, 'full', 'google_drive', {
      query: { connection_id: google.id },
    })
    expect(again.id).toBe(google.id)
    // Also where nobody says that it is one.
    expect((await connect(app, 'full', 'google_drive')).id).toBe(google.id)
    const audit = "SELECT id FROM audit_entries WHERE user_id = 'full' AND provider = 'dropbox'"
    expect(await rows(app, audit)).toEqual([])
  })

  it('one that waited to be claimed, and one with a password, are refused too', async () => {
    await connectWebdav(app, 'waiting')
    const started = await initiate(app.as('waiting'), 'dropbox')
    const back = await callback(await authorize(started.authorizationUrl), undefined)
    const code = /cloud_claim=(.+)$/.exec(back.headers.get('location') ?? '')?.[1] ?? ''
    await connect(app, 'waiting', 'google_drive')
    const before = app.emulators.dropbox.oauth.revocations.length
    const claimed = await app.as('waiting')('/api/cloud/oauth/complete', json({ code }))
    expect(await failure(claimed)).toMatchObject({ status: 429, code: 'rate_limited' })
    await until(
      () => app.emulators.dropbox.oauth.revocations.length > before,
      'the end of the grant',
    )
    const [status, refused] = await nextcloudUser(app, 'waiting').connect()
    expect([status, refused.code]).toEqual([429, 'rate_limited'])
    expect(await own('waiting')).toHaveLength(2)
  })

  it('a password that a server gave out for one more is given back', async () => {
    const { nextcloud } = app.emulators
    await connectWebdav(app, 'granted')
    await connect(app, 'granted', 'google_drive')
    const user = nextcloudUser(app, 'granted')
    const server_url = app.emulators.url + nextcloud.webRoot
    const [, started] = await user.post('/nextcloud/login', { server_url })
    const attempt = await user.attempt(String(started['attempt_id']))
    expect(attempt.status).toBe('pending')
    nextcloud.approveLogin(String(started['login_url']))
    const over = await until(async () => {
      const now = await user.attempt(String(started['attempt_id']))
      return now.status === 'pending' ? undefined : now
    }, 'the end of the sign-in')
    expect(over).toMatchObject({ status: 'failed', code: 'rate_limited' })
    await until(() => nextcloud.appPasswords().length === 0, 'the end of the password')
  })

  it('of two for the last place one gets it', async () => {
    await connectWebdav(app, 'racing')
    const ways = ['dropbox', 'google_drive', 'onedrive'] as const
    const started = await Promise.all(ways.map((way) => initiate(app.as('racing'), way)))
    const backs = await Promise.all(
      started.map(async ({ authorizationUrl, cookie }) =>
        callback(await authorize(authorizationUrl), cookie),
      ),
    )
    const errors = backs.map((one) =>
      new URL(one.headers.get('location') ?? '').searchParams.get('cloud_error'),
    )
    expect(errors.filter((one) => one === null)).toHaveLength(1)
    expect(errors.filter((one) => one === 'rate_limited')).toHaveLength(2)
    expect(await own('racing')).toHaveLength(2)
  })
})

describe('sign-ins at once', () => {
  it('the oldest gives way to a new one', async () => {
    const client = app.as('clicking')
    const first = await initiate(client, 'dropbox')
    const others = []
    for (let count = 0; count < 3; count++) others.push(await initiate(client, 'dropbox'))
    const attempt = await client(`/api/cloud/oauth/attempts/${first.attemptId}`)
    expect(await attempt.json()).toMatchObject({ status: 'failed', code: 'invalid_state' })
    const answer = await callback(await authorize(first.authorizationUrl), first.cookie)
    expect(answer.status).toBe(400)
    const last = others.at(-1)
    const done = await callback(await authorize(last?.authorizationUrl ?? ''), last?.cookie)
    expect(new URL(done.headers.get('location') ?? '').searchParams.has('cloud_connected')).toBe(
      true,
    )
  })
})

describe('uploads at once', () => {
  it('announced documents and tus uploads are counted together, each once', async () => {
    const user = tusUser(app, 'uploading')
    const announce = () =>
      app.as('uploading')('/api/documents/upload', json({ ...PDF, size: 1000 }))
    expect((await announce()).status).toBe(201)
    const tus = await user.begin(1000, { filename: 'a.txt', connection_id: 'r2' })
    const document = await user.create(1000, { filename: 'b.txt' })
    expect(document.status).toBe(201)
    const refused = await failure(await announce())
    expect(refused).toMatchObject({ status: 429, code: 'rate_limited', retry_after: 60 })
    expect((await user.create(1000, { filename: 'c.txt' })).status).toBe(429)
    expect((await user.create(1, { filename: 'c.txt', connection_id: 'r2' })).status).toBe(429)
    const pending = "SELECT id FROM documents WHERE user_id = 'uploading'"
    expect(await rows(app, pending)).toHaveLength(2)
    expect((await user.send('DELETE', tus)).status).toBe(204)
    expect((await announce()).status).toBe(201)
  })

  it('of many at the same instant no more are begun than there is room for', async () => {
    const user = tusUser(app, 'rushing')
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, at) =>
        at % 2 === 0
          ? user.create(1000, { filename: `${at}.txt`, connection_id: 'r2' })
          : app.as('rushing')('/api/documents/upload', json({ ...PDF, size: 1000 })),
      ),
    )
    const statuses = answers.map(({ status }) => status)
    expect(statuses.filter((status) => status === 201)).toHaveLength(3)
    expect(statuses.filter((status) => status === 429)).toHaveLength(5)
    const held = "SELECT id FROM storage_holds WHERE user_id = 'rushing'"
    const open = "SELECT id FROM uploads WHERE user_id = 'rushing'"
    const [holds, uploads] = [await rows(app, held), await rows(app, open)]
    expect(holds).toHaveLength(uploads.length)
  })

  it('what can never be stored is refused when it is announced', async () => {
    const announce = (size: number, at: Slipway = app) =>
      at.as('great')('/api/documents/upload', json({ ...PDF, size }))
    const refused = await failure(await announce(50_000_001))
    expect(refused).toMatchObject({ status: 507, code: 'quota_exceeded' })
    expect(await rows(app, "SELECT id FROM documents WHERE user_id = 'great'")).toEqual([])
    // More than the platform lets through in one request comes in several.
    const great = await announce(100_000_001, hurried)
    expect(great.status).toBe(201)
    const body = (await great.json()) as Record<string, string>
    expect(body['upload_url']).toBeUndefined()
    expect(body['resumable_url']).toContain('/api/uploads/')
    expect(body['storage_backend']).toBe('r2')
    const small = await announce(100_000_000, hurried)
    expect(((await small.json()) as Record<string, string>)['upload_url']).toContain('/signed/')
  })
})

describe('imports at once', () => {
  it('one that had ended is not tried again beside as many as may be', async () => {
    const failed = await insertImport(
      app,
      'importing',
      { status: 'failed', finished_at: Date.now(), lease_id: null, lease_until: null },
      [{ name: 'a.txt', state: 'failed', reason: 'provider_error' }],
    )
    const done = await insertImport(app, 'importing', {
      status: 'completed',
      finished_at: Date.now(),
    })
    const open = [
      await insertImport(app, 'importing', { status: 'paused' }),
      await insertImport(app, 'importing'),
    ]
    const retry = (id: string) =>
      app.as('importing')(`/api/imports/${id}/retry`, { method: 'POST' })
    expect(await failure(await retry(failed))).toMatchObject({
      status: 429,
      code: 'rate_limited',
      retry_after: 60,
    })
    const sql = 'SELECT status, version FROM imports WHERE id = ?'
    expect(await rows(app, sql, failed)).toMatchObject([{ status: 'failed' }])
    const item = 'SELECT state FROM import_items WHERE import_id = ?'
    expect(await rows(app, item, failed)).toEqual([{ state: 'failed' }])
    // Nothing has failed in these, or they are among those that are counted.
    expect((await retry(done)).status).toBe(200)
    expect((await retry(open[0] ?? '')).status).toBe(200)
    await app.as('importing')(`/api/imports/${open[1]}/cancel`, { method: 'POST' })
    expect((await retry(failed)).status).toBe(200)
  })
})
