// The console as one product: the frame around every page, the home page, and what happens when the network or the session ends.
import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { connect } from '../connect.ts'
import { rows } from '../harness.ts'
import { expectAccessible } from './axe.ts'
import { describeInBrowser } from './browser.ts'
import { watchFaults } from './faults.ts'
import { card, signIn, visit } from './visit.ts'

describeInBrowser('the pages', (stage) => {
  const heading = (page: Page, name: string) =>
    page.getByRole('heading', { level: 1, name, exact: true })
  const navigation = (page: Page) => page.getByRole('navigation', { name: 'Main' })
  const focused = (page: Page) =>
    page.evaluate(() => document.activeElement?.textContent?.trim() ?? '')

  it('leads from each page to every other, says where one is, and moves the focus along', async () => {
    const { page, context, faults } = await visit(stage, 'nav')
    for (const name of ['Imports', 'Documents', 'Settings']) {
      await navigation(page).getByRole('link', { name }).press('Enter')
      await heading(page, name).waitFor()
      await expect.poll(() => focused(page)).toBe(name)
      expect(await page.title()).toBe(`${name} – Slipway`)
      const current = navigation(page).locator('[aria-current=page]')
      expect(await current.allTextContents()).toEqual([name])
    }
    await page.goBack()
    await heading(page, 'Documents').waitFor()
    await page.reload()
    await heading(page, 'Documents').waitFor()
    await page.keyboard.press('Tab')
    await expect.poll(() => focused(page)).toBe('Skip to the content')
    await page.keyboard.press('Enter')
    await expect.poll(() => focused(page)).toBe('Documents')
    await navigation(page).getByRole('link', { name: 'Drives' }).click()
    await card(page, 'r2').getByRole('link', { name: 'Browse' }).click()
    await heading(page, 'Default storage').waitFor()
    expect(await navigation(page).locator('[aria-current=true]').allTextContents()).toEqual([
      'Drives',
    ])
    expect(faults).toEqual([])
    await context.close()
  })

  it('folds the navigation into a menu in a narrow window', async () => {
    const { page, context, faults } = await visit(stage, 'nar', {
      viewport: { width: 360, height: 740 },
    })
    const menu = page.getByRole('button', { name: 'Menu' })
    expect(await navigation(page).isVisible()).toBe(false)
    await menu.press('Enter')
    await navigation(page).waitFor()
    expect(await menu.getAttribute('aria-expanded')).toBe('true')
    await page.getByText('nar@local.test').waitFor()
    await page.getByRole('button', { name: 'Sign out' }).waitFor()
    await expectAccessible(page, 'menu')
    await navigation(page).getByRole('link', { name: 'Drives' }).press('Escape')
    await navigation(page).waitFor({ state: 'hidden' })
    await expect.poll(() => focused(page)).toBe('Menu')
    await menu.click()
    await navigation(page).getByRole('link', { name: 'Imports' }).click()
    await heading(page, 'Imports').waitFor()
    await navigation(page).waitFor({ state: 'hidden' })
    expect(faults).toEqual([])
    await context.close()
  })

  it('finds every page in order while there is nothing on it', async () => {
    const { page, context, faults } = await visit(stage, 'emp')
    await page.getByText('Connect your first drive').waitFor()
    await expectAccessible(page, 'drives empty')
    for (const [name, text] of [
      ['Imports', 'Nothing has been imported yet.'],
      ['Documents', 'You have no documents yet.'],
      ['Settings', 'No drive is connected.'],
    ] as const) {
      await navigation(page).getByRole('link', { name }).click()
      await page.getByText(text).waitFor()
      await expectAccessible(page, `${name} empty`)
    }
    expect(faults).toEqual([])
    await context.close()
  })

  it('finds the forms that connect a server in order, with and without an error', async () => {
    const { page, context, faults } = await visit(stage, 'frm')
    await card(page, 'webdav').getByRole('button', { name: 'Connect' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Server address').fill('https://10.0.0.1/')
    await dialog.getByLabel('User name').fill('mia')
    await dialog.getByLabel('Password').fill('wrong')
    await dialog.getByRole('button', { name: 'Connect' }).click()
    await page.locator('[aria-invalid=true]').waitFor()
    await expectAccessible(page, 'webdav form')
    await page.keyboard.press('Escape')
    await card(page, 'nextcloud').getByRole('button', { name: 'Connect' }).click()
    await dialog.getByRole('button', { name: 'Sign in at the server' }).waitFor()
    await expectAccessible(page, 'nextcloud form')
    expect(faults).toEqual([])
    await context.close()
  })

  it('finds the pages in order in which a popup ends', async () => {
    const context = await stage.browser.newContext()
    watchFaults(context, [stage.app.url])
    // The first page of a visit goes nowhere else: a popup does.
    await context.newPage()
    for (const [answer, name] of [
      ['#allow', 'Almost done: go back to the page that you came from.'],
      ['#deny', 'The connection was not made.'],
    ] as const) {
      const path = '/api/cloud/oauth/initiate/google_drive?mode=popup'
      const begun = await stage.app.as('pop')(path, { headers: { accept: 'application/json' } })
      const { authorization_url: url } = (await begun.json()) as { authorization_url: string }
      const popup = await context.newPage()
      await popup.addInitScript('window.close = () => undefined')
      await popup.goto(url)
      await popup.click(answer)
      await heading(popup, name).waitFor()
      await expectAccessible(popup, `popup ${answer}`)
    }
    await context.close()
  })

  it('loads less than 100 kB of script at first, and the menu of a file when it is opened', async () => {
    const { page, context, faults } = await visit(stage, 'kbs')
    const query = new URLSearchParams({ name: 'one.txt' })
    const path = `/api/cloud/connections/r2/content?${query}`
    await stage.app.as('kbs')(path, { method: 'PUT', body: 'x' })
    const assets = new Map<string, Promise<Buffer>>()
    page.on('response', (response) => {
      const { pathname } = new URL(response.url())
      if (pathname.startsWith('/assets/')) assets.set(pathname, response.body())
    })
    const ended = (ending: string) => [...assets.keys()].filter((name) => name.endsWith(ending))
    const compressed = async (ending: string) => {
      const bodies = await Promise.all(ended(ending).map((name) => assets.get(name)))
      return bodies.reduce((sum, body) => sum + gzipSync(body ?? '').length, 0)
    }
    await page.reload()
    await card(page, 'r2').getByRole('link', { name: 'Browse' }).click()
    await page.getByRole('link', { name: 'one.txt' }).waitFor()
    expect(ended('.js')).not.toEqual([])
    expect(await compressed('.js')).toBeLessThan(100_000)
    expect(await compressed('.css')).toBeLessThan(10_000)
    const before = ended('.js').length
    await page.getByRole('button', { name: 'Actions for one.txt' }).click()
    await page.getByRole('menu').waitFor()
    expect(ended('.js').length).toBeGreaterThan(before)
    expect(faults).toEqual([])
    await context.close()
  })

  it('finds the pages without a session in order', async () => {
    const context = await stage.browser.newContext()
    watchFaults(context, [stage.app.url])
    const page = await context.newPage()
    for (const [path, name] of [
      ['/', 'Slipway'],
      ['/sign-in', 'Sign in to Slipway'],
      ['/problems/reauth_required', 'The connection must be renewed'],
      ['/api/cloud/oauth/callback/google_drive?state=none', 'This sign-in has ended'],
    ] as const) {
      await page.goto(stage.app.url + path)
      await heading(page, name).waitFor()
      await expectAccessible(page, name)
    }
    await page.getByRole('link', { name: 'To your drives' }).click()
    await heading(page, 'Slipway').waitFor()
    await context.close()
  })

  it('renames a connection, and shows what the provider asks for without a reload', async () => {
    const { id } = await connect(stage.app, 'car', 'google_drive', { account: 'ann@example.com' })
    await connect(stage.app, 'car', 'dropbox', { account: 'mia@example.com' })
    const { page, context, faults } = await visit(stage, 'car')
    const drive = card(page, 'google_drive')
    await drive.getByRole('button', { name: 'Check ann@example.com' }).click()
    await drive.getByRole('meter', { name: 'Storage of ann@example.com' }).waitFor()
    await drive.getByRole('button', { name: 'Rename ann@example.com' }).press('Enter')
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name').fill('A name so long that no card has the room for all of it')
    await expectAccessible(page, 'rename a drive')
    await page.keyboard.press('Enter')
    await drive.getByText('A name so long').waitFor()
    await drive.getByText('ann@example.com').waitFor()
    await rows(stage.app, `UPDATE connections SET status = 'REQUIRES_REAUTH' WHERE id = ?`, id)
    // As if the user came back to the tab.
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
    await drive.getByRole('button', { name: /^Reconnect A name so long/ }).waitFor()
    await expectAccessible(page, 'drives')
    await card(page, 'dropbox').getByRole('button', { name: 'Disconnect' }).click()
    await page.getByRole('dialog').waitFor()
    await expectAccessible(page, 'disconnect a drive')
    await page.getByRole('dialog').getByRole('button', { name: 'Disconnect' }).click()
    const said = page.getByText('mia@example.com is disconnected.')
    await said.waitFor()
    await expectAccessible(page, 'toast')
    await page.getByRole('button', { name: 'Dismiss: mia@example.com is disconnected.' }).click()
    await said.waitFor({ state: 'detached' })
    expect(faults).toEqual([])
    await context.close()
  })

  it('lets neither a script of somebody else run nor a request go elsewhere, and the tests would see both', async () => {
    const { page, context, faults } = await visit(stage, 'csp')
    await page.evaluate(() => {
      const script = document.createElement('script')
      script.textContent = 'window.hasRun = true'
      document.body.append(script)
    })
    await page.evaluate(() => fetch('http://127.0.0.1:9/').catch(() => undefined))
    const seen = (pattern: RegExp) => faults.filter((fault) => pattern.test(fault)).length
    await expect.poll(() => seen(/^Content Security Policy: script-src-elem .*inline/)).toBe(1)
    await expect.poll(() => seen(/^Content Security Policy: connect-src .*127\.0\.0\.1:9/)).toBe(1)
    expect(await page.evaluate(() => 'hasRun' in window)).toBe(false)
    faults.splice(0)
    await context.close()
  })

  it('keeps its page when a file is dropped beside the place for it, and says where that is', async () => {
    const { page, context, faults } = await visit(stage, 'drp')
    const drop = (kind: string) =>
      page.evaluate((type) => {
        const data = new DataTransfer()
        data.items.add(new File(['text'], 'stray.txt'))
        const event = new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true })
        document.querySelector('main')?.dispatchEvent(event)
        return event.defaultPrevented
      }, kind)
    expect(await drop('dragover')).toBe(true)
    expect(await drop('drop')).toBe(true)
    await page.locator('.toast.bad').getByText('drop them on its list').waitFor()
    expect(faults).toEqual([])
    await context.close()
  })

  it('says that the network is lost, and looks anew when it is back', async () => {
    const { page, context, faults } = await visit(stage, 'off')
    await context.setOffline(true)
    await page.getByText('You are offline.').waitFor()
    await expectAccessible(page, 'offline')
    await navigation(page).getByRole('link', { name: 'Documents' }).click()
    await page.getByRole('alert').getByText('The network failed.').first().waitFor()
    await context.setOffline(false)
    await page.getByText('You are online again.').waitFor()
    await page.getByText('You are offline.').waitFor({ state: 'detached' })
    // Nobody has to press Retry.
    await page.getByText('You have no documents yet.').waitFor()
    const alerts = page.getByRole('alert').filter({ hasText: /./ })
    await expect.poll(() => alerts.count(), { timeout: 15_000 }).toBe(0)
    expect(faults).toEqual([])
    await context.close()
  })

  it('leads from an ended session back to where it ended', async () => {
    const { page, context, faults } = await visit(stage, 'end')
    await navigation(page).getByRole('link', { name: 'Settings' }).click()
    await heading(page, 'Settings').waitFor()
    await context.clearCookies()
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
    await page.getByRole('alert').waitFor()
    await expectAccessible(page, 'session ended')
    await page.getByRole('link', { name: 'Sign in again' }).click()
    await signIn(page, 'end')
    await heading(page, 'Settings').waitFor()
    expect(faults).toEqual([])
    await context.close()
  })

  it('keeps providers apart that nobody has set up, and says whom to ask', async () => {
    const { page, context, faults } = await visit(stage, 'not')
    await page.route('**/api/cloud/providers', async (route) => {
      const response = await route.fetch()
      const body = (await response.json()) as { providers: Record<string, unknown>[] }
      const providers = body.providers.map((one) =>
        one['id'] === 'dropbox' || one['id'] === 'confluence' ? { ...one, configured: false } : one,
      )
      await route.fulfill({ response, json: { ...body, providers } })
    })
    await page.reload()
    const apart = page.getByRole('region', { name: 'Not available yet' })
    await apart.getByText('Ask your administrator to set these up.').waitFor()
    expect(await apart.getByRole('listitem').count()).toBe(2)
    expect(await card(page, 'dropbox').getByRole('button').count()).toBe(0)
    await expectAccessible(page, 'not set up')
    expect(faults).toEqual([])
    await context.close()
  })

  it('gives the number under which an administrator finds what went wrong', async () => {
    const { page, context, faults } = await visit(stage, 'adm')
    await page.route('**/api/imports?*', (route) =>
      route.fulfill({
        status: 500,
        contentType: 'application/problem+json',
        json: { code: 'internal', detail: 'Something went wrong', request_id: 'req-1234' },
      }),
    )
    await navigation(page).getByRole('link', { name: 'Imports' }).click()
    const alert = page.getByRole('alert')
    await alert.getByText('Ask your administrator. Request req-1234').waitFor()
    await expectAccessible(page, 'failure')
    await page.unroute('**/api/imports?*')
    await alert.getByRole('button', { name: 'Retry' }).click()
    await page.getByText('Nothing has been imported yet.').waitFor()
    expect(faults).toEqual([])
    await context.close()
  })
})
