// The client in a page of another origin, with the page's own tokens: tests call it there as a program would.
import type { Page } from 'playwright-core'
import type { Slipway, SlipwayError } from '../../src/client/slipway.ts'
import type { Slipway as App } from '../harness.ts'

/** What the tests find in the page's window. */
export interface ClientWindow {
  slipway: Slipway
  /** How often a token was asked for, and how often a fresh one. */
  tokens: { asked: number; fresh: number }
  /** What the tests put there. */
  kept: Record<string, unknown>
}

/** Makes a client in the page. As text: what runs the tests would make an import of its own of it. */
export function openClient(page: Page, app: App): Promise<void> {
  return page.evaluate(`(async () => {
    const { createSlipway } = await import('${app.url}/client.js')
    let token
    window.kept = {}
    window.tokens = { asked: 0, fresh: 0 }
    window.slipway = createSlipway({
      baseUrl: '${app.url}',
      getToken: async ({ fresh }) => {
        window.tokens.asked += 1
        if (fresh) window.tokens.fresh += 1
        if (token === undefined || fresh) ({ token } = await (await fetch('/token')).json())
        return token
      },
    })
  })()`)
}

/** What a call of the client comes to: its value, or the error's own fields. */
export type Outcome<T> =
  | { readonly value: T }
  | {
      readonly error: Pick<SlipwayError, 'name' | 'status' | 'code' | 'message' | 'errors'> & {
        readonly requestId: string | undefined
      }
    }

/** Runs something in the page with its client; what it throws is given back. */
export function withClient<T, Argument = undefined>(
  page: Page,
  work: (client: ClientWindow, argument: Argument) => Promise<T>,
  argument?: Argument,
): Promise<Outcome<T>> {
  const source = `(async (argument) => {
    try {
      return { value: await (${work.toString()})(window, argument) }
    } catch (error) {
      const { name, status, code, message, errors, requestId } = error
      return { error: { name, status, code, message, errors, requestId } }
    }
  })(${JSON.stringify(argument)})`
  return page.evaluate(source)
}
