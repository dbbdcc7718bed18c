// Calls an app's webhook as Dropbox does: the challenge at first, then signed notifications that name accounts and no change.
// Source: dropbox.com/developers/reference/webhooks.
import { createHmac, randomBytes } from 'node:crypto'
import type { DropboxPerson } from './dropbox-settings.ts'

/** Whether the app repeats the challenge as it must. */
export async function challengeWebhook(url: string): Promise<boolean> {
  const challenge = randomBytes(16).toString('hex')
  const target = new URL(url)
  target.searchParams.set('challenge', challenge)
  const response = await fetch(target, { signal: AbortSignal.timeout(10_000) })
  const { headers } = response
  const plain = headers.get('content-type')?.startsWith('text/plain') === true
  const sniffed = headers.get('x-content-type-options') !== 'nosniff'
  return (await response.text()) === challenge && response.ok && plain && !sniffed
}

/** The signature is an HMAC of the body, whose key is the app's secret. */
export function notifyWebhook(
  url: string,
  secret: string,
  people: readonly DropboxPerson[],
): Promise<Response> {
  const body = JSON.stringify({
    list_folder: { accounts: people.map(({ accountId }) => accountId) },
    delta: { users: people.map(({ uid }) => Number(uid)) },
  })
  const signature = createHmac('sha256', secret).update(body).digest('hex')
  const headers = { 'content-type': 'application/json', 'x-dropbox-signature': signature }
  return fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(10_000) })
}
