// A folder of five thousand: the page stays small, the end is reached, the place is kept, the focus is never lost.
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { describeInBrowser } from './browser.ts'
import { ANN, focused, openFolder, openGoogle, press, row } from './files.ts'

const COUNT = 5000
const PATIENT = { timeout: 40_000 }

describeInBrowser('a long folder', (stage) => {
  const shown = (page: Page) => page.locator('[data-item]').count()
  const total = (page: Page) => page.getByRole('grid').getAttribute('aria-rowcount')

  async function openLong(user: string) {
    const visited = await openGoogle(stage, user)
    const { google } = stage.app.emulators
    const folder = google.addFolder(ANN, 'root', `Long of ${user}`)
    const inner = google.addFolder(ANN, folder, 'zzz inner')
    google.addFile(ANN, inner, 'deep.txt', 'deep')
    google.addMany(ANN, folder, COUNT - 1)
    await openFolder(visited.page, stage, visited.connection, folder)
    await visited.page.locator('[data-item]').first().waitFor()
    return { ...visited, folder }
  }

  it('keeps the page small and reaches its end with one key', async () => {
    const { page, context, faults } = await openLong('lg1')
    await page.locator('[data-item]').first().focus()
    await press(page, 'End')
    await expect.poll(() => total(page), PATIENT).toBe(String(COUNT + 1))
    const last = page.locator(`[aria-rowindex="${COUNT + 1}"]`)
    await last.waitFor()
    await expect
      .poll(() => last.evaluate((one) => one === document.activeElement), PATIENT)
      .toBe(true)
    expect(await shown(page)).toBeLessThan(60)
    await press(page, 'Home')
    await expect
      .poll(
        () => page.evaluate(() => document.activeElement?.getAttribute('aria-rowindex')),
        PATIENT,
      )
      .toBe('2')
    await press(page, 'Control+a')
    await page.getByRole('region', { name: 'Selection' }).getByText(`${COUNT} selected`).waitFor()
    expect(await shown(page)).toBeLessThan(60)

    // What arrives is shown by itself; the thousands are not asked for again at each.
    const asked: string[] = []
    page.on('request', (request) => {
      if (request.url().includes('/items?')) asked.push(request.url())
    })
    const file = { name: '000 arrived.txt', mimeType: 'text/plain', buffer: Buffer.from('x') }
    await page.getByLabel('Files to upload').setInputFiles(file)
    await expect.poll(() => total(page), PATIENT).toBe(String(COUNT + 2))
    await row(page, file.name).waitFor()
    expect(asked).toEqual([])
    expect(faults).toEqual([])
    await context.close()
  })

  it('keeps the focus on a row that is scrolled away, and the place of whoever comes back', async () => {
    const { page, context, faults } = await openLong('lg2')
    await page.locator('[data-item]').first().focus()
    const name = await focused(page)
    await page.evaluate(() => {
      const noted: string[] = []
      Object.assign(window, { noted })
      document.addEventListener('focusout', () => noted.push('lost'))
    })
    for (let turn = 0; turn < 12; turn += 1) {
      await page.mouse.wheel(0, 3000)
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => done(undefined))))
    }
    expect(await page.evaluate(() => window.scrollY)).toBeGreaterThan(5000)
    expect(await focused(page)).toBe(name)
    expect(await page.evaluate(() => (window as unknown as { noted: string[] }).noted)).toEqual([])
    await press(page, 'ArrowDown')
    await expect.poll(() => page.evaluate(() => window.scrollY), PATIENT).toBeLessThan(500)

    await press(page, 'End')
    await expect.poll(() => total(page), PATIENT).toBe(String(COUNT + 1))
    await expect
      .poll(
        () => page.evaluate(() => document.activeElement?.getAttribute('aria-rowindex')),
        PATIENT,
      )
      .toBe(String(COUNT + 1))
    await press(page, 'Home')
    await press(page, 'z')
    await expect.poll(() => focused(page), PATIENT).toBe('zzz inner')
    const before = await page.evaluate(() => window.scrollY)
    await press(page, 'Enter')
    await row(page, 'deep.txt').waitFor()
    expect(await page.evaluate(() => window.scrollY)).toBe(0)
    await page.goBack()
    await expect.poll(() => focused(page), PATIENT).toBe('zzz inner')
    expect(await page.evaluate(() => window.scrollY)).toBe(before)
    expect(await total(page)).toBe(String(COUNT + 1))
    expect(faults).toEqual([])
    await context.close()
  })

  it('says so when the rest does not come, keeps what there is, and goes on', async () => {
    const { page, context, faults } = await openLong('lg3')
    const { trouble } = stage.app.emulators
    trouble.add({
      match: { path: /\/drive\/v3\/files$/ },
      times: 99,
      fault: { kind: 'status', status: 500 },
    })
    await page.locator('[data-item]').first().focus()
    await press(page, 'End')
    await page.getByRole('alert').getByText('The rest of the list did not come').waitFor(PATIENT)
    expect(await shown(page)).toBeGreaterThan(20)
    trouble.clear()
    await page.getByRole('button', { name: 'Retry' }).click()
    await page.getByRole('alert').waitFor({ state: 'detached' })
    expect(faults).toEqual([])
    await context.close()
  })
})
