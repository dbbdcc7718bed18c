// The whole story of a user in one sitting: from the sign-in through three drives, an import and its documents, to the last disconnect.
import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { rows } from '../harness.ts'
import { describeInBrowser } from './browser.ts'
import { byPassword, bySignIn, consent } from './connecting.ts'
import { ANN, chosen, focused, press, row } from './files.ts'
import { card, visit } from './visit.ts'

const USER = 'story'
/** Several requests to the vendor. */
const LARGE = 40_000_000

describeInBrowser('the story of a user', (stage) => {
  /** Presses a key until the focus is on what has this name. */
  async function goTo(page: Page, name: string, key = 'Tab'): Promise<void> {
    for (let presses = 0; presses < 40; presses += 1) {
      if ((await focused(page)).trim() === name) return
      await press(page, key)
    }
    throw new Error(`The focus never came to ${name}.`)
  }
  const main = (page: Page, name: string) =>
    page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name })

  it('connects, chooses by keyboard, imports, finds, uploads through a lost network, and leaves', async () => {
    const { emulators } = stage.app
    const { google } = emulators
    const notes = google.addFolder(ANN, 'root', 'Notes of the crew')
    for (const [name, text] of [
      ['anchor.txt', 'The anchor holds in clay, never in weed.\n'],
      ['buoy.txt', 'The red buoy marks the wreck.\n'],
      ['chart.txt', 'On the chart the shoal lies north.\n'],
      ['diary.txt', 'Nothing of the red buoy today.\n'],
    ] as const) {
      google.addFile(ANN, notes, name, text)
    }

    const { page, context, faults } = await visit(stage, USER)
    await consent(page, 'google_drive')
    await page.getByText('Google Drive is connected.').waitFor()
    await bySignIn(page, emulators)
    await page.getByText('Nextcloud is connected.').waitFor()
    await byPassword(page, emulators)
    await page.getByText('WebDAV is connected.').waitFor()

    // Three of four files, with the keyboard alone.
    await goTo(page, `Browse ${ANN}`)
    await press(page, 'Enter')
    await row(page, 'Notes of the crew').waitFor()
    await page.locator('[role=row][tabindex="0"]').waitFor()
    const first = await page.locator('[role=row][tabindex="0"]').getAttribute('data-item')
    await goTo(page, first ?? '')
    await goTo(page, 'Notes of the crew', 'ArrowDown')
    await press(page, 'Enter')
    await row(page, 'anchor.txt').waitFor()
    await goTo(page, 'anchor.txt')
    await press(page, ' ', 'Shift+ArrowDown', 'Shift+ArrowDown')
    expect(await chosen(page)).toEqual(['anchor.txt', 'buoy.txt', 'chart.txt'])
    await goTo(page, 'Import')
    await press(page, 'Enter')
    const dialog = page.getByRole('dialog')
    await dialog.getByText(/^3 files,/).waitFor()
    await goTo(page, 'Start import')
    await press(page, 'Enter')
    await dialog.getByRole('progressbar').waitFor()
    await dialog.getByText('3 imported', { exact: true }).waitFor({ timeout: 30_000 })
    await goTo(page, 'Done')
    await press(page, 'Enter')
    await dialog.waitFor({ state: 'detached' })

    // What was imported is found by a phrase, and leads to its source.
    await main(page, 'Documents').click()
    await page.getByLabel('Search the text of your documents').fill('"red buoy marks"')
    const found = page.getByRole('list', { name: 'Search results' })
    await found.locator('mark', { hasText: 'red buoy marks' }).waitFor()
    expect(await found.getByRole('heading').allTextContents()).toEqual(['buoy.txt'])
    await context.route('https://drive.google.com/**', (route) =>
      route.fulfill({ contentType: 'text/plain', body: 'The source.' }),
    )
    const opened = page.waitForEvent('popup')
    await found.getByRole('link', { name: /^Open source of buoy\.txt/ }).click()
    const source = await opened
    await source.waitForURL('https://drive.google.com/**')
    await source.close()

    // A folder goes up; the network is lost in the middle, and comes back.
    const top = join(stage.folder, 'Log')
    mkdirSync(join(top, 'deep'), { recursive: true })
    const large = randomBytes(LARGE)
    writeFileSync(join(top, 'deep', 'large.bin'), large)
    writeFileSync(join(top, 'small.txt'), 'small')
    const slow = emulators.trouble.add({
      match: { method: 'PUT', path: /\/upload\/drive\// },
      times: 1000,
      fault: { kind: 'slow', ms: 400 },
    })
    await main(page, 'Drives').click()
    await card(page, 'google_drive').getByRole('link', { name: 'Browse' }).click()
    await row(page, 'Notes of the crew').waitFor()
    await page.getByLabel('Folder to upload').setInputFiles(top)
    await expect.poll(() => slow.hits, { timeout: 30_000 }).toBeGreaterThanOrEqual(2)
    await context.setOffline(true)
    await page.getByText('You are offline.').waitFor()
    await context.setOffline(false)
    await page.getByText('You are online again.').waitFor()
    await page.locator('[data-tree][data-phase=over]').waitFor({ timeout: 50_000 })
    const folderOf = (above: string, name: string) =>
      google.children(ANN, above).find((one) => one.name === name)?.id ?? ''
    const log = folderOf('root', 'Log')
    expect((await google.content(folderOf(log, 'small.txt'))).toString()).toBe('small')
    const arrived = await google.content(folderOf(folderOf(log, 'deep'), 'large.bin'))
    expect(large.equals(arrived)).toBe(true)
    await row(page, 'Log').waitFor()

    // All three go; nothing sealed stays.
    await main(page, 'Drives').click()
    for (const [provider, label] of [
      ['google_drive', ANN],
      ['nextcloud', ''],
      ['webdav', ''],
    ] as const) {
      await card(page, provider).getByRole('button', { name: 'Disconnect' }).click()
      await dialog.getByText(label).first().waitFor()
      await dialog.getByRole('button', { name: 'Disconnect' }).click()
      await dialog.waitFor({ state: 'detached' })
      await card(page, provider).getByText('Not connected yet.').waitFor()
    }
    expect(await rows(stage.app, 'SELECT id FROM connections WHERE user_id = ?', USER)).toEqual([])
    expect(faults).toEqual([])
    await context.close()
  }, 180_000)
})
