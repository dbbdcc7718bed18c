// The audit log as operators read it: every action is in it, nothing secret is, nobody changes it, and reading it is an entry too.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect, connectWebdav } from '../connect.ts'
import { documents } from '../documents.ts'
import { issuedSecrets } from '../emulators/oauth-server.ts'
import { rows, startSlipway, type Slipway } from '../harness.ts'
import { insertImport } from '../import-rows.ts'
import { startImport, tellImport, untilStatus } from '../imports.ts'

let app: Slipway
beforeAll(async () => {
  app = await startSlipway()
  await act()
})
afterAll(() => app.close())

const USER = 'ada'
const FILE = 'payroll of march.txt'
/** Other suites show that these are written. */
const ELSEWHERE = ['cloud.credentials_purged', 'user.deletion_requested', 'user.deleted']

interface Entry {
  readonly id: string
  readonly at: string
  readonly action: string
  readonly user_id: string
  readonly actor: string
  readonly provider: string | null
  readonly subject_id: string | null
  readonly code: string | null
  readonly request_id: string
}
interface Page {
  readonly entries: readonly Entry[]
  readonly next_cursor: string | null
}

const admin = (path: string, init?: RequestInit) => app.as('root', { role: 'admin' })(path, init)
const read = async (query: Readonly<Record<string, string>> = {}): Promise<Page> => {
  const answer = await admin(`/api/admin/audit?${new URLSearchParams(query)}`)
  expect(answer.status).toBe(200)
  return (await answer.json()) as Page
}
const as = (path: string, method = 'GET', body?: unknown) =>
  app.as(USER)(path, {
    method,
    ...(body !== undefined && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  })
const document = documents(() => app)
let drive: string
let documentId: string

/** Everything that is recorded, once. */
async function act(): Promise<void> {
  const { trouble, google, dav } = app.emulators
  ;({ id: drive } = await connect(app, USER, 'google_drive', { account: 'bob@example.com' }))
  const path = `/api/cloud/connections/${drive}`
  await as(path, 'PATCH', { label: 'Mine' })
  await as(`${path}/refresh`, 'POST')
  trouble.add({ match: { host: 'oauth2.googleapis.com' }, times: 10, fault: { kind: 'garbage' } })
  await as(`${path}/refresh`, 'POST')
  trouble.clear()
  google.oauth.killGrant('bob@example.com')
  await as(`${path}/refresh`, 'POST')
  await connect(app, USER, 'google_drive', {
    ...{ account: 'bob@example.com', query: { connection_id: drive } },
  })
  const stored = await document.upload(USER, { target_backend: 'r2' }, Buffer.from('x'), FILE)
  documentId = ((await stored.json()) as { document_id: string }).document_id
  await as(`/api/documents/${documentId}`, 'DELETE')
  await as('/api/users/me/default-storage', 'PATCH', { backend: 'r2' })
  dav.addFile('mia', `/${FILE}`, 'words')
  const server = await connectWebdav(app, USER)
  const listing = await as(`/api/cloud/connections/${server.id}/items?fresh=1`)
  const { items } = (await listing.json()) as { items: { id: string; name: string }[] }
  const item = items.find(({ name }) => name === FILE)?.id ?? ''
  const order = { connection_id: server.id, items: [{ id: item }] }
  await untilStatus(app, await startImport(app, USER, order), 'completed')
  await tellImport(app, USER, await insertImport(app, USER), 'cancel')
  await insertImport(app, USER, { connection_id: server.id, provider: 'webdav' })
  await as(`/api/cloud/connections/${server.id}`, 'DELETE')
  await admin(`/api/admin/users/${USER}/connections`)
  await admin('/api/admin/keys/rotate', { method: 'POST' })
  await read({ user_id: USER })
}

describe('the log', () => {
  it('has every action of the closed list, with who, what, where and when', async () => {
    const described = await (await fetch(`${app.url}/openapi.json`)).text()
    const { components } = JSON.parse(described) as {
      components: { schemas: { AuditEntry: { properties: { action: { enum: string[] } } } } }
    }
    const list = components.schemas.AuditEntry.properties.action.enum
    const { entries } = await read({ limit: '200' })
    const actions = new Set(entries.map(({ action }) => action))
    expect(list.filter((action) => !actions.has(action) && !ELSEWHERE.includes(action))).toEqual([])
    const find = (action: string) => entries.find((entry) => entry.action === action)
    const own = { user_id: USER, actor: USER, code: null }
    const ofDrive = { user_id: USER, provider: 'google_drive', subject_id: drive }
    const expected = {
      'cloud.connected': { ...own, provider: 'webdav' },
      'cloud.reconnected': { ...own, ...ofDrive },
      'cloud.renamed': { ...own, ...ofDrive },
      'cloud.refreshed': { ...ofDrive, actor: 'system', code: null },
      'cloud.refresh_failed': { ...ofDrive, actor: 'system', code: 'provider_unavailable' },
      'cloud.reauth_required': { ...ofDrive, actor: 'system', code: 'reauth_required' },
      'document.created': { ...own, provider: 'r2', subject_id: documentId },
      'document.deleted': { ...own, provider: 'r2', subject_id: documentId },
      'import.started': { ...own, provider: 'webdav' },
      'import.completed': { user_id: USER, actor: 'system', provider: 'webdav' },
      'import.cancelled': { ...own, provider: 'r2' },
      'import.failed': { user_id: USER, actor: 'system', provider: 'webdav', code: 'not_found' },
      'user.default_storage_changed': { ...own, provider: 'r2', subject_id: null },
      'cloud.disconnected': { ...own, provider: 'webdav' },
      'admin.connections_read': { user_id: USER, actor: 'root', provider: null },
      'admin.audit_read': { user_id: USER, actor: 'root', provider: null },
      'keys.rotated': { user_id: 'root', actor: 'root', subject_id: 'k1' },
    }
    for (const [action, entry] of Object.entries(expected)) {
      expect(find(action), action).toMatchObject(entry)
    }
    for (const { at, request_id } of entries) {
      expect(Math.abs(Date.now() - Date.parse(at))).toBeLessThan(120_000)
      expect(request_id).not.toBe('')
    }
  })

  it('has no secret and no name of a file or an account', async () => {
    const text = JSON.stringify(await rows(app, 'SELECT * FROM audit_entries'))
    expect(text).not.toMatch(/payroll|bob@|v1\.|Mine|https?:/)
    for (const secret of issuedSecrets) expect(text.includes(secret)).toBe(false)
  })

  it.each([
    "UPDATE audit_entries SET actor = 'nobody'",
    'DELETE FROM audit_entries',
    'INSERT OR REPLACE INTO audit_entries SELECT * FROM audit_entries',
  ])('is append-only: %s', async (sql) => {
    const before = await rows(app, 'SELECT * FROM audit_entries')
    await expect(rows(app, sql)).rejects.toThrow('append-only')
    expect(await rows(app, 'SELECT * FROM audit_entries')).toEqual(before)
  })
})

describe('reading', () => {
  it('is by pages, the newest first, while entries are added', async () => {
    const whole = (await read({ limit: '200' })).entries
    expect(whole.map(({ at }) => at)).toEqual(
      whole
        .map(({ at }) => at)
        .toSorted()
        .reverse(),
    )
    // Each look adds an entry, which no later page has.
    const seen: Entry[] = []
    let cursor: string | null = ''
    for (let pages = 0; cursor !== null && pages < 50; pages++) {
      const page: Page = await read({ limit: '4', ...(cursor !== '' && { cursor }) })
      expect(page.entries.length).toBeLessThanOrEqual(4)
      seen.push(...page.entries)
      cursor = page.next_cursor
    }
    expect(cursor).toBeNull()
    expect(seen.slice(1)).toEqual(whole)
    expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length)
  })

  it('goes on among entries of the same time', async () => {
    for (let at = 0; at < 7; at++) {
      await rows(
        app,
        `INSERT INTO audit_entries (id, at, action, user_id, actor, request_id) VALUES (?, 1000, 'cloud.renamed', 'twin', 'twin', 'r')`,
        `twin-${at}`,
      )
    }
    const ids: string[] = []
    let cursor: string | null = ''
    for (let pages = 0; cursor !== null && pages < 9; pages++) {
      const query = { user_id: 'twin', limit: '2', ...(cursor !== '' && { cursor }) }
      const page: Page = await read(query)
      ids.push(...page.entries.map(({ id }) => id))
      cursor = page.next_cursor
    }
    expect(ids).toEqual([6, 5, 4, 3, 2, 1, 0].map((at) => `twin-${at}`))
  })

  it('is narrowed by each filter, and by several', async () => {
    const whole = (await read({ limit: '200' })).entries
    const one = whole.find(({ code }) => code === 'reauth_required')
    if (one === undefined) throw new Error('no entry')
    const next = new Date(Date.parse(one.at) + 1).toISOString()
    const filters: readonly (readonly [Record<string, string>, (entry: Entry) => boolean])[] = [
      [{ user_id: USER }, ({ user_id }) => user_id === USER],
      [{ actor: 'system' }, ({ actor }) => actor === 'system'],
      [{ action: one.action }, ({ action }) => action === one.action],
      [{ provider: 'webdav' }, ({ provider }) => provider === 'webdav'],
      [{ request_id: one.request_id }, ({ request_id }) => request_id === one.request_id],
      [{ code: 'not_found' }, ({ code }) => code === 'not_found'],
      [{ from: one.at, to: next }, ({ at }) => at === one.at],
      [{ to: one.at, actor: USER }, ({ at, actor }) => at < one.at && actor === USER],
      [{ user_id: 'nobody' }, () => false],
    ]
    for (const [query, fits] of filters) {
      const found = (await read({ limit: '200', ...query })).entries
      // What was read since is newer than the list that it is compared with.
      const known = found.filter(({ id }) => whole.some((entry) => entry.id === id))
      expect(known, JSON.stringify(query)).toEqual(whole.filter(fits))
      expect(found.every(fits)).toBe(true)
    }
    // An offset is a time too.
    const local = one.at.replace('Z', '+00:00')
    expect((await read({ from: local, to: next })).entries).toContainEqual(one)
  })

  it('has an index for each filter, in the order of the log', async () => {
    for (const column of [
      undefined,
      'user_id',
      'actor',
      'action',
      'provider',
      'request_id',
      'code',
    ]) {
      const own = column === undefined ? '' : `${column} = 'x' AND`
      const plan = await rows<{ detail: string }>(
        app,
        `EXPLAIN QUERY PLAN SELECT * FROM audit_entries WHERE ${own} at >= 5 AND at <= 9 AND (at < 9 OR audit_entries.rowid < 7)
         ORDER BY at DESC, audit_entries.rowid DESC LIMIT 5`,
      )
      const equal = column === undefined ? '' : `${column}=\\? AND `
      expect(plan.map(({ detail }) => detail).join()).toMatch(
        new RegExp(`^SEARCH audit_entries USING INDEX audit_\\w+ \\(${equal}at>\\? AND at<\\?\\)$`),
      )
    }
  })

  it('refuses another query’s cursor, what it does not know, and users', async () => {
    const { next_cursor } = await read({ limit: '1' })
    const status = async (query: string) => (await admin(`/api/admin/audit?${query}`)).status
    expect(await status(`limit=1&actor=root&cursor=${next_cursor}`)).toBe(422)
    for (const query of ['action=x', 'from=yesterday', 'limit=0', 'limit=201', 'q=x', 'cursor=x']) {
      expect(await status(query), query).toBe(422)
    }
    for (const path of ['/api/admin/audit', '/api/admin/keys/rotate']) {
      const method = path.endsWith('rotate') ? 'POST' : 'GET'
      expect((await as(path, method)).status).toBe(403)
    }
  })

  it('says nothing to the log of what it asked for', async () => {
    await read({ user_id: 'a secret by mistake' })
    const [last] = (await read({ actor: 'root' })).entries
    expect(last).toMatchObject({ action: 'admin.audit_read', user_id: 'root' })
  })
})

it('with a cookie, nothing is done from other sites', async () => {
  const token = await app.token('root', { role: 'admin' })
  const rotate = async (site: string) => {
    const headers = { cookie: `slipway_session=${token}`, 'sec-fetch-site': site }
    return (await fetch(`${app.url}/api/admin/keys/rotate`, { method: 'POST', headers })).status
  }
  expect(await rotate('cross-site')).toBe(403)
  expect(await rotate('same-origin')).toBe(200)
})
