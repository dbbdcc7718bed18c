// The whole story of a user in one sitting, from three drives through an import to the last disconnect; and the parts of it that can go otherwise.
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { rows } from '../harness.ts'
import { describeInBrowser } from './browser.ts'
import { byPassword, bySignIn, consent } from './connecting.ts'
import { ANN, chosen, focused, press, row } from './files.ts'
import { card, openConsent, passTime, signIn, visit } from './visit.ts'

const USER = 'story'
/** Several requests to the vendor. */
const LARGE = 40_000_000

describeInBrowser('the story of a user, and the shorter ones', (stage) => {
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
    /** Where in the large file each request with bytes of it begins. */
    const starts = () =>
      emulators.requests
        .filter(({ method, path }) => method === 'PUT' && path.includes('/upload/drive/'))
        .filter(({ headers }) => Number(headers['content-length']) > 1000)
        .map(({ headers }) => Number(/bytes (\d+)-/.exec(headers['content-range'] ?? '')?.[1] ?? 0))
    await main(page, 'Drives').click()
    await card(page, 'google_drive').getByRole('link', { name: 'Browse' }).click()
    await row(page, 'Notes of the crew').waitFor()
    await page.getByLabel('Folder to upload').setInputFiles(top)
    await expect.poll(() => slow.hits, { timeout: 30_000 }).toBeGreaterThanOrEqual(2)
    await context.setOffline(true)
    await page.getByText('You are offline.').waitFor()
    // What was cut off is over, at the vendor too: then the file is held, and nothing more comes.
    await expect
      .poll(() => rows(stage.app, 'SELECT id FROM uploads WHERE lease_id IS NOT NULL'), {
        timeout: 20_000,
      })
      .toEqual([])
    const [held] = await rows<{ offset: number }>(
      stage.app,
      `SELECT offset FROM uploads WHERE user_id = ? AND status = 'open' AND size = ${LARGE}`,
      USER,
    )
    expect(held?.offset).toBeGreaterThan(0)
    expect(held?.offset).toBeLessThan(LARGE)
    expect(starts()).toEqual([0])
    await context.setOffline(false)
    await page.getByText('You are online again.').waitFor()
    await page.locator('[data-tree][data-phase=over]').waitFor({ timeout: 50_000 })
    const folderOf = (above: string, name: string) =>
      google.children(ANN, above).find((one) => one.name === name)?.id ?? ''
    const log = folderOf('root', 'Log')
    expect((await google.content(folderOf(log, 'small.txt'))).toString()).toBe('small')
    const arrived = await google.content(folderOf(folderOf(log, 'deep'), 'large.bin'))
    expect(large.equals(arrived)).toBe(true)
    // What had arrived was not sent again.
    expect(starts()).toEqual([0, held?.offset])
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

  async function connect(page: Page, provider: string, press: '#allow' | '#deny') {
    const popup = await openConsent(page, provider)
    await popup.click(press)
  }

  it('connects Google Drive in the popup, browses, uploads 100 MB, gets it back, disconnects', async () => {
    const { page, context, faults } = await visit(stage, 'ann')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await signIn(page, 'ann')
    await connect(page, 'google_drive', '#allow')
    await card(page, 'google_drive').getByText('ann@example.com').waitFor()
    await card(page, 'google_drive').getByText('Connected', { exact: true }).waitFor()

    await card(page, 'google_drive').getByRole('link', { name: 'Browse' }).click()
    await page.getByRole('link', { name: 'report.pdf' }).first().waitFor()
    await page.getByRole('link', { name: 'Projects' }).click()
    await page.getByRole('link', { name: 'Plans 2026' }).click()
    await page.getByRole('link', { name: 'roadmap.txt' }).waitFor()
    await page
      .getByRole('navigation', { name: 'Folders' })
      .getByRole('link', { name: 'Projects' })
      .click()
    await page.getByRole('link', { name: 'Plans 2026' }).waitFor()
    await page.goBack()
    await page.getByRole('link', { name: 'roadmap.txt' }).waitFor()
    await page.goto(`${page.url().split('#')[0]}#/`)
    await card(page, 'google_drive').getByRole('link', { name: 'Browse' }).click()

    const bytes = randomBytes(100_000_000)
    const path = join(stage.folder, 'large ü.bin')
    writeFileSync(path, bytes)
    await page.getByLabel('Files to upload').setInputFiles(path)
    await page.locator('[data-upload="large ü.bin"][data-state=done]').waitFor({ timeout: 50_000 })
    const row = page.locator('[data-item="large ü.bin"]')
    const downloading = page.waitForEvent('download')
    await row.getByRole('link').click()
    const download = await downloading
    expect(download.suggestedFilename()).toBe('large ü.bin')
    const back = readFileSync(await download.path())
    const digest = (data: Buffer) => createHash('sha256').update(data).digest('hex')
    expect(digest(back)).toBe(digest(bytes))

    await page.getByLabel('Files to upload').setInputFiles(path)
    await page.getByRole('button', { name: 'Keep both' }).click()
    await page.locator('[data-item="large ü 1.bin"]').waitFor({ timeout: 50_000 })

    await page.getByRole('link', { name: 'Slipway' }).click()
    await card(page, 'google_drive').getByRole('button', { name: 'Disconnect' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Disconnect' }).click()
    await card(page, 'google_drive').getByText('ann@example.com').waitFor({ state: 'detached' })
    expect(stage.app.emulators.google.oauth.liveGrants('ann@example.com')).toBe(0)
    expect(faults).toEqual([])
    await context.close()
  })

  it('says so when access was denied, and when the popup was closed', async () => {
    const { page, context, faults } = await visit(stage, 'dan')
    await connect(page, 'onedrive', '#deny')
    await page.getByText('Access was not granted').waitFor()
    await page.clock.install()
    const popup = await openConsent(page, 'onedrive')
    await popup.close()
    const told = page.getByText('The sign-in window was closed')
    await passTime(page, async () => (await told.count()) > 0)
    expect(faults).toEqual([])
    await context.close()
  })

  it('connects a WebDAV server by its form, with the errors beside the fields', async () => {
    const { page, context, faults } = await visit(stage, 'wim')
    await card(page, 'webdav').getByRole('button', { name: 'Connect' }).click()
    await page.getByLabel('Server address').fill('https://10.0.0.1/')
    await page.getByLabel('User name').fill('mia')
    await page.getByLabel('Password').fill('wrong')
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Connect' }).click()
    await page.locator('#field-server_url-error').getByText('must have a host name').waitFor()
    await page.getByLabel('Server address').fill(`${stage.app.emulators.url}/dav-server/`)
    await dialog.getByRole('button', { name: 'Connect' }).click()
    await page.getByText('The user name or the password is wrong.').waitFor()
    await page.getByLabel('Password').fill('secret')
    await dialog.getByRole('button', { name: 'Connect' }).click()
    await card(page, 'webdav').getByText('Connected', { exact: true }).waitFor()
    expect(faults).toEqual([])
    await context.close()
  })

  it('makes, renames and deletes in the default storage with the keyboard', async () => {
    const { page, context, faults } = await visit(stage, 'kay')
    await card(page, 'r2').getByText('0 bytes of 11 GB used', { exact: true }).waitFor()
    await card(page, 'r2').getByRole('link', { name: 'Browse' }).press('Enter')
    await page.getByText('This folder is empty.').waitFor()
    await page.getByRole('button', { name: 'New folder' }).press('Enter')
    await page.getByRole('textbox', { name: 'Name' }).fill('Letters')
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: 'Letters' }).waitFor()
    await page.getByRole('button', { name: 'Rename Letters' }).press('Enter')
    await page.getByRole('textbox', { name: 'Name' }).fill('Post')
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: 'Post' }).waitFor()
    await page.getByRole('button', { name: 'Delete Post' }).press('Enter')
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).press('Enter')
    await page.getByText('This folder is empty.').waitFor()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('link', { name: 'Sign in' }).waitFor()
    expect(faults).toEqual([])
    await context.close()
  })
})
