// What tests of the file browser need: a drive that is looked into, where the focus is, and what is chosen.
import type { BrowserContextOptions, Locator, Page } from 'playwright-core'
import { connect } from '../connect.ts'
import type { Stage } from './browser.ts'
import { card, visit, type Visit } from './visit.ts'

export const ANN = 'ann@example.com'

/** A user with Ann's Google Drive, who looks into it. */
export async function openGoogle(
  stage: Stage,
  user: string,
  options: BrowserContextOptions = {},
): Promise<Visit & { readonly connection: string }> {
  const { id } = await connect(stage.app, user, 'google_drive', {
    account: ANN,
    query: { scopes: 'https://www.googleapis.com/auth/drive' },
  })
  const visited = await visit(stage, user, options)
  await card(visited.page, 'google_drive').getByRole('link', { name: 'Browse' }).click()
  await row(visited.page, 'report.pdf').first().waitFor()
  return { ...visited, connection: id }
}

/** Opens a folder of a connection by its address. */
export async function openFolder(
  page: Page,
  stage: Stage,
  connection: string,
  folder: string,
): Promise<void> {
  await page.goto(`${stage.app.url}/#/${connection}/${encodeURIComponent(folder)}`)
}

export const row = (page: Page, name: string): Locator => page.locator(`[data-item="${name}"]`)

/** The name of the item on whose row the focus is; else what has the focus. */
export const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const element = document.activeElement
    return (
      element?.getAttribute('data-item') ??
      element?.getAttribute('aria-label') ??
      element?.textContent ??
      ''
    )
  })

/** The names of what is chosen, among what is in the page. */
export const chosen = (page: Page): Promise<string[]> =>
  page
    .locator('[role=row][aria-selected=true]')
    .evaluateAll((rows) => rows.map((one) => one.getAttribute('data-item') ?? ''))

/** Presses keys one after the other. */
export async function press(page: Page, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key)
}
