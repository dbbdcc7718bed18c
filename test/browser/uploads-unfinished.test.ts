// Uploads that a page of the console has left unfinished: who is offered them, how they go on, and that nothing stays behind.
import { expect, it } from 'vitest'
import { rows } from '../harness.ts'
import { tusUser } from '../tus.ts'
import { expectAccessible } from './axe.ts'
import { describeInBrowser } from './browser.ts'
import { FRAGMENT, LARGE, uploadsInConsole } from './console-uploads.ts'

describeInBrowser('unfinished uploads in the console', (stage) => {
  const {
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
  } = uploadsInConsole(stage, ['whole.bin', 'reloaded.bin', 'cancelled.bin'])

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
    await expectAccessible(page, 'unfinished upload')
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

  it('stops when somebody else signs in in another tab, and sends nothing into their account', async () => {
    const { page, context } = await openDrive('upo')
    slowDown()
    await choose(page, 'cancelled.bin', 'whole.bin', 'reloaded.bin')
    await untilTaken(2)
    const name =
      (await context.cookies()).find(({ value }) => value.split('.').length === 3)?.name ?? ''
    const other = await stage.app.token('upp')
    await context.addCookies([{ name, value: other, url: stage.app.url }])
    const sent: string[] = []
    const tab = await context.newPage()
    await tab.goto(stage.app.url)
    await page.getByText('upp@local.test').waitFor()
    page.on('request', (request) => sent.push(new URL(request.url()).pathname))
    expect(await page.locator('[data-upload]').count()).toBe(0)
    expect(await page.evaluate(() => localStorage.length)).toBe(0)
    await page.waitForTimeout(1000)
    expect(sent.filter((path) => path.startsWith('/api/uploads'))).toEqual([])
    expect(await rows(stage.app, `SELECT id FROM uploads WHERE user_id = 'upp'`)).toEqual([])
    await tab.close()
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
