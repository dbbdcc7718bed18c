// The rotation of master keys: what is sealed under an old key is sealed anew while requests go on, and nothing is lost by it.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { sealedKeyOf } from '../../src/crypto/sealed-key.ts'
import { callback, connect, connectWebdav, initiate } from '../connect.ts'
import { authorize } from '../emulators/oauth-server.ts'
import { rows, startSlipway, type Slipway } from '../harness.ts'
import { ANN } from '../import-scene.ts'
import { passTime, startImport, stateOf, until } from '../imports.ts'
import { createMortal } from '../mortal.ts'
import { openAs, sealAs, type Bound } from '../sealed.ts'
import { finishUpload, MIB, tusUser } from '../tus.ts'

const key = (id: string) => `${id}:${randomBytes(32).toString('base64')}`
const OLD = key('k1')
const NEW = key('k2')
const GONE = key('k0')
const CLOCK = '*/15 * * * *'
const OTHERS = 10_000
const OWNERS = 100

const mortal = createMortal()
let app: Slipway
beforeAll(async () => {
  app = await startSlipway({ places: 2, mortal, settings: { CREDENTIALS_KEYS: OLD } })
})
afterAll(() => app.close())

interface Rotation {
  readonly current_key: string
  readonly resealed: number
  readonly remaining: number
  readonly failed: number
  readonly keys: readonly {
    readonly id: string | null
    readonly configured: boolean
    readonly remaining: number
    readonly failed: number
  }[]
}

async function rotate(place = 0): Promise<Rotation> {
  const admin = app.as('root', { role: 'admin' })
  const answer = await admin('/api/admin/keys/rotate', { method: 'POST', place })
  expect(answer.status).toBe(200)
  return (await answer.json()) as Rotation
}

const list = async (user: string, id: string, place = 0) =>
  (await app.as(user)(`/api/cloud/connections/${id}/items?fresh=1`, { place })).status
const refresh = async (user: string, id: string) =>
  (await app.as(user)(`/api/cloud/connections/${id}/refresh`, { method: 'POST', place: 1 })).status

interface SealedRow {
  readonly id: string
  readonly userId: string
  readonly salt: string
  readonly sealed: string
}

const readRows = (where: string) =>
  rows<SealedRow>(
    app,
    `SELECT connections.id, user_id AS userId, salt, credentials_enc AS sealed
     FROM connections JOIN users ON users.id = user_id WHERE ${where}`,
  )
const boundOf = ({ id, userId, salt }: Omit<SealedRow, 'sealed'>): Bound => ({
  ...{ userId, salt },
  record: id,
  field: 'credentials',
})
const write = (id: string, sealed: string) =>
  rows(app, 'UPDATE connections SET credentials_enc = ? WHERE id = ?', sealed, id)
const passwordOf = (id: string) => ({ kind: 'password', username: id, password: `secret of ${id}` })

/** Connections of users of their own, as the Worker would have stored them under this key. */
async function insertOthers(master: string, name: string, count: number): Promise<void> {
  const made = Array.from({ length: count }, (_, at) => {
    const id = `${name}-${at}`
    const owner = { userId: `${name}-owner-${at % OWNERS}`, salt: `${name} salt ${at % OWNERS}` }
    return { id, ...owner, sealed: sealAs(master, boundOf({ id, ...owner }), passwordOf(id)) }
  })
  for (let at = 0; at < made.length; at += 2500) {
    const part = JSON.stringify(made.slice(at, at + 2500))
    await rows(
      app,
      `INSERT OR IGNORE INTO users (id, salt, created_at)
       SELECT value ->> 'userId', value ->> 'salt', 1 FROM json_each(?)`,
      part,
    )
    await rows(
      app,
      `INSERT INTO connections (id, user_id, provider, account_id, label, status, scopes, data, server_url, credentials_enc, created_at, updated_at)
       SELECT value ->> 'id', value ->> 'userId', 'webdav', value ->> 'id', 'x', 'ACTIVE', '[]', '{}', 'https://x.example/', value ->> 'sealed', 1, 1
       FROM json_each(?)`,
      part,
    )
  }
}

