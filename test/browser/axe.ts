// Looks at a page as it is in light and dark, narrow and wide: axe-core finds nothing, and nothing sticks out to the side.
import { join } from 'node:path'
import axe, { type AxeResults, type RunOptions } from 'axe-core'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'

const WIDTHS = [360, 1280]
/** Where pictures of all that is looked at are kept, if anywhere. */
const PICTURES = process.env['SLIPWAY_PICTURES']

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** Everything up to WCAG 2.2 AA; the size of targets is not looked at unless it is asked for. */
const ALL: RunOptions = {
  runOnly: { type: 'tag', values: TAGS },
  rules: { 'target-size': { enabled: true } },
  resultTypes: ['violations'],
}
const SCHEMES = ['light', 'dark'] as const

/**
 * Leaves the window as wide as it was, in light colours.
 * @param name what the page is called in a failure, and its pictures' files
 */
export async function expectAccessible(page: Page, name: string): Promise<void> {
  const before = page.viewportSize()
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 800 })
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      const where = `${name}, ${colorScheme}, ${width} px`
      if (PICTURES !== undefined) {
        const path = join(PICTURES, `${name.replace(/\W+/g, '-')}-${colorScheme}-${width}.png`)
        await page.screenshot({ path, fullPage: true })
      }
      expect(await violations(page, ALL), where).toEqual([])
    }
    const beyond = `${name}, ${width} px: pixels beyond the window`
    expect(await overhang(page), beyond).toBeLessThanOrEqual(0)
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
  if (before !== null) await page.setViewportSize(before)
}

/** For pages too long for all of it: everything but what has to be measured, as the page stands. */
export async function expectSound(page: Page, name: string): Promise<void> {
  const rules = { 'color-contrast': { enabled: false }, 'target-size': { enabled: false } }
  expect(await violations(page, { ...ALL, rules }), name).toEqual([])
}

interface AxeWindow {
  readonly axe?: { readonly run: (options: RunOptions) => Promise<AxeResults> }
}

/** What axe-core finds, in words. The policy of the page keeps its script out: it comes by the debugger, once. */
async function violations(page: Page, rules: RunOptions): Promise<string[]> {
  const isThere = await page.evaluate(() => (globalThis as AxeWindow).axe !== undefined)
  if (!isThere) await page.evaluate(axe.source)
  const results = await page.evaluate(
    (options) => (globalThis as AxeWindow).axe?.run(options),
    rules,
  )
  if (results === undefined) throw new Error('axe-core is not in the page')
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary ?? ''}`),
  )
}

/** Of the page beyond the window, or of a dialog's content beyond the dialog. */
const overhang = (page: Page) =>
  page.evaluate(() => {
    const dialog = document.querySelector('dialog[open]')
    const inside = dialog === null ? 0 : dialog.scrollWidth - dialog.clientWidth
    return Math.max(inside, document.documentElement.scrollWidth - window.innerWidth)
  })
