// Ordering, seeing and steering imports by HTTP.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect, connectWebdav } from '../connect.ts'
import { rows, startSlipway, type Slipway } from '../harness.ts'
import { insertImport } from '../import-rows.ts'

let app: Slipway
beforeAll(async () => {
  app = await startSlipway()
})
afterAll(() => app.close())

interface View {
  readonly id: string
  readonly status: string
  readonly pause_reason: string | null
  readonly version: number
  readonly counts: Readonly<Record<string, number>>
  readonly [field: string]: unknown
}
interface File {
  readonly name: string
  readonly state: string
  readonly reason: string | null
  readonly attempts: number
}
interface Files {
  readonly items: readonly File[]
  readonly next_cursor: string | null
}
interface Failure {
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly retry_after?: number
  readonly errors?: readonly { readonly field: string }[]
}

const json = async <T = Record<string, unknown>>(response: Response) => (await response.json()) as T
const order = (user: string, body: unknown, headers: Record<string, string> = {}) =>
  app.as(user)('/api/imports', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
const view = async (user: string, id: string) =>
  json<View & Files>(await app.as(user)(`/api/imports/${id}`))
const steer = (user: string, id: string, way: string) =>
  app.as(user)(`/api/imports/${id}/${way}`, { method: 'POST' })
const names = ({ items }: Files) => items.map(({ name }) => name)
const NEVER = Date.now() + 24 * 3_600_000

/** A drive that is left alone: what is ordered from it stays as it was ordered. */
async function quietDrive(user: string): Promise<string> {
  const { id } = await connectWebdav(app, user)
  await rows(app, 'UPDATE connections SET throttled_until = ? WHERE id = ?', NEVER, id)
  return id
}

describe('ordering', () => {
  it('makes an import of what was chosen, once each, with an audit entry and a message', async () => {
    const connection_id = await quietDrive('olga')
    const response = await order('olga', {
      connection_id,
      items: [{ id: 'root' }, { id: 'a"b' }, { id: 'root' }],
      category: 'Notes',
      on_duplicate: 'replace',
      keep_original: true,
    })
    expect(response.status).toBe(202)
    const { import_id: id, import: shown } = await json<{ import_id: string; import: View }>(
      response,
    )
    expect(response.headers.get('location')).toBe(`${app.url}/api/imports/${id}`)
    expect(shown).toMatchObject({
      id,
      connection_id,
      provider: 'webdav',
      category: 'Notes',
      on_duplicate: 'replace',
      keep_original: true,
      status: 'running',
      pause_reason: null,
      resume_at: null,
      error: null,
      planned: false,
      counts: { total: 0 },
      folders: { open: 2, listed: 0, failed: 0 },
      bytes: { done: 0, total: 0 },
      chunks: 0,
      finished_at: null,
    })
    const chosen = await rows(
      app,
      'SELECT item_id, state, path, depth FROM import_folders WHERE import_id = ? ORDER BY item_id',
      id,
    )
    expect(chosen).toEqual(
      ['a"b', 'root'].map((item_id) => ({ item_id, state: 'chosen', path: '', depth: 0 })),
    )
    const sql = 'SELECT action, user_id, provider FROM audit_entries WHERE subject_id = ?'
    expect(await rows(app, sql, id)).toEqual([
      { action: 'import.started', user_id: 'olga', provider: 'webdav' },
    ])
    const sent = () => rows(app, 'SELECT dispatched_at AS at FROM imports WHERE id = ?', id)
    await expect.poll(sent).toEqual([{ at: expect.any(Number) as number }])
  })

  it('takes the default storage, 1,000 items and ids as long as they come', async () => {
    const connection_id = await quietDrive('otto')
    const items = Array.from({ length: 1000 }, (_, at) => ({ id: `${at}`.padEnd(4000, 'x') }))
    const response = await order('otto', { connection_id, items })
    expect(response.status).toBe(202)
    const { import: shown } = await json<{ import: View }>(response)
    expect(shown).toMatchObject({ folders: { open: 1000 }, on_duplicate: 'skip' })
    const builtIn = await order('otto', { connection_id: 'minio', items: [{ id: 'root' }] })
    expect(await json(builtIn)).toMatchObject({
      import: { connection_id: 'r2', provider: 'r2', keep_original: false, category: null },
    })
  })

  it('names each wrong field', async () => {
    const connection_id = await quietDrive('wanda')
    const items = [{ id: 'root' }]
    const many = Array.from({ length: 1001 }, (_, at) => ({ id: `${at}` }))
    for (const [body, field] of [
      [{ items }, 'connection_id'],
      [{ connection_id }, 'items'],
      [{ connection_id, items: [] }, 'items'],
      [{ connection_id, items: many }, 'items'],
      [{ connection_id, items: ['root'] }, 'items.0'],
      [{ connection_id, items: [{ id: '' }] }, 'items.0.id'],
      [{ connection_id, items: [{ id: 'root', name: 'x' }] }, 'items.0.name'],
      [{ connection_id, items, category: '' }, 'category'],
      [{ connection_id, items, on_duplicate: 'ask' }, 'on_duplicate'],
      [{ connection_id, items, keep_original: 'yes' }, 'keep_original'],
      [{ connection_id, items, color: 'red' }, 'color'],
    ] as const) {
      for (const path of ['', '/preview']) {
        const response = await app.as('wanda')(`/api/imports${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        })
        const problem = await json<Failure>(response)
        const fields = problem.errors?.map((error) => error.field)
        expect([field, problem.status, problem.code, fields]).toEqual([
          field,
          422,
          'invalid_request',
          [`body.${field}`],
        ])
      }
    }
    expect(await rows(app, "SELECT id FROM imports WHERE user_id = 'wanda'")).toEqual([])
  })

  it('knows only connections of the user’s own that are alive', async () => {
    const connection_id = await quietDrive('owner')
    const items = [{ id: 'root' }]
    expect((await order('thief', { connection_id, items })).status).toBe(404)
    expect((await order('thief', { connection_id: 'webdav', items })).status).toBe(404)
    await rows(app, "UPDATE connections SET status = 'REQUIRES_REAUTH' WHERE id = ?", connection_id)
    expect(await json(await order('owner', { connection_id, items }))).toMatchObject({
      status: 503,
      code: 'reauth_required',
    })
    expect(await rows(app, "SELECT id FROM imports WHERE user_id IN ('owner', 'thief')")).toEqual(
      [],
    )
  })

  it('makes one import of a request that comes again, or twice at once', async () => {
    const connection_id = await quietDrive('ida')
    const body = { connection_id, items: [{ id: 'root' }] }
    const key = { 'idempotency-key': '"8e03978e-40d5-43dd-bc93-6894a57f9324"' }
    const both = await Promise.all([order('ida', body, key), order('ida', body, key)])
    const again = [...both, await order('ida', body, key)]
    expect(again.map(({ status }) => status)).toEqual([202, 202, 202])
    const ids = await Promise.all(
      again.map(async (one) => (await json<{ import_id: string }>(one)).import_id),
    )
    expect(new Set(ids).size).toBe(1)
    const other = await order('ida', { ...body, keep_original: true }, key)
    expect(await json(other)).toMatchObject({
      status: 422,
      errors: [{ field: 'header.Idempotency-Key' }],
    })
    expect((await order('ida', body, { 'idempotency-key': 'x'.repeat(256) })).status).toBe(422)
    const count = async (user: string) =>
      (await rows(app, 'SELECT id FROM imports WHERE user_id = ?', user)).length
    expect(await count('ida')).toBe(1)
    // Another user's key is another key.
    const elsewhere = { connection_id: await quietDrive('ivo'), items: [{ id: 'root' }] }
    expect((await order('ivo', elsewhere, key)).status).toBe(202)
    expect(await count('ivo')).toBe(1)
    const kept = await rows<{ idempotency_key: string }>(
      app,
      "SELECT idempotency_key FROM imports WHERE user_id = 'ida'",
    )
    expect(kept[0]?.idempotency_key).not.toContain('8e03978e')
  })

  it('refuses a twenty-first import beside twenty that have not ended', async () => {
    const connection_id = await quietDrive('greedy')
    const body = { connection_id, items: [{ id: 'root' }] }
    const made: string[] = []
    for (let count = 0; count < 20; count++) {
      const status = count % 2 === 0 ? 'paused' : 'running'
      made.push(await insertImport(app, 'greedy', { status }))
    }
    const refused = await json<Failure>(await order('greedy', body))
    expect(refused).toMatchObject({ status: 429, code: 'rate_limited', retry_after: 60 })
    expect(refused.detail).toContain('20')
    const sql = "SELECT id FROM audit_entries WHERE action = 'import.started' AND user_id = ?"
    expect(await rows(app, sql, 'greedy')).toEqual([])
    expect((await steer('greedy', made[0] ?? '', 'cancel')).status).toBe(200)
    expect((await order('greedy', body)).status).toBe(202)
    expect(await rows(app, sql, 'greedy')).toHaveLength(1)
  })
})

describe('seeing', () => {
  it('lists imports, the newest first, by status and to the end', async () => {
    const made: string[] = []
    for (let at = 0; at < 7; at++) {
      const status = at % 2 === 0 ? 'completed' : 'running'
      // Some at the same instant.
      made.push(await insertImport(app, 'lea', { status, created_at: 1000 + Math.floor(at / 3) }))
    }
    await insertImport(app, 'other', {})
    const list = async (query: string) => {
      const seen: View[] = []
      let cursor = ''
      for (let pages = 0; pages < 10; pages++) {
        const page = await json<{ imports: View[]; next_cursor: string | null }>(
          await app.as('lea')(`/api/imports?${query}${cursor}`),
        )
        seen.push(...page.imports)
        if (page.next_cursor === null) return { seen, pages: pages + 1 }
        cursor = `&cursor=${page.next_cursor}`
      }
      throw new Error('the list has no end')
    }
    const all = await list('limit=2')
    expect(all.pages).toBe(4)
    expect(all.seen.map(({ id }) => id).sort()).toEqual([...made].sort())
    const times = all.seen.map(({ created_at }) => created_at as string)
    expect(times).toEqual([...times].sort().reverse())
    expect((await list('status=completed&limit=3')).seen).toHaveLength(4)
    expect((await list('status=failed')).seen).toEqual([])
    const wrong = await app.as('lea')('/api/imports?status=done&limit=0')
    const { errors } = await json<Failure>(wrong)
    expect(errors?.map(({ field }) => field).sort()).toEqual(['query.limit', 'query.status'])
    const page = await json<{ next_cursor: string }>(await app.as('lea')('/api/imports?limit=1'))
    for (const [user, query] of [
      ['lea', 'status=running&'],
      ['other', ''],
    ] as const) {
      const path = `/api/imports?${query}cursor=${page.next_cursor}`
      expect(await json(await app.as(user)(path))).toMatchObject({
        status: 422,
        errors: [{ field: 'query.cursor' }],
      })
    }
  })

  it('counts files, folders and bytes, and shows each file and each folder that failed', async () => {
    const id = await insertImport(
      app,
      'vera',
      { category: 'C' },
      [
        { name: 'a.txt', state: 'waiting', size: 100 },
        { name: 'b.txt', state: 'downloading', size: 200, bytes_done: 50, attempts: 1 },
        { name: 'c.gdoc', state: 'processing', size: null, bytes_done: 70 },
        { name: 'd.txt', state: 'imported', size: 10, bytes_done: 10, chunks: 3 },
        { name: 'e.txt', state: 'skipped', size: 1000, reason: 'duplicate' },
        { name: 'f.txt', state: 'failed', size: 1000, bytes_done: 5, reason: 'corrupt_download' },
      ],
      [
        { item_id: 'root', state: 'listed', depth: 1 },
        { item_id: 'a-file', state: 'listed' },
        { item_id: 'sub', state: 'open', depth: 2 },
        { item_id: 'new', state: 'chosen' },
        { item_id: 'gone', state: 'failed', path: 'Old/', reason: 'item_not_found' },
      ],
    )
    const shown = await view('vera', id)
    expect(shown).toMatchObject({
      id,
      category: 'C',
      counts: {
        waiting: 1,
        downloading: 1,
        processing: 1,
        imported: 1,
        skipped: 1,
        failed: 1,
        total: 6,
      },
      folders: { open: 2, listed: 1, failed: 1 },
      failed_folders: [{ item_id: 'gone', path: 'Old/', reason: 'item_not_found' }],
      bytes: { done: 50 + 70 + 10 + 5, total: 100 + 200 + 70 + 10 + 5 },
      chunks: 3,
      next_cursor: null,
    })
    expect(names(shown)).toEqual(['a.txt', 'b.txt', 'c.gdoc', 'd.txt', 'e.txt', 'f.txt'])
    expect(shown.items[1]).toEqual({
      id: expect.any(String) as string,
      item_id: 'item-b.txt',
      name: 'b.txt',
      path: 'Folder/',
      size: 200,
      mime_type: 'text/plain',
      state: 'downloading',
      reason: null,
      bytes_done: 50,
      chunks: 0,
      document_id: null,
      web_url: null,
      attempts: 1,
    })
    // What is changed or removed is counted as well.
    await rows(
      app,
      "UPDATE import_items SET state = 'imported', bytes_done = 90 WHERE name = 'a.txt'",
    )
    await rows(app, "DELETE FROM import_items WHERE name IN ('e.txt', 'f.txt', 'd.txt')")
    await rows(app, "DELETE FROM import_folders WHERE item_id IN ('gone', 'root')")
    await rows(app, "UPDATE import_folders SET state = 'listed', depth = 1 WHERE item_id = 'new'")
    expect(await view('vera', id)).toMatchObject({
      counts: { waiting: 0, imported: 1, skipped: 0, failed: 0, total: 3 },
      folders: { open: 1, listed: 1, failed: 0 },
      failed_folders: [],
      bytes: { done: 90 + 50 + 70, total: 90 + 200 + 70 },
      chunks: 0,
    })
  })

  it('pages through files in the order they were found, all of them or those in one state', async () => {
    const files = Array.from({ length: 3000 }, (_, at) => ({
      name: `${at}`,
      // More than a few of some, a few of others, and those at the end.
      state: at % 100 === 99 ? 'failed' : at < 1500 ? 'imported' : 'waiting',
    }))
    const id = await insertImport(app, 'paula', {}, files)
    const walk = async (query: string) => {
      const seen: string[] = []
      let cursor = ''
      for (let pages = 0; pages < 400; pages++) {
        const page = await json<Files>(
          await app.as('paula')(`/api/imports/${id}/items?${query}${cursor}`),
        )
        seen.push(...names(page))
        if (page.next_cursor === null) return seen
        cursor = `&cursor=${page.next_cursor}`
      }
      throw new Error('the files have no end')
    }
    const expected = (state?: string) =>
      files.filter((file) => state === undefined || file.state === state).map(({ name }) => name)
    expect(await walk('limit=1000')).toEqual(expected())
    expect(await walk('state=failed&limit=7')).toEqual(expected('failed'))
    expect(await walk('state=waiting&limit=400')).toEqual(expected('waiting'))
    expect(await walk('state=imported')).toEqual(expected('imported'))
    expect(await walk('state=skipped')).toEqual([])
    const first = await view('paula', id)
    expect(names(first)).toEqual(expected().slice(0, 100))
    const rest = `/api/imports/${id}/items?limit=1&cursor=${first.next_cursor}`
    expect(names(await json<Files>(await app.as('paula')(rest)))).toEqual(['100'])
    const other = `/api/imports/${id}/items?state=failed&cursor=${first.next_cursor}`
    expect((await app.as('paula')(other)).status).toBe(422)
    expect((await app.as('paula')(`/api/imports/${id}/items?state=lost`)).status).toBe(422)
  })

  it('is nobody else’s', async () => {
    const id = await insertImport(app, 'mine', {}, [{ name: 'a', state: 'failed' }])
    const before = await rows(app, 'SELECT * FROM imports WHERE id = ?', id)
    for (const path of ['', '/items', '/events']) {
      expect((await app.as('thief')(`/api/imports/${id}${path}`)).status).toBe(404)
    }
    for (const way of ['cancel', 'pause', 'resume', 'retry']) {
      expect((await steer('thief', id, way)).status).toBe(404)
      expect((await steer('mine', 'nothing', way)).status).toBe(404)
    }
    expect(await rows(app, 'SELECT * FROM imports WHERE id = ?', id)).toEqual(before)
    expect((await fetch(`${app.url}/api/imports/${id}`)).status).toBe(401)
    const admin = await app.as('boss', { role: 'admin' })(`/api/imports/${id}`)
    expect(admin.status).toBe(403)
  })

  it('ends a pause whose time has come as soon as somebody looks', async () => {
    const paused = { status: 'paused', pause_reason: 'throttled', lease_id: null }
    const due = await insertImport(app, 'wes', { ...paused, resume_at: Date.now() - 1 })
    const later = await insertImport(app, 'wes', { ...paused, resume_at: NEVER })
    const stateOf = async (id: string) =>
      (await rows(app, 'SELECT status, version > 1 AS moved FROM imports WHERE id = ?', id))[0]
    await view('wes', later)
    await view('wes', due)
    await expect.poll(async () => (await stateOf(due))?.['moved']).toBe(1)
    expect(await stateOf(later)).toEqual({ status: 'paused', moved: 0 })
  })
})

describe('steering', () => {
  const files = [
    { name: 'w', state: 'waiting' },
    { name: 'd', state: 'downloading', bytes_done: 40, attempts: 1 },
    { name: 'p', state: 'processing', bytes_done: 60, attempts: 2, copy_enc: 'v1.k.sealed' },
    { name: 'i', state: 'imported' },
    { name: 's', state: 'skipped', reason: 'duplicate' },
    { name: 'f', state: 'failed', reason: 'provider_error', attempts: 5 },
  ]
  const fileRows = (id: string) =>
    rows(
      app,
      `SELECT name, state, reason, attempts, bytes_done, changed_at, copy_enc FROM import_items
        WHERE import_id = ? ORDER BY rowid`,
      id,
    )
  const importRow = async (id: string) =>
    (await rows(app, 'SELECT * FROM imports WHERE id = ?', id))[0] ?? {}
  const problemOf = async (response: Response) => {
    const { status, code, detail } = await json<Failure>(response)
    return { status, code, detail }
  }

  it('cancels: what is not done is skipped, and whoever is at work loses the lease', async () => {
    const id = await insertImport(app, 'cara', { version: 7 }, files, [
      { item_id: 'root', state: 'listed', depth: 1 },
      { item_id: 'sub', state: 'open', depth: 2 },
    ])
    const response = await steer('cara', id, 'cancel')
    expect(response.status).toBe(200)
    expect(await json(response)).toMatchObject({
      status: 'cancelled',
      version: 8,
      counts: { waiting: 0, downloading: 0, processing: 0, imported: 1, skipped: 4, failed: 1 },
      folders: { open: 0, listed: 1, failed: 1 },
      finished_at: expect.any(String) as string,
    })
    expect(await importRow(id)).toMatchObject({ lease_id: null, lease_until: null })
    const after = await fileRows(id)
    expect(after.map(({ state, reason, changed_at }) => [state, reason, changed_at])).toEqual([
      ['skipped', 'cancelled', 8],
      ['skipped', 'cancelled', 8],
      ['skipped', 'cancelled', 8],
      ['imported', null, 1],
      ['skipped', 'duplicate', 1],
      ['failed', 'provider_error', 1],
    ])
    expect(after[2]).toMatchObject({ copy_enc: 'v1.k.sealed' })
    // Again: nothing more.
    const before = await importRow(id)
    expect((await steer('cara', id, 'cancel')).status).toBe(200)
    expect(await importRow(id)).toEqual(before)
    const audit = "SELECT action FROM audit_entries WHERE subject_id = ? AND action LIKE 'import%'"
    expect(await rows(app, audit, id)).toEqual([{ action: 'import.cancelled' }])
    for (const status of ['completed', 'failed']) {
      const ended = await insertImport(app, 'cara', { status }, files)
      const problem = await problemOf(await steer('cara', ended, 'cancel'))
      expect(problem).toMatchObject({ status: 422, code: 'invalid_request' })
      expect(problem.detail).toContain(status)
      expect(await importRow(ended)).toMatchObject({ status, version: 1, files_waiting: 1 })
    }
  })

  it('pauses: what was under way waits again, and its reading was no attempt', async () => {
    const id = await insertImport(app, 'pam', { version: 3 }, files)
    const response = await steer('pam', id, 'pause')
    expect(await json(response)).toMatchObject({
      status: 'paused',
      pause_reason: 'user',
      version: 4,
      counts: { waiting: 3, downloading: 0, processing: 0 },
    })
    expect((await fileRows(id)).slice(0, 3)).toMatchObject([
      { state: 'waiting', attempts: 0, changed_at: 1 },
      { state: 'waiting', attempts: 1, bytes_done: 0, changed_at: 4 },
      { state: 'waiting', attempts: 1, bytes_done: 60, changed_at: 4, copy_enc: 'v1.k.sealed' },
    ])
    const before = await importRow(id)
    expect(before).toMatchObject({ lease_id: null, resume_at: null })
    expect((await steer('pam', id, 'pause')).status).toBe(200)
    expect(await importRow(id)).toEqual(before)
    // The user's word counts more than a pause that ends by itself.
    const throttled = { status: 'paused', pause_reason: 'throttled', resume_at: NEVER }
    const other = await insertImport(app, 'pam', throttled)
    expect(await json(await steer('pam', other, 'pause'))).toMatchObject({
      pause_reason: 'user',
      resume_at: null,
    })
    for (const status of ['completed', 'cancelled', 'failed']) {
      const ended = await insertImport(app, 'pam', { status })
      const problem = await problemOf(await steer('pam', ended, 'pause'))
      expect(problem).toMatchObject({ status: 422, code: 'invalid_request' })
      expect(problem.detail).toContain(status)
    }
  })

  it('resumes what the user paused, and what waits for nothing any more', async () => {
    const paused = { status: 'paused', lease_id: null, lease_until: null }
    for (const columns of [
      { ...paused, pause_reason: 'user' },
      { ...paused, pause_reason: 'provider_unavailable', resume_at: NEVER },
      { ...paused, pause_reason: 'throttled', resume_at: Date.now() - 1 },
      { ...paused, pause_reason: 'reauth_required' },
    ]) {
      const id = await insertImport(app, 'rex', columns)
      const response = await steer('rex', id, 'resume')
      expect(response.status).toBe(200)
      expect(await json(response)).toMatchObject({
        status: 'running',
        pause_reason: null,
        resume_at: null,
        version: 2,
      })
      const sent = async () => (await importRow(id))['dispatched_at']
      await expect.poll(sent).toEqual(expect.any(Number))
    }
    const running = await insertImport(app, 'rex', {})
    expect(await json(await steer('rex', running, 'resume'))).toMatchObject({
      status: 'running',
      version: 1,
    })
    const early = await insertImport(app, 'rex', {
      ...paused,
      pause_reason: 'throttled',
      resume_at: Date.now() + 60_000,
    })
    const problem = await json<Failure>(await steer('rex', early, 'resume'))
    expect(problem).toMatchObject({ status: 429, code: 'rate_limited' })
    expect(problem.retry_after).toBeGreaterThan(50)
    expect(problem.retry_after).toBeLessThanOrEqual(60)
    const done = await insertImport(app, 'rex', { status: 'completed' })
    expect((await problemOf(await steer('rex', done, 'resume'))).detail).toContain('completed')
  })

  it('does not resume or retry over a connection that needs its user, or is gone', async () => {
    const { id: connection_id } = await connect(app, 'roy', 'google_drive')
    await rows(app, "UPDATE connections SET status = 'REQUIRES_REAUTH' WHERE id = ?", connection_id)
    const over = (connection: string, columns: Record<string, string>) =>
      insertImport(app, 'roy', { ...columns, connection_id: connection }, files)
    const paused = { status: 'paused', pause_reason: 'reauth_required' }
    for (const [way, columns] of [
      ['resume', paused],
      ['resume', { ...paused, pause_reason: 'user' }],
      ['retry', { status: 'completed' }],
    ] as const) {
      const id = await over(connection_id, columns)
      const dead = await problemOf(await steer('roy', id, way))
      expect(dead).toMatchObject({ status: 503, code: 'reauth_required' })
      expect(await importRow(id)).toMatchObject({ ...columns, version: 1 })
      const lost = await over('nowhere', columns)
      const gone = await problemOf(await steer('roy', lost, way))
      expect(gone).toMatchObject({ status: 404, detail: 'There is no such connection.' })
    }
  })

  it('retries what failed, as if for the first time, and nothing else', async () => {
    const folders = [
      { item_id: 'root', state: 'failed', reason: 'provider_error' },
      { item_id: 'sub', state: 'failed', depth: 1, path: 'Sub/', reason: 'provider_error' },
      { item_id: 'cut', state: 'failed', depth: 1, reason: 'cancelled' },
      { item_id: 'done', state: 'listed', depth: 1 },
    ]
    // Paused, so that nothing goes on before it is looked at.
    const paused = { status: 'paused', pause_reason: 'user', is_planned: 1, version: 2 }
    const id = await insertImport(app, 'tara', paused, files, folders)
    expect(await json(await steer('tara', id, 'retry'))).toMatchObject({
      status: 'paused',
      planned: false,
      counts: { waiting: 2, failed: 0, skipped: 1, imported: 1 },
      folders: { open: 2, failed: 1, listed: 1 },
    })
    expect((await fileRows(id))[5]).toMatchObject({
      state: 'waiting',
      reason: null,
      attempts: 0,
      changed_at: 3,
    })
    const open = await rows(
      app,
      `SELECT item_id, state FROM import_folders WHERE import_id = ? AND reason IS NULL
        ORDER BY state`,
      id,
    )
    expect(open).toEqual([
      { item_id: 'root', state: 'chosen' },
      { item_id: 'done', state: 'listed' },
      { item_id: 'sub', state: 'open' },
    ])
    for (const status of ['completed', 'failed', 'cancelled', 'running']) {
      const ended = { status, finished_at: 5, error_code: 'internal' }
      const other = await insertImport(app, 'tara', ended, files, folders)
      const response = await steer('tara', other, 'retry')
      expect(response.status).toBe(200)
      expect(await json(response)).toMatchObject({
        status: 'running',
        finished_at: null,
        error: null,
        version: 2,
        counts: { waiting: 2, failed: 0 },
      })
      const sent = async () => (await importRow(other))['dispatched_at']
      await expect.poll(sent).toEqual(expect.any(Number))
    }
  })

  it('leaves an import alone in which nothing failed', async () => {
    const whole = files.filter(({ state }) => state === 'imported')
    const id = await insertImport(app, 'tess', { status: 'completed' }, whole, [
      { item_id: 'cut', state: 'failed', reason: 'cancelled' },
    ])
    const before = await importRow(id)
    expect(await json(await steer('tess', id, 'retry'))).toMatchObject({
      status: 'completed',
      version: 1,
    })
    expect(await importRow(id)).toEqual(before)
  })
})