/** One of everything that is sealed and kept, made by the Worker: what is left of it when its process is killed. */
async function prepare() {
  const { google, trouble, dav } = app.emulators
  const user = 'nora'
  const drive = await connect(app, user, 'google_drive', { account: ANN })
  const own = await connectWebdav(app, user)
  // Rotates its refresh tokens, and takes none twice.
  app.emulators.microsoft.oauth.settings.rotateStrictly = true
  const strict = await connect(app, user, 'onedrive')
  const upload = await tusUser(app, user).begin(11 * MIB, {
    filename: 'long.bin',
    connection_id: strict.id,
  })
  const started = await initiate(app.as(user), 'dropbox')
  const back = await callback(await authorize(started.authorizationUrl, {}), undefined)
  const { hash } = new URL(back.headers.get('location') ?? '')
  const claim = new URLSearchParams(hash.slice(1)).get('cloud_claim') ?? ''
  const folder = google.addFolder(ANN, 'root', 'many')
  for (let at = 0; at < 501; at++) google.addFile(ANN, folder, `${at}.bin`, 1)
  trouble.add({
    match: { host: 'www.googleapis.com', path: /v3\/files$/ },
    skip: 1,
    fault: { kind: 'stall' },
  })
  const listing = await startImport(app, user, { connection_id: drive.id, items: [{ id: folder }] })
  await waitForRow('import_folders', 'cursor_enc')
  dav.addFile('mia', '/copied/kept.txt', 'to be kept')
  trouble.add({
    match: { method: 'GET', host: 'dav-server', path: /kept\.txt/ },
    fault: { kind: 'stall' },
  })
  const items = (await (
    await app.as(user)(`/api/cloud/connections/${own.id}/items?fresh=1`)
  ).json()) as { items: { id: string; name: string }[] }
  const copied = items.items.find(({ name }) => name === 'copied')?.id ?? ''
  const copying = await startImport(app, user, {
    ...{ connection_id: own.id, items: [{ id: copied }], keep_original: true },
  })
  // Past the queue, whose consumer waits for the listing. It ends with the process.
  void app.deliver({ import_id: copying }).catch(() => undefined)
  await waitForRow('import_items', 'copy_enc')
  return { user, drive, own, strict, upload, claim, imports: [listing, copying] }
}

const waitForRow = (table: string, column: string) =>
  until(
    async () => (await rows(app, `SELECT 1 FROM ${table} WHERE ${column} IS NOT NULL`)).length > 0,
    `${table}.${column}`,
  )

it('10,000 rows are sealed anew in batches while requests go on, and the old key may go', async () => {
  const made = await prepare()
  const { user, drive, own, strict } = made
  await insertOthers(OLD, 'other', OTHERS)
  await insertOthers(GONE, 'gone', 5)
  await insertOthers(OLD, 'damaged', 4)
  for (const at of [0, 1, 2]) {
    const [row] = await readRows(`connections.id = 'damaged-${at}'`)
    await write(`damaged-${at}`, `${row?.sealed.slice(0, -4)}AAAA`)
  }
  await write('damaged-3', 'not sealed at all')
  await app.restart({ CREDENTIALS_KEYS: `${NEW},${OLD}` })
  app.emulators.trouble.clear()

  const first = await rotate()
  expect(first).toMatchObject({ current_key: 'k2', resealed: 500 })
  // Three drives, an upload, an attempt, a cursor and a copy, besides the rows of others; and nine that no key opens.
  expect(first.remaining + first.resealed).toBe(OTHERS + 7 + 9)
  expect(first.failed).toBe(6)

  // Meanwhile its owner uses them, refreshes, disconnects and connects again.
  let isOver = false
  const done = [0, 0, 0]
  const goOn = async (act: () => Promise<void>, what: number) => {
    while (!isOver) {
      await act()
      done[what] = (done[what] ?? 0) + 1
    }
  }
  const using = Promise.all([
    goOn(async () => {
      expect([await list(user, drive.id), await list(user, own.id, 1)]).toEqual([200, 200])
    }, 0),
    goOn(async () => {
      expect([await refresh(user, strict.id), await list(user, strict.id)]).toEqual([200, 200])
    }, 1),
    goOn(async () => {
      const { id } = await connect(app, user, 'confluence')
      const gone = await app.as(user)(`/api/cloud/connections/${id}`, { method: 'DELETE' })
      expect(gone.status).toBe(204)
      await connect(app, user, 'google_drive', { account: ANN, query: { connection_id: drive.id } })
    }, 2),
  ])
  // Two at once look at the same rows, and each row is sealed anew once.
  let resealed = first.resealed
  let last = first
  for (let rounds = 0; rounds < 4; rounds++) {
    const both = await Promise.all([rotate(0), rotate(1)])
    for (const one of both) resealed += one.resealed
    last = both[0]
    expect(Math.min(...both.map((one) => one.remaining))).toBeLessThan(
      first.remaining - 400 * rounds,
    )
  }
  // The clock does the rest by itself.
  await app.runCron(CLOCK)
  last = await rotate()
  isOver = true
  await using
  expect(Math.min(...done)).toBeGreaterThan(0)
  expect(resealed).toBeLessThan(OTHERS)
  expect(last).toMatchObject({ remaining: 9, failed: 9 })
  const expected = [
    { id: 'k1', configured: true, remaining: 3, failed: 3 },
    { id: null, configured: false, remaining: 1, failed: 1 },
    { id: 'k0', configured: false, remaining: 5, failed: 5 },
  ]
  expect(last.keys).toEqual(expected)
  // What does not open is neither removed nor changed, and is no obstacle to the next call.
  expect((await rotate()).keys).toEqual(expected)
  expect(
    await readRows("connections.id LIKE 'damaged%' OR connections.id LIKE 'gone%'"),
  ).toHaveLength(9)
  expect((await app.as('gone-owner-1')('/api/cloud/connections/gone-1/items')).status).toBe(500)

  const audit = await rows<{ actor: string; subject_id: string; count: number }>(
    app,
    `SELECT actor, subject_id, count(*) AS count FROM audit_entries WHERE action = 'keys.rotated' GROUP BY actor`,
  )
  expect(audit).toEqual([
    { actor: 'root', subject_id: 'k2', count: 11 },
    { actor: 'system', subject_id: 'k2', count: expect.any(Number) as number },
  ])

  await rows(app, "DELETE FROM connections WHERE id LIKE 'damaged%' OR id LIKE 'gone%'")
  await app.restart({ CREDENTIALS_KEYS: NEW })
  expect(await rotate()).toEqual({
    current_key: 'k2',
    resealed: 0,
    remaining: 0,
    failed: 0,
    keys: [],
  })
  const others = await readRows("connections.id LIKE 'other%'")
  expect(others).toHaveLength(OTHERS)
  expect(others.filter((row) => !isWhole(row))).toEqual([])
  for (const { id } of [drive, own, strict]) expect(await list(user, id)).toBe(200)
  expect(await refresh(user, strict.id)).toBe(200)
  await finishUpload(tusUser(app, user), made.upload, randomBytes(11 * MIB))
  const claimed = await app.as(user)('/api/cloud/oauth/complete', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code: made.claim }),
  })
  expect(claimed.status).toBe(200)
  for (const id of made.imports) {
    await until(async () => {
      await passTime(app, id)
      await app.runCron('* * * * *')
      return (await stateOf(app, id)).status === 'completed'
    }, 'the end of the import')
    const [counts] = await rows(
      app,
      'SELECT files_failed, folders_failed FROM imports WHERE id = ?',
      id,
    )
    expect(counts).toEqual({ files_failed: 0, folders_failed: 0 })
  }
}, 90_000)

