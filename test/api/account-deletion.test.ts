// A user who is deleted leaves nothing, wherever the work is cut off; nobody else loses anything, and nobody gets in meanwhile.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { askToGo, comeToEnd, expectNothingOf } from '../erasure.ts'
import { rows, startSlipway, type Slipway } from '../harness.ts'
import { openUploads, prefixOf } from '../import-judge.ts'
import { tellImport } from '../imports.ts'
import { createMortal, type Life } from '../mortal.ts'
import { makeRichUser, type RichUser } from '../rich-user.ts'

const ANN = 'ann@example.com'
const CONTOSO = 'ann@contoso.com'
const mortal = createMortal({ isHeld: true })
let app: Slipway
beforeAll(async () => {
  app = await startSlipway({ mortal })
})
afterAll(() => app.close())

/** What is stored of a user, but for what changes by itself. */
async function keptOf(user: string) {
  const one = async (sql: string) => rows(app, sql, user)
  return {
    user: await one('SELECT id, salt, storage_used FROM users WHERE id = ?'),
    connections: await one('SELECT id, credentials_enc, status FROM connections WHERE user_id = ?'),
    documents: await one('SELECT * FROM documents WHERE user_id = ? ORDER BY id'),
    passages: await one(
      'SELECT text FROM chunks JOIN documents ON documents.id = document_id WHERE user_id = ? ORDER BY text',
    ),
    imports: await one('SELECT id, status FROM imports WHERE user_id = ? ORDER BY id'),
    uploads: await one('SELECT id, status, offset FROM uploads WHERE user_id = ? ORDER BY id'),
    audit: await one('SELECT * FROM audit_entries WHERE user_id = ? ORDER BY id'),
    objects: (await app.bucket.list({ prefix: prefixOf(user) })).objects.map(({ key }) => key),
  }
}

/** Keys in KV and in the bucket. */
const namesHere = async () => ({
  state: (await app.state.list()).keys.map(({ name }) => name),
  bucket: (await app.bucket.list()).objects.map(({ key }) => key),
})

/** Names at the top of the drives that hold documents, and of upload sessions that are open there. */
function atVendors() {
  const { google, microsoft, dropbox, dav, nextcloud } = app.emulators
  return {
    names: [
      ...google.children(ANN, 'root'),
      ...microsoft.children(CONTOSO, 'root'),
      ...dropbox.children('mia@example.com', 'root'),
      ...dav.list('mia', '/'),
      ...nextcloud.children('mia', '/'),
    ].map(({ name }) => name),
    open: [...google.sessions(), ...microsoft.sessions(), ...nextcloud.sessions()],
  }
}

/** What the emulators know of somebody's drives is gone, as far as Slipway has made it. */
function expectGoneAtVendors({ user, documents, marks }: RichUser) {
  const { names, open } = atVendors()
  expect(open).toEqual([])
  for (const id of Object.values(documents)) {
    expect(names.filter((name) => name.startsWith(id))).toEqual([])
  }
  expect(names).not.toContain(user)
  // What the user put there stays: it was never Slipway's.
  expect(names.filter((name) => name.includes(marks[0] ?? ''))).toEqual([`own-${marks[0]}.txt`])
}

/** Paths with an id in them that is of one user alone. */
const OF_ONE = /\/dav-server\/|\/uploadSession\//

const labelsOf = (lives: readonly Life[]) => [
  ...new Set(lives.flatMap(({ steps }) => steps.map(({ label }) => label))),
]

