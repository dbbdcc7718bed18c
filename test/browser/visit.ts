// A visit to the console, signed in, and watched for faults.
import type { BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import type { Stage } from './browser.ts'
import { watchFaults } from './faults.ts'

/** The session's cookie, unless AUTH_COOKIE names another. */
const SESSION = 'slipway_session'

export interface Visit {
  readonly page: Page
  readonly context: BrowserContext
  /** What must stay empty: see `watchFaults`. */
  readonly faults: string[]
}

/** Opens the console with the session of a user, as the application in front of it would have left it. */
export async function visit(
  { browser, app }: Stage,
  user: string,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({ acceptDownloads: true, ...options })
  await context.addCookies([
    { name: SESSION, value: await app.token(user), url: app.url, httpOnly: true, sameSite: 'Lax' },
  ])
  const faults = watchFaults(context, [app.url])
  const page = await context.newPage()
  await page.goto(app.url)
  await page.getByRole('heading', { name: 'Your drives' }).waitFor()
  return { page, context, faults }
}

/** Signs in by the page of development; returns when the console is there. */
export async function signIn(page: Page, user: string): Promise<void> {
  await page.getByRole('link', { name: 'Sign in' }).click()
  await page.getByLabel('Somebody else').fill(user)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('navigation', { name: 'Main' }).waitFor()
}

export const card = (page: Page, provider: string): Locator =>
  page.locator(`[data-provider=${provider}]`)

/** Presses Connect and returns the popup, on the vendor's consent page. */
export async function openConsent(page: Page, provider: string): Promise<Page> {
  const opened = page.waitForEvent('popup')
  await card(page, provider).getByRole('button', { name: 'Connect' }).click()
  const popup = await opened
  await popup.waitForSelector('#allow')
  return popup
}

/**
 * Lets time go by faster in a page, until something is there: for what the page waits for longer than a test should. The page's clock has
 * to be installed (`page.clock.install()`) before the waiting begins.
 */
export async function passTime(page: Page, isThere: () => Promise<boolean>): Promise<void> {
  const pass = async () => {
    await page.clock.fastForward(1000)
    return isThere()
  }
  await expect.poll(pass, { timeout: 20_000 }).toBe(true)
}