function isWhole(row: SealedRow): boolean {
  return (
    JSON.stringify(openAs(NEW, boundOf(row), row.sealed)) === JSON.stringify(passwordOf(row.id))
  )
}

it('a refresh that comes between the reading and the writing of a batch keeps its newer tokens', async () => {
  await app.restart({ CREDENTIALS_KEYS: `${NEW},${OLD}` })
  const user = 'rita'
  const { id } = await connect(app, user, 'onedrive')
  const read = async () => (await readRows(`connections.id = '${id}'`))[0] as SealedRow
  /** As if the rotation had still to come. */
  const turnBack = async () => {
    const row = await read()
    await write(id, sealAs(OLD, boundOf(row), openAs(NEW, boundOf(row), row.sealed)))
    await rows(app, 'DELETE FROM key_passes')
  }
  await turnBack()
  await app.runCron(CLOCK)
  expect((await read()).sealed).toMatch(/^v1\.k2\./)
  const label = mortal
    .livesOf(CLOCK)
    .flatMap(({ steps }) => steps.map((step) => step.label))
    .findLast((one) => one.startsWith('d1 batch: update "connections" set "credentials_enc"'))
  await turnBack()
  if (label === undefined) throw new Error('no batch was written')
  mortal.plan(CLOCK, { label, nth: 1, phase: 'wait' })
  const running = app.runCron(CLOCK)
  await until(() => mortal.isWaiting(CLOCK), 'the batch to be written')
  expect(await refresh(user, id)).toBe(200)
  const fresh = (await read()).sealed
  mortal.release(CLOCK)
  await running
  expect((await read()).sealed).toBe(fresh)
  expect(await refresh(user, id)).toBe(200)
})

it('what is opened is sealed anew at once', async () => {
  const user = 'rita'
  const [row] = await readRows(`user_id = '${user}'`)
  if (row === undefined) throw new Error('no connection')
  const { id, sealed } = row
  await write(id, sealAs(OLD, boundOf(row), openAs(NEW, boundOf(row), sealed)))
  expect(await list(user, id)).toBe(200)
  const now = await until(async () => {
    const [found] = await readRows(`connections.id = '${id}'`)
    return found?.sealed.startsWith('v1.k2.') === true && found.sealed
  }, 'the new key')
  expect(openAs(NEW, boundOf(row), now)).toEqual(openAs(NEW, boundOf(row), sealed))
})

it('finds what is under a key by an index, whatever is stored besides', async () => {
  const places = [
    ['connections', 'credentials_enc'],
    ['oauth_attempts', 'pending_enc'],
    ['uploads', 'state_enc'],
    ['import_folders', 'cursor_enc'],
    ['import_items', 'copy_enc'],
  ]
  for (const [table, column = ''] of places) {
    const plan = await rows<{ detail: string }>(
      app,
      `EXPLAIN QUERY PLAN SELECT t.rowid, ${column} FROM ${table} AS t
       WHERE ${sealedKeyOf(column)} = 'k1' AND ${column} IS NOT NULL AND t.rowid > 5 ORDER BY t.rowid LIMIT 5`,
    )
    expect(plan.map(({ detail }) => detail)).toEqual([
      `SEARCH t USING INDEX ${table}_key (<expr>=? AND rowid>?)`,
    ])
  }
})
