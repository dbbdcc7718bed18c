// What each vendor does to a connection over time, each to its code: tokens, limits, scopes, space, and what is gone.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { driveOf } from '../drive.ts'
import { endThrottling, rows, startSlipway, type Slipway } from '../harness.ts'
import { openDrive, problem, type OpenDrive } from '../vendor-drives.ts'
import { NARROW_SCOPES, VENDOR_WORDS, type VendorWords } from '../vendor-words.ts'

let app: Slipway
let narrowApp: Slipway
beforeAll(async () => {
  app = await startSlipway()
  narrowApp = await startSlipway({ settings: NARROW_SCOPES })
})
afterAll(async () => {
  await app.close()
  await narrowApp.close()
})
beforeEach(async () => {
  app.emulators.trouble.clear()
  await endThrottling(app)
})

const withOAuth = VENDOR_WORDS.filter(({ oauth }) => oauth !== undefined)
const writable = VENDOR_WORDS.filter(({ drive }) => drive.writing !== undefined)
const named = <T extends VendorWords>(words: readonly T[]) =>
  words.map((one) => [one.drive.provider, one] as const)

let lastUser = 0
const open = async (words: VendorWords, on = app) =>
  openDrive(on, `user-${++lastUser}`, words.drive)
const listHome = ({ call, home }: OpenDrive) => call(`/items?fresh=1&folder_id=${home}`)
const show = async ({ call }: Pick<OpenDrive, 'call'>) =>
  (await (await call('')).json()) as { status: string; throttled_until: string | null }
const refreshesOf = (words: VendorWords, on = app) =>
  words.oauth?.(on).tokenRequests.filter(({ grant }) => grant === 'refresh_token').length ?? 0
/** How many requests have come to any vendor. */
const countRequests = () => {
  const { requests, dav, nextcloud } = app.emulators
  return requests.length + dav.requests.length + nextcloud.requests.length
}
const send = ({ call, home }: OpenDrive, name: string, body: string | Uint8Array) => {
  const query = new URLSearchParams({ parent_id: home, name })
  return call(`/content?${query}`, { method: 'PUT', body: body as BodyInit })
}

// A password does not expire: Nextcloud and WebDAV have no row here.
describe('an expired token', () => {
  it.each(named(withOAuth))(
    'of %s is refreshed once, and the request succeeds',
    async (_, words) => {
      const drive = await open(words)
      words.oauth?.(app).expireAccessTokens(words.drive.account)
      const before = refreshesOf(words)
      expect((await listHome(drive)).status).toBe(200)
      expect(refreshesOf(words) - before).toBe(1)
      expect((await listHome(drive)).status).toBe(200)
      expect(refreshesOf(words) - before).toBe(1)
    },
  )
})

describe('a dead grant', () => {
  it.each(named(VENDOR_WORDS))('of %s has to be renewed by its user', async (_, words) => {
    const { drive: vendor, connectMortal = vendor.connect } = words
    const user = `user-${++lastUser}`
    const drive = await openDrive(app, user, { ...vendor, connect: connectMortal })
    expect((await listHome(drive)).status).toBe(200)
    const restore = words.kill?.(app)
    words.oauth?.(app).killGrant(vendor.account)
    const answer = await listHome(drive)
    expect(answer.status).toBe(503)
    expect(await problem(answer)).toMatchObject({
      code: 'reauth_required',
      detail: 'Cloud connection requires re-authentication. Please reconnect in Settings.',
    })
    restore?.()
    expect(
      await rows(app, 'SELECT status, last_error_code FROM connections WHERE id = ?', drive.id),
    ).toEqual([{ status: 'REQUIRES_REAUTH', last_error_code: 'reauth_required' }])
    const audited = await rows(
      app,
      "SELECT actor, user_id, provider, code FROM audit_entries WHERE subject_id = ? AND action = 'cloud.reauth_required'",
      drive.id,
    )
    const { provider } = vendor
    expect(audited).toEqual([{ actor: 'system', user_id: user, provider, code: 'reauth_required' }])
    const before = countRequests()
    expect((await listHome(drive)).status).toBe(503)
    expect(countRequests()).toBe(before)
  })
})

describe('a vendor that throttles', () => {
  const stated = VENDOR_WORDS.filter(({ wait }) => wait !== undefined)
  const unstated = VENDOR_WORDS.filter(({ wait }) => wait === undefined)

  it.each(named(stated))('(%s) is left alone for as long as it asks', async (_, words) => {
    const wait = words.wait ?? 0
    const drive = await open(words)
    app.emulators.trouble.add({ match: words.drive.list, times: 10, fault: words.throttled })
    const answer = await listHome(drive)
    expect(answer.status).toBe(429)
    expect(await problem(answer)).toMatchObject({ code: 'rate_limited', retry_after: wait })
    app.emulators.trouble.clear()
    const { status, throttled_until } = await show(drive)
    expect(status).toBe('ACTIVE')
    const left = (Date.parse(throttled_until ?? '') - Date.now()) / 1000
    expect(left).toBeGreaterThan(wait - 20)
    expect(left).toBeLessThanOrEqual(wait)
    const before = countRequests()
    expect((await problem(await listHome(drive))).code).toBe('rate_limited')
    expect(countRequests()).toBe(before)
    const past = Date.now() - 1
    await rows(app, 'UPDATE connections SET throttled_until = ? WHERE id = ?', past, drive.id)
    expect((await listHome(drive)).status).toBe(200)
    expect(countRequests()).toBeGreaterThan(before)
    expect((await show(drive)).throttled_until).toBeNull()
  })

  it.each(named(unstated))('(%s) and does not say for how long is asked once', async (_, words) => {
    const drive = await open(words)
    const rule = { match: words.drive.list, times: 10, fault: words.throttled }
    const counter = app.emulators.trouble.add(rule)
    const answer = await problem(await listHome(drive))
    expect(answer).toMatchObject({ code: 'rate_limited', retry_after: 30 })
    expect(counter.hits).toBe(1)
    app.emulators.trouble.clear()
    expect((await listHome(drive)).status).toBe(200)
  })
})

