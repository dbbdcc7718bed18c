// What an operator sees: metrics that Prometheus can read, alerts that arrive, and the health of the service.
import { createHmac, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { root } from '../build-worker.ts'
import { callback, connect, connectWebdav, initiate } from '../connect.ts'
import { documents } from '../documents.ts'
import { authorize } from '../emulators/oauth-server.ts'
import { parseExposition, type Series } from '../exposition.ts'
import { endThrottling, rows, startSlipway, type Slipway } from '../harness.ts'
import { startImport, until } from '../imports.ts'

const KEY = randomBytes(32)
const MINUTE = '* * * * *'

interface Received {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

let app: Slipway
let receiver: Server
let received: Received[] = []
/** What the receiver answers. */
let answer: { status: number; location?: string } = { status: 204 }

beforeAll(async () => {
  receiver = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      received.push({ headers: request.headers, body: Buffer.concat(parts).toString() })
      response.writeHead(answer.status, answer.location ? { location: answer.location } : {})
      response.end()
    })
  })
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  app = await startSlipway({
    settings: {
      ALERT_WEBHOOK_URL: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`,
      ALERT_WEBHOOK_SECRET: `whsec_${KEY.toString('base64')}`,
    },
  })
})
afterAll(async () => {
  await app.close()
  receiver.closeAllConnections()
  await new Promise((resolve) => receiver.close(resolve))
})
beforeEach(async () => {
  app.emulators.trouble.clear()
  await endThrottling(app)
  received = []
  answer = { status: 204 }
})

const admin = () => app.as('operator', { role: 'admin' })
async function metrics(): Promise<Series> {
  const response = await admin()('/api/admin/metrics')
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  return parseExposition(await response.text())
}
const waiting = () =>
  rows<{ type: string; code: string; attempts: number }>(app, 'SELECT * FROM alerts')
/** Ends the access tokens, so that the next request refreshes. */
const expireTokens = (id: string) =>
  rows(app, 'UPDATE connections SET access_expires_at = 0 WHERE id = ?', id)

describe('metrics', () => {
  it('are the administrator’s alone', async () => {
    expect((await app.as('ann')('/api/admin/metrics')).status).toBe(403)
    expect((await fetch(`${app.url}/api/admin/metrics`)).status).toBe(401)
  })

  it('count sign-ins and refreshes by provider, and how they ended', async () => {
    const google = await connect(app, 'counted', 'google_drive')
    const denied = await initiate(app.as('counted'), 'dropbox')
    await callback(await authorize(denied.authorizationUrl, { deny: true }), denied.cookie)
    await connectWebdav(app, 'counted')
    const refresh = () =>
      app.as('counted')(`/api/cloud/connections/${google.id}/refresh`, { method: 'POST' })
    expect((await refresh()).status).toBe(200)
    const match = { host: 'oauth2.googleapis.com', path: '/token' }
    app.emulators.trouble.add({ match, fault: { kind: 'status', status: 503 } })
    expect((await refresh()).status).toBe(502)
    const success = { outcome: 'success', code: '' }
    await until(async () => {
      const found = await metrics()
      return found.value('slipway_connects_total', { provider: 'webdav', ...success }) === 1
    }, 'the count of what changes no row')
    const found = await metrics()
    const connects = (labels: Record<string, string>) =>
      found.value('slipway_connects_total', labels)
    expect(connects({ provider: 'google_drive', ...success })).toBe(1)
    const failed = { provider: 'dropbox', outcome: 'failure', code: 'access_denied' }
    expect(connects(failed)).toBe(1)
    const refreshes = (labels: Record<string, string>) =>
      found.value('slipway_refreshes_total', { provider: 'google_drive', ...labels })
    expect(refreshes(success)).toBe(1)
    expect(refreshes({ outcome: 'failure', code: 'provider_unavailable' })).toBe(1)
    expect(found.value('slipway_connections', { provider: 'google_drive', status: 'ERROR' })).toBe(
      1,
    )
    expect(found.value('slipway_connections', { provider: 'webdav', status: 'ACTIVE' })).toBe(1)
  })

  it('count imports, their time, files and bytes', async () => {
    const { id } = await connectWebdav(app, 'importer')
    const order = { connection_id: id, items: [{ id: 'root' }] }
    const made = await startImport(app, 'importer', order)
    await until(async () => {
      const [row] = await rows(app, 'SELECT status FROM imports WHERE id = ?', made)
      return row?.['status'] === 'completed'
    }, 'the end of the import')
    const counts =
      'SELECT state, count(*) AS files, sum(bytes_done) AS bytes FROM import_items WHERE import_id = ? GROUP BY state'
    const states = await rows<{ state: string; files: number; bytes: number }>(app, counts, made)
    expect(states.length).toBeGreaterThan(0)
    const found = await metrics()
    const ended = { provider: 'webdav', status: 'completed' }
    expect(found.value('slipway_import_seconds_count', ended)).toBe(1)
    const [row] = await rows<{ ms: number }>(
      app,
      'SELECT finished_at - created_at AS ms FROM imports WHERE id = ?',
      made,
    )
    expect(found.value('slipway_import_seconds_sum', ended)).toBeCloseTo((row?.ms ?? 0) / 1000, 6)
    for (const { state, files } of states) {
      expect(found.sum('slipway_import_files_total', { provider: 'webdav', state })).toBe(files)
    }
    expect(found.value('slipway_import_bytes_total', { provider: 'webdav' })).toBe(
      states.find(({ state }) => state === 'imported')?.bytes ?? 0,
    )
    expect(found.value('slipway_imports', { status: 'completed' })).toBe(1)
    expect(found.value('slipway_import_queue_age_seconds', {})).toBe(0)
    const stuck = 'UPDATE imports SET status = ?, updated_at = ?, lease_id = NULL WHERE id = ?'
    await rows(app, stuck, 'running', Date.now() - 60_000, made)
    const age = (await metrics()).value('slipway_import_queue_age_seconds', {}) ?? 0
    expect(age).toBeGreaterThan(59)
    await rows(app, "UPDATE imports SET status = 'completed' WHERE id = ?", made)
  })

  it('count bytes that were uploaded, and what vendors did wrong', async () => {
    const user = app.as('writer')
    const file = randomBytes(1000)
    await documents(() => app).upload('writer', { target_backend: 'r2' }, file)
    const path = '/api/cloud/connections/r2/content?name=a.bin'
    await user(path, { method: 'PUT', body: file })
    const { id } = await connect(app, 'writer', 'dropbox')
    const match = { host: 'api.dropboxapi.com', path: '/2/files/list_folder' }
    app.emulators.trouble.add({ match, times: 9, fault: { kind: 'status', status: 500 } })
    const listing = await user(`/api/cloud/connections/${id}/items`)
    expect(listing.status).toBe(502)
    const failed = { provider: 'dropbox', code: 'provider_unavailable' }
    const found = await until(async () => {
      const now = await metrics()
      const errors = now.value('slipway_vendor_errors_total', failed) ?? 0
      return errors > 0 && now
    }, 'the count of the failure')
    expect(found.value('slipway_upload_bytes_total', { provider: 'r2' })).toBe(2000)
    const line = app.logs
      .join('')
      .split('\n')
      .find((one) => one.includes('"event":"failure"') && one.includes('dropbox'))
    expect(JSON.parse(line ?? '{}')).toMatchObject({ status: 502, ...failed })
  })

  it('have labels of closed lists only', async () => {
    const odd =
      "INSERT INTO metric_counts VALUES ('vendor_errors', 'a\"b', 'c\nd', 7), ('vendor_errors', 'e', 'f', 2)"
    await rows(app, odd)
    const found = await metrics()
    const labels = { provider: 'other', code: 'other' }
    expect(found.value('slipway_vendor_errors_total', labels)).toBe(9)
    await rows(app, "DELETE FROM metric_counts WHERE provider IN ('a\"b', 'e')")
  })

  it('are not written by listing or downloading', async () => {
    const { id } = await connectWebdav(app, 'reader')
    await until(
      async () =>
        (await metrics()).value('slipway_connects_total', {
          provider: 'webdav',
          outcome: 'success',
          code: '',
        }) !== undefined,
      'a count',
    )
    const before = await rows(app, 'SELECT * FROM metric_counts ORDER BY name, provider, code')
    for (let times = 0; times < 3; times++) {
      await (await app.as('reader')(`/api/cloud/connections/${id}/items?fresh=1`)).text()
    }
    const after = await rows(app, 'SELECT * FROM metric_counts ORDER BY name, provider, code')
    expect(after.filter(({ name }) => name !== 'connects')).toEqual(
      before.filter(({ name }) => name !== 'connects'),
    )
  })
})

describe('alerts', () => {
  const signatureOf = ({ headers, body }: Received) =>
    `v1,${createHmac('sha256', KEY)
      .update(`${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`)
      .digest('base64')}`

  it('tell once of a grant that has ended, signed, and are gone then', async () => {
    await rows(app, 'DELETE FROM alerts')
    const { id } = await connect(app, 'ended', 'google_drive')
    await expireTokens(id)
    app.emulators.google.oauth.killGrant('ann@example.com')
    app.emulators.google.oauth.expireAccessTokens()
    for (let times = 0; times < 3; times++) {
      const listing = await app.as('ended')(`/api/cloud/connections/${id}/items?fresh=1`)
      expect(listing.status).toBe(503)
    }
    expect(await waiting()).toHaveLength(1)
    await app.runCron(MINUTE)
    expect(received).toHaveLength(1)
    const [told] = received
    if (told === undefined) throw new Error('nothing came')
    expect(told.headers['webhook-signature']).toBe(signatureOf(told))
    const age = Date.now() / 1000 - Number(told.headers['webhook-timestamp'])
    expect(age).toBeLessThan(60)
    expect(JSON.parse(told.body)).toEqual({
      type: 'connection.reauth_required',
      timestamp: expect.stringMatching(/Z$/),
      data: {
        connection_id: id,
        user_id: 'ended',
        provider: 'google_drive',
        code: 'reauth_required',
      },
    })
    expect(await waiting()).toEqual([])
    await app.runCron(MINUTE)
    expect(received).toHaveLength(1)
  })

  it('tell of a refresh that failed, once until it works again', async () => {
    await rows(app, 'DELETE FROM alerts')
    const { id } = await connect(app, 'shaky', 'dropbox')
    const refresh = () =>
      app.as('shaky')(`/api/cloud/connections/${id}/refresh`, { method: 'POST' })
    const match = { host: 'api.dropboxapi.com', path: '/oauth2/token' }
    const fault = { kind: 'status', status: 500 } as const
    app.emulators.trouble.add({ match, times: 2, fault })
    expect((await refresh()).status).toBe(502)
    expect((await refresh()).status).toBe(502)
    expect(await waiting()).toMatchObject([
      { type: 'connection.refresh_failed', code: 'provider_unavailable' },
    ])
    expect((await refresh()).status).toBe(200)
    app.emulators.trouble.add({ match, fault })
    expect((await refresh()).status).toBe(502)
    expect(await waiting()).toHaveLength(2)
  })

  it('tell of an import that failed; what is not taken comes again, later and later, and ends', async () => {
    await rows(app, 'DELETE FROM alerts')
    const { id } = await connectWebdav(app, 'failing')
    const order = { connection_id: id, items: [{ id: 'root' }] }
    await rows(app, 'UPDATE connections SET throttled_until = ? WHERE id = ?', Date.now() + 3e7, id)
    const made = await startImport(app, 'failing', order)
    await until(async () => {
      const [row] = await rows(app, 'SELECT status FROM imports WHERE id = ?', made)
      return row?.['status'] === 'paused'
    }, 'the pause')
    // Its drive is gone before it goes on.
    await rows(app, 'DELETE FROM connections WHERE id = ?', id)
    const again =
      "UPDATE imports SET status = 'running', dispatched_at = NULL, pause_reason = NULL, resume_at = NULL WHERE id = ?"
    await rows(app, again, made)
    await app.sendMessage({ import_id: made })
    await until(async () => (await waiting()).length > 0, 'the alert')
    answer = { status: 302, location: 'http://127.0.0.1:1/' }
    await app.runCron(MINUTE)
    expect(received).toHaveLength(1)
    expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({
      type: 'import.failed',
      data: { import_id: made, user_id: 'failing', provider: 'webdav' },
    })
    expect(await waiting()).toMatchObject([{ attempts: 1, lease_id: null }])
    await app.runCron(MINUTE)
    expect(received).toHaveLength(1)
    answer = { status: 500 }
    await rows(app, 'UPDATE alerts SET next_at = 0')
    await app.runCron(MINUTE)
    expect(received.map(({ headers }) => headers['webhook-id'])).toEqual([
      received[0]?.headers['webhook-id'],
      received[0]?.headers['webhook-id'],
    ])
    await rows(app, 'UPDATE alerts SET next_at = 0, created_at = ?', Date.now() - 24 * 3_600_000)
    await app.runCron(MINUTE)
    expect(await waiting()).toEqual([])
    await until(async () => {
      const found = await metrics()
      return found.value('slipway_alerts_total', { outcome: 'given_up' }) === 1
    }, 'the count')
    const found = await metrics()
    expect(found.value('slipway_alerts_total', { outcome: 'failed' })).toBe(2)
    expect(found.value('slipway_alerts_total', { outcome: 'sent' })).toBe(1)
    expect(app.logs.some((line) => line.includes('alert_given_up'))).toBe(true)
  })

  it('leave a receiver that is away alone after three of them, and none is lost', async () => {
    await rows(app, 'DELETE FROM alerts')
    for (let at = 0; at < 6; at++) {
      const sql =
        "INSERT INTO alerts (id, user_id, type, subject_id, provider, code, created_at, next_at) VALUES (?, 'ann', 'import.failed', 'x', 'r2', 'internal', ?, 0)"
      await rows(app, sql, `alert-${at}`, Date.now())
    }
    answer = { status: 503 }
    await app.runCron(MINUTE)
    expect(received).toHaveLength(3)
    expect(await waiting()).toHaveLength(6)
    answer = { status: 200 }
    await rows(app, 'UPDATE alerts SET next_at = 0')
    // Two clocks at once tell each of them once.
    await Promise.all([app.runCron(MINUTE), app.runCron(MINUTE)])
    const told = received.slice(3).map(({ headers }) => String(headers['webhook-id']))
    expect(told.toSorted()).toEqual(Array.from({ length: 6 }, (_, at) => `alert-${at}`))
    expect(await waiting()).toEqual([])
  })

  it('need a key that is one', async () => {
    const other = await startSlipway({
      settings: {
        ALERT_WEBHOOK_URL: 'https://hooks.example/x',
        ALERT_WEBHOOK_SECRET: 'plain-text',
      },
    })
    const refused = await fetch(`${other.url}/healthz`)
    const text = await refused.text()
    await other.close()
    expect(refused.status).toBe(500)
    expect(text).toContain('ALERT_WEBHOOK_SECRET')
    expect(text).not.toContain('plain-text')
  })
})

describe('health', () => {
  interface Health {
    readonly status: string
    readonly migrations: boolean
    readonly [part: string]: unknown
  }

  it('is good while all parts answer, and says when a migration is missing', async () => {
    const well = await fetch(`${app.url}/healthz`)
    expect([well.status, await well.json()]).toEqual([
      200,
      {
        status: 'ok',
        database: true,
        migrations: true,
        state: true,
        files: true,
        queues: true,
      },
    ])
    // As if the newest one had not been applied. Should this fail after another was added: src/health.ts looks for an older one.
    const folder = join(root, 'migrations')
    const newest =
      readdirSync(folder)
        .filter((name) => name.endsWith('.sql'))
        .sort()
        .at(-1) ?? ''
    const made = readFileSync(join(folder, newest), 'utf8').matchAll(
      /^CREATE (?:UNIQUE )?(TABLE|INDEX|TRIGGER) [`"]?(\w+)/gm,
    )
    for (const [, kind, name] of [...made].reverse()) await rows(app, `DROP ${kind} ${name}`)
    const ill = await fetch(`${app.url}/healthz`)
    expect(ill.status).toBe(503)
    expect((await ill.json()) as Health).toMatchObject({
      status: 'failing',
      database: true,
      migrations: false,
      queues: true,
    })
  })
})
