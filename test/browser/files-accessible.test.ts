// Every state of the file browser before axe-core: light and dark, 360 and 1280 pixels, with names of all kinds.
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { expectAccessible } from './axe.ts'
import { describeInBrowser } from './browser.ts'
import { ANN, openFolder, openGoogle, press, row } from './files.ts'

const LONG = `${'A name that goes on and on '.repeat(6)}.pdf`
const NAMES = [
  LONG,
  `${'without-any-break'.repeat(9)}.txt`,
  'تقرير السنة الجديدة.pdf',
  'דו״ח (סופי) 2.docx',
  '🚢⚓ harbour 👩‍🚀 plan.txt',
  'İstanbul ß ﬁ.md',
]

describeInBrowser('the file browser for everybody', (stage) => {
  async function openNames(user: string) {
    const visited = await openGoogle(stage, user)
    const { google } = stage.app.emulators
    const folder = google.addFolder(ANN, 'root', 'Names')
    google.addFolder(ANN, folder, 'A folder')
    for (const name of NAMES) google.addFile(ANN, folder, name, 123_456)
    google.addDocument(ANN, folder, 'Minutes', 'document', ['# One'])
    await openFolder(visited.page, stage, visited.connection, folder)
    await row(visited.page, 'Minutes').waitFor()
    return { ...visited, folder }
  }
  const close = async (page: Page) => {
    await press(page, 'Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  }

  it('a folder, a selection, its menu, its dialogs', async () => {
    const { page, context, faults } = await openNames('ax1')
    expect(await page.locator('[data-item]').count()).toBe(NAMES.length + 2)
    await expectAccessible(page, 'folder')
    await row(page, 'Minutes').focus()
    await press(page, 'Control+a')
    await expectAccessible(page, 'selection')
    await press(page, 'ContextMenu')
    await page.getByRole('menu').waitFor()
    await expectAccessible(page, 'menu')
    await press(page, 'Escape')
    await page.getByRole('menu').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Move', exact: true }).click()
    await page.getByRole('dialog').waitFor()
    await expectAccessible(page, 'move')
    await page.getByRole('dialog').getByRole('button', { name: 'New folder' }).click()
    await page.getByRole('textbox', { name: 'Name' }).waitFor()
    await expectAccessible(page, 'move, new folder')
    await close(page)
    await page
      .getByRole('region', { name: 'Selection' })
      .getByRole('button', { name: 'Delete' })
      .click()
    await page.getByRole('dialog').waitFor()
    await expectAccessible(page, 'delete')
    await close(page)
    await page.getByRole('button', { name: 'New folder' }).click()
    await page.getByRole('dialog').waitFor()
    await expectAccessible(page, 'new folder')
    await close(page)
    await page.getByRole('button', { name: 'Download Minutes' }).click()
    await page.getByRole('dialog').getByRole('link', { name: 'PDF' }).waitFor()
    await expectAccessible(page, 'formats')
    await close(page)
    await row(page, LONG).focus()
    await press(page, 'F2')
    await page.getByRole('dialog').waitFor()
    await expectAccessible(page, 'rename')
    await close(page)
    expect(faults).toEqual([])
    await context.close()
  }, 120_000)

  it('nothing yet, nothing at all, nothing found, and what went wrong', async () => {
    const { page, context, faults, connection, folder } = await openNames('ax2')
    const { google, trouble } = stage.app.emulators
    let answer = () => undefined as void
    const held = new Promise<void>((resolve) => (answer = resolve))
    await page.route('**/items?*', async (route) => {
      await held
      await route.continue()
    })
    const empty = google.addFolder(ANN, folder, 'Empty')
    await openFolder(page, stage, connection, empty)
    await page.getByText('Loading…').first().waitFor()
    await expectAccessible(page, 'loading')
    answer()
    await page.getByText('This folder is empty.').waitFor()
    await expectAccessible(page, 'empty')
    await page.getByRole('searchbox').fill('Minutes')
    await press(page, 'Enter')
    await row(page, 'Minutes').first().waitFor()
    await page
      .getByRole('link', { name: /My Drive \/ Names$/ })
      .first()
      .waitFor()
    await expectAccessible(page, 'search')
    await page.getByRole('searchbox').fill('no such thing')
    await press(page, 'Enter')
    await page.getByText('Nothing found for').waitFor()
    await expectAccessible(page, 'nothing found')
    await openFolder(page, stage, connection, folder)
    await row(page, 'Minutes').waitFor()
    trouble.add({
      match: { path: /\/drive\/v3\/files/ },
      times: 99,
      fault: { kind: 'status', status: 403, body: '{}' },
    })
    await row(page, 'Minutes').focus()
    await press(page, 'Control+a', 'Delete')
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await page.locator('[data-job=Delete][role=alert]').waitFor()
    await page.getByRole('button', { name: 'Refresh' }).click()
    await page.getByRole('button', { name: 'Retry', exact: true }).waitFor()
    await expectAccessible(page, 'failures')
    trouble.clear()
    expect(faults).toEqual([])
    await context.close()
  })

  it('a folder that is being uploaded', async () => {
    const { page, context, faults } = await openNames('ax3')
    const { trouble } = stage.app.emulators
    trouble.add({
      match: { path: /\/upload\/drive\/v3\/files/ },
      times: 3,
      fault: { kind: 'status', status: 403, body: '{}' },
    })
    const files = Array.from({ length: 15 }, (_, at) => ({
      name: `${at}.txt`,
      mimeType: 'text/plain',
      buffer: Buffer.from(`${at}`),
    }))
    await page.getByLabel('Files to upload').setInputFiles(files)
    const entry = page.locator('[data-tree="15 files"]')
    await entry.getByText('Uploaded 12 of 15 files').waitFor({ timeout: 30_000 })
    await entry.getByRole('button', { name: 'Details of 15 files' }).click()
    await expectAccessible(page, 'upload')
    trouble.clear()
    await entry.getByRole('button', { name: 'Retry 15 files' }).click()
    await entry.getByText('Uploaded 15 of 15 files').waitFor({ timeout: 30_000 })
    expect(faults).toEqual([])
    await context.close()
  })
})
