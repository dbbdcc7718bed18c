// Documents in the console: found by what is in them as it is typed, opened at their source, renamed, moved and deleted.
import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { connect } from '../connect.ts'
import { rows } from '../harness.ts'
import { findItem, startImport, untilStatus } from '../imports.ts'
import { importFiles } from '../search.ts'
import { expectAccessible } from './axe.ts'
import { describeInBrowser } from './browser.ts'
import { visit } from './visit.ts'

describeInBrowser('documents in the console', (stage) => {
  const box = (page: Page) => page.getByLabel('Search the text of your documents')
  const found = (page: Page) => page.getByRole('list', { name: 'Search results' })
  const all = (page: Page) => page.getByRole('list', { name: 'Documents' })
  const one = (page: Page, name: string) => page.locator(`[data-document="${name}"]`)

  async function openDocuments(user: string) {
    const visited = await visit(stage, user)
    await visited.page
      .getByRole('navigation', { name: 'Main' })
      .getByRole('link', { name: 'Documents' })
      .click()
    await visited.page.getByRole('heading', { level: 1, name: 'Documents' }).waitFor()
    return visited
  }

  it('finds a phrase while it is typed, marks it, and leads to the source', async () => {
    const { id } = await connect(stage.app, 'res', 'google_drive', { account: 'ann@example.com' })
    const folder = await findItem(stage.app, 'res', id, 'Research')
    const importId = await startImport(stage.app, 'res', {
      connection_id: id,
      items: [{ id: folder }],
      category: 'Birds',
    })
    await untilStatus(stage.app, importId, 'completed')
    await importFiles(stage.app, 'res', {
      'boats.txt': 'Of boats: the fish dives for no kingfisher here.\n',
    })
    const { page, context, faults } = await openDocuments('res')
    await one(page, 'boats.txt').waitFor()
    await expectAccessible(page, 'documents')

    await box(page).pressSequentially('kingfi')
    await one(page, 'boats.txt').locator('mark', { hasText: 'kingfisher' }).waitFor()
    await box(page).fill('"kingfisher dives for fish"')
    await one(page, 'boats.txt').waitFor({ state: 'detached' })
    const pdf = one(page, 'paper.pdf')
    await pdf.locator('mark', { hasText: 'kingfisher dives for fish' }).waitFor()
    await pdf.getByText(/^Page 1/).waitFor()
    await pdf.getByText(/From ann@example\.com/).waitFor()
    const source = pdf.getByRole('link', { name: 'Open source of paper.pdf at ann@example.com' })
    expect(await source.getAttribute('href')).toMatch(/^https:\/\/drive\.google\.com\//)
    expect(await source.getAttribute('target')).toBe('_blank')
    await expectAccessible(page, 'search')

    await box(page).fill('fish')
    await one(page, 'boats.txt').waitFor()
    await page.getByLabel('Category').fill('Birds')
    await one(page, 'boats.txt').waitFor({ state: 'detached' })
    expect(page.url()).toContain('#/-/documents?q=fish&category=Birds')
    await page.reload()
    await found(page).waitFor()
    expect(await box(page).inputValue()).toBe('fish')
    const text = page.waitForEvent('popup')
    await box(page).fill('"kingfisher dives"')
    await pdf.getByRole('link', { name: 'Show text of paper.pdf' }).click()
    await expect.poll(async () => (await text).textContent('body')).toContain('kingfisher dives')
    expect(faults).toEqual([])
    await context.close()
  })

  it('says what is wrong with a search, and when nothing is found', async () => {
    await importFiles(stage.app, 'ref', { 'fish.txt': 'All kinds of fish.\n' })
    const { page, context, faults } = await openDocuments('ref')
    await box(page).fill('-fish')
    await page.getByRole('alert').getByText('has no word to look for').waitFor()
    await expectAccessible(page, 'search refused')
    await box(page).fill('unheard-of')
    await page.getByText('Nothing was found for “unheard-of”.').waitFor()
    await expectAccessible(page, 'nothing found')
    expect(faults).toEqual([])
    await context.close()
  })

  it('shows what was asked last, not what was answered last', async () => {
    await importFiles(stage.app, 'sta', { 'a.txt': 'An anchor.\n', 'b.txt': 'A buoy.\n' })
    const { page, context, faults } = await openDocuments('sta')
    let release = () => undefined as void
    const held = new Promise<void>((resolve) => (release = resolve))
    await page.route('**/search?q=anchor*', async (route) => {
      await held
      await route.continue()
    })
    const asked = page.waitForRequest('**/search?q=anchor*')
    await box(page).fill('anchor')
    await asked
    await box(page).fill('buoy')
    await found(page).getByText('b.txt', { exact: true }).waitFor()
    const late = page.waitForResponse('**/search?q=anchor*')
    release()
    await (await late).finished()
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)))
    expect(await found(page).getByRole('heading').allTextContents()).toEqual(['b.txt'])
    expect(faults).toEqual([])
    await context.close()
  })

  it('renames, moves, downloads and deletes; what is refused stands there again', async () => {
    await importFiles(
      stage.app,
      'chg',
      { 'old.txt': 'The old name.\n', 'stays.txt': 'This one stays.\n' },
      { keep_original: true },
    )
    const { page, context, faults } = await openDocuments('chg')
    await page.getByRole('button', { name: 'Rename or move old.txt' }).press('Enter')
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name').fill('new.txt')
    await dialog.getByLabel('Category').fill('Letters')
    await expectAccessible(page, 'rename a document')
    await page.keyboard.press('Enter')
    await one(page, 'new.txt').getByText('Letters').waitFor()

    const downloading = page.waitForEvent('download')
    await page.getByRole('link', { name: 'Download new.txt' }).click()
    const download = await downloading
    expect(download.suggestedFilename()).toBe('new.txt')
    expect(readFileSync(await download.path(), 'utf8')).toBe('The old name.\n')

    await page.getByRole('button', { name: 'Delete new.txt' }).press('Enter')
    await page.getByText('The file that it was imported from stays where it is.').waitFor()
    await expectAccessible(page, 'delete a document')
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await page.getByText('new.txt is deleted.').waitFor()
    expect(await all(page).getByRole('listitem').count()).toBe(1)

    await page.route('**/api/documents/*', (route) =>
      route.fulfill({
        status: 502,
        contentType: 'application/problem+json',
        json: { code: 'provider_unavailable', detail: 'It failed.', request_id: 'req-9' },
      }),
    )
    await page.getByRole('button', { name: 'Delete stays.txt' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await page.getByText('It failed.').waitFor()
    await one(page, 'stays.txt').waitFor()
    await expectAccessible(page, 'document not deleted')
    const names = await rows(stage.app, `SELECT filename FROM documents WHERE user_id = 'chg'`)
    expect(names).toEqual([{ filename: 'stays.txt' }])
    expect(faults).toEqual([])
    await context.close()
  })

  it('says why a file cannot be had, or not be found, and comes page by page', async () => {
    // Nothing is kept of whom the service does not know.
    await rows(stage.app, "INSERT INTO users (id, salt, created_at) VALUES ('pag', 's', 1)")
    await rows(
      stage.app,
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 120)
       INSERT INTO documents (id, user_id, filename, content_type, size, status, storage_backend,
         connection_id, item_id, source_provider, source_path, text_status, text_reason, imported_at,
         created_at, updated_at)
       SELECT 'doc-' || i, 'pag', 'document ' || i || '.pdf', 'application/pdf', 1000 * i, 'stored',
         'dropbox', 'gone', 'item-' || i, 'dropbox', 'folder/document ' || i || '.pdf',
         CASE WHEN i = 120 THEN 'unreadable' ELSE 'indexed' END,
         CASE WHEN i = 120 THEN 'encrypted' END, 1, i, i FROM n`,
    )
    const { page, context, faults } = await openDocuments('pag')
    const last = one(page, 'document 120.pdf')
    await last.getByText('It cannot be searched. It is protected by a password.').waitFor()
    await last.getByText('Its file cannot be had').waitFor()
    expect(await last.getByRole('link', { name: /^Download/ }).count()).toBe(0)
    await expectAccessible(page, 'documents unreachable')
    expect(await all(page).getByRole('listitem').count()).toBe(50)
    await page.getByRole('button', { name: 'Show more' }).press('Enter')
    await one(page, 'document 21.pdf').waitFor()
    await page.getByRole('button', { name: 'Show more' }).press('Enter')
    await one(page, 'document 1.pdf').waitFor()
    expect(await all(page).getByRole('listitem').count()).toBe(120)
    expect(faults).toEqual([])
    await context.close()
  })
})
