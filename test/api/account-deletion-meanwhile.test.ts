// While a user is being deleted nobody gets in, what began before leaves nothing, and no vendor holds it up for ever.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { callback, connect, initiate } from '../connect.ts'
import { documents } from '../documents.ts'
import { authorize } from '../emulators/oauth-server.ts'
import {
  askToGo,
  comeToEnd,
  deletionOf,
  expectNothingOf,
  passDeletionTime,
  rest,
} from '../erasure.ts'
import { rows, startSlipway, type Slipway } from '../harness.ts'
import { holdUpload } from '../held-upload.ts'
import { prefixOf } from '../import-judge.ts'
import { until } from '../imports.ts'
import { createMortal } from '../mortal.ts'
import { tusOf } from '../resumed-upload.ts'
import { makeRichUser, type RichUser } from '../rich-user.ts'

const ANN = 'ann@example.com'
const mortal = createMortal({ isHeld: true })
const ADMIN = { role: 'admin' }
let app: Slipway
let rhea: RichUser
/** The deletion of one for whom nothing happens but what it brings about by itself. */
let alone: string
beforeAll(async () => {
  app = await startSlipway({ mortal })
  await uploadTo('alone', 'r2')
  await app.as('alone')('/api/users/me', { method: 'DELETE' })
  alone = (await deletionOf(app, 'alone'))?.id ?? ''
  // Some of the ten seconds that it waits before its end have passed.
  await rows(app, 'UPDATE deletions SET created_at = created_at - 6000 WHERE id = ?', alone)
  mortal.plan(alone)
  rhea = await makeRichUser(app, 'rhea', mortal)
}, 60_000)
afterAll(() => app.close())
afterEach(() => app.emulators.trouble.clear())

const { upload } = documents(() => app)

/** Returns the document's id. */
async function uploadTo(user: string, target_backend: string): Promise<string> {
  const answer = await upload(user, { target_backend }, Buffer.from(`of ${user}`), 'a.txt')
  return ((await answer.json()) as { document_id: string }).document_id
}

const namesAtGoogle = () => app.emulators.google.children(ANN, 'root').map(({ name }) => name)

const connectionsOf = (user: string) =>
  rows(app, 'SELECT id FROM connections WHERE user_id = ?', user)

async function saltOf(user: string) {
  const [row] = await rows<{ salt: string }>(app, 'SELECT salt FROM users WHERE id = ?', user)
  return row?.salt
}

/** Lets it go on once, and rest. @param attempts how often it was tried before, as far as it knows */
async function goOn(id: string, attempts = 0) {
  await rest(mortal, id)
  await passDeletionTime(app, id, attempts)
  const before = mortal.livesOf(id).length
  await app.runCron('* * * * *')
  await until(() => mortal.livesOf(id).length > before, `a message of ${id}`)
  await rest(mortal, id)
}

const codeOf = async (answer: Response) => {
  const { code, detail } = (await answer.json()) as { code: string; detail: string }
  return `${answer.status} ${code}: ${detail}`
}
const REFUSED = '403 forbidden: This account is being deleted.'
const DELETE = { method: 'DELETE' }

it('goes on by itself when what it waits for has come, without a clock', async () => {
  await until(async () => (await deletionOf(app, 'alone')) === undefined, 'the end')
  expect(mortal.lives.filter(({ kind }) => kind === 'clock')).toEqual([])
  expect(mortal.livesOf(alone).length).toBeGreaterThan(1)
  await expectNothingOf(app, 'alone', [])
}, 60_000)

