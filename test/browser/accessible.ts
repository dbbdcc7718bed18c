// Asks axe-core about a page as it stands: WCAG 2.2 AA and best practices, in light and dark, narrow and wide.
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

export const WIDTHS = [360, 1280] as const
const SCHEMES = ['light', 'dark'] as const

interface Violation {
  readonly id: string
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
}

/** What axe finds wrong, each with where. */
async function violations(page: Page): Promise<string[]> {
  // Not by a script element: the page's policy would refuse it.
  await page.evaluate(source)
  const found = await page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run: (options: object) => Promise<{ violations: Violation[] }> }
    }
    const { violations } = await axe.run({ resultTypes: ['violations'] })
    return violations
  })
  return found.map(({ id, nodes }) => {
    const where = nodes.slice(0, 3).map(({ html, failureSummary }) => `${html} ${failureSummary}`)
    return `${id}: ${where.join('\n')}`
  })
}

/**
 * Expects no violation and no sideways scrolling at each width in light and dark. With `SLIPWAY_SCREENSHOTS` set to a folder, it leaves
 * a picture of each there.
 */
export async function expectAccessible(page: Page, state: string): Promise<void> {
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 800 })
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      const found = await violations(page)
      expect(found, `${state}, ${width} px, ${colorScheme}`).toEqual([])
      const folder = process.env['SLIPWAY_SCREENSHOTS']
      if (folder !== undefined) {
        const name = `${state}-${width}-${colorScheme}.png`.replaceAll(/[^a-z0-9.]+/gi, '-')
        await page.screenshot({ path: `${folder}/${name}` })
      }
    }
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - window.innerWidth,
    )
    expect(overflow, `${state}, ${width} px: wider than the window`).toBeLessThanOrEqual(0)
  }
}
