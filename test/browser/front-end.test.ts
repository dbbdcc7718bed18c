// The example front end on another origin, with its own tokens: connects without the API's cookies, picks by keyboard, uploads, imports.
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { connect } from '../connect.ts'
import { rows } from '../harness.ts'
import { expectAccessible } from './axe.ts'
import { describeInBrowser } from './browser.ts'
import { frontEndOnOtherOrigin } from './front-end.ts'
import { passTime } from './visit.ts'

const frontEnd = frontEndOnOtherOrigin()

describeInBrowser(
  'a front end on another origin',
  (stage) => {
    const press = async (page: Page, provider: string) => {
      const opened = page.waitForEvent('popup')
      await page.getByRole('button', { name: `Connect ${provider}` }).click()
      const popup = await opened
      await popup.waitForSelector('#allow')
      return popup
    }
    const message = (page: Page, text: string | RegExp) =>
      expect.poll(() => page.locator('#message').textContent(), { timeout: 20_000 }).toMatch(text)
    const says = async (page: Page, text: string) =>
      (await page.locator('#message').textContent())?.includes(text) === true
    const disconnectAll = async () => {
      for (const { id } of await rows<{ id: string }>(stage.app, 'SELECT id FROM connections')) {
        await stage.app.as('eve')(`/api/cloud/connections/${id}`, { method: 'DELETE' })
      }
    }

    it('claims what was connected without the cookie of the API', async () => {
      const { page, context, faults } = await frontEnd.open(stage)
      const claims: number[] = []
      context.on('response', (response) => {
        if (response.url().endsWith('/oauth/complete')) claims.push(response.status())
      })
      const popup = await press(page, 'Google Drive')
      const names = (await context.cookies(stage.app.url)).map(({ name }) => name)
      expect(names.filter((name) => name.includes('slipway'))).toEqual([])
      await popup.click('#allow')
      await message(page, 'Google Drive is connected.')
      await page.locator('[data-connection]').getByText('ann@example.com').waitFor()
      await expectAccessible(page, 'example front end')
      // Chromium asks first whether it may.
      expect(claims.filter((status) => status !== 204)).toEqual([200])
      const stored = await rows(stage.app, `SELECT status FROM connections WHERE user_id = 'eve'`)
      expect(stored).toEqual([{ status: 'ACTIVE' }])
      await page.getByRole('button', { name: 'Disconnect ann@example.com' }).click()
      await page.locator('[data-connection]').waitFor({ state: 'detached' })
      await page.goto(new URL('/connected?cloud_error=access_denied', page.url()).href)
      await message(page, 'Access was not granted')
      await expectAccessible(page, 'example front end, connected')
      expect(faults).toEqual([])
      await context.close()
    })

    it('is told that access was denied, and that the popup was closed', async () => {
      const { page, context, faults } = await frontEnd.open(stage)
      await page.clock.install()
      const denied = await press(page, 'OneDrive')
      await denied.click('#deny')
      await message(page, 'Access was not granted')
      const closed = await press(page, 'OneDrive')
      await closed.close()
      await passTime(page, () => says(page, 'The sign-in window was closed'))
      expect(await rows(stage.app, `SELECT id FROM connections WHERE user_id = 'eve'`)).toEqual([])
      expect(faults).toEqual([])
      await context.close()
    })

    it('connects although its own page severs every popup, by its page that claims', async () => {
      frontEnd.setHeaders({ 'cross-origin-opener-policy': 'same-origin' })
      const { page, context, faults } = await frontEnd.open(stage)
      await page.clock.install()
      // The claim is made, and its answer lost.
      let claims = 0
      await context.route('**/oauth/complete', async (route) => {
        if (route.request().method() === 'POST') claims += 1
        if (claims !== 1) return route.continue()
        await route.fetch()
        await route.abort()
      })
      const popup = await press(page, 'Google Drive')
      const said: string[] = []
      await popup.exposeFunction('note', (text: string) => void said.push(text))
      await popup.addInitScript(() => {
        const noting = globalThis as unknown as { note: (text: string) => void }
        window.close = () => noting.note(document.getElementById('message')?.textContent ?? '')
      })
      // Longer than the grace: the popup counts as closed from the beginning.
      await passTime(page, () => says(page, 'The sign-in window was closed'))
      await popup.click('#allow')
      await message(page, 'Google Drive is connected.')
      await page.locator('[data-connection]').getByText('ann@example.com').waitFor()
      await expect.poll(() => said, { timeout: 20_000 }).toEqual(['You can close this window.'])
      expect(claims).toBe(2)
      const stored = await rows(stage.app, `SELECT status FROM connections WHERE user_id = 'eve'`)
      expect(stored).toEqual([{ status: 'ACTIVE' }])
      frontEnd.setHeaders({})
      expect(faults).toEqual([])
      await context.close()
      await disconnectAll()
    })

    it('uploads, goes on after the network was lost, and has the same bytes there', async () => {
      const { id } = await connect(stage.app, 'eve', 'onedrive', { account: 'ann@contoso.com' })
      const { page, context, faults } = await frontEnd.open(stage)
      const bytes = randomBytes(75_000_000)
      const name = 'across ü.bin'
      writeFileSync(join(stage.folder, name), bytes)
      stage.app.emulators.trouble.add({
        match: { method: 'PUT', path: /\/uploadSession\// },
        times: 1000,
        fault: { kind: 'slow', ms: 300 },
      })
      await page.getByLabel('To', { exact: true }).selectOption(id)
      await page.getByLabel('File', { exact: true }).setInputFiles(join(stage.folder, name))
      await page.getByRole('button', { name: 'Upload', exact: true }).click()
      const taken = () =>
        stage.app.emulators.requests.filter(
          ({ method, path, status }) =>
            method === 'PUT' && path.includes('/uploadSession/') && status < 300,
        ).length
      await expect.poll(taken, { timeout: 30_000 }).toBeGreaterThanOrEqual(2)
      await context.setOffline(true)
      const progress = page.locator('#upload-progress')
      await expect.poll(() => progress.getAttribute('data-state')).toBe('held')
      await context.setOffline(false)
      await message(page, `${name} has arrived.`)
      const { microsoft } = stage.app.emulators
      const [item] = microsoft
        .children('ann@contoso.com', 'root')
        .filter((one) => one.name === name)
      expect(Buffer.compare(await microsoft.content(item?.id ?? ''), bytes)).toBe(0)
      expect(microsoft.sessions()).toEqual([])
      expect(faults.filter((fault) => !fault.includes('ERR_INTERNET_DISCONNECTED'))).toEqual([])
      stage.app.emulators.trouble.clear()
      await context.close()
      await disconnectAll()
    })

    it('chooses files with the keyboard alone, imports them, and follows the import by its events', async () => {
      await connect(stage.app, 'eve', 'google_drive', { account: 'ann@example.com' })
      const { page, context, faults } = await frontEnd.open(stage)
      await page.getByRole('button', { name: 'Choose files…' }).press('Enter')
      const list = page.getByRole('listbox', { name: 'Drives' })
      await list.getByRole('option', { name: /Google Drive/ }).waitFor()
      await expect.poll(() => list.evaluate((box) => box.matches(':focus'))).toBe(true)
      await page.keyboard.type('goo')
      await page.keyboard.press('Enter')
      await page
        .getByRole('option', { name: /report\.pdf/ })
        .first()
        .waitFor()
      await page.keyboard.type('report')
      await page.keyboard.press('Space')
      await page.getByText('1 chosen').waitFor()
      await page.keyboard.press('Enter')
      await message(page, 'The import is over: completed.')
      await page.locator('#import').getByText('report.pdf').waitFor()
      const documents = await rows<{ filename: string }>(
        stage.app,
        `SELECT filename FROM documents WHERE user_id = 'eve'`,
      )
      expect(documents.map(({ filename }) => filename)).toContain('report.pdf')
      expect(faults).toEqual([])
      await context.close()
      await disconnectAll()
    })
  },
  frontEnd.prepare,
)