describe('at the door', () => {
  it('nobody gets in with a token, a signed URL, a ticket or a vendor’s redirect', async () => {
    const { user, drives, urls, documents: made } = rhea
    const me = app.as(user)
    expect((await me('/api/users/me', DELETE)).status).toBe(202)
    const id = (await deletionOf(app, user))?.id ?? ''
    for (const path of [
      '/api/users/me',
      `/api/documents/${made['r2']}/content`,
      `/api/cloud/connections/${drives['webdav']}/items`,
      '/api/cloud/oauth/initiate/dropbox',
      '/api/imports',
    ]) {
      expect(await codeOf(await me(path)), path).toBe(REFUSED)
    }
    for (const url of urls) {
      const init = url === urls[2] ? { method: 'PUT', body: 'x' } : {}
      expect(await codeOf(await fetch(url, { ...init, redirect: 'manual' })), url).toBe(REFUSED)
    }
    const signIn = await fetch(`${app.url}/sign-in`, {
      method: 'POST',
      body: new URLSearchParams({ name: user }),
      headers: { 'sec-fetch-site': 'same-origin', origin: app.url },
      redirect: 'manual',
    })
    expect(await codeOf(signIn)).toBe(REFUSED)
    // Asked again, it is the same deletion.
    expect((await me('/api/users/me', DELETE)).status).toBe(202)
    expect((await rows(app, 'SELECT id FROM deletions')).length).toBe(1)
    expect((await deletionOf(app, user))?.stage).toBe('stop')
    // Twice at once, and once more: it ends once.
    mortal.plan(id)
    const deliver = () => app.deliver({ deletion_id: id }, 'slipway-jobs')
    await Promise.all([deliver(), deliver()])
    await comeToEnd(app, mortal, id)
    await deliver()
    const ended = "SELECT id FROM audit_entries WHERE user_id = ? AND action = 'user.deleted'"
    expect((await rows(app, ended, id)).length).toBe(1)
  }, 60_000)

  it('nobody is the system', async () => {
    const answer = await app.as('system', ADMIN)('/api/admin/audit')
    expect(await codeOf(answer)).toBe('401 unauthorized: The token’s subject is nobody’s.')
  })

  it('with a cookie it is asked for from the console’s own pages only', async () => {
    await uploadTo('cora', 'r2')
    const cookie = `slipway_session=${await app.token('cora')}`
    const headers = { cookie, 'sec-fetch-site': 'cross-site' }
    expect((await fetch(`${app.url}/api/users/me`, { ...DELETE, headers })).status).toBe(403)
    const token = await app.token('root', ADMIN)
    const forged = { ...headers, cookie: `slipway_session=${token}` }
    const path = '/api/admin/users/cora'
    expect((await fetch(app.url + path, { ...DELETE, headers: forged })).status).toBe(403)
    expect(await deletionOf(app, 'cora')).toBeUndefined()
  })

  it('an administrator deletes a user who is there, and nobody else does', async () => {
    const admin = app.as('root', ADMIN)
    expect((await admin('/api/admin/users/nobody', DELETE)).status).toBe(404)
    expect((await admin('/api/users/me', DELETE)).status).toBe(403)
    await uploadTo('bea-1', 'r2')
    expect((await app.as('bea-1')('/api/admin/users/bea-1', DELETE)).status).toBe(403)
    await admin('/api/admin/users/bea-1/connections')
    for (let times = 0; times < 2; times++) {
      const answer = await admin('/api/admin/users/bea-1', DELETE)
      expect([answer.status, await answer.json()]).toEqual([202, { status: 'deleting' }])
    }
    const id = (await deletionOf(app, 'bea-1'))?.id ?? ''
    await admin('/api/admin/users/bea-1/connections')
    mortal.plan(id)
    await comeToEnd(app, mortal, id)
    // Nobody's any more: the look is the operator's own.
    await admin('/api/admin/users/bea-1/connections')
    await admin('/api/admin/audit?user_id=bea-1')
    await expectNothingOf(app, 'bea-1', [])
    const audit = 'SELECT action, actor FROM audit_entries WHERE user_id = ? ORDER BY rowid'
    expect(await rows(app, audit, id)).toEqual([
      { action: 'document.created', actor: id },
      { action: 'admin.connections_read', actor: 'root' },
      { action: 'user.deletion_requested', actor: 'root' },
      { action: 'admin.connections_read', actor: 'root' },
      { action: 'user.deleted', actor: 'system' },
    ])
    expect((await admin('/api/admin/users/bea-1', DELETE)).status).toBe(404)
    // Of whom nothing is stored, nothing is written.
    expect((await app.as('bea-1')('/api/users/me', DELETE)).status).toBe(202)
    await expectNothingOf(app, 'bea-1', [])
  }, 60_000)
})

