// A signed-in visit to the console that notes every violation of its policy and every request to elsewhere.
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core'

export interface Visit {
  readonly page: Page
  readonly context: BrowserContext
  /** What must stay empty: policy violations, uncaught errors, requests to another origin. The popup's own are not counted. */
  readonly faults: string[]
}

/** Opens the console and signs in as a made-up user. */
export async function visit(
  browser: Browser,
  url: string,
  user: string,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({ acceptDownloads: true, ...options })
  const page = await context.newPage()
  const faults: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' && /Content Security Policy|Uncaught/.test(message.text())) {
      faults.push(message.text())
    }
  })
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== url) faults.push(request.url())
  })
  await page.goto(url)
  await page.getByRole('link', { name: 'Sign in' }).click()
  await page.getByLabel('Somebody else').fill(user)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('heading', { name: 'Your drives' }).waitFor()
  return { page, context, faults }
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
