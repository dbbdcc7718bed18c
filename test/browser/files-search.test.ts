// Search in a drive: what it finds, where each result is, and the way there and back.
import { expect, it } from 'vitest'
import { connect } from '../connect.ts'
import { describeInBrowser } from './browser.ts'
import { ANN, focused, openGoogle, press, row } from './files.ts'
import { card, visit } from './visit.ts'

describeInBrowser('search in the file browser', (stage) => {
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