describe('what began before', () => {
  it('an upload whose last bytes come late leaves no object', async () => {
    const user = 'late'
    const bytes = new Uint8Array(300_000).fill(7)
    const path = '/api/cloud/connections/r2/content?name=late.bin'
    const held = await holdUpload(app, user, path, bytes, 100_000)
    await held.started
    const hold = 'SELECT id FROM storage_holds WHERE user_id = ?'
    await until(async () => (await rows(app, hold, user)).length > 0, 'a hold')
    const id = await askToGo(app, mortal, user)
    await goOn(id)
    await goOn(id)
    expect(await deletionOf(app, user)).toMatchObject({ stage: 'check', attempts: 0 })
    await (await held.resume()).text()
    expect((await app.bucket.list({ prefix: prefixOf(user) })).objects.length).toBe(1)
    await comeToEnd(app, mortal, id)
    await expectNothingOf(app, user, ['late.bin'])
  }, 60_000)

  it('a consent that is exchanged meanwhile is not kept, and ends at the vendor', async () => {
    const user = 'slow'
    const { dropbox, trouble } = app.emulators
    const before = dropbox.oauth.liveGrants('mia@example.com')
    const started = await initiate(app.as(user), 'dropbox')
    const back = await authorize(started.authorizationUrl)
    const match = { host: 'api.dropboxapi.com', path: /token$/ }
    const rule = trouble.add({ match, fault: { kind: 'slow', ms: 800 } })
    const answering = callback(back, started.cookie)
    await until(() => rule.hits > 0, 'the exchange')
    const id = await askToGo(app, mortal, user)
    expect((await answering).headers.get('location')).toContain('cloud_error=')
    const grants = () => dropbox.oauth.liveGrants('mia@example.com')
    await until(() => dropbox.oauth.tokenRequests.length > 0 && grants() === before, 'its end')
    await comeToEnd(app, mortal, id)
    await expectNothingOf(app, user, [])
  }, 60_000)

  it('nothing can be stored any more, whoever tries', async () => {
    const user = 'firm'
    await connect(app, user, 'google_drive')
    await uploadTo(user, 'r2')
    await rows(app, 'UPDATE users SET deleting_at = 1 WHERE id = ?', user)
    for (const table of ['connections', 'documents', 'oauth_attempts']) {
      const again = `INSERT INTO ${table} SELECT * FROM ${table} WHERE user_id = ? LIMIT 1`
      await expect(rows(app, again, user), table).rejects.toThrow('being deleted')
    }
    const hold = "INSERT INTO storage_holds VALUES ('h', ?, 'add', 1, 1, ?)"
    await expect(rows(app, hold, user, 2)).rejects.toThrow('being deleted')
    await expect(rows(app, hold, 'stranger', 2)).rejects.toThrow('being deleted')
    await rows(app, hold, user, 0)
    expect(await rows(app, 'SELECT id FROM storage_holds WHERE user_id = ?', user)).toEqual([])
    await rows(app, 'UPDATE users SET deleting_at = NULL WHERE id = ?', user)
    await comeToEnd(app, mortal, await askToGo(app, mortal, user))
  }, 60_000)
})

