// The picker alone on a page of another origin: complete by keyboard, filtered, paged, connecting, without a fault of accessibility.
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { connect, connectWebdav } from '../connect.ts'
import { rows } from '../harness.ts'
import { expectAccessible } from './axe.ts'
import { describeInBrowser } from './browser.ts'
import { openClient } from './client-page.ts'
import { frontEndOnOtherOrigin } from './front-end.ts'

const frontEnd = frontEndOnOtherOrigin()

interface Picked {
  readonly picks: { connection: string; provider: string; items: { name: string }[] }[]
  cancels: number
}

describeInBrowser(
  'the picker',
  (stage) => {
    /** A page with nothing but a picker of these attributes; its drives are shown. */
    const open = async (attributes: Record<string, string> = {}) => {
      const visited = await frontEnd.open(stage)
      const { page } = visited
      await openClient(page, stage.app)
      await page.evaluate((given) => {
        const picker = document.createElement('slipway-picker')
        for (const [name, value] of Object.entries(given)) picker.setAttribute(name, value)
        const own = window as never as { slipway: never; picked: unknown }
        const picked: Picked = { picks: [], cancels: 0 }
        own.picked = picked
        picker.addEventListener('slipway-pick', (event) =>
          picked.picks.push((event as CustomEvent).detail as never),
        )
        picker.addEventListener('slipway-cancel', () => (picked.cancels += 1))
        ;(picker as never as { client: unknown }).client = own.slipway
        const main = document.createElement('main')
        const heading = document.createElement('h1')
        heading.textContent = 'A page with a picker'
        main.append(heading, picker)
        document.body.replaceChildren(main)
      }, attributes)
      await page.getByRole('option', { name: 'Default storage' }).waitFor()
      await page.evaluate(() => document.querySelector<HTMLElement>('slipway-picker')?.focus())
      return visited
    }
    const picked = (page: Page) =>
      page.evaluate(() => (window as never as { picked: unknown }).picked) as Promise<Picked>
    const names = async (page: Page) =>
      page.getByRole('option').evaluateAll((all) => all.map((one) => one.dataset['name']))
    const marked = (page: Page) =>
      page.evaluate(() => {
        const root = document.querySelector('slipway-picker')?.shadowRoot
        const id = root?.activeElement?.getAttribute('aria-activedescendant') ?? ''
        return root?.getElementById(id)?.dataset['name']
      })
    const press = async (page: Page, ...keys: readonly string[]) => {
      for (const key of keys) await page.keyboard.press(key)
    }
    const makeFiles = async (files: Readonly<Record<string, string>>) => {
      for (const [name, type] of Object.entries(files)) {
        const query = new URLSearchParams({ name, conflict: 'replace' })
        const headers = { 'content-type': type }
        const path = `/api/cloud/connections/r2/content?${query}`
        await (await stage.app.as('eve')(path, { method: 'PUT', headers, body: 'x' })).text()
      }
    }

    it('is complete by keyboard: arrows, ends, type-ahead, space, enter, back, escape', async () => {
      await makeFiles({
        'alpha.txt': 'text/plain',
        'beta.txt': 'text/plain',
        'beta two.txt': 'text/plain',
        'gamma.pdf': 'application/pdf',
      })
      const { page, context, faults } = await open({ multiple: '' })
      await press(page, 'Enter')
      await page.getByRole('option', { name: /gamma/ }).waitFor()
      expect(await names(page)).toEqual(['alpha.txt', 'beta two.txt', 'beta.txt', 'gamma.pdf'])
      await expect.poll(() => marked(page)).toBe('alpha.txt')
      await press(page, 'End')
      expect(await marked(page)).toBe('gamma.pdf')
      await press(page, 'Home', 'ArrowDown')
      expect(await marked(page)).toBe('beta two.txt')
      await page.keyboard.type('gam')
      expect(await marked(page)).toBe('gamma.pdf')
      const row = page.getByRole('option', { name: /alpha/ })
      const before = await row.elementHandle()
      await press(page, 'Space', 'ArrowUp', 'Space')
      await page.getByText('2 chosen').waitFor()
      // Of thousands, what is not touched is not drawn anew.
      expect(await before?.evaluate((one) => one.isConnected)).toBe(true)
      const selected = page.getByRole('option', { selected: true })
      expect(await selected.evaluateAll((all) => all.map((one) => one.dataset['name']))).toEqual([
        'beta.txt',
        'gamma.pdf',
      ])
      await press(page, 'Space', 'Home', 'Enter')
      const [pick] = (await picked(page)).picks
      expect(pick).toMatchObject({ connection: 'r2', provider: 'r2' })
      expect(pick?.items.map(({ name }) => name)).toEqual(['gamma.pdf', 'alpha.txt'])
      await press(page, 'ControlOrMeta+a')
      await page.getByText('4 chosen').waitFor()
      await press(page, 'Escape')
      expect((await picked(page)).cancels).toBe(1)
      await press(page, 'Backspace')
      await page.getByRole('listbox', { name: 'Drives' }).waitFor()
      await expect.poll(() => marked(page)).toBe('Default storage')
      expect(faults).toEqual([])
      await context.close()
    })

    it('offers what is accepted, and takes one thing where it is not multiple', async () => {
      await makeFiles({ 'one.txt': 'text/plain', 'two.pdf': 'application/pdf', 'three.PDF': '' })
      const { page, context } = await open({ accept: '.pdf' })
      await press(page, 'Enter')
      await page.getByRole('option', { name: /two/ }).waitFor()
      const shown = await names(page)
      expect(shown).toEqual(expect.arrayContaining(['two.pdf', 'three.PDF']))
      expect(shown.filter((name) => name?.endsWith('.txt'))).toEqual([])
      await page.getByRole('option', { name: 'two.pdf' }).click()
      await page.getByRole('option', { name: 'three.PDF' }).click()
      await page.getByText('1 chosen').waitFor()
      await page.getByRole('button', { name: 'Choose', exact: true }).click()
      const [pick] = (await picked(page)).picks
      expect(pick?.items.map(({ name }) => name)).toEqual(['three.PDF'])
      await page.evaluate(() =>
        document.querySelector('slipway-picker')?.setAttribute('accept', '.txt'),
      )
      await page.getByRole('option', { name: 'one.txt' }).waitFor()
      expect((await names(page)).filter((name) => !name?.endsWith('.txt'))).toEqual([])
      await expect.poll(() => page.getByText('1 chosen').count()).toBe(0)
      await page.evaluate(() => document.querySelector('slipway-picker')?.removeAttribute('accept'))
      await page.getByRole('option', { name: 'two.pdf' }).waitFor()
      await context.close()
    })

    it('goes on by itself at the end of a page, and chooses folders where they are wanted', async () => {
      const { id } = await connect(stage.app, 'eve', 'google_drive', { account: 'ann@example.com' })
      const { page, context, faults } = await open({ folders: 'only', connection: id })
      await page.getByRole('option', { name: /Projects/ }).waitFor()
      expect((await names(page)).includes('report.pdf')).toBe(false)
      await page.evaluate(() => document.querySelector<HTMLElement>('slipway-picker')?.focus())
      await page.keyboard.type('proj')
      await press(page, 'Space')
      await page.getByRole('button', { name: 'Choose', exact: true }).click()
      expect((await picked(page)).picks[0]?.items.map(({ name }) => name)).toEqual(['Projects'])
      const here = page.getByRole('button', { name: 'Choose this folder' })
      await here.click()
      await expect.poll(async () => (await picked(page)).picks.length).toBe(2)
      await page.getByRole('option', { name: 'Projects' }).click()
      await page.getByRole('option', { name: 'Plans 2026' }).waitFor()
      await here.click()
      await expect.poll(async () => (await picked(page)).picks.length).toBe(3)
      const [, top, inner] = (await picked(page)).picks
      expect(top?.items).toMatchObject([{ is_folder: true }])
      expect(inner?.items).toMatchObject([{ name: 'Projects', is_folder: true }])

      await page.getByRole('button', { name: 'Google Drive' }).click()
      await page.route('**/items?*', async (route) => {
        const url = new URL(route.request().url())
        url.searchParams.set('limit', '2')
        await route.continue({ url: url.href })
      })
      await page.evaluate(() => {
        const picker = document.querySelector('slipway-picker')
        picker?.removeAttribute('folders')
        ;(picker as never as { reload: () => void }).reload()
      })
      const more = page.getByRole('button', { name: 'Show more' })
      await more.waitFor()
      const before = await names(page)
      await page.evaluate(() => document.querySelector<HTMLElement>('slipway-picker')?.focus())
      await press(page, 'End')
      await expect.poll(async () => (await names(page)).length).toBeGreaterThan(before.length)
      expect((await names(page)).slice(0, before.length)).toEqual(before)
      expect(new Set(await names(page)).size).toBe((await names(page)).length)
      expect(faults).toEqual([])
      await stage.app.as('eve')(`/api/cloud/connections/${id}`, { method: 'DELETE' })
      await context.close()
    })

    it('connects a drive in its popup, and a server by its form', async () => {
      const { page, context, faults } = await open()
      const opened = page.waitForEvent('popup')
      await page.getByRole('button', { name: 'Connect Dropbox' }).press('Enter')
      const popup = await opened
      await popup.click('#allow')
      await page.getByRole('listbox', { name: 'Dropbox' }).waitFor()
      await page.getByRole('button', { name: 'Drives' }).click()
      await page.getByRole('option', { name: /Dropbox/ }).waitFor()

      await page.getByRole('button', { name: 'Connect WebDAV' }).press('Enter')
      await page.getByLabel('Server address').fill('https://10.0.0.1/')
      await page.getByLabel('User name').fill('mia')
      await page.getByLabel('Password').fill('wrong')
      await page.keyboard.press('Enter')
      await page.locator('#field-server_url-error').getByText('must have a host name').waitFor()
      const wrong = page.locator('input[aria-invalid=true]')
      expect(await wrong.evaluateAll((all) => all.map(({ id }) => id))).toEqual([
        'field-server_url',
      ])
      expect(await wrong.evaluate((one) => one.matches(':focus'))).toBe(true)
      await page.getByLabel('Server address').fill(`${stage.app.emulators.url}/dav-server/`)
      await page.getByRole('button', { name: 'Connect', exact: true }).focus()
      await page.keyboard.press('Enter')
      await page.getByText('The user name or the password is wrong.').waitFor()
      expect(await wrong.count()).toBe(0)
      const connects = page.getByRole('button', { name: 'Connect', exact: true })
      expect(await connects.evaluate((one) => one.matches(':focus'))).toBe(true)
      await page.getByLabel('Password').fill('secret')
      // Who goes on meanwhile is not pulled into it.
      let release = () => undefined as void
      const held = new Promise<void>((resolve) => (release = resolve))
      await page.route('**/connections/webdav', async (route) => {
        await held
        await route.continue()
      })
      await page.keyboard.press('Enter')
      await page.keyboard.press('Escape')
      await page.getByRole('listbox', { name: 'Drives' }).waitFor()
      release()
      await page.getByRole('option', { name: /WebDAV/ }).waitFor()
      expect(await page.locator('[aria-current=page]').count()).toBe(0)

      await page.getByRole('button', { name: 'Connect Nextcloud' }).click()
      const { url, nextcloud } = stage.app.emulators
      await page.getByLabel('Server address').fill(`${url}${nextcloud.webRoot}`)
      const again = page.waitForEvent('popup')
      await page.getByRole('button', { name: 'Sign in at the server' }).click()
      await (await again).click('#allow')
      await page.locator('[aria-current=page]').getByText('Nextcloud').waitFor()
      expect(faults).toEqual([])
      for (const { id } of await rows<{ id: string }>(stage.app, 'SELECT id FROM connections')) {
        await stage.app.as('eve')(`/api/cloud/connections/${id}`, { method: 'DELETE' })
      }
      await context.close()
    })

    it('leads from a dead grant to the folder', async () => {
      const { id } = await connect(stage.app, 'eve', 'google_drive', { account: 'ann@example.com' })
      const { page, context } = await open()
      stage.app.emulators.google.oauth.expireAccessTokens('ann@example.com')
      stage.app.emulators.google.oauth.killGrant('ann@example.com')
      await page.getByRole('option', { name: /Google Drive/ }).click()
      await page.getByRole('alert').getByText('requires re-authentication').waitFor()
      const opened = page.waitForEvent('popup')
      await page.getByRole('button', { name: 'Reconnect' }).click()
      await (await opened).click('#allow')
      await page.getByRole('option', { name: /Projects/ }).waitFor()
      await context.close()

      // Nobody has clicked anything: no popup could open.
      await rows(stage.app, `UPDATE connections SET status = 'REQUIRES_REAUTH' WHERE id = ?`, id)
      const other = await open({ connection: id })
      await other.page.getByRole('alert').getByText('has to be reconnected').waitFor()
      const again = other.page.waitForEvent('popup')
      await other.page.getByRole('button', { name: 'Reconnect' }).click()
      await (await again).click('#allow')
      await other.page.getByRole('option', { name: /Projects/ }).waitFor()
      await stage.app.as('eve')(`/api/cloud/connections/${id}`, { method: 'DELETE' })
      await other.context.close()
    })

    it('has no fault of accessibility, narrow or wide, light or dark', async () => {
      const dav = await connectWebdav(stage.app, 'eve')
      await makeFiles({
        'alpha.txt': 'text/plain',
        [`A name that is far too long for a window as narrow as this one ${'is '.repeat(20)}`]:
          'text/plain',
      })
      const { page, context } = await open({ multiple: '' })
      await expectAccessible(page, 'picker with drives')
      await page.getByRole('button', { name: 'Connect Nextcloud' }).click()
      await page.getByLabel('Server address').waitFor()
      await expectAccessible(page, 'picker with a form')
      await page.keyboard.press('Escape')
      expect((await picked(page)).cancels).toBe(0)
      await page.getByRole('option', { name: 'Default storage' }).click()
      await page.getByRole('option', { name: 'alpha.txt' }).click()
      await expectAccessible(page, 'picker with a folder')
      await page.getByRole('button', { name: 'Drives' }).click()
      await page.route('**/items?*', (route) => route.abort())
      await page.getByRole('option', { name: /WebDAV/ }).click()
      await page.getByRole('button', { name: 'Try again' }).waitFor()
      await expectAccessible(page, 'picker with a failure')
      await stage.app.as('eve')(`/api/cloud/connections/${dav.id}`, { method: 'DELETE' })
      await context.close()
    })
  },
  frontEnd.prepare,
)
