// The API's description as a page: whole, accessible, without a script, in both widths and both schemes.
import { execFileSync } from 'node:child_process'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { expectAccessible, expectSound } from './axe.ts'
import { describeInBrowser, type Stage } from './browser.ts'
import { watchFaults } from './faults.ts'

describeInBrowser('the API as a page', (stage) => {
  it('has nothing for axe to find, light or dark, narrow or wide', async () => {
    const page = await openDocs(stage)
    // A line that is closed would not be looked at.
    await page.evaluate(() => {
      for (const one of document.querySelectorAll('details')) one.open = true
    })
    await expectSound(page, 'docs')
    // They look alike: of each section the first is measured.
    await page.evaluate(() => {
      for (const section of document.querySelectorAll('section')) {
        const [, ...others] = section.querySelectorAll('article')
        for (const other of others) other.remove()
      }
    })
    await expectAccessible(page, 'docs')
    await page.context().close()
  }, 120_000)

  it('has every operation, and links that lead somewhere', async () => {
    const page = await openDocs(stage)
    const answer = await fetch(`${stage.app.url}/openapi.json`)
    const { paths } = (await answer.json()) as {
      paths: Record<string, Record<string, { operationId: string; summary: string }>>
    }
    const operations = Object.values(paths).flatMap((one) => Object.values(one))
    expect(operations.length).toBeGreaterThan(60)
    const shown = await page
      .locator('article:has(h3 + .route)')
      .evaluateAll((all) => all.map(({ id }) => id))
    expect(shown.toSorted()).toEqual(operations.map(({ operationId }) => operationId).toSorted())

    const links = await page
      .locator('a')
      .evaluateAll((all) => all.map((one) => one.getAttribute('href') ?? ''))
    const lost = await page.evaluate(
      (all) => all.filter((href) => document.getElementById(href.slice(1)) === null),
      [...new Set(links.filter((href) => href.startsWith('#')))],
    )
    expect(lost).toEqual([])
    const pages = [...new Set(links.filter((href) => href.startsWith('/')))]
    expect(pages).toContain('/openapi.json')
    expect(pages).toContain('/problems/reauth_required')
    for (const path of pages) {
      const found = await fetch(`${stage.app.url}${path}`)
      await found.body?.cancel()
      expect(found.status, path).toBe(200)
    }
    await page.context().close()
  })

  it('goes from the contents to an operation, by keyboard', async () => {
    const page = await openDocs(stage)
    await page.locator('summary', { hasText: 'Imports' }).first().focus()
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: 'Watch an import' }).focus()
    await page.keyboard.press('Enter')
    await page.locator('#watchImport:target').waitFor()
    const article = page.locator('#watchImport')
    expect(await article.textContent()).toContain('text/event-stream')
    expect(await article.textContent()).toContain('Last-Event-ID')
    await page.context().close()
  })

  it('leads to guides with nothing for axe to find', async () => {
    const page = await openDocs(stage)
    const guides = await page
      .locator('#guides ~ ul a')
      .evaluateAll((all) => all.map((one) => one.getAttribute('href') ?? ''))
    expect(guides.length).toBeGreaterThan(10)
    // All are made alike: these have every kind of thing that stands on one.
    for (const path of guides.filter((one) => /architecture|operations/.test(one))) {
      await page.goto(`${stage.app.url}${path}`)
      await expectAccessible(page, path.slice(1))
    }
    await page.context().close()
  })

  it('shows calls that a shell understands', async () => {
    const page = await openDocs(stage)
    const calls = await page
      .locator('article .call')
      .evaluateAll((all) => all.map((one) => one.textContent ?? ''))
    expect(calls.length).toBeGreaterThan(60)
    for (const call of calls) execFileSync('sh', ['-n', '-c', call])
    expect(calls.find((call) => call.includes('/folders"'))).toContain(`-d '{"parent_id":"root"`)
    await page.context().close()
  })
})

async function openDocs({ app, browser }: Stage): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
  watchFaults(context, [app.url])
  const page = await context.newPage()
  await page.goto(`${app.url}/docs`)
  await page.getByRole('heading', { level: 1, name: 'Slipway API' }).waitFor()
  return page
}
