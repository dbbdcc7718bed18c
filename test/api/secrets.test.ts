// No secret in any line of the log, answer, metric or alert: marked settings, tokens, passwords and vendors' words, over many routes and failures.
import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { authorize, issuedSecrets } from '../emulators/oauth-server.ts'
import type { Fault } from '../emulators/trouble.ts'
import { rows, startSlipway, type Slipway } from '../harness.ts'
import { pauseFor } from '../imports.ts'
import { VENDOR_DRIVES, openDrive } from '../vendor-drives.ts'

/** What a vendor says in a body or a header, whatever it means. */
const WORDS = `vendor-words-${randomBytes(8).toString('hex')}`
/** A password that is refused. */
const PASSWORD = `refused-password-${randomBytes(8).toString('hex')}`
const HOOK_PATH = `hook-path-${randomBytes(8).toString('hex')}`
const HOOK_KEY = `whsec_${randomBytes(32).toString('base64')}`
const USER = 'scanned'
const MINUTE = '* * * * *'

let app: Slipway
let receiver: Server
/** All that has come out, with where. */
const seen: { readonly what: string; readonly text: string }[] = []
const bearers = new Set<string>()

beforeAll(async () => {
  receiver = createServer((request, response) => {
    let text = ''
    request.on('data', (part: Buffer) => (text += part.toString()))
    request.on('end', () => {
      seen.push({ what: 'an alert', text })
      response.writeHead(500, { 'x-words': WORDS }).end(WORDS)
    })
  })
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  const { port } = receiver.address() as AddressInfo
  app = await startSlipway({
    settings: {
      ALERT_WEBHOOK_URL: `http://127.0.0.1:${port}/${HOOK_PATH}`,
      ALERT_WEBHOOK_SECRET: HOOK_KEY,
    },
  })
})
afterAll(async () => {
  await app.close()
  receiver.closeAllConnections()
  await new Promise((resolve) => receiver.close(resolve))
})

/** Sends as a user and keeps the whole answer. Whatever comes of it is right here. */
async function look(path: string, init: RequestInit = {}, claims: object = {}) {
  const bearer = await app.token(USER, claims as Record<string, unknown>)
  bearers.add(bearer)
  return keep(path, {
    ...init,
    headers: { ...init.headers, authorization: `Bearer ${bearer}`, connection: 'close' },
  })
}

async function keep(path: string, init: RequestInit = {}) {
  const url = path.startsWith('http') ? path : app.url + path
  const answer = await fetch(url, { redirect: 'manual', ...init })
  const text = await answer.text().catch(() => '')
  const headers = JSON.stringify([...answer.headers])
  seen.push({ what: `${init.method ?? 'GET'} ${path.split('?')[0]}`, text: `${headers}\n${text}` })
  return { answer, text, headers }
}

