// A failure where a vendor would tell whether a grant lives is no word on it: the connection outlasts each of them.
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import type { Fault } from '../emulators/trouble.ts'
import { endThrottling, rows, startSlipway, type Slipway } from '../harness.ts'
import { openDrive, problem, type OpenDrive } from '../vendor-drives.ts'
import { VENDOR_WORDS, type VendorWords } from '../vendor-words.ts'

let app: Slipway
/** Requests that run into their deadline while the tests go on, by provider. */
const unanswered: Record<string, { drive: OpenDrive; response: Promise<Response> }> = {}
beforeAll(async () => {
  // A place sends only six requests at once: two have room for all that are not answered.
  app = await startSlipway({ places: 2 })
  for (const [index, words] of VENDOR_WORDS.entries()) {
    const drive = await openRefused(words)
    const fault = { kind: 'stall', ms: 30_000 } as const
    const counter = app.emulators.trouble.add({ match: words.judge, fault })
    const path = `/api/cloud/connections/${drive.id}/items?fresh=1&folder_id=${drive.home}`
    const response = app.as(`user-${lastUser}`)(path, { place: index % 2 })
    unanswered[words.drive.provider] = { drive, response }
    await vi.waitUntil(() => counter.hits === 1)
  }
})
afterAll(() => app.close())
beforeEach(async () => {
  app.emulators.trouble.clear()
  await endThrottling(app)
})

let lastUser = 0
/** A connection whose credentials the vendor does not take just now. */
async function openRefused(words: VendorWords): Promise<OpenDrive> {
  const drive = await openDrive(app, `user-${++lastUser}`, words.drive)
  if (words.oauth === undefined) {
    const fault = { kind: 'status', status: 401 } as const
    app.emulators.trouble.add({ match: words.drive.list, times: 1, fault })
  } else {
    words.oauth(app).expireAccessTokens(words.drive.account)
    await rows(app, 'UPDATE connections SET access_expires_at = 0 WHERE id = ?', drive.id)
  }
  return drive
}
const listHome = ({ call, home }: OpenDrive) => call(`/items?fresh=1&folder_id=${home}`)
const statusOf = async ({ id }: OpenDrive) =>
  (await rows<{ status: string }>(app, 'SELECT status FROM connections WHERE id = ?', id))[0]
    ?.status

/** Only the server of a password is asked twice: what it first refused may be denied to this user alone. */
const codeOf = (words: VendorWords, code: string) =>
  words.oauth === undefined ? code : 'provider_unavailable'

const WORDS = VENDOR_WORDS.map((words) => [words.drive.provider, words] as const)
const FAILURES: readonly [string, Fault, string][] = [
  ['500', { kind: 'status', status: 500 }, 'provider_unavailable'],
  ['502 with HTML', { kind: 'garbage', status: 502 }, 'provider_unavailable'],
  ['HTML with 200', { kind: 'garbage' }, 'access_denied'],
  ['HTML with 403', { kind: 'garbage', status: 403 }, 'access_denied'],
  ['a reset', { kind: 'reset' }, 'provider_unavailable'],
]

for (const [provider, words] of WORDS) {
  const judge = words.oauth === undefined ? 'what is asked after a 401' : 'the token endpoint'

  it.each(FAILURES)(`${provider}: %s from ${judge} ends no grant`, async (_, fault, code) => {
    const drive = await openRefused(words)
    const counter = app.emulators.trouble.add({ match: words.judge, times: 10, fault })
    const answer = await listHome(drive)
    expect(counter.hits).toBeGreaterThan(0)
    expect((await problem(answer)).code).toBe(codeOf(words, code))
    expect(await statusOf(drive)).not.toBe('REQUIRES_REAUTH')
    app.emulators.trouble.clear()
    await endThrottling(app)
    expect((await listHome(drive)).status).toBe(200)
    await expect.poll(() => statusOf(drive)).toBe('ACTIVE')
  })
}

it.each(WORDS)(
  '%s: a token endpoint or server that never answers ends no grant',
  async (provider) => {
    const waiting = unanswered[provider]
    if (waiting === undefined) throw new Error(`${provider} was not asked`)
    expect(await problem(await waiting.response)).toMatchObject({
      status: 504,
      code: 'provider_timeout',
    })
    expect(await statusOf(waiting.drive)).not.toBe('REQUIRES_REAUTH')
    expect((await listHome(waiting.drive)).status).toBe(200)
    await expect.poll(() => statusOf(waiting.drive)).toBe('ACTIVE')
  },
)
