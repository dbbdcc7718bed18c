// Uploads in the console that are paused, cut off, cancelled or refused: what has arrived is never sent again, and nothing stays behind.
import { createHash, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { afterEach, beforeAll, expect, it } from 'vitest'
import { connect } from '../connect.ts'
import { rows } from '../harness.ts'
import { tusUser } from '../tus.ts'
import { describeInBrowser } from './browser.ts'
import { card, visit, type Visit } from './visit.ts'

const ACCOUNT = 'ann@contoso.com'
const FRAGMENT = 10 * 1024 * 1024
/** Several requests, and not a whole number of them. */
const LARGE = 120_000_000

describeInBrowser('uploads in the console', (stage) => {
  const bytes = randomBytes(LARGE)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const file = (name: string) => join(stage.folder, name)

  beforeAll(() => {
    for (const name of ['whole.bin', 'paused.bin', 'reloaded.bin', 'offline.bin', 'cancelled.bin'])
      writeFileSync(file(name), bytes)
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
    const visited = await visit(stage.browser, stage.app.url, user)
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

  it('sends 120 MB in requests of 50 MiB, and shows how far it is', async () => {
    const { page, context, faults } = await openDrive('upw')
    const offsets = watchPatches(page)
    slowDown()
    await choose(page, 'whole.bin')
    const bar = entry(page, 'whole.bin').getByRole('progressbar', { name: 'Sending whole.bin' })
    await expect
      .poll(async () => Number(await bar.getAttribute('value')), { timeout: 20_000 })
      .toBeGreaterThan(0)
    await entry(page, 'whole.bin', 'done').waitFor({ timeout: 50_000 })
    await page.getByRole('status').getByText('1 of 1 uploaded.').waitFor({ state: 'attached' })
    await page.getByRole('link', { name: 'whole.bin' }).waitFor()
    expect(offsets).toEqual([0, 52_428_800, 104_857_600])
    await expectOnce('whole.bin')
    expect(await page.evaluate(() => localStorage.length)).toBe(0)
    expect(faults).toEqual([])
    await context.close()
  })

  it('sends a small file in one request', async () => {
    const { page, context, faults } = await openDrive('ups')
    const requests: string[] = []
    page.on('request', (request) => {
      if (request.url().includes('/api/uploads')) requests.push(request.method())
    })
    writeFileSync(file('small.txt'), 'text')
    writeFileSync(file('nothing.txt'), '')
    await choose(page, 'small.txt', 'nothing.txt')
    await entry(page, 'small.txt', 'done').waitFor()
    await entry(page, 'nothing.txt', 'done').waitFor()
    expect(requests).toEqual(['POST', 'POST'])
    expect(await stored('small.txt')).toEqual([createHash('sha256').update('text').digest('hex')])
    expect(await stored('nothing.txt')).toEqual([createHash('sha256').digest('hex')])
    expect(faults).toEqual([])
    await context.close()
  })

  it('pauses and goes on, with the focus on the button', async () => {
    const { page, context, faults } = await openDrive('upp')
    slowDown()
    await choose(page, 'paused.bin')
    await untilTaken(6)
    await page.getByRole('button', { name: 'Pause paused.bin', exact: true }).press('Enter')
    const paused = entry(page, 'paused.bin', 'paused').getByText(/^Paused at \d+ MB of 120 MB$/)
    await paused.waitFor()
    const focused = await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))
    expect(focused).toBe('Resume paused.bin')
    await settled()
    const megabytes = Math.round(takenBytes() / 1e6)
    expect(await paused.textContent()).toBe(`Paused at ${megabytes} MB of 120 MB`)
    // None comes after the request that was under way.
    const count = taken().length
    await page.waitForTimeout(1500)
    expect(taken().length).toBe(count)
    stage.app.emulators.trouble.clear()
    await page.getByRole('button', { name: 'Resume paused.bin', exact: true }).press('Enter')
    await entry(page, 'paused.bin', 'done').waitFor({ timeout: 50_000 })
    await expectOnce('paused.bin')
    expect(faults).toEqual([])
    await context.close()
  })

  it('goes on after a reload when the same file is chosen again, and with no other', async () => {
    const { page, context, faults } = await openDrive('upr')
    slowDown()
    await choose(page, 'reloaded.bin')
    await untilTaken(7)
    await page.reload()
    const unfinished = page.locator('[data-unfinished="reloaded.bin"]')
    await unfinished.getByText(/Not finished: .* of 120 MB have arrived/).waitFor()
    await unfinished.getByLabel('reloaded.bin, to go on').setInputFiles(file('whole.bin'))
    await unfinished.getByRole('alert').getByText('is not the same file').waitFor()
    await settled()
    const before = takenBytes()
    expect(before).toBeGreaterThanOrEqual(7 * FRAGMENT)
    const offsets = watchPatches(page)
    await choose(page, 'reloaded.bin')
    await unfinished.waitFor({ state: 'detached' })
    await entry(page, 'reloaded.bin', 'done').waitFor({ timeout: 50_000 })
    await entry(page, 'reloaded.bin')
      .getByText(/^Uploaded, continued at \d+ MB$/)
      .waitFor()
    expect(offsets[0]).toBe(before)
    await expectOnce('reloaded.bin')
    expect(await page.evaluate(() => localStorage.length)).toBe(0)
    expect(faults).toEqual([])
    await context.close()
  })

  it('shows what is unfinished, however late the page is painted', async () => {
    const { page, context, connection, faults } = await openDrive('upl')
    const mark = { connection, folder: 'root', name: 'late.bin', size: LARGE }
    const address = await tusUser(stage.app, 'upl').begin(LARGE, {
      filename: mark.name,
      connection_id: connection,
    })
    const kept = { ...mark, user: 'upl', lastModified: 0, address, offset: 0 }
    await page.evaluate(
      (value) => localStorage.setItem('slipway-upload:upl:late', value),
      JSON.stringify({ ...kept, expiresAt: Date.now() + 60_000 }),
    )
    // The server's answers are there before the frame is.
    await page.addInitScript(() => {
      const paint = window.requestAnimationFrame.bind(window)
      window.requestAnimationFrame = (callback) =>
        paint((time) => void setTimeout(callback, 1000, time))
    })
    await page.reload()
    await page.locator('[data-unfinished="late.bin"]').waitFor()
    expect(faults).toEqual([])
    await context.close()
  })

  it('begins anew, and says so, when the server has forgotten what an earlier page had sent', async () => {
    const { page, context, faults } = await openDrive('upe')
    slowDown()
    await choose(page, 'cancelled.bin')
    await untilTaken(2)
    await page.reload()
    await page.locator('[data-unfinished]').waitFor()
    const [row] = await rows<{ id: string }>(
      stage.app,
      `SELECT id FROM uploads WHERE user_id = 'upe'`,
    )
    const ended = await stage.app.as('upe')(`/api/uploads/${row?.id}`, {
      method: 'DELETE',
      headers: { 'tus-resumable': '1.0.0' },
    })
    expect(ended.status).toBe(204)
    stage.app.emulators.requests.splice(0)
    await choose(page, 'cancelled.bin')
    const anew = entry(page, 'cancelled.bin', 'sending').getByText('was no longer there')
    await anew.waitFor({ timeout: 20_000 })
    await entry(page, 'cancelled.bin', 'done').waitFor({ timeout: 50_000 })
    await entry(page, 'cancelled.bin').getByText('Uploaded', { exact: true }).waitFor()
    await expectOnce('cancelled.bin')
    expect(faults).toEqual([])
    await context.close()
  })

  it('offers in no other tab what is being sent in this one', async () => {
    const { page, context } = await openDrive('upt')
    slowDown()
    await choose(page, 'cancelled.bin')
    await untilTaken(2)
    expect(await page.evaluate(() => localStorage.length)).toBe(1)
    const other = await context.newPage()
    await other.goto(page.url())
    await other.getByRole('button', { name: 'Upload files' }).waitFor()
    await other.waitForTimeout(1000)
    expect(await other.locator('[data-unfinished]').count()).toBe(0)
    await page.close()
    await other.reload()
    await press(other, 'Discard cancelled.bin')
    await expect.poll(() => openRows('upt'), { timeout: 20_000 }).toEqual([])
    await context.close()
  })

  it('waits for the network, and goes on by itself when it is back', async () => {
    const { page, context, faults } = await openDrive('upo')
    slowDown()
    await choose(page, 'offline.bin')
    await untilTaken(6)
    const cdp = await context.newCDPSession(page)
    const emulate = (offline: boolean) =>
      cdp.send('Network.emulateNetworkConditions', {
        offline,
        latency: 0,
        downloadThroughput: -1,
        uploadThroughput: -1,
      })
    await emulate(true)
    await entry(page, 'offline.bin', 'held').getByText('Waiting for the network.').waitFor()
    await page.getByRole('button', { name: 'Try now offline.bin' }).waitFor()
    await emulate(false)
    await entry(page, 'offline.bin', 'done').waitFor({ timeout: 50_000 })
    await expectOnce('offline.bin')
    expect(faults).toEqual([])
    await context.close()
  })

  it('leaves nothing behind when it is cancelled, or discarded after a reload', async () => {
    const { page, context, faults } = await openDrive('upc')
    slowDown()
    for (const way of ['Cancel', 'Discard']) {
      await choose(page, 'cancelled.bin')
      await entry(page, 'cancelled.bin', 'sending').waitFor()
      await expect.poll(() => taken().length, { timeout: 30_000 }).toBeGreaterThanOrEqual(2)
      expect(stage.app.emulators.microsoft.sessions()).toHaveLength(1)
      if (way === 'Discard') await page.reload()
      await press(page, `${way} cancelled.bin`)
      await entry(page, 'cancelled.bin').waitFor({ state: 'detached' })
      await expect
        .poll(() => stage.app.emulators.microsoft.sessions(), { timeout: 20_000 })
        .toEqual([])
      await expect.poll(() => openRows('upc')).toEqual([])
      expect(await stored('cancelled.bin')).toEqual([])
      expect(await page.evaluate(() => localStorage.length)).toBe(0)
      stage.app.emulators.requests.splice(0)
    }
    await page.reload()
    await page.getByRole('button', { name: 'Upload files' }).waitFor()
    expect(await page.locator('[data-unfinished]').count()).toBe(0)
    expect(faults).toEqual([])
    await context.close()
  })

  it('asks what to do where the name is taken', async () => {
    const { page, context, faults } = await openDrive('upn')
    const { microsoft } = stage.app.emulators
    microsoft.addFile(ACCOUNT, 'root', 'twice.txt', 'old')
    microsoft.addFile(ACCOUNT, 'root', 'again.txt', 'old')
    writeFileSync(file('twice.txt'), 'new')
    writeFileSync(file('again.txt'), 'new')
    await choose(page, 'twice.txt', 'again.txt')
    const alert = entry(page, 'twice.txt', 'failed').getByRole('alert')
    await alert.getByText('There is a file of this name already.').waitFor()
    await press(page, 'Keep both: twice.txt')
    await press(page, 'Replace again.txt')
    await entry(page, 'twice.txt', 'done').waitFor()
    await entry(page, 'again.txt', 'done').waitFor()
    const texts = async (name: RegExp) => {
      const items = microsoft.children(ACCOUNT, 'root').filter((item) => name.test(item.name))
      return (await Promise.all(items.map(({ id }) => microsoft.content(id)))).map(String).sort()
    }
    expect(await texts(/^twice/)).toEqual(['new', 'old'])
    expect(await texts(/^again/)).toEqual(['new'])
    expect(microsoft.sessions()).toEqual([])
    await press(page, 'Hide again.txt')
    await entry(page, 'again.txt').waitFor({ state: 'detached' })
    expect(faults).toEqual([])
    await context.close()
  })

  it('says that the storage is full', async () => {
    const { page, context, faults } = await openDrive('upf')
    stage.app.emulators.microsoft.settings.full = true
    writeFileSync(file('full.txt'), 'text')
    await choose(page, 'full.txt')
    const alert = entry(page, 'full.txt', 'failed').getByRole('alert')
    await alert.getByText(/full|quota|space/i).waitFor()
    stage.app.emulators.microsoft.settings.full = false
    await press(page, 'Retry full.txt')
    await entry(page, 'full.txt', 'done').waitFor()
    expect(faults).toEqual([])
    await context.close()
  })

  it('goes on after the connection was renewed from the entry', async () => {
    const { page, context } = await openDrive('upg')
    const { oauth } = stage.app.emulators.microsoft
    oauth.expireAccessTokens(ACCOUNT)
    oauth.killGrant(ACCOUNT)
    writeFileSync(file('grant.txt'), 'text')
    await choose(page, 'grant.txt')
    await entry(page, 'grant.txt', 'failed').getByText('requires re-authentication').waitFor()
    const opened = page.waitForEvent('popup')
    await press(page, 'Reconnect grant.txt')
    const popup = await opened
    await popup.click('#allow')
    await entry(page, 'grant.txt', 'done').waitFor()
    expect(await stored('grant.txt')).toHaveLength(1)
    await context.close()
  })

  it('goes on from where the grant died, once the connection is renewed', async () => {
    const account = 'mia@example.com'
    const { dropbox, trouble, requests } = stage.app.emulators
    await connect(stage.app, 'upd', 'dropbox', { account })
    const { page, context } = await visit(stage.browser, stage.app.url, 'upd')
    await card(page, 'dropbox').getByRole('link', { name: 'Browse' }).click()
    const offsets = watchPatches(page)
    const path = /\/upload_session\/append/
    trouble.add({ match: { path }, times: 1000, fault: { kind: 'slow', ms: 1000 } })
    await choose(page, 'whole.bin')
    const appended = () =>
      requests.filter((one) => path.test(one.path) && one.status === 200).length
    await expect.poll(appended, { timeout: 30_000 }).toBeGreaterThanOrEqual(2)
    dropbox.oauth.expireAccessTokens(account)
    dropbox.oauth.killGrant(account)
    const failed = entry(page, 'whole.bin', 'failed')
    await failed.getByText('requires re-authentication').waitFor({ timeout: 40_000 })
    trouble.clear()
    const count = offsets.length
    const opened = page.waitForEvent('popup')
    await press(page, 'Reconnect whole.bin')
    await (await opened).click('#allow')
    await entry(page, 'whole.bin', 'done').waitFor({ timeout: 50_000 })
    expect(offsets[count]).toBeGreaterThanOrEqual(2 * 24 * 1024 * 1024)
    const items = dropbox.children(account, dropbox.rootId(account))
    const item = items.find(({ name }) => name === 'whole.bin')
    expect(await dropbox.sha256(item?.id ?? '')).toBe(sha256)
    expect(dropbox.sessions()).toEqual([])
    await context.close()
  })

  it('goes on with a file that is dropped, and forgets what has expired', async () => {
    const { page, context } = await openDrive('upz')
    const { microsoft } = stage.app.emulators
    slowDown()
    // Made in the page: a drop takes no path.
    const drop = () =>
      page.evaluate(() => {
        const data = new DataTransfer()
        const content = new Uint8Array(45 * 1024 * 1024)
        data.items.add(new File([content], 'dropped.bin', { lastModified: 1_000_000 }))
        const event = new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })
        document.querySelector('.drop')?.dispatchEvent(event)
      })
    await drop()
    await untilTaken(1)
    await page.evaluate(() =>
      localStorage.setItem(
        'slipway-upload:upz:old',
        JSON.stringify({
          user: 'upz',
          connection: 'x',
          folder: 'root',
          name: 'old.bin',
          size: 2,
          lastModified: 0,
          address: '/api/uploads/old',
          offset: 1,
          expiresAt: Date.now() - 1,
        }),
      ),
    )
    await page.reload()
    await page.locator('[data-unfinished="dropped.bin"]').waitFor()
    expect(await page.locator('[data-unfinished]').count()).toBe(1)
    expect(await page.evaluate(() => localStorage.length)).toBe(1)
    await drop()
    await entry(page, 'dropped.bin', 'done')
      .getByText(/, continued at [1-4]\d MB$/)
      .waitFor()
    expect(microsoft.sessions()).toEqual([])
    expect(takenBytes()).toBe(45 * 1024 * 1024)
    await context.close()
  })

  it('shows what is unfinished to nobody else, and not after signing out', async () => {
    const { page, context } = await openDrive('upx')
    slowDown()
    await choose(page, 'cancelled.bin')
    await untilTaken(2)
    await page.reload()
    await page.locator('[data-unfinished]').waitFor()
    const other = await stage.app.token('upy')
    const name =
      (await context.cookies()).find(({ value }) => value.split('.').length === 3)?.name ?? ''
    await context.addCookies([{ name, value: other, url: stage.app.url }])
    const asked: string[] = []
    page.on('request', (request) => asked.push(new URL(request.url()).pathname))
    await page.goto(stage.app.url)
    await page.getByText('upy@local.test').waitFor()
    await expect.poll(() => page.evaluate(() => localStorage.length)).toBe(0)
    expect(asked.filter((path) => path.startsWith('/api/uploads'))).toEqual([])
    expect(await page.locator('[data-unfinished]').count()).toBe(0)
    await page.evaluate(() => localStorage.setItem('slipway-upload:upy:x', '{"user":"upy"}'))
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('link', { name: 'Sign in' }).waitFor()
    expect(await page.evaluate(() => localStorage.length)).toBe(0)
    await context.close()
  })
})
