// Looks at a page as it is in light and dark, narrow and wide: axe-core finds nothing, and nothing sticks out to the side.
import { join } from 'node:path'
import axe, { type AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'

const WIDTHS = [360, 1280]
const SCHEMES = ['light', 'dark'] as const
/** Where pictures of all that is looked at are kept, if anywhere. */
const PICTURES = process.env['SLIPWAY_PICTURES']

/**
 * Leaves the window as wide as it was, in light colours.
 * @param name what the page is called in a failure, and its pictures' files
 */
export async function expectAccessible(page: Page, name: string): Promise<void> {
  const before = page.viewportSize()
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 800 })
      const where = `${name}, ${colorScheme}, ${width} px`
      if (PICTURES !== undefined) {
        const path = join(PICTURES, `${name.replace(/\W+/g, '-')}-${colorScheme}-${width}.png`)
        await page.screenshot({ path, fullPage: true })
      }
      expect(await violations(page), where).toEqual([])
      expect(await overhang(page), `${where}: pixels beyond the window`).toBeLessThanOrEqual(0)
    }
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
  if (before !== null) await page.setViewportSize(before)
}

/** What axe-core finds, in words. The policy of the page keeps its script out: it comes by the debugger. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const results = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run: () => Promise<AxeResults> } }).axe.run(),
  )
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary ?? ''}`),
  )
}

const overhang = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
