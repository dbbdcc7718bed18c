// Starts the Chromium of the system, headless, with nothing that would call out.
import { existsSync } from 'node:fs'
import { chromium, type Browser } from 'playwright-core'

const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'

/** Why there is no browser here, or undefined. In CI a missing one is a failure. */
export function missingBrowser(): string | undefined {
  if (existsSync(executablePath)) return undefined
  const reason = `Chromium is not installed: apt-get install -y chromium (or set CHROMIUM_PATH)`
  if (process.env['CI'] === 'true') throw new Error(reason)
  return reason
}

export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}
