// How a person connects each kind of drive from its card: consent in a popup, signing in at the own server, a form.
import type { Page } from 'playwright-core'
import type { Emulators } from '../emulators/server.ts'
import { card, openConsent } from './visit.ts'

/** At the vendor's consent page. */
export async function consent(page: Page, provider: string): Promise<void> {
  const popup = await openConsent(page, provider)
  await popup.click('#allow')
}

export const byConsent = (provider: string) => (page: Page) => consent(page, provider)

/** At the own Nextcloud. */
export async function bySignIn(page: Page, { url, nextcloud }: Emulators): Promise<void> {
  await card(page, 'nextcloud').getByRole('button', { name: 'Connect' }).click()
  await page.getByLabel('Server address').fill(`${url}${nextcloud.webRoot}`)
  const opened = page.waitForEvent('popup')
  await page.getByRole('button', { name: 'Sign in at the server' }).click()
  const popup = await opened
  await popup.click('#allow')
}

/** In the form for a WebDAV server. */
export async function byPassword(page: Page, { url }: Emulators): Promise<void> {
  await card(page, 'webdav').getByRole('button', { name: 'Connect' }).click()
  await page.getByLabel('Server address').fill(`${url}/dav-server/`)
  await page.getByLabel('User name').fill('mia')
  await page.getByLabel('Password').fill('secret')
  await page.getByRole('dialog').getByRole('button', { name: 'Connect' }).click()
}
