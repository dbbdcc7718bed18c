// The console when things do not go straight: a popup cut off, a folder left while a file is sent, a dead grant, lost focus.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { connect } from '../connect.ts'
import { expectAccessible } from './axe.ts'
import { describeInBrowser } from './browser.ts'
import { ANN, openGoogle, press, row } from './files.ts'
import { card, openConsent, passTime, visit } from './visit.ts'

describeInBrowser('the console in trouble', (stage) => {
  const focused = (page: Page) =>
    page.evaluate(() => {
      const element = document.activeElement
      return element?.getAttribute('aria-label') ?? element?.textContent ?? ''
    })

  const newFolder = async (page: Page, name: string) => {
    await page.getByRole('button', { name: 'New folder' }).click()
    await page.getByRole('textbox', { name: 'Name' }).fill(name)
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name }).waitFor()
  }

  it('learns of a connection although the vendor severed the opener, however long the person takes', async () => {
    const { page, context, faults } = await visit(stage, 'sue')
    // As an opener sees it: the popup counts as closed while it is in use.
    await context.route(`${stage.app.emulators.url}/**`, async (route) => {
      const response = await route.fetch({ maxRedirects: 0 })
      const headers = { ...response.headers(), 'cross-origin-opener-policy': 'same-origin' }
      await route.fulfill({ response, headers })
    })
    await page.clock.install()
    const popup = await openConsent(page, 'google_drive')
    const told = page.getByText('cannot be seen from here')
    await passTime(page, async () => (await told.count()) > 0)
    await popup.click('#allow')
    await card(page, 'google_drive').getByText('Connected', { exact: true }).waitFor()
    await page.getByText('Google Drive is connected.').waitFor()
    expect(faults).toEqual([])
    await context.close()
  })

  it('shows the folder that is open, not the one an upload went to', async () => {
    const { page, context, faults } = await visit(stage, 'una')
    await card(page, 'r2').getByRole('link', { name: 'Browse' }).click()
    await newFolder(page, 'Inner')
    let release = () => undefined as void
    const held = new Promise<void>((resolve) => (release = resolve))
    await page.route('**/api/uploads', async (route) => {
      await held
      await route.continue()
    })
    const paths = ['one.txt', 'two.txt', 'three.txt'].map((name) => join(stage.folder, name))
    for (const path of paths) writeFileSync(path, 'text')
    await page.getByLabel('Files to upload').setInputFiles(paths)
    await page.locator('[data-upload="one.txt"][data-state=sending]').waitFor()
    await page.getByRole('link', { name: 'Inner' }).click()
    await page.getByText('This folder is empty.').waitFor()
    await page.getByRole('link', { name: 'Slipway' }).click()
    await page.getByRole('heading', { name: 'Your drives' }).waitFor()
    await page.goBack()
    await page.getByText('This folder is empty.').waitFor()
    release()
    for (const name of ['one.txt', 'two.txt', 'three.txt']) {
      await page.locator(`[data-upload="${name}"][data-state=done]`).waitFor()
    }
    await page.waitForTimeout(1_000)
    expect(await page.getByText('This folder is empty.').count()).toBe(1)
    await page.goBack()
    await page.getByRole('link', { name: 'three.txt' }).waitFor()
    expect(faults).toEqual([])
    await context.close()
  })

  it('leads from a dead grant to a connection that works, without leaving the folder', async () => {
    await connect(stage.app, 'rex', 'google_drive', { account: 'ann@example.com' })
    const { page, context, faults } = await visit(stage, 'rex')
    stage.app.emulators.google.oauth.expireAccessTokens('ann@example.com')
    stage.app.emulators.google.oauth.killGrant('ann@example.com')
    await card(page, 'google_drive').getByRole('link', { name: 'Browse' }).click()
    const alert = page.getByRole('alert')
    await alert.getByText('requires re-authentication').waitFor()
    // The card knows as well.
    await page.getByRole('link', { name: 'Slipway' }).click()
    await card(page, 'google_drive').getByRole('button', { name: 'Reconnect' }).waitFor()
    await page.goBack()
    await alert.getByText('requires re-authentication').waitFor()
    const opened = page.waitForEvent('popup')
    await alert.getByRole('button', { name: 'Reconnect' }).click()
    const popup = await opened
    await popup.click('#allow')
    await page.getByRole('link', { name: 'report.pdf' }).first().waitFor()
    expect(faults).toEqual([])
    await context.close()
  })

  it('says in words why a file cannot be downloaded, and saves nothing', async () => {
    const { page, context, faults } = await openGoogle(stage, 'dow')
    const downloads: string[] = []
    page.on('download', (download) => downloads.push(download.suggestedFilename()))
    const { google } = stage.app.emulators

    stage.app.emulators.trouble.add({
      match: { path: /\/drive\/v3\/files\/[^/]+$/ },
      times: 2,
      fault: { kind: 'status', status: 404 },
    })
    await row(page, 'report.pdf').first().getByRole('link').click()
    const toast = page.locator('.toast.bad')
    await toast.getByText(/no such|not in the drive|not there|not found/i).waitFor()
    stage.app.emulators.trouble.clear()
    google.oauth.expireAccessTokens(ANN)
    google.oauth.killGrant(ANN)
    await press(page, 'Control+a')
    await row(page, 'report.pdf').first().focus()
    await press(page, 'Control+a')
    await page
      .getByRole('region', { name: 'Selection' })
      .getByRole('button', { name: 'Download' })
      .click()
    await toast.getByText('requires re-authentication').waitFor()
    await toast.getByRole('link', { name: 'Reconnect' }).waitFor()
    await toast.getByText(/^Downloaded 0 of \d+ files\.$/).waitFor()
    expect(downloads).toEqual([])
    expect(faults).toEqual([])
    await context.close()
  })

  it('asks for the permission that something needs, where it is needed', async () => {
    const { id } = await connect(stage.app, 'sco', 'google_drive', { account: ANN })
    const { page, context, faults } = await visit(stage, 'sco')
    await card(page, 'google_drive').getByRole('link', { name: 'Browse' }).click()
    await row(page, 'report.pdf').first().focus()
    await press(page, 'F2')
    await page.getByRole('textbox', { name: 'Name' }).fill('renamed.pdf')
    await page.keyboard.press('Enter')
    const job = page.locator('[data-job=Rename]')
    const allow = job.getByRole('button', { name: 'Allow “drive”' })
    await allow.waitFor()
    await expectAccessible(page, 'permission missing')
    const opened = page.waitForEvent('popup')
    await allow.click()
    const popup = await opened
    await popup.waitForSelector('#allow')
    expect(await popup.locator('body').textContent()).toContain('auth/drive')
    await popup.click('#allow')
    await expect
      .poll(async () => (await stage.app.as('sco')(`/api/cloud/connections/${id}`)).json())
      .toMatchObject({ scopes: expect.arrayContaining(['https://www.googleapis.com/auth/drive']) })
    await job.getByRole('button', { name: 'Change it' }).click()
    await page.getByRole('button', { name: 'Rename', exact: true }).click()
    await row(page, 'renamed.pdf').waitFor()
    await job.waitFor({ state: 'detached' })
    expect(faults).toEqual([])
    await context.close()
    stage.app.emulators.reset()
  })

  it('keeps the focus where the person was', async () => {
    const { page, context, faults } = await visit(stage, 'fay')
    await card(page, 'r2').getByRole('link', { name: 'Browse' }).press('Enter')
    await page.getByText('This folder is empty.').waitFor()
    await expect.poll(() => focused(page)).toBe('Default storage')
    await newFolder(page, 'Post')
    await expect.poll(() => focused(page)).toBe('New folder')
    await page.getByRole('button', { name: 'Rename Post' }).press('Enter')
    await page.getByRole('button', { name: 'Cancel' }).press('Enter')
    await expect.poll(() => focused(page)).toBe('Rename Post')
    await page.getByRole('button', { name: 'Delete Post' }).press('Enter')
    await expect.poll(() => focused(page)).toBe('Cancel')
    await page.keyboard.press('Escape')
    await expect.poll(() => focused(page)).toBe('Delete Post')
    await page.getByRole('link', { name: 'Post' }).press('Enter')
    await page.getByRole('heading', { name: 'Post', exact: true }).waitFor()
    await page.getByText('This folder is empty.').waitFor()
    await expect.poll(() => focused(page)).toBe('Post')
    expect(await page.title()).toBe('Post – Slipway')
    expect(faults).toEqual([])
    await context.close()
  })

  it('adds the next page once, and never to another folder', async () => {
    const { page, context, faults } = await visit(stage, 'pam')
    const client = stage.app.as('pam')
    const many = (await (
      await client('/api/cloud/connections/r2/folders', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ parent_id: 'root', name: 'Many' }),
      })
    ).json()) as { id: string }
    for (let i = 0; i < 5; i += 1) {
      const query = new URLSearchParams({ parent_id: many.id, name: `${i}.txt` })
      await client(`/api/cloud/connections/r2/content?${query}`, { method: 'PUT', body: 'x' })
    }
    // Pages of two; every further one arrives late.
    const cursors: string[] = []
    await page.route('**/items?*', async (route) => {
      const url = new URL(route.request().url())
      url.searchParams.set('limit', '2')
      const cursor = url.searchParams.get('cursor')
      if (cursor !== null) {
        cursors.push(cursor)
        await new Promise((done) => setTimeout(done, 700))
      }
      await route.continue({ url: url.href })
    })
    await card(page, 'r2').getByRole('link', { name: 'Browse' }).click()
    await page.getByRole('link', { name: 'Many' }).click()
    const files = page.locator('[data-item$=".txt"]')
    await files.first().waitFor()
    // The rest comes by itself; whoever presses as well does not get it twice.
    await page.getByRole('button', { name: 'Loading…' }).dblclick({ force: true })
    await expect.poll(() => files.count(), { timeout: 15_000 }).toBe(5)
    expect(new Set(cursors).size).toBe(cursors.length)

    await page.reload()
    await files.first().waitFor()
    await page.getByRole('button', { name: 'Loading…' }).waitFor()
    await page.goBack()
    await page.locator('[data-item=Many]').waitFor()
    await page.waitForTimeout(1_000)
    expect(await files.count()).toBe(0)
    expect(faults).toEqual([])
    await context.close()
  })
})
