// One alert to the operator's receiver, signed as Standard Webhooks says (https://www.standardwebhooks.com).
import type { Services } from '../app-context.ts'
import { toTime } from '../connections/view.ts'
import { discard } from '../net/body.ts'
import type { AlertRow } from './schema.ts'

/** Milliseconds for the receiver's answer. */
const DEADLINE = 10_000

/** The receiver did not take the alert. */
export class Refused extends Error {
  override readonly name = 'Refused'
  constructor(readonly status: number) {
    super(`the receiver answered ${status}`)
  }
}

/** Throws {@link Refused} for everything but a 2xx (a redirect is a failure), and what the transport throws. */
export async function sendAlert(
  { settings, transport, now }: Pick<Services, 'settings' | 'transport' | 'now'>,
  row: AlertRow,
): Promise<void> {
  if (settings.alerts === undefined) throw new Error('nobody is to be told')
  const { url, key } = settings.alerts
  const body = JSON.stringify(bodyOf(row))
  const timestamp = String(Math.floor(now() / 1000))
  const answer = await transport.send(
    {
      url,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'webhook-id': row.id,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${await sign(key, `${row.id}.${timestamp}.${body}`)}`,
      },
      body,
      deadline: DEADLINE,
      replay: false,
    },
    { kind: 'server', base: url },
  )
  await discard(answer)
  if (!answer.ok) throw new Refused(answer.status)
}

/** Ids and codes: no names. */
function bodyOf({ type, createdAt, userId, subjectId, provider, code }: AlertRow) {
  const subject = type === 'import.failed' ? { import_id: subjectId } : { connection_id: subjectId }
  return {
    type,
    timestamp: toTime(createdAt),
    data: { ...subject, user_id: userId, provider, code },
  }
}

async function sign(key: Uint8Array, text: string): Promise<string> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const signing = await crypto.subtle.importKey('raw', key, algorithm, false, ['sign'])
  const signature = await crypto.subtle.sign('HMAC', signing, new TextEncoder().encode(text))
  return btoa(String.fromCharCode(...new Uint8Array(signature)))
}
