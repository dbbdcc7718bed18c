// The page in which a popup ends: tells the opener, at exact origins, how it went, and closes itself. Reflects no input.
import { randomToken } from '../crypto/random.ts'
import type { Outcome } from './flow.ts'

/** What the opener receives; the attempt's owner can also read it from `attempts/{id}`. */
export type PopupMessage =
  | {
      readonly type: 'oauth_success'
      readonly provider: string
      readonly attempt_id: string
      readonly connection_id?: string
      /** One-use claim code, when the browser could not be recognised as the one that started. */
      readonly code?: string
    }
  | {
      readonly type: 'oauth_error'
      readonly provider: string
      readonly attempt_id: string
      readonly error: string
    }

export function popupMessage(outcome: Outcome): PopupMessage {
  const common = { provider: outcome.flow.provider, attempt_id: outcome.attemptId }
  if (outcome.kind === 'failed') {
    return { type: 'oauth_error', ...common, error: outcome.problem.code }
  }
  return outcome.kind === 'claim'
    ? { type: 'oauth_success', ...common, code: outcome.code }
    : { type: 'oauth_success', ...common, connection_id: outcome.connection.id }
}

/**
 * A message is posted once for each allowed origin: the browser delivers it only to an opener of that very origin. No
 * Cross-Origin-Opener-Policy: `same-origin` would sever the opener before the message is sent.
 */
export function popupPage(message: PopupMessage, origins: readonly string[]): Response {
  const nonce = randomToken(16)
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Slipway</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"></head>
<body><main><h1>${wordsOf(message)}</h1><p>You can close this window.</p></main>
<script nonce="${nonce}">
const message = ${scriptJson(message)};
for (const origin of ${scriptJson(origins)}) window.opener?.postMessage(message, origin);
window.close();
</script></body></html>`
  return new Response(html, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': `default-src 'none'; script-src 'nonce-${nonce}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`,
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
  })
}

/** With a code nothing is connected yet: the page that has started it makes the claim. */
function wordsOf(message: PopupMessage): string {
  if (message.type === 'oauth_error') return 'The connection was not made.'
  const isUnclaimed = message.code !== undefined
  return isUnclaimed ? 'Almost done: go back to the page that you came from.' : 'Connected.'
}

/** JSON that cannot end the script element it stands in. */
function scriptJson(value: unknown): string {
  return JSON.stringify(value).replace(/</g, '\\u003c')
}
