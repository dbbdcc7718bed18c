// Imports that cannot go on wait without holding a message, and go on by themselves when they can; those that are ended leave nothing behind.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '../connect.ts'
import { rows, startSlipway, type Slipway } from '../harness.ts'
import {
  countAll,
  documentsOf,
  expectCharged,
  expectImported,
  expectNothingLoose,
  expectOriginals,
  objectsOf,
  openUploads,
} from '../import-judge.ts'
import { ANN, expectNoMessage, sceneAt } from '../import-scene.ts'
import { itemsOf, passTime, showImport, tellImport, until, untilStatus } from '../imports.ts'
import { createMortal } from '../mortal.ts'

const MIB = 2 ** 20

const mortal = createMortal()
let app: Slipway
beforeAll(async () => {
  app = await startSlipway({ mortal })
})
afterAll(() => app.close())
afterEach(() => app.emulators.trouble.clear())

const statesOf = async (id: string) => {
  const states = [...(await itemsOf(app, id)).values()].map(({ state }) => state)
  return Object.fromEntries(
    [...new Set(states)]
      .sort()
      .map((state) => [state, states.filter((one) => one === state).length]),
  )
}
const importedCount = async (id: string) => (await statesOf(id))['imported'] ?? 0

/** Downloads take long enough for something to happen in the middle. */
const slowDown = (host: string, path: RegExp) =>
  app.emulators.trouble.add({
    match: { host, method: 'GET', path },
    times: 10_000,
    fault: { kind: 'slow', ms: 150 },
  })

const MEDIA = { host: 'www.googleapis.com', method: 'GET', path: /\/files\/[^/]+$/ }

describe('a token that dies in the middle', () => {
  it('pauses the import, and reconnecting resumes it', async () => {
    const scene = await sceneAt(app, 'google_drive', 'revoked', 12)
    slowDown(MEDIA.host, MEDIA.path)
    const id = await scene.start()
    await until(async () => (await importedCount(id)) >= 2, 'the first files')
    app.emulators.google.oauth.killGrant(ANN)
    expect(await untilStatus(app, id, 'paused')).toMatchObject({
      pause_reason: 'reauth_required',
      resume_at: null,
      lease_id: null,
    })
    app.emulators.trouble.clear()
    await passTime(app, id)
    await expectNoMessage(app, mortal, id)
    const states = await statesOf(id)
    expect(Object.keys(states)).toEqual(['imported', 'waiting'])
    expect(await showImport(app, scene.user, id)).toMatchObject({
      status: 'paused',
      pause_reason: 'reauth_required',
    })
    expect((await tellImport(app, scene.user, id, 'resume')).status).toBe(503)
    await connect(app, scene.user, 'google_drive', { query: { connection_id: scene.connectionId } })
    await untilStatus(app, id, 'completed')
    await expectImported(app, scene.user, id, scene.files)
  })
})

describe('messages that nobody could work on', () => {
  const DEAD = 'slipway-imports-dead'
  /** Nobody is at work on it, and its message has just been sent. */
  const lose = (id: string, troubles: number) =>
    rows(
      app,
      `UPDATE imports SET status = 'running', pause_reason = NULL, resume_at = NULL, troubles = ?,
        dispatched_at = ? WHERE id = ?`,
      troubles,
      Date.now(),
      id,
    )

  it('put the import aside for a while; after a day of that it fails, and can be tried again', async () => {
    const scene = await sceneAt(app, 'webdav', 'dead', 40)
    slowDown('dav-server', /dead\/text/)
    const id = await scene.start()
    await until(async () => (await importedCount(id)) >= 1, 'the first file')
    // A dead letter from before means nothing to a slice that is at work.
    await app.deliver({ import_id: id }, DEAD)
    expect((await showImport(app, scene.user, id)).status).toBe('running')
    expect((await tellImport(app, scene.user, id, 'pause')).ok).toBe(true)
    await until(() => !mortal.isAtWork(id), 'the end of the slice')
    app.emulators.trouble.clear()

    await lose(id, 0)
    await app.deliver({ import_id: id }, DEAD)
    const { resume_at } = await untilStatus(app, id, 'paused')
    expect(await showImport(app, scene.user, id)).toMatchObject({
      pause_reason: 'provider_unavailable',
    })
    expect(Number(resume_at)).toBeGreaterThan(Date.now() + 30_000)

    await lose(id, 30)
    await app.deliver({ import_id: id }, DEAD)
    await untilStatus(app, id, 'failed')
    expect((await tellImport(app, scene.user, id, 'retry')).ok).toBe(true)
    await untilStatus(app, id, 'completed')
    await expectImported(app, scene.user, id, scene.files)
  })
})

