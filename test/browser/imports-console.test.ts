// Imports in the console: what one would bring, its progress with the reasons, and that it goes on while nobody looks.
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { connect, connectWebdav } from '../connect.ts'
import { rows } from '../harness.ts'
import { findItem, startImport, untilStatus } from '../imports.ts'
import { expectAccessible } from './axe.ts'
import { describeInBrowser } from './browser.ts'
import { card, visit } from './visit.ts'

describeInBrowser('imports in the console', (stage) => {
  const files = (page: Page) => page.getByRole('list', { name: 'Files of this import' })
  const file = (page: Page, name: string) => page.locator(`[data-file="${name}"]`)
  const dialogOf = (page: Page) => page.getByRole('dialog')

  /** A folder of a WebDAV server, opened in the console. */
  async function openFolder(user: string, texts: Readonly<Record<string, string | number>>) {
    for (const [name, content] of Object.entries(texts)) {
      stage.app.emulators.dav.addFile('mia', `/of-${user}/${name}`, content)
    }
    const { id } = await connectWebdav(stage.app, user)
    const visited = await visit(stage, user)
    await card(visited.page, 'webdav').getByRole('link', { name: 'Browse' }).click()
    await visited.page.getByRole('link', { name: `of-${user}` }).click()
    await visited.page.getByRole('link', { name: Object.keys(texts)[0] ?? '' }).waitFor()
    return { ...visited, connection: id }
  }

  /** Asks to import all that is in the open folder. */
  async function askToImport(page: Page): Promise<void> {
    const all = page.getByRole('checkbox', { name: 'Select all' })
    if ((await all.count()) > 0) await all.click()
    await page.getByRole('button', { name: 'Import', exact: true }).click()
    await dialogOf(page).waitFor()
  }

  /** Reading each file takes its time, so that there is a middle of the import. */
  const slowDown = (ms: number) =>
    stage.app.emulators.trouble.add({
      match: { method: 'GET', path: /\/of-\w+\/.+\.(?:txt|pdf)$/ },
      times: 1000,
      fault: { kind: 'slow', ms },
    })

  it('shows what an import would bring, how far it is, and why a file was left out', async () => {
    const { page, context, faults } = await openFolder('imp', {
      'anchor.txt': 'The anchor holds in clay.\n',
      'buoy.txt': 'The buoy rings at night.\n',
      'chart.txt': 'The chart shows the shoal.\n',
      'not-really.pdf': 'This is no PDF at all.\n',
      'sails.png': 40_000,
    })
    await askToImport(page)
    const dialog = dialogOf(page)
    await dialog.getByText(/^5 files, 40 kB\.$/).waitFor()
    await dialog.getByText('1 file of type image (png): no text can be read, left out.').waitFor()
    await dialog.getByLabel('Keep the originals, too').check()
    await dialog.getByText('1 file of type image (png): no text can be read, stored').waitFor()
    await dialog.getByLabel('Keep the originals, too').uncheck()
    await dialog.getByLabel('Category (optional)').fill('Harbour')
    await expectAccessible(page, 'import preview')

    slowDown(4000)
    await dialog.getByRole('button', { name: 'Start import' }).click()
    await dialog.getByRole('progressbar').waitFor()
    await dialog.getByText(/^\d of \d or more files/).waitFor()
    await dialog.getByRole('button', { name: 'Pause' }).press('Enter')
    await dialog.getByText('You have paused it.').waitFor()
    await file(page, 'anchor.txt').and(page.locator('[data-state=waiting]')).waitFor()
    await expectAccessible(page, 'import progress')
    stage.app.emulators.trouble.clear()
    // The button that had the focus says something else by now.
    await page.keyboard.press('Enter')
    await dialog.getByText('Done, not everything').waitFor()
    await dialog.getByText('3 imported, 1 skipped, 1 failed').waitFor()
    await file(page, 'sails.png').getByText('No text can be read from this kind of file').waitFor()
    await file(page, 'not-really.pdf').and(page.locator('[data-state=failed]')).waitFor()
    await dialog.getByRole('button', { name: 'Done' }).click()
    await dialog.waitFor({ state: 'detached' })

    await page.getByRole('link', { name: 'Imports' }).click()
    const entry = page.locator('[data-status=completed]')
    await entry.getByText('3 imported, 1 skipped, 1 failed').waitFor()
    await expectAccessible(page, 'imports')
    await entry.getByRole('link').click()
    await page.getByRole('heading', { level: 1, name: /^Import from / }).waitFor()
    await page.getByText(/category Harbour/).waitFor()
    await file(page, 'anchor.txt').waitFor()
    await expectAccessible(page, 'import')
    await page.getByRole('button', { name: 'Failed 1' }).click()
    await expect.poll(() => files(page).getByRole('listitem').count()).toBe(1)
    stage.app.emulators.dav.addFile('mia', '/of-imp/not-really.pdf', '%PDF-1.4 broken still\n')
    await page.getByRole('button', { name: 'Retry what failed' }).click()
    await page.getByText('3 imported, 1 skipped, 1 failed').waitFor()
    expect(faults).toEqual([])
    await context.close()
  })

  it('goes on when its dialog is closed, and says when it is over', async () => {
    const { page, context, faults } = await openFolder('clo', {
      'first.txt': 'The first of two.\n',
      'second.txt': 'The second of two.\n',
    })
    await askToImport(page)
    slowDown(2000)
    await dialogOf(page).getByRole('button', { name: 'Start import' }).click()
    await dialogOf(page).getByRole('button', { name: 'Close, it goes on' }).press('Enter')
    await page.getByText('The import goes on.').waitFor()
    await page.getByRole('link', { name: 'Settings' }).click()
    await page.getByText('2 files imported.').waitFor({ timeout: 30_000 })
    stage.app.emulators.trouble.clear()
    await page.getByText('2 files imported.').locator('../..').getByRole('link').click()
    await page.getByText('2 imported', { exact: true }).waitFor()
    expect(faults).toEqual([])
    await context.close()
  })

  it('renews the drive that an import waits for, from where it is shown', async () => {
    const { google } = stage.app.emulators
    google.addFile(
      'ann@example.com',
      google.addFolder('ann@example.com', 'root', 'rea'),
      'a.txt',
      'A',
    )
    const { id } = await connect(stage.app, 'rea', 'google_drive', { account: 'ann@example.com' })
    const folder = await findItem(stage.app, 'rea', id, 'rea')
    google.oauth.expireAccessTokens('ann@example.com')
    google.oauth.killGrant('ann@example.com')
    const importId = await startImport(stage.app, 'rea', {
      connection_id: id,
      items: [{ id: folder }],
    })
    await untilStatus(stage.app, importId, 'paused')
    const { page, context, faults } = await visit(stage, 'rea')
    await page.getByRole('link', { name: 'Imports' }).click()
    await page.getByText('The drive wants you to sign in again.').waitFor()
    await expectAccessible(page, 'import waits')
    const opened = page.waitForEvent('popup')
    await page.getByRole('main').getByRole('button', { name: 'Reconnect' }).click()
    await (await opened).click('#allow')
    await page.getByText('1 imported', { exact: true }).waitFor({ timeout: 30_000 })
    expect(faults).toEqual([])
    await context.close()
  })

  it('follows an import by asking where events do not come through, and cancels it', async () => {
    const { page, context, faults } = await openFolder('pol', {
      'one.txt': 'One.\n',
      'two.txt': 'Two.\n',
    })
    await page.route('**/api/imports/*/events*', (route) => route.abort())
    await askToImport(page)
    slowDown(20_000)
    const dialog = dialogOf(page)
    await dialog.getByRole('button', { name: 'Start import' }).click()
    await dialog.getByRole('button', { name: 'Cancel' }).waitFor()
    // Nothing but an answer to a question can tell so.
    await dialog.getByText(/^0 of \d or more files/).waitFor({ timeout: 30_000 })
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await dialog.getByText('Cancelled', { exact: true }).waitFor()
    stage.app.emulators.trouble.clear()
    expect(faults).toEqual([])
    await context.close()
  })

  it('has thousands of files, page by page', async () => {
    const id = 'many-files'
    await connectWebdav(stage.app, 'man')
    await rows(
      stage.app,
      `INSERT INTO imports (id, user_id, connection_id, provider, on_duplicate, keep_original, status,
         is_planned, created_at, updated_at, finished_at)
       VALUES (?, 'man', 'gone', 'webdav', 'skip', 0, 'completed', 1, 1, 1, 1)`,
      id,
    )
    await rows(
      stage.app,
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
       INSERT INTO import_items (id, import_id, item_id, name, path, size, state, reason, changed_at)
       SELECT 'file-' || i, ?, 'item-' || i, 'file ' || i || '.txt', 'deep/folder/file ' || i || '.txt', i,
         CASE WHEN i % 10 = 0 THEN 'failed' ELSE 'imported' END,
         CASE WHEN i % 10 = 0 THEN 'encrypted' END, 1 FROM n`,
      id,
    )
    const { page, context, faults } = await visit(stage, 'man')
    await page.goto(`${stage.app.url}/#/-/imports/${id}`)
    await file(page, 'file 200.txt').waitFor()
    expect(await files(page).getByRole('listitem').count()).toBe(200)
    await page.getByRole('button', { name: 'Show more files' }).press('Enter')
    await file(page, 'file 400.txt').waitFor()
    await page.getByRole('button', { name: 'Failed 300' }).click()
    await file(page, 'file 2000.txt').getByText('It is protected by a password.').waitFor()
    expect(await files(page).getByRole('listitem').count()).toBe(200)
    await page.getByRole('button', { name: 'Show more files' }).press('Enter')
    await file(page, 'file 3000.txt').waitFor()
    expect(await files(page).getByRole('listitem').count()).toBe(300)
    expect(await page.getByRole('button', { name: 'Show more files' }).count()).toBe(0)
    expect(faults).toEqual([])
    await context.close()
  })
})
