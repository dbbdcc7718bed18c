// Items moved, renamed and deleted: seen at once, undone with the reason where the vendor refuses.
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { describeInBrowser } from './browser.ts'
import { ANN, chosen, focused, openFolder, openGoogle, press, row } from './files.ts'
import { card, visit } from './visit.ts'

const PATIENT = { timeout: 10_000 }

describeInBrowser('changes in the file browser', (stage) => {
  const names = (folder: string) =>
    stage.app.emulators.google
      .children(ANN, folder)
      .map(({ name }) => name)
      .sort()

  async function openWith(user: string, ...files: readonly string[]) {
    const visited = await openGoogle(stage, user)
    const { google } = stage.app.emulators
    const folder = google.addFolder(ANN, 'root', `Desk of ${user}`)
    const ids = files.map((name) => google.addFile(ANN, folder, name, name))
    await openFolder(visited.page, stage, visited.connection, folder)
    await row(visited.page, files[0] ?? '').waitFor()
    return { ...visited, folder, ids }
  }
  const choose = async (page: Page, ...files: readonly string[]) => {
    for (const name of files) {
      await page.getByRole('checkbox', { name: `Select ${name}`, exact: true }).click()
    }
  }

  it('moves what is chosen into a folder that is found, and into one made on the way', async () => {
    const { page, context, faults, folder } = await openWith('mv1', 'a.txt', 'b.txt', 'c.txt')
    const { google } = stage.app.emulators
    const archive = google.addFolder(ANN, folder, 'Archive')
    const inner = google.addFolder(ANN, archive, '2026')
    await page.getByRole('button', { name: 'Refresh' }).click()
    await row(page, 'Archive').waitFor()
    await choose(page, 'a.txt', 'b.txt')
    await page.getByRole('button', { name: 'Move', exact: true }).click()
    const dialog = page.getByRole('dialog')
    await expect.poll(() => focused(page), PATIENT).toBe('Archive')
    expect(await dialog.getByRole('button', { name: 'Move here' }).isDisabled()).toBe(true)
    await press(page, 'Enter')
    await dialog.getByRole('button', { name: '2026' }).press('ArrowRight')
    await dialog.getByText('No folders in here.').waitFor()
    await dialog.getByRole('button', { name: 'Move here' }).click()
    await row(page, 'a.txt').waitFor({ state: 'detached' })
    await expect.poll(() => names(inner), PATIENT).toEqual(['a.txt', 'b.txt'])
    expect(names(folder)).toEqual(['Archive', 'c.txt'])

    await choose(page, 'c.txt', 'Archive')
    await page.getByRole('button', { name: 'Move', exact: true }).click()
    // A folder does not go into itself.
    const own = dialog.getByRole('button', { name: 'Archive' })
    expect(await own.getAttribute('aria-disabled')).toBe('true')
    await dialog.getByRole('button', { name: 'New folder' }).click()
    await dialog.getByRole('textbox', { name: 'Name' }).fill('Fresh')
    await press(page, 'Enter')
    await dialog.getByText('No folders in here.').waitFor()
    await dialog.getByRole('button', { name: 'Move here' }).click()
    await expect.poll(() => names(folder), PATIENT).toEqual(['Fresh'])
    await row(page, 'Fresh').getByRole('link').click()
    await row(page, 'c.txt').waitFor()
    await row(page, 'Archive').waitFor()
    expect(faults).toEqual([])
    await context.close()
  })

  it('takes a name back that the vendor refuses, says why, and asks again', async () => {
    const { page, context, faults, folder } = await openWith('rn1', 'one.txt', 'two.txt')
    await page.getByRole('button', { name: 'Rename one.txt' }).click()
    const field = page.getByRole('textbox', { name: 'Name' })
    let answer = () => undefined as void
    const held = new Promise<void>((resolve) => (answer = resolve))
    await page.route('**/items/*', async (route) => {
      await held
      await route.continue()
    })
    await field.fill('two.txt')
    await press(page, 'Enter')
    // Seen before the vendor has said anything.
    await expect.poll(() => row(page, 'two.txt').count(), PATIENT).toBe(2)
    answer()
    const alert = page.locator('[data-job=Rename]')
    await alert.getByText('one.txt could not be renamed to “two.txt”').waitFor()
    await row(page, 'one.txt').waitFor()
    expect(names(folder)).toEqual(['one.txt', 'two.txt'])
    await alert.getByRole('button', { name: 'Change it' }).click()
    expect(await field.inputValue()).toBe('two.txt')
    await field.fill('three.txt')
    await press(page, 'Enter')
    await row(page, 'three.txt').waitFor()
    await expect.poll(() => names(folder), PATIENT).toEqual(['three.txt', 'two.txt'])
    expect(await alert.count()).toBe(0)
    expect(faults).toEqual([])
    await context.close()
  })

  it('opens a folder by its new name although the server has not answered yet', async () => {
    // Where ids are made of paths, the old one is good for nothing any more.
    const { page, context, faults } = await visit(stage, 'rn2')
    await card(page, 'r2').getByRole('link', { name: 'Browse' }).click()
    await page.getByRole('button', { name: 'New folder' }).click()
    await page.getByRole('textbox', { name: 'Name' }).fill('Old')
    await press(page, 'Enter')
    await page.getByRole('button', { name: 'Rename Old' }).click()
    let answer = () => undefined as void
    const held = new Promise<void>((resolve) => (answer = resolve))
    await page.route('**/items/*', async (route) => {
      await held
      await route.continue()
    })
    await page.getByRole('textbox', { name: 'Name' }).fill('New')
    await press(page, 'Enter')
    await row(page, 'New').getByRole('link').click()
    answer()
    await page.getByRole('heading', { name: 'New', exact: true }).waitFor()
    await page.getByText('This folder is empty.').waitFor()
    expect(faults).toEqual([])
    await context.close()
  })

  it('deletes several, shows again the one that stays, and tries it once more', async () => {
    const files = ['a.txt', 'b.txt', 'c.txt', 'd.txt']
    const { page, context, faults, folder, ids } = await openWith('de1', ...files)
    const { trouble } = stage.app.emulators
    trouble.add({
      match: { path: new RegExp(`/files/${ids[1]}(?:\\?|$)`), method: 'PATCH' },
      times: 9,
      fault: {
        kind: 'status',
        status: 403,
        body: JSON.stringify({
          error: { code: 403, errors: [{ reason: 'insufficientFilePermissions' }] },
        }),
      },
    })
    await choose(page, 'a.txt', 'b.txt', 'c.txt')
    await page
      .getByRole('region', { name: 'Selection' })
      .getByRole('button', { name: 'Delete' })
      .click()
    await page.getByRole('dialog').getByText('Delete 3 items?').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    const alert = page.locator('[data-job=Delete][role=alert]')
    await alert.getByText('Deleted 2 of 3 items').waitFor()
    expect(await alert.getByRole('listitem').textContent()).toMatch(/^b\.txt: .{10}/)
    await expect.poll(() => names(folder), PATIENT).toEqual(['b.txt', 'd.txt'])
    expect(await page.locator('[data-item]').count()).toBe(2)
    expect(await chosen(page)).toEqual([])
    trouble.clear()
    await alert.getByRole('button', { name: 'Retry' }).click()
    await row(page, 'b.txt').waitFor({ state: 'detached' })
    await expect.poll(() => names(folder), PATIENT).toEqual(['d.txt'])
    expect(await alert.count()).toBe(0)
    expect(faults).toEqual([])
    await context.close()
  })

  it('stops at a vendor that wants to be left alone, and tries nothing in vain', async () => {
    const files = Array.from({ length: 12 }, (_, at) => `${at}.txt`)
    const { page, context, faults, folder } = await openWith('de2', ...files)
    const { trouble } = stage.app.emulators
    const rule = trouble.add({
      match: { path: /\/drive\/v3\/files\//, method: 'PATCH' },
      times: 99,
      fault: { kind: 'status', status: 429, headers: { 'retry-after': '600' } },
    })
    await row(page, '0.txt').focus()
    await press(page, 'Control+a', 'Delete')
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    const alert = page.locator('[data-job=Delete][role=alert]')
    await alert.getByText(/Deleted 0 of 12 items\. \d+ items were not tried\./).waitFor()
    expect(rule.hits).toBeLessThan(8)
    await expect.poll(() => page.locator('[data-item]').count(), PATIENT).toBe(12)
    expect(names(folder)).toHaveLength(12)
    trouble.clear()
    expect(faults).toEqual([])
    await context.close()
  })
})
