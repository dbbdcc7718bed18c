// Starts the Chromium of the system, headless, with nothing that would call out.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest'
import { startSlipway, type Slipway, type SlipwayOptions } from '../harness.ts'
import { expectNoFaults } from './faults.ts'

const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'

/** Why there is no browser here, or undefined. In CI a missing one is a failure. */
function missingBrowser(): string | undefined {
  if (existsSync(executablePath)) return undefined
  const reason = `Chromium is not installed: apt-get install -y chromium (or set CHROMIUM_PATH)`
  if (process.env['CI'] === 'true') throw new Error(reason)
  return reason
}

function startBrowser(): Promise<Browser> {
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

/** What a suite in the browser works with, once it has begun. */
export interface Stage {
  app: Slipway
  browser: Browser
  /** A folder for files to upload; removed at the end. */
  folder: string
}

/** A `describe` with a Worker and a browser, or one skipped test that says why there is none. */
export function describeInBrowser(
  name: string,
  suite: (stage: Stage) => void,
  prepare: () => Promise<SlipwayOptions> = () => Promise.resolve({}),
): void {
  const missing = missingBrowser()
  if (missing !== undefined) {
    it.skip(`${name}: ${missing}`, () => undefined)
    return
  }
  describe(name, () => {
    const stage = {} as Stage
    beforeAll(async () => {
      stage.app = await startSlipway(await prepare())
      stage.browser = await startBrowser()
      stage.folder = mkdtempSync(join(tmpdir(), 'slipway-browser-'))
    })
    afterEach(expectNoFaults)
    afterAll(async () => {
      await stage.browser?.close()
      await stage.app?.close()
      rmSync(stage.folder, { recursive: true, force: true })
    })
    suite(stage)
  })
}
