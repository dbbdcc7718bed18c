// The list of files with the keyboard alone, and with the pointer; and search in a drive: what it finds, and the way there and back.
import { expect, it } from 'vitest'
import { connect } from '../connect.ts'
import { describeInBrowser } from './browser.ts'
import { ANN, chosen, focused, openFolder, openGoogle, press, row } from './files.ts'
import { card, visit } from './visit.ts'

const NAMES = ['alpha.txt', 'beta.txt', 'delta.txt', 'epsilon.txt', 'gamma.txt', 'zeta.txt']

describeInBrowser('the list of files, and search', (stage) => {
  async function openLetters(user: string) {
    const visited = await openGoogle(stage, user)
    const { google } = stage.app.emulators
    const folder = google.addFolder(ANN, 'root', `Letters of ${user}`)
    for (const name of NAMES) google.addFile(ANN, folder, name, 1_000_000)
    await openFolder(visited.page, stage, visited.connection, folder)
    await row(visited.page, 'alpha.txt').waitFor()
    return { ...visited, folder }
  }

  it('chooses three files with the keyboard alone', async () => {
    const { page, context, faults } = await openLetters('kb1')
    await page.getByRole('button', { name: 'Refresh' }).focus()
    // Past the search box and the box for all: the list is one stop.
    for (let stops = 0; stops < 8 && (await focused(page)) !== 'alpha.txt'; stops += 1) {
      await press(page, 'Tab')
    }
    expect(await focused(page)).toBe('alpha.txt')
    await press(page, ' ', 'ArrowDown', 'ArrowDown', ' ', 'End', ' ')
    expect(await focused(page)).toBe('zeta.txt')
    expect(await chosen(page)).toEqual(['alpha.txt', 'delta.txt', 'zeta.txt'])
    const bar = page.getByRole('region', { name: 'Selection' })
    expect(await bar.getByRole('status').textContent()).toBe('3 selected · 3 MB')
    await press(page, 'Tab')
    expect(await focused(page)).toBe('Download')
    await press(page, 'Tab')
    expect(await focused(page)).toBe('Import')
    await press(page, 'Shift+Tab', 'Shift+Tab')
    expect(await focused(page)).toBe('zeta.txt')
    await press(page, 'Escape')
    expect(await chosen(page)).toEqual([])
    expect(faults).toEqual([])
    await context.close()
  })

  it('extends with Shift, goes by first letters, takes all', async () => {
    const { page, context, faults } = await openLetters('kb2')
    await row(page, 'alpha.txt').focus()
    await press(page, 'ArrowDown', ' ', 'Shift+ArrowDown', 'Shift+ArrowDown', 'Shift+ArrowDown')
    expect(await chosen(page)).toEqual(['beta.txt', 'delta.txt', 'epsilon.txt', 'gamma.txt'])
    await press(page, 'Shift+ArrowUp', 'Shift+ArrowUp')
    expect(await chosen(page)).toEqual(['beta.txt', 'delta.txt'])
    await press(page, 'Shift+Home')
    expect(await chosen(page)).toEqual(['alpha.txt', 'beta.txt'])
    await press(page, 'g')
    expect(await focused(page)).toBe('gamma.txt')
    await page.waitForTimeout(900)
    await press(page, 'e', 'p')
    expect(await focused(page)).toBe('epsilon.txt')
    await press(page, 'Control+a')
    expect(await chosen(page)).toEqual(NAMES)
    await press(page, 'Escape')

    // A range comes to what was chosen before.
    await press(page, 'Home', ' ', 'ArrowDown', 'ArrowDown', ' ', 'Shift+ArrowDown')
    expect(await chosen(page)).toEqual(['alpha.txt', 'delta.txt', 'epsilon.txt'])
    await press(page, 'Escape')

    await press(page, 'Home', 'ArrowRight')
    expect(await focused(page)).toBe('Select alpha.txt')
    await press(page, 'ArrowRight', 'ArrowRight')
    expect(await focused(page)).toBe('Rename alpha.txt')
    await press(page, 'ArrowDown')
    expect(await focused(page)).toBe('beta.txt')
    expect(faults).toEqual([])
    await context.close()
  })

  it('opens, renames and deletes by key, and the focus stays in the list', async () => {
    const { page, context, faults, folder } = await openLetters('kb3')
    const { google } = stage.app.emulators
    await row(page, 'beta.txt').focus()
    await press(page, 'F2')
    await page.getByRole('textbox', { name: 'Name' }).fill('better.txt')
    await press(page, 'Enter')
    await row(page, 'better.txt').waitFor()
    await expect.poll(() => focused(page)).toBe('better.txt')
    await expect
      .poll(() => google.children(ANN, folder).map(({ name }) => name), { timeout: 10_000 })
      .toContain('better.txt')
    await press(page, 'Delete')
    await page.getByRole('dialog').getByText('Delete better.txt?').waitFor()
    await press(page, 'Tab', 'Enter')
    await row(page, 'better.txt').waitFor({ state: 'detached' })
    await expect.poll(() => focused(page)).toBe('delta.txt')
    await expect
      .poll(() => google.children(ANN, folder).map(({ name }) => name), { timeout: 10_000 })
      .not.toContain('better.txt')

    const downloading = page.waitForEvent('download')
    await press(page, 'Enter')
    expect((await downloading).suggestedFilename()).toBe('delta.txt')
    expect(await focused(page)).toBe('delta.txt')

    await press(page, 'ContextMenu')
    const menu = page.getByRole('menu', { name: 'Actions for delta.txt' })
    await menu.waitFor()
    await press(page, 'Escape')
    await menu.waitFor({ state: 'detached' })
    await expect.poll(() => focused(page)).toBe('delta.txt')
    await press(page, 'ContextMenu')
    await menu.waitFor()
    // The menu takes the focus a moment after it is there, and then goes by first letters.
    await expect
      .poll(async () => {
        await press(page, 'r')
        return menu.getByRole('menuitem', { name: 'Rename' }).getAttribute('data-highlighted')
      })
      .not.toBeNull()
    await press(page, 'Enter')
    await page.getByRole('dialog').getByText('Rename delta.txt').waitFor()
    await press(page, 'Escape')
    await expect.poll(() => focused(page)).toBe('delta.txt')
    expect(faults).toEqual([])
    await context.close()
  })

  it('chooses with the pointer as lists of files do', async () => {
    const { page, context, faults } = await openLetters('kb4')
    const blank = { position: { x: 600, y: 20 } }
    await row(page, 'beta.txt').click(blank)
    expect(await chosen(page)).toEqual(['beta.txt'])
    await row(page, 'epsilon.txt').click({ ...blank, modifiers: ['Shift'] })
    expect(await chosen(page)).toEqual(['beta.txt', 'delta.txt', 'epsilon.txt'])
    await row(page, 'delta.txt')
      .getByRole('link')
      .click({ modifiers: ['Control'] })
    expect(await chosen(page)).toEqual(['beta.txt', 'epsilon.txt'])
    await page.getByRole('checkbox', { name: 'Select zeta.txt' }).click()
    expect(await chosen(page)).toEqual(['beta.txt', 'epsilon.txt', 'zeta.txt'])
    expect(
      await page.getByRole('checkbox', { name: 'Select all' }).getAttribute('aria-checked'),
    ).toBe('mixed')
    await row(page, 'zeta.txt').click({ button: 'right', ...blank })
    await page.getByRole('menu', { name: 'Actions for 3 items' }).waitFor()
    await press(page, 'Escape')
    const downloads: string[] = []
    page.on('download', (one) => downloads.push(one.suggestedFilename()))
    await page.getByRole('button', { name: 'Download', exact: true }).click()
    await expect
      .poll(() => downloads, { timeout: 10_000 })
      .toEqual(['beta.txt', 'epsilon.txt', 'zeta.txt'])
    await page.getByRole('button', { name: 'Clear' }).click()
    expect(await chosen(page)).toEqual([])
    await expect.poll(() => focused(page)).toBe('zeta.txt')
    expect(faults).toEqual([])
    await context.close()
  })

  it('finds by name, says where, and leads to the folder and back', async () => {
    const { page, context, faults } = await openGoogle(stage, 'se1')
    const { google } = stage.app.emulators
    const top = google.addFolder(ANN, 'root', 'Harbours')
    const folder = google.addFolder(ANN, top, 'North')
    google.addFile(ANN, folder, 'quay plan.txt', 'quay')
    google.addFile(ANN, folder, 'other.txt', 'other')
    const box = page.getByRole('searchbox', { name: /^Search in / })
    await box.fill('quay')
    await press(page, 'Enter')
    await page.getByRole('heading', { name: /^“quay” in / }).waitFor()
    const found = row(page, 'quay plan.txt')
    await found.waitFor()
    expect(await page.locator('[data-item]').count()).toBe(1)
    await found.getByRole('link', { name: /My Drive \/ Harbours \/ North$/ }).waitFor()
    await page.reload()
    await found.waitFor()
    expect(await box.inputValue()).toBe('quay')

    await page.getByRole('button', { name: 'Rename quay plan.txt' }).click()
    await page.getByRole('textbox', { name: 'Name' }).fill('quay.txt')
    await press(page, 'Enter')
    await row(page, 'quay.txt').waitFor()
    await row(page, 'quay.txt')
      .getByRole('link', { name: /^Open the folder of/ })
      .click()
    await page.getByRole('heading', { name: 'North' }).waitFor()
    await row(page, 'other.txt').waitFor()
    await page.goBack()
    await row(page, 'quay.txt').waitFor()
    await box.fill('nothing has this name')
    await press(page, 'Enter')
    await page.getByText('Nothing found for “nothing has this name”.').waitFor()
    await box.fill('')
    await press(page, 'Enter')
    await row(page, 'report.pdf').first().waitFor()
    await expect.poll(() => focused(page)).toMatch(/^Search in /)
    expect(faults).toEqual([])
    await context.close()
  })

  it('has no box where the provider cannot search, and says what went wrong where it can', async () => {
    await connect(stage.app, 'se2', 'google_drive', { account: ANN })
    const { page, context, faults } = await visit(stage, 'se2')
    await card(page, 'r2').getByRole('link', { name: 'Browse' }).click()
    await page.getByText('This folder is empty.').waitFor()
    expect(await page.getByRole('search').count()).toBe(0)
    await page.goBack()
    await card(page, 'google_drive').getByRole('link', { name: 'Browse' }).click()
    await row(page, 'report.pdf').first().waitFor()
    stage.app.emulators.trouble.add({
      match: { path: /\/drive\/v3\/files$/ },
      times: 9,
      fault: { kind: 'status', status: 429, headers: { 'retry-after': '600' } },
    })
    await page.getByRole('searchbox').fill('report')
    await press(page, 'Enter')
    await page.getByRole('alert').getByText('Google Drive asks to slow down.').waitFor()
    stage.app.emulators.trouble.clear()
    await page.getByRole('alert').getByRole('button', { name: 'Retry' }).waitFor()
    expect(faults).toEqual([])
    await context.close()
  })
})
