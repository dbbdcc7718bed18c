// The policy of every page: what runs on it has the nonce of this very answer, and nothing else may run.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSlipway, type Slipway } from '../harness.ts'

let app: Slipway
let session: string
beforeAll(async () => {
  app = await startSlipway()
  session = `slipway_session=${await app.token('ann')}`
})
afterAll(() => app.close())

/** The page's nonce, and those of its scripts; undefined for a script without one. */
async function load(path: string, cookie: string) {
  const answer = await fetch(`${app.url}${path}`, {
    headers: { accept: 'text/html', connection: 'close', ...(cookie === '' ? {} : { cookie }) },
  })
  const html = await answer.text()
  expect(answer.status).toBe(200)
  const policy = answer.headers.get('content-security-policy') ?? ''
  const scripts = (html.match(/<script[^>]*>/g) ?? []).map(
    (tag) => /\snonce="([^"]+)"/.exec(tag)?.[1],
  )
  return { policy, html, scripts, nonce: /script-src 'nonce-([\w+/=-]+)'(?:;|$)/.exec(policy)?.[1] }
}

describe('the policy', () => {
  it.each([
    ['/', 'of a user', 1],
    ['/', 'of a stranger', 0],
    ['/sign-in', 'of a stranger', 0],
    ['/docs', 'of a stranger', 0],
    ['/docs/deploy', 'of a stranger', 0],
    ['/problems/not_found', 'of a stranger', 0],
  ] as const)(
    'of %s %s lets only what is its own run, and is another each time',
    async (path, who, count) => {
      const cookie = who === 'of a user' ? session : ''
      const loads = [await load(path, cookie), await load(path, cookie)]
      for (const { policy, html, scripts, nonce } of loads) {
        expect(html).toContain('</html>')
        expect(policy).toContain("default-src 'none'")
        expect(policy).not.toContain('unsafe')
        expect(nonce).toMatch(/^[\w+/=-]{16,}$/)
        expect(scripts).toEqual(Array.from({ length: count }, () => nonce))
        expect(html).not.toMatch(/\son\w+=|javascript:/)
      }
      expect(loads[0]?.nonce).not.toBe(loads[1]?.nonce)
    },
  )
})