describe('a vendor', () => {
  const fault = { kind: 'status', status: 503 } as const

  it('that is down is asked again; when it answers, nothing is left there', async () => {
    await connect(app, 'down', 'google_drive')
    const document = await uploadTo('down', 'google_drive')
    app.emulators.trouble.add({ match: { host: 'www.googleapis.com' }, times: 1000, fault })
    const id = await askToGo(app, mortal, 'down')
    await rest(mortal, id)
    expect(await deletionOf(app, 'down')).toMatchObject({ stage: 'vendors', attempts: 1 })
    await goOn(id, 1)
    const state = await deletionOf(app, 'down')
    expect(state).toMatchObject({ stage: 'vendors', attempts: 2, lease_id: null })
    expect(state?.not_before).toBeGreaterThan(Date.now() + 60_000)
    app.emulators.trouble.clear()
    await comeToEnd(app, mortal, id)
    expect(namesAtGoogle()).not.toContain(`${document}.txt`)
  }, 60_000)

  it('that stays down does not stop it: the credentials go, and what is left is told', async () => {
    await connect(app, 'gone', 'google_drive')
    await connect(app, 'gone', 'dropbox')
    const document = await uploadTo('gone', 'google_drive')
    for (const host of ['www.googleapis.com', 'api.dropboxapi.com', 'oauth2.googleapis.com']) {
      app.emulators.trouble.add({ match: { host }, times: 1000, fault })
    }
    const id = await askToGo(app, mortal, 'gone')
    await goOn(id, 4)
    expect(await deletionOf(app, 'gone')).toMatchObject({ stage: 'connections', attempts: 1 })
    expect((await connectionsOf('gone')).length).toBe(2)
    await goOn(id, 4)
    expect(await connectionsOf('gone')).toEqual([])
    await comeToEnd(app, mortal, id)
    await expectNothingOf(app, 'gone', [])
    expect(namesAtGoogle()).toContain(`${document}.txt`)
    expect(app.logs.join('')).toContain('"event":"deletion_left"')
  }, 60_000)

  it('whose grant is dead is not waited for', async () => {
    await connect(app, 'dead', 'google_drive')
    await uploadTo('dead', 'google_drive')
    app.emulators.google.oauth.killGrant(ANN)
    const id = await askToGo(app, mortal, 'dead')
    await rest(mortal, id)
    expect(await deletionOf(app, 'dead')).toMatchObject({ stage: 'check', attempts: 0 })
    await comeToEnd(app, mortal, id)
  }, 60_000)

  it('ends the account’s grant when the last two who hold it go at once', async () => {
    for (const user of ['one', 'two']) await connect(app, user, 'google_drive')
    const ids = [await askToGo(app, mortal, 'one'), await askToGo(app, mortal, 'two')]
    for (const id of ids) await comeToEnd(app, mortal, id)
    expect(app.emulators.google.oauth.grantsOf(ANN)).toEqual([])
  }, 60_000)

  it('ends it too when one disconnects while the other’s slice has died over it', async () => {
    const { id: drive } = await connect(app, 'stays', 'google_drive')
    await connect(app, 'leaves', 'google_drive')
    const point = { label: '…delete from "connections"', nth: 1, phase: 'before' } as const
    const id = await askToGo(app, mortal, 'leaves', point)
    await rest(mortal, id)
    // Who found the lease taken comes again at its end.
    const late = 'SELECT stage, dispatched_at >= lease_until AS late FROM deletions WHERE id = ?'
    expect(await rows(app, late, id)).toEqual([{ stage: 'connections', late: 1 }])
    const path = `/api/cloud/connections/${drive}`
    expect((await app.as('stays')(path, DELETE)).status).toBe(204)
    expect(app.emulators.google.oauth.grantsOf(ANN)).toEqual([])
    await comeToEnd(app, mortal, id)
  }, 60_000)

  it('keeps no grant because the database stumbled', async () => {
    await connect(app, 'trips', 'google_drive')
    const asked = { label: '…stage NOT IN', nth: 1, phase: 'unheard' } as const
    const id = await askToGo(app, mortal, 'trips', asked)
    await rest(mortal, id)
    expect(await deletionOf(app, 'trips')).toMatchObject({ stage: 'connections', attempts: 1 })
    expect((await connectionsOf('trips')).length).toBe(1)
    await comeToEnd(app, mortal, id)
    expect(app.emulators.google.oauth.grantsOf(ANN)).toEqual([])
  }, 60_000)

  it('that is down keeps no grant that nobody had claimed', async () => {
    const { dropbox, trouble } = app.emulators
    const grants = () => dropbox.oauth.liveGrants('mia@example.com')
    const before = grants()
    const started = await initiate(app.as('shy'), 'dropbox')
    await callback(await authorize(started.authorizationUrl), undefined)
    expect(grants()).toBe(before + 1)
    trouble.add({ match: { host: 'api.dropboxapi.com' }, times: 1000, fault })
    const id = await askToGo(app, mortal, 'shy')
    await rest(mortal, id)
    expect(await deletionOf(app, 'shy')).toMatchObject({ stage: 'connections', attempts: 1 })
    // What clears away other grants that nobody claimed tries it once.
    await app.runCron('*/15 * * * *')
    const waiting = 'SELECT id FROM oauth_attempts WHERE user_id = ? AND pending_enc IS NOT NULL'
    expect((await rows(app, waiting, 'shy')).length).toBe(1)
    trouble.clear()
    await comeToEnd(app, mortal, id)
    expect(grants()).toBe(before)
  }, 60_000)

  it('that is slow is asked of one upload, and does not hold up the others', async () => {
    const user = 'tardy'
    const { id: slow } = await connect(app, user, 'google_drive')
    const { id: other } = await connect(app, user, 'onedrive')
    const { create } = tusOf(app, user)
    for (const connection_id of [slow, slow, slow, other]) {
      await create(1_000_000, { filename: 'a.bin', connection_id, parent_id: 'root' })
    }
    const left = 'SELECT expires_at > ? AS kept, connection_id FROM uploads WHERE user_id = ?'
    app.emulators.trouble.add({ match: { host: 'www.googleapis.com' }, times: 1000, fault })
    const id = await askToGo(app, mortal, user)
    await rest(mortal, id)
    expect(await deletionOf(app, user)).toMatchObject({ stage: 'stop', attempts: 1 })
    const open = await rows(app, left, Date.now(), user)
    expect(open.map(({ connection_id }) => connection_id)).toEqual([slow, slow, slow])
    // One has been tried, and cannot be gone on with.
    expect(open.filter(({ kept }) => kept === 1).length).toBe(2)
    app.emulators.trouble.clear()
    await comeToEnd(app, mortal, id)
  }, 60_000)
})