const json = (body: unknown, method = 'POST'): RequestInit => ({
  method,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

/** Headers in which vendors say things, with words of theirs in each. */
const HEADERS = {
  'www-authenticate': `Bearer realm="${WORDS}", error="invalid_token", error_description="${WORDS}"`,
  'x-request-id': WORDS,
  'request-id': WORDS,
  etag: `"${WORDS}"`,
  location: `https://vendor.example/${WORDS}`,
}
const told = (status: number, body: object): Fault => ({
  kind: 'status',
  status,
  headers: { ...HEADERS, 'content-type': 'application/json' },
  body: JSON.stringify({ ...body, error_description: WORDS, message: WORDS, trace: { at: WORDS } }),
})
const FAULTS: readonly Fault[] = [
  told(400, { error: { code: 400, message: WORDS, errors: [{ reason: WORDS, message: WORDS }] } }),
  told(401, { error: { code: 'InvalidAuthenticationToken', message: WORDS } }),
  told(403, { error: { code: 'accessDenied', message: WORDS, innerError: { code: WORDS } } }),
  told(404, { error_summary: `path/not_found/${WORDS}`, error: { '.tag': 'path', path: WORDS } }),
  told(302, {}),
  {
    kind: 'status',
    status: 207,
    headers: { 'content-type': 'application/xml' },
    body: `<d:multistatus xmlns:d="DAV:"><d:response><d:href>/${WORDS}</d:href></d:response>`,
  },
  { kind: 'status', status: 200, headers: HEADERS, body: `{"unheard": "${WORDS}` },
]

async function walkDrive(id: string, item: string): Promise<void> {
  const base = `/api/cloud/connections/${id}`
  const file = new Uint8Array(100)
  await look(`${base}/items?fresh=1`)
  await look(`${base}/search?q=report`)
  await look(`${base}/items/${item}`)
  await look(`${base}/items/${item}/content`)
  await look(`${base}/folders`, json({ name: 'made' }))
  await look(`${base}/items/${item}`, json({ name: 'renamed' }, 'PATCH'))
  await look(`${base}/content?name=sent.bin`, { method: 'PUT', body: file })
  await look(`${base}/check`, { method: 'POST' })
  await look(`${base}/refresh`, { method: 'POST' })
  await look('/api/imports/preview', json({ connection_id: id, items: [{ id: item }] }))
  const fields = { filename: 'tus.bin', connection_id: id }
  const metadata = Object.entries(fields).map(([key, value]) => `${key} ${btoa(value)}`)
  const tus = { 'tus-resumable': '1.0.0', 'upload-metadata': metadata.join(',') }
  await look('/api/uploads', { method: 'POST', headers: { ...tus, 'upload-length': '100' } })
}

const restore = () =>
  rows(app, "UPDATE connections SET status = 'ACTIVE', throttled_until = NULL, lease_id = NULL")

it.each(VENDOR_DRIVES.map((vendor) => [vendor.provider, vendor] as const))(
  'whatever %s says stays with us',
  async (_, vendor) => {
    app.emulators.trouble.clear()
    const drive = await openDrive(app, USER, vendor)
    const items = await drive.listAll(drive.home)
    const item = items.find(({ is_folder: isFolder }) => !isFolder)?.id ?? drive.home
    await walkDrive(drive.id, item)
    for (const fault of FAULTS) {
      await restore()
      const rule = app.emulators.trouble.add({ match: {}, times: 10_000, fault })
      await walkDrive(drive.id, item)
      expect(rule.hits).toBeGreaterThan(0)
      app.emulators.trouble.clear()
    }
    await restore()
    const order = { connection_id: drive.id, items: [{ id: drive.home }] }
    app.emulators.trouble.add({ match: {}, times: 10_000, fault: told(403, {}) })
    const ordered = await look('/api/imports', json(order))
    const { import_id: made } = JSON.parse(ordered.text) as { import_id: string }
    await app.deliver({ import_id: made })
    await look(`/api/imports/${made}`)
    await look(`/api/imports/${made}/cancel`, { method: 'POST' })
    await look(`/api/cloud/connections/${drive.id}`, { method: 'DELETE' })
    app.emulators.trouble.clear()
  },
)

it('nor what it says while somebody connects', async () => {
  const oauth = VENDOR_DRIVES.map(({ provider }) => provider).filter(
    (provider) => !['nextcloud', 'webdav', 'r2'].includes(provider),
  )
  const start = async (provider: string) => {
    const path = `/api/cloud/oauth/initiate/${provider}`
    const begun = await look(path, { headers: { accept: 'application/json' } })
    return JSON.parse(begun.text) as { authorization_url: string; attempt_id: string }
  }
  for (const provider of oauth) {
    // The exchange fails, then whatever comes behind it; then the vendor says no in the callback itself.
    for (const [skip, fault] of [
      [0, told(400, { error: 'invalid_grant' })],
      [0, told(401, { error: 'invalid_client' })],
      [1, told(403, { error: { code: WORDS, message: WORDS } })],
    ] as const) {
      const { authorization_url: page, attempt_id: attempt } = await start(provider)
      const back = await authorize(page)
      const rule = app.emulators.trouble.add({ match: {}, skip, times: 100, fault })
      await keep(back)
      expect(rule.hits).toBeGreaterThan(0)
      app.emulators.trouble.clear()
      await look(`/api/cloud/oauth/attempts/${attempt}`)
    }
    const denied = new URL((await start(provider)).authorization_url)
    const query = new URLSearchParams({
      state: denied.searchParams.get('state') ?? '',
      error: WORDS,
      error_description: WORDS,
      error_uri: WORDS,
    })
    await keep(`/api/cloud/oauth/callback/${provider}?${query}`)
  }
  for (const provider of ['webdav', 'nextcloud']) {
    const server_url = `${app.emulators.url}/${provider === 'webdav' ? 'dav-server/' : 'nextcloud'}`
    const fields = { provider, server_url, username: 'mia', password: PASSWORD }
    await look('/api/cloud/connections/webdav', json(fields))
    await look('/api/cloud/connections/webdav', json({ ...fields, more: PASSWORD }))
    for (const fault of FAULTS) {
      app.emulators.trouble.add({ match: {}, times: 100, fault })
      await look('/api/cloud/connections/webdav', json(fields))
      await look('/api/cloud/connections/nextcloud/login', json({ server_url }))
      app.emulators.trouble.clear()
    }
  }
  await look('/api/cloud/oauth/complete', json({ code: `none.${PASSWORD}` }))
})

it('and nothing of it all is in what has come out', async () => {
  for (const path of ['/', '/healthz', '/openapi.json', '/problems/internal', '/api/users/me']) {
    await look(path)
  }
  await keep('/api/cloud/connections', { headers: { authorization: `Bearer ${PASSWORD}.a.b` } })
  await look('/api/admin/metrics', {}, { role: 'admin' })
  await look(`/api/admin/users/${USER}/connections`, {}, { role: 'admin' })
  await rows(app, 'UPDATE alerts SET next_at = 0')
  await app.runCron(MINUTE)
  await app.runCron()
  // What is written in the background is gathered for a moment.
  await pauseFor(500)
  await look('/api/admin/metrics', {}, { role: 'admin' })
  for (const table of ['metric_counts', 'alerts', 'audit_entries', 'oauth_attempts', 'imports']) {
    const all = await rows(app, `SELECT * FROM ${table}`)
    expect(all.length, table).toBeGreaterThan(0)
    seen.push({ what: `the table ${table}`, text: JSON.stringify(all) })
  }
  seen.push({ what: 'the log', text: app.logs.join('') })

  const settings = Object.entries(app.settings).filter(([name]) => /SECRET|KEYS/.test(name))
  expect(settings.length).toBeGreaterThanOrEqual(7)
  const marks = new Map<string, string>([
    [WORDS, 'a vendor’s words'],
    [PASSWORD, 'a password'],
    [HOOK_PATH, 'the receiver’s address'],
    ...[...bearers].map((bearer) => [bearer, 'a caller’s token'] as const),
    ...[...issuedSecrets].map((secret) => [secret, 'what a vendor issued'] as const),
    ...app.emulators.nextcloud
      .appPasswords()
      .map((one) => [one.password, 'an app password'] as const),
    ...settings.flatMap(([name, value]) =>
      value
        .split(/[:,]/)
        .filter((part) => part.length > 8)
        .map((part) => [part, name] as const),
    ),
  ])
  expect(marks.size).toBeGreaterThan(60)
  expect(seen.length).toBeGreaterThan(500)
  expect(seen.filter(({ what }) => what === 'an alert').length).toBeGreaterThan(0)
  const found = new Set<string>()
  for (const { what, text } of seen) {
    for (const [mark, kind] of marks) {
      if (text.includes(mark) || text.includes(encodeURIComponent(mark)))
        found.add(`${kind}: ${what}`)
    }
  }
  expect([...found]).toEqual([])
  // Every line of the log is one of ours.
  const lines = app.logs
    .join('')
    .split('\n')
    .filter((line) => line !== '')
  expect(lines.length).toBeGreaterThan(500)
  for (const line of lines) expect(JSON.parse(line)).toHaveProperty('event')
})
