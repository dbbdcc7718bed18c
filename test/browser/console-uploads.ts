// What tests of uploads in the console need: large files, a page that looks into a OneDrive, and what that vendor has taken.
import { createHash, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { afterEach, beforeAll, expect } from 'vitest'
import { connect } from '../connect.ts'
import { rows } from '../harness.ts'
import type { Stage } from './browser.ts'
import { card, visit, type Visit } from './visit.ts'

export const ACCOUNT = 'ann@contoso.com'
export const FRAGMENT = 10 * 1024 * 1024
/** Several requests, and not a whole number of them. */
export const LARGE = 120_000_000

/**
 * Called once in a suite; what a test leaves under way is over before the next one begins.
 * @param names the large files that the suite uploads, all of them with the same bytes
 */
export function uploadsInConsole(stage: Stage, names: readonly string[]) {
  const bytes = randomBytes(LARGE)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const file = (name: string) => join(stage.folder, name)

  beforeAll(() => {
    for (const name of names) writeFileSync(file(name), bytes)
  })
  afterEach(async () => {
    // What a page still sends would be taken for the next test's.
    await Promise.all(stage.browser.contexts().map((context) => context.close()))
    stage.app.emulators.trouble.clear()
    await settled()
    stage.app.emulators.reset()
  })

  /** A user with a OneDrive, who looks into it. */
  async function openDrive(user: string): Promise<Visit & { readonly connection: string }> {
    const { id } = await connect(stage.app, user, 'onedrive', { account: ACCOUNT })
    const visited = await visit(stage, user)
    await card(visited.page, 'onedrive').getByRole('link', { name: 'Browse' }).click()
    await visited.page.getByRole('button', { name: 'Upload files' }).waitFor()
    return { ...visited, connection: id }
  }
  const choose = (page: Page, ...names: readonly string[]) =>
    page.getByLabel('Files to upload', { exact: true }).setInputFiles(names.map(file))
  const entry = (page: Page, name: string, state?: string): Locator =>
    page.locator(`[data-upload="${name}"]${state === undefined ? '' : `[data-state=${state}]`}`)
  const press = (page: Page, name: string) =>
    page.getByRole('button', { name, exact: true }).click()

  /** Each fragment takes its time, so that there is a middle of the upload. */
  const slowDown = () =>
    stage.app.emulators.trouble.add({
      match: { method: 'PUT', path: /\/uploadSession\// },
      times: 1000,
      fault: { kind: 'slow', ms: 300 },
    })
  /** The ranges that the vendor has taken, as `first-last`. */
  const taken = () =>
    stage.app.emulators.requests
      .filter(({ method, path }) => method === 'PUT' && path.includes('/uploadSession/'))
      .filter(({ status }) => status === 200 || status === 201 || status === 202)
      .map(({ headers }) => /bytes (\d+)-(\d+)/.exec(headers['content-range'] ?? ''))
      .map((range) => ({ first: Number(range?.[1]), last: Number(range?.[2]) }))
  const takenBytes = () => taken().reduce((sum, { first, last }) => sum + last - first + 1, 0)
  const untilTaken = (count: number) =>
    expect.poll(() => taken().length, { timeout: 30_000 }).toBeGreaterThanOrEqual(count)
  const stored = async (name: string) => {
    const { microsoft } = stage.app.emulators
    const items = microsoft.children(ACCOUNT, 'root').filter((item) => item.name === name)
    return Promise.all(items.map(({ id }) => microsoft.sha256(id)))
  }
  const expectOnce = async (name: string) => {
    expect(await stored(name)).toEqual([sha256])
    expect(takenBytes()).toBe(LARGE)
    expect(stage.app.emulators.microsoft.sessions()).toEqual([])
  }
  /** The server has noted how much of a request that was cut off has arrived. */
  const settled = () =>
    expect
      .poll(() => rows(stage.app, 'SELECT id FROM uploads WHERE lease_id IS NOT NULL'), {
        timeout: 10_000,
      })
      .toEqual([])
  const openRows = (user: string) =>
    rows(stage.app, `SELECT id FROM uploads WHERE user_id = ? AND status = 'open'`, user)
  /** Offsets and lengths of the requests that the page has sent with bytes. */
  const watchPatches = (page: Page) => {
    const offsets: number[] = []
    page.on('request', (request) => {
      const offset = request.headers()['upload-offset']
      if (request.method() === 'PATCH') offsets.push(Number(offset))
    })
    return offsets
  }

  return {
    sha256,
    file,
    openDrive,
    choose,
    entry,
    press,
    slowDown,
    taken,
    takenBytes,
    untilTaken,
    stored,
    expectOnce,
    settled,
    openRows,
    watchPatches,
  }
}