// A password opens all that its user may do: Nextcloud and WebDAV have no scopes.
describe('a grant that is too narrow', () => {
  it.each(named(withOAuth))('(%s) names the scope, and lives', async (_, words) => {
    const user = `user-${++lastUser}`
    const { id } = await words.drive.connect(narrowApp, user)
    const drive = { ...driveOf(user, () => ({ app: narrowApp, id })), id, home: 'root' }
    expect((await drive.call('/items')).status).toBe(200)
    const before = refreshesOf(words, narrowApp)
    const answer = await words.narrow?.attempt(drive, narrowApp)
    expect(answer?.status).toBe(403)
    expect(await answer?.json()).toMatchObject({
      code: 'insufficient_scope',
      scope: words.narrow?.scope,
    })
    expect(refreshesOf(words, narrowApp)).toBe(before)
    expect((await show(drive)).status).toBe('ACTIVE')
    expect((await drive.call('/items?fresh=1')).status).toBe(200)
  })
})

// Confluence is only read.
describe('storage that is full', () => {
  it.each(named(writable))('(%s) says so, and nothing is left behind', async (_, words) => {
    const drive = await open(words)
    const restore = words.fill?.(app)
    // More than one fragment anywhere, so that a session is open when it turns out.
    const small = await send(drive, 'full-small.bin', 'too much')
    const large = await send(drive, 'full-large.bin', new Uint8Array(25 * 1024 * 1024))
    restore?.()
    for (const answer of [small, large]) {
      expect(answer.status).toBe(507)
      expect((await problem(answer)).code).toBe('quota_exceeded')
    }
    expect(words.drive.writing?.open(app)).toEqual([])
    for (const name of ['full-small.bin', 'full-large.bin']) {
      expect(words.drive.writing?.names(app)).not.toContain(name)
    }
    expect((await show(drive)).status).toBe('ACTIVE')
  })
})

describe('an item that is gone', () => {
  it.each(named(VENDOR_WORDS))('from %s is not found', async (provider, words) => {
    const drive = await open(words)
    const ids = await makeGone(drive, provider, words)
    for (const path of [
      `/items/${ids.file}`,
      `/items/${ids.file}/content`,
      `/items/${ids.folder}`,
      `/items?folder_id=${ids.folder}`,
    ]) {
      const answer = await drive.call(path)
      expect([path, answer.status]).toEqual([path, 404])
      expect((await problem(answer)).code).toBe('item_not_found')
    }
    expect((await show(drive)).status).toBe('ACTIVE')
  })
})

/** Ids of a file and a folder that somebody else has deleted; where nothing can be, of a page that never was. */
async function makeGone(
  drive: OpenDrive,
  provider: string,
  words: VendorWords,
): Promise<{ readonly file: string; readonly folder: string }> {
  if (words.drive.writing === undefined) {
    const gone = drive.home.replace(/\d+$/, '987654321')
    return { file: gone, folder: gone }
  }
  const file = (await (await send(drive, `gone-${provider}.txt`, 'x')).json()) as { id: string }
  const made = await drive.call('/folders', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ parent_id: drive.home, name: `gone-${provider}` }),
  })
  const folder = (await made.json()) as { id: string }
  const other = await open(words)
  for (const { id } of [file, folder]) {
    expect((await other.call(`/items/${id}`, { method: 'DELETE' })).status).toBe(204)
  }
  return { file: file.id, folder: folder.id }
}

// A PUT of WebDAV has no session that could expire, and Confluence is only read.
describe('an upload session that ends in mid-upload', () => {
  const withSessions = VENDOR_WORDS.filter(({ expireUpload }) => expireUpload !== undefined)

  it.each(named(withSessions))('(%s) has to be begun again, which works', async (_, words) => {
    const drive = await open(words)
    const name = `expired-${words.drive.provider}.bin`
    const bytes = randomBytes(25 * 1024 * 1024)
    words.expireUpload?.(app)
    const answer = await send(drive, name, bytes)
    expect(answer.status).toBe(502)
    const { code, detail } = await problem(answer)
    expect(code).toBe('provider_unavailable')
    expect(detail).toMatch(/upload .*; start it again\.$/)
    expect(words.drive.writing?.open(app)).toEqual([])
    expect(words.drive.writing?.names(app)).not.toContain(name)
    app.emulators.trouble.clear()
    const again = await send(drive, name, bytes)
    expect(again.status).toBe(201)
    expect(await again.json()).toMatchObject({ name, size: bytes.length })
  })
})