describe('afterwards', () => {
  it('who comes back is somebody new, for whom nothing opens that was sealed before', async () => {
    const user = 'again'
    await connect(app, user, 'dropbox')
    const [old] = await rows(app, 'SELECT * FROM connections WHERE user_id = ?', user)
    const salts = [await saltOf(user)]
    const id = await askToGo(app, mortal, user)
    await rest(mortal, id)
    // Long before the end.
    expect(salts).not.toContain(await saltOf(user))
    salts.push(await saltOf(user))
    await comeToEnd(app, mortal, id)
    const me = (await (await app.as(user)('/api/users/me')).json()) as Record<string, unknown>
    expect(me).toMatchObject({ user_id: user, storage: { used: 0 } })
    // A look stores nothing.
    expect(await saltOf(user)).toBeUndefined()
    await uploadTo(user, 'r2')
    expect(salts).not.toContain(await saltOf(user))
    const columns = Object.keys(old ?? {})
    const cells = columns.map((name) => `json_extract(?1, '$.${name}')`)
    const insert = `INSERT INTO connections (${columns.join()}) SELECT ${cells.join()}`
    await rows(app, insert, JSON.stringify(old))
    const asked = app.emulators.requests.length
    const list = await app.as(user)(`/api/cloud/connections/${String(old?.['id'])}/items`)
    expect(list.status).toBe(500)
    expect(app.emulators.requests.length).toBe(asked)
  }, 60_000)

  it('the audit log takes a pseudonym in the place of its user, and no other change', async () => {
    await connect(app, 'owen', 'dropbox')
    const change = (set: string) =>
      rows(app, `UPDATE audit_entries SET ${set} WHERE user_id = 'owen'`)
    const refused = (set: string) => expect(change(set), set).rejects.toThrow('append-only')
    await refused("user_id = 'mask'")
    const deletion =
      "INSERT INTO deletions (id, user_id, stage, created_at, not_before) VALUES (?, ?, 'stop', 1, 9000000000000000)"
    await rows(app, deletion, 'mask', 'owen')
    await rows(app, deletion, 'veil', 'other')
    await refused("user_id = 'veil'")
    await refused("actor = 'veil'")
    await refused("user_id = 'mask', action = 'user.deleted'")
    await refused("user_id = 'mask', at = at + 1")
    await refused("user_id = 'mask', provider = NULL")
    await refused('user_id = user_id')
    await expect(rows(app, 'DELETE FROM audit_entries')).rejects.toThrow('append-only')
    await change("user_id = 'mask', actor = 'mask'")
    const entries = "SELECT actor FROM audit_entries WHERE user_id = 'mask'"
    expect(await rows(app, entries)).toEqual([{ actor: 'mask' }])
    await rows(app, "DELETE FROM deletions WHERE id IN ('mask', 'veil')")
  })
})