describe('a provider that asks to wait a minute', () => {
  it.each(['webdav', 'google_drive'] as const)(
    'is left alone until then (%s)',
    async (provider) => {
      const scene = await sceneAt(app, provider, `hasty ${provider}`, 6)
      const { google, dav } = app.emulators
      const fault = { kind: 'status', status: 429, headers: { 'retry-after': '60' } } as const
      const match = provider === 'webdav' ? { host: 'dav-server', method: 'GET' } : MEDIA
      app.emulators.trouble.add({ match, skip: 2, times: 10_000, fault })
      const asked = () => dav.requests.length + app.emulators.requests.length
      void google
      const id = await scene.start()
      const state = await untilStatus(app, id, 'paused')
      expect(state.pause_reason).toBe('throttled')
      const wait = (state.resume_at ?? 0) - Date.now()
      expect(wait).toBeGreaterThan(50_000)
      expect(wait).toBeLessThan(65_000)
      await until(() => !mortal.isAtWork(id), 'the end of the slice')
      const before = asked()
      await expectNoMessage(app, mortal, id)
      await showImport(app, scene.user, id)
      expect(asked()).toBe(before)
      app.emulators.trouble.clear()
      await passTime(app, id)
      await app.runCron('* * * * *')
      await untilStatus(app, id, 'completed')
      await expectImported(app, scene.user, id, scene.files)
    },
  )
})

describe('a user', () => {
  it('pauses an import and resumes it', async () => {
    const scene = await sceneAt(app, 'webdav', 'patient', 12)
    slowDown('dav-server', /text/)
    const id = await scene.start()
    await until(async () => (await importedCount(id)) >= 2, 'the first files')
    expect((await tellImport(app, scene.user, id, 'pause')).ok).toBe(true)
    await expectNoMessage(app, mortal, id)
    await passTime(app, id)
    await expectNoMessage(app, mortal, id)
    expect(await showImport(app, scene.user, id)).toMatchObject({
      status: 'paused',
      pause_reason: 'user',
    })
    expect(await importedCount(id)).toBeLessThan(12)
    app.emulators.trouble.clear()
    expect((await tellImport(app, scene.user, id, 'resume')).ok).toBe(true)
    await untilStatus(app, id, 'completed')
    await expectImported(app, scene.user, id, scene.files)
  })

  it.each(['alive', 'dead'])(
    'cancels in the middle of a copy whose consumer is %s',
    async (how) => {
      // More than goes in one request: parts lie in the bucket.
      const scene = await sceneAt(app, 'webdav', `fickle ${how}`, 3, { 'large.bin': 80 * MIB })
      const phase = how === 'alive' ? 'wait' : 'after'
      mortal.planNext({ label: 'r2 uploadPart 3', nth: 1, phase })
      const id = await scene.start({ keep_original: true })
      if (how === 'alive') await until(() => mortal.isWaiting(id), 'the third part')
      else await until(() => mortal.livesOf(id).some((life) => life.how === 'died'), 'the death')
      expect((await tellImport(app, scene.user, id, 'cancel')).ok).toBe(true)
      mortal.release(id)
      await until(() => !mortal.isAtWork(id), 'the end of the slice')
      expect(await showImport(app, scene.user, id)).toMatchObject({ status: 'cancelled' })
      const { imported = 0, skipped = 0, ...others } = await statesOf(id)
      expect([imported + skipped, others]).toEqual([4, {}])
      // What was written by a slice that did not know is cleared away later.
      await rows(app, 'UPDATE imports SET updated_at = 1 WHERE id = ?', id)
      await app.runCron('* * * * *')
      await app.runCron()
      const kept = (await documentsOf(app, scene.user)).map(({ filename }) => filename)
      expect(kept.length).toBe(imported)
      const ofKept = scene.files.filter(({ name }) => kept.includes(name))
      await expectOriginals(app, scene.user, ofKept)
      expect((await objectsOf(app, scene.user)).length).toBe(imported)
      expect(await openUploads(app, mortal.livesOf(id))).toEqual([])
      await countAll(app)
      await expectCharged(app, scene.user, ofKept)
      await expectNoMessage(app, mortal, id)
    },
  )

  it('disconnects the drive', async () => {
    const scene = await sceneAt(app, 'webdav', 'leaver', 12)
    slowDown('dav-server', /text/)
    const id = await scene.start()
    await until(async () => (await importedCount(id)) >= 2, 'the first files')
    const path = `/api/cloud/connections/${scene.connectionId}`
    expect((await app.as(scene.user)(path, { method: 'DELETE' })).ok).toBe(true)
    await until(
      async () => {
        await passTime(app, id)
        await app.runCron('* * * * *')
        return !['running', 'paused'].includes((await showImport(app, scene.user, id)).status)
      },
      'the end of the import',
      20,
    )
    await until(() => !mortal.isAtWork(id), 'the end of the slice')
    const items = [...(await itemsOf(app, id)).values()]
    const imported = items.filter(({ state }) => state === 'imported').length
    expect(imported).toBeGreaterThanOrEqual(2)
    const others = items.filter(({ state }) => state !== 'imported')
    expect(new Set(others.map(({ state, reason }) => `${state} ${reason}`))).toEqual(
      new Set(['failed connection_removed']),
    )
    expect((await documentsOf(app, scene.user)).length).toBe(imported)
    const audit = `SELECT user_id, actor, provider, code FROM audit_entries
      WHERE subject_id = ? AND action = 'import.failed'`
    const { user: user_id } = scene
    expect(await rows(app, audit, id)).toEqual([
      { user_id, actor: 'system', provider: 'webdav', code: 'not_found' },
    ])
    await expectNoMessage(app, mortal, id)
  })
})

it('leaves nothing loose', () => expectNothingLoose(app))