describe('a user who is deleted', () => {
  let keeper: RichUser
  let kept: Awaited<ReturnType<typeof keptOf>>
  let undisturbed: readonly Life[] = []

  it('leaves nothing here and at the vendors; others keep everything', async () => {
    keeper = await makeRichUser(app, 'keeper-5d1', mortal)
    const { open: own } = atVendors()
    // The clock would go on with it, once the dead consumer's time is over.
    await tellImport(app, keeper.user, keeper.unfinished, 'pause')
    kept = await keptOf(keeper.user)
    const names = await namesHere()
    const user = await makeRichUser(app, 'leaver-7c2', mortal)
    const { nextcloud, google, dropbox } = app.emulators
    const passwords = nextcloud.appPasswords().map(({ password }) => password)
    const sessions = [...atVendors().open, ...dropbox.sessions()]
    expect(atVendors().open.length).toBe(2 * own.length)

    const id = await askToGo(app, mortal, user.user)
    await comeToEnd(app, mortal, id)
    undisturbed = mortal.livesOf(id)

    await expectNothingOf(app, user.user, [...user.marks, ...passwords, ...sessions])
    expect(await namesHere()).toEqual(names)
    expect(await openUploads(app, mortal.livesOf(user.unfinished))).toEqual([])
    expect(atVendors().open).toEqual(own)
    const there = atVendors().names.filter((name) => !name.includes(keeper.marks[0] ?? ''))
    for (const document of Object.values(user.documents)) {
      expect(there.filter((name) => name.startsWith(document))).toEqual([])
    }
    expect(there).not.toContain(user.user)
    expect(there).toContain(`own-${user.marks[0]}.txt`)
    // The account is the keeper's as well, who goes on with it. A grant of one's own has ended, the unclaimed one too.
    expect(google.oauth.revocations).toEqual([])
    expect(dropbox.oauth.liveGrants('mia@example.com')).toBe(2)
    expect(nextcloud.appPasswords().length).toBe(1)
    expect(await keptOf(keeper.user)).toEqual(kept)
    const list = `/api/cloud/connections/${keeper.drives['google_drive']}/items?fresh=1`
    expect((await app.as(keeper.user)(list)).status).toBe(200)

    const audit = 'SELECT action, user_id, actor, provider FROM audit_entries WHERE user_id = ?'
    const entries = await rows(app, audit, id)
    const providers = 'dropbox,google_drive,nextcloud,onedrive,webdav'
    const purged = entries.find(({ action }) => action === 'cloud.credentials_purged')
    expect(String(purged?.['provider']).split(',').sort().join()).toBe(providers)
    const actions = entries.map(({ action }) => action)
    expect(actions).toContain('cloud.connected')
    expect(actions.filter((action) => String(action).startsWith('user.del'))).toEqual([
      'user.deletion_requested',
      'user.deleted',
    ])
    for (const { actor } of entries) expect([id, 'system']).toContain(actor)
  }, 120_000)

  it('leaves nothing either when the work is cut off at each of its steps', async () => {
    const user = await makeRichUser(app, 'mortal-9e3', mortal)
    const id = await askToGo(app, mortal, user.user, { label: 'new', nth: 0, phase: 'after' })
    await comeToEnd(app, mortal, id)
    const lives = mortal.livesOf(id)
    const met = lives.flatMap(({ diedAt }) => diedAt ?? [])
    expect(met.length).toBeGreaterThan(50)
    // Every operation that anybody's deletion asks for was the last of a life.
    const others = labelsOf(undisturbed).filter((label) => !OF_ONE.test(label))
    expect(others.filter((label) => !met.includes(label))).toEqual([])
    await expectNothingOf(app, user.user, user.marks)
    expect(await openUploads(app, mortal.livesOf(user.unfinished))).toEqual([])
    const { nextcloud, dropbox, google } = app.emulators
    expect(nextcloud.appPasswords().length).toBe(1)
    expect(dropbox.oauth.liveGrants('mia@example.com')).toBe(2)
    expect(google.oauth.revocations).toEqual([])
    expect(await keptOf(keeper.user)).toEqual(kept)
    const ends =
      "SELECT action FROM audit_entries WHERE user_id = ? AND action IN ('user.deleted', 'cloud.credentials_purged')"
    expect(await rows(app, ends, id)).toEqual([
      { action: 'cloud.credentials_purged' },
      { action: 'user.deleted' },
    ])
  }, 120_000)

  it('takes the whole account’s grant along when it is the last who holds it', async () => {
    const { google, nextcloud, dropbox } = app.emulators
    await comeToEnd(app, mortal, await askToGo(app, mortal, keeper.user))
    expectGoneAtVendors(keeper)
    await expectNothingOf(app, keeper.user, keeper.marks)
    expect(google.oauth.grantsOf(ANN)).toEqual([])
    expect(dropbox.oauth.liveGrants('mia@example.com')).toBe(0)
    expect(nextcloud.appPasswords()).toEqual([])
    expect(await namesHere()).toEqual({ state: [], bucket: [] })
    // Words of the imported texts: the full-text index keeps none of what was deleted.
    await expectNothingOf(app, keeper.user, ['bowline', 'squall', 'harbour'])
  }, 60_000)
})
