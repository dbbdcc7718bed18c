// The console as a person uses it, in real Chromium: sign in, connect in the popup, browse, upload, download, disconnect.
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { describeInBrowser } from './browser.ts'
import { card, openConsent, signIn, visit } from './visit.ts'

describeInBrowser('the console', (stage) => {
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
    const popup = await openConsent(page, 'onedrive')
    await popup.close()
    await page.getByText('The sign-in window was closed').waitFor({ timeout: 20_000 })
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
