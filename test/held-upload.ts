// An upload that pauses half way: its first bytes are sent, and the rest only when the test says so.
import { request } from 'node:http'
import type { Slipway } from './harness.ts'

export interface HeldUpload {
  /** Sends what is left. */
  readonly resume: () => Promise<Response>
  /** Goes away in the middle. */
  readonly leave: () => void
}

/** PUT of `bytes` as a user, of which `sent` go out at once. */
export async function holdUpload(
  app: Slipway,
  user: string,
  path: string,
  bytes: Uint8Array,
  sent: number,
): Promise<HeldUpload> {
  const authorization = `Bearer ${await app.token(user)}`
  return holdPut(`${app.url}${path}`, { authorization }, bytes, sent)
}

/** PUT of `bytes` to a URL, of which `sent` go out at once. */
export function holdPut(
  url: string,
  headers: Readonly<Record<string, string>>,
  bytes: Uint8Array,
  sent: number,
): HeldUpload {
  const framing = { 'content-length': bytes.length, connection: 'close' }
  const outgoing = request(url, { method: 'PUT', headers: { ...headers, ...framing } })
  const answer = new Promise<Response>((resolve, reject) => {
    outgoing.once('error', reject)
    outgoing.once('response', (incoming) => {
      const parts: Buffer[] = []
      incoming.on('data', (part: Buffer) => parts.push(part))
      incoming.once('error', reject)
      incoming.once('end', () =>
        resolve(new Response(Buffer.concat(parts), { status: incoming.statusCode ?? 500 })),
      )
    })
  })
  // Who leaves does not wait for it.
  answer.catch(() => undefined)
  outgoing.write(bytes.subarray(0, sent))
  return {
    resume: () => {
      outgoing.end(bytes.subarray(sent))
      return answer
    },
    leave: () => void outgoing.destroy(),
  }
}
