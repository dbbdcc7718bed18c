// Signing in at a user's own server from the dialog: with the keyboard alone, with windows that close, denied, too late, renewed.
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { connectNextcloud } from '../connect.ts'
import { rows } from '../harness.ts'
import { expectAccessible } from './axe.ts'
import { describeInBrowser } from './browser.ts'
import { card, visit } from './visit.ts'

describeInBrowser('signing in at a server', (stage) => {
  const server = () => `${stage.app.emulators.url}${stage.app.emulators.nextcloud.webRoot}`
  const open = (page: Page) =>
    card(page, 'nextcloud').getByRole('button', { name: 'Connect' }).press('Enter')
  /** In the dialog: types the address and returns the window that opens, on the server's own page. */
  const signIn = async (page: Page) => {
    await page.getByLabel('Server address').fill(server())
    const opened = page.waitForEvent('popup')
    await page.keyboard.press('Enter')
    const popup = await opened
    await popup.waitForSelector('#allow')
    return popup
  }
  const focused = (page: Page) =>
    page.evaluate(() => {
      const element = document.activeElement
      return element?.getAttribute('aria-label') ?? element?.textContent ?? ''
    })
  const appPasswords = () => stage.app.emulators.nextcloud.appPasswords().length
  const connectionsOf = async (user: string) =>
    (
      (await (await stage.app.as(user)('/api/cloud/connections')).json()) as {
        connections: { id: string; status: string }[]
      }
    ).connections

  it('connects with the keyboard alone, and says whom it waits for', async () => {
    const { page, context, faults } = await visit(stage, 'key')
    await open(page)
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.id))
      .toBe('field-server_url')
    await page.keyboard.type('https://10.0.0.1/')
    await page.keyboard.press('Enter')
    await page.locator('#field-server_url-error').getByText('must have a host name').waitFor()
    await expect.poll(() => context.pages().length).toBe(1)
    const popup = await signIn(page)
    await page.getByRole('status').getByText(new URL(server()).host).waitFor()
    await expect.poll(() => focused(page)).toContain('Waiting for you to sign in')
    // The page that the server shows must not be able to send the console elsewhere.
    expect(await popup.evaluate(() => window.opener as unknown)).toBe(null)
    await popup.locator('#allow').press('Enter')
    await page.getByText('Nextcloud is connected.').waitFor()
    await card(page, 'nextcloud').getByText('mia@example.com').waitFor()
    await expect.poll(() => focused(page)).toBe('Connect another Nextcloud')
    expect(faults).toEqual([])
    await context.close()
  })

  it('goes on when the window is closed, and finishes when access is granted elsewhere', async () => {
    const { page, context, faults } = await visit(stage, 'clo')
    await open(page)
    const popup = await signIn(page)
    await popup.close()
    await page.getByRole('status').getByText('The window is closed').waitFor()
    await expectAccessible(page, 'waiting for a sign-in')
    const opened = context.waitForEvent('page')
    await page.getByRole('link', { name: 'Open the sign-in page again' }).click()
    const again = await opened
    await again.click('#allow')
    await again.getByText('Account connected').waitFor()
    await again.close()
    await card(page, 'nextcloud').getByText('Connected', { exact: true }).waitFor()
    expect(faults).toEqual([])
    await context.close()
  })

  it('can be cancelled, and a denial leaves nothing behind', async () => {
    const { page, context, faults } = await visit(stage, 'den')
    const before = appPasswords()
    await open(page)
    const cancelled = await signIn(page)
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
    await expect.poll(() => focused(page)).toBe('Connect Nextcloud')
    await cancelled.close()

    await open(page)
    const popup = await signIn(page)
    await popup.click('#deny')
    await popup.getByText('Nothing was connected').waitFor()
    await popup.close()
    await page.getByText('The window is closed').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(await connectionsOf('den')).toEqual([])
    expect(appPasswords()).toBe(before)
    expect(faults).toEqual([])
    await context.close()
  })

  it('says so when it took too long, and keeps the address', async () => {
    const { page, context, faults } = await visit(stage, 'lat')
    await open(page)
    await signIn(page)
    await rows(stage.app, 'UPDATE oauth_attempts SET expires_at = 1 WHERE user_id = ?', 'lat')
    await page.getByRole('alert').getByText('Signing in took too long').waitFor()
    expect(await page.getByLabel('Server address').inputValue()).toBe(server())
    const second = await signIn(page)
    await second.click('#allow')
    await card(page, 'nextcloud').getByText('Connected', { exact: true }).waitFor()
    expect(faults).toEqual([])
    await context.close()
  })

  it('takes an app password instead, with what was typed already', async () => {
    const { page, context, faults } = await visit(stage, 'pas')
    await open(page)
    await page.getByLabel('Server address').fill(server())
    await page.getByRole('button', { name: 'Use an app password instead' }).press('Enter')
    expect(await page.getByLabel('Server address').inputValue()).toBe(server())
    await page.getByLabel('User name').fill('mia')
    await page.getByLabel('App password').fill('secret')
    await page.getByRole('dialog').getByRole('button', { name: 'Connect', exact: true }).click()
    await card(page, 'nextcloud').getByText('Connected', { exact: true }).waitFor()
    expect(faults).toEqual([])
    await context.close()
  })

  it('renews a connection in place from its folder, and refuses another account in words', async () => {
    const known = await connectNextcloud(stage.app, 'ren')
    await rows(
      stage.app,
      `UPDATE connections SET status = 'REQUIRES_REAUTH' WHERE id = ?`,
      known.id,
    )
    const { page, context, faults } = await visit(stage, 'ren')
    await page.goto(`${stage.app.url}/#/${known.id}/root`)
    await page.getByRole('alert').getByRole('button', { name: 'Reconnect' }).click()
    await page.getByRole('heading', { name: 'Reconnect Nextcloud' }).waitFor()
    expect(await page.getByLabel('Server address').inputValue()).toBe(`${server()}/`)
    const wrong = await signIn(page)
    await wrong.locator('input[value=ida]').check()
    await wrong.click('#allow')
    await page.getByRole('alert').getByText('connect the other one separately').waitFor()

    await page.getByRole('button', { name: 'Use an app password instead' }).click()
    await page.getByLabel('User name').fill('full')
    await page.getByLabel('App password').fill('secret')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').getByText('connect the other one separately').waitFor()
    await page.getByRole('button', { name: 'Sign in at the server instead' }).click()
    const right = await signIn(page)
    await right.click('#allow')
    await page.getByRole('link', { name: 'Readme.md' }).waitFor()
    expect(await connectionsOf('ren')).toMatchObject([{ id: known.id, status: 'ACTIVE' }])
    expect(faults).toEqual([])
    await context.close()
  })
})
