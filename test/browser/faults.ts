// Watches every page and popup of a browser's visit: no policy is violated, nothing thrown is lost, nothing is asked of another origin.
import type { BrowserContext, Page } from 'playwright-core'
import { expect } from 'vitest'

/** What is under way in this file's tests. */
const watched: string[][] = []

const FAULT = /Content Security Policy|Uncaught|blocked by CORS/

/**
 * Call it before the first page is opened. What vendors' own pages do in popups is their own affair, and so is that a popup goes there.
 * @param own origins that the pages belong to, and may ask
 * @returns what must stay empty; `expectNoFaults` looks at it, too
 */
export function watchFaults(context: BrowserContext, own: readonly string[]): string[] {
  const faults: string[] = []
  watched.push(faults)
  const isOwn = (url: string) => {
    const { origin, protocol } = new URL(url)
    return own.includes(origin) || protocol === 'blob:' || protocol === 'data:'
  }
  const isForeign = (url: string) => /^https?:/.test(url) && !isOwn(url)
  // What a policy forbids is told to the page, whether or not the console says so, too.
  void context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      const { violatedDirective, blockedURI } = event
      // eslint-disable-next-line no-console -- the page's console is what is watched here
      console.error(`Content Security Policy: ${violatedDirective} forbids ${blockedURI}`)
    })
  })
  let first: Page | undefined
  context.on('page', (page) => {
    first ??= page
    page.on('pageerror', (error) => {
      if (!isForeign(page.url())) faults.push(`${page.url()}: ${error.message}`)
    })
    page.on('console', (message) => {
      if (message.type() !== 'error' || !FAULT.test(message.text())) return
      if (!isForeign(message.location().url || page.url())) faults.push(message.text())
    })
    page.on('request', (request) => {
      if (isOwn(request.url())) return
      const isPopup = page !== first
      if (isPopup && (request.isNavigationRequest() || isForeign(request.frame().url()))) return
      faults.push(`${page.url()} asks for ${request.url()}`)
    })
  })
  return faults
}

/** Of all visits since the last call, whichever test forgot to look. */
export function expectNoFaults(): void {
  expect(watched.splice(0).flat()).toEqual([])
}
