// The example front end, on an origin that is not the Worker's, and visits to it that are watched for faults.
import type { BrowserContextOptions } from 'playwright-core'
import { afterAll } from 'vitest'
import { startFrontEnd } from '../../examples/front-end/server.mjs'
import { JWT_SECRET, type SlipwayOptions } from '../harness.ts'
import type { Stage } from './browser.ts'
import { watchFaults } from './faults.ts'
import type { Visit } from './visit.ts'

export interface FrontEnd {
  readonly prepare: () => Promise<SlipwayOptions>
  /** Its page, loaded, with the drives shown. */
  readonly open: (stage: Stage, options?: BrowserContextOptions) => Promise<Visit>
  /** More headers for its pages from now on. */
  readonly setHeaders: (headers: Readonly<Record<string, string>>) => void
}

/** One for a suite: `prepare` goes to `describeInBrowser`, which has to know its origin. */
export function frontEndOnOtherOrigin(): FrontEnd {
  let frontEnd: Awaited<ReturnType<typeof startFrontEnd>> | undefined
  const started = { slipwayUrl: '', headers: {} as Readonly<Record<string, string>> }
  afterAll(() => frontEnd?.close())
  return {
    prepare: async () => {
      // Where the Worker is shows only when it has been started, and it has to be told of this origin before.
      frontEnd = await startFrontEnd({
        get slipwayUrl() {
          return started.slipwayUrl
        },
        get headers() {
          return started.headers
        },
        secret: JWT_SECRET,
        port: 0,
      })
      return { settings: { FRONTEND_ORIGINS: frontEnd.url } }
    },
    setHeaders: (headers) => {
      started.headers = headers
    },
    open: async (stage, options = {}) => {
      started.slipwayUrl = stage.app.url
      const context = await stage.browser.newContext(options)
      const faults = watchFaults(context, [frontEnd?.url ?? '', stage.app.url])
      const page = await context.newPage()
      await page.goto(`${frontEnd?.url}/`)
      await page.getByRole('button', { name: 'Connect Google Drive' }).waitFor()
      return { page, context, faults }
    },
  }
}
