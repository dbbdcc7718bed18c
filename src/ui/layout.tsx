// The frame of every page: one style sheet, one script at most, and a policy that lets nothing else run.
import type { Child } from 'hono/jsx'
import { randomToken } from '../crypto/random.ts'
import { assets } from './assets.ts'

interface PageOptions {
  readonly title: string
  /** Whether the console's script belongs on it. */
  readonly script?: boolean
  readonly status?: number
}

/** Renders a page with its headers. */
export async function renderPage(options: PageOptions, content: Child): Promise<Response> {
  const { script, style } = await assets()
  const nonce = randomToken(16)
  const html = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{options.title}</title>
        <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href={style.path} />
      </head>
      <body>
        {content}
        {options.script && <script type="module" src={script.path} nonce={nonce}></script>}
      </body>
    </html>
  )
  return new Response(`<!doctype html>${await html.toString()}`, {
    status: options.status ?? 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': policy(nonce),
      // `same-origin` would cut the popup off from the page that opened it.
      'cross-origin-opener-policy': 'same-origin-allow-popups',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
  })
}

function policy(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ')
}
