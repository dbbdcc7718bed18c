// An upload that pauses half way: its first bytes are sent, and the rest only when the test says so.
import { request } from 'node:http'
import type { Slipway } from './harness.ts'

export interface HeldUpload {
  /** Ends when the first bytes have left this process. */
  readonly started: Promise<void>
  /** Sends what is left. */
  readonly resume: () => Promise<Response>
  /** The answer, which may come before everything is sent. */
  readonly answer: Promise<Response>
  /** Goes away in the middle. */
  readonly leave: () => void
}

export interface HeldRequest {
  /** PUT if left out. */
  readonly method?: 'PUT' | 'PATCH' | 'POST'
  /** Beside Authorization and Content-Length. */
  readonly headers?: Readonly<Record<string, string>>
}

/** A request with `bytes` as a user, of which `sent` go out at once. */
export async function holdUpload(
  app: Slipway,
  user: string,
  path: string,
  bytes: Uint8Array,
  sent: number,
  { method = 'PUT', headers: own = {} }: HeldRequest = {},
): Promise<HeldUpload> {
  const authorization = `Bearer ${await app.token(user)}`
  return holdRequest(`${app.url}${path}`, bytes, sent, {
    method,
    headers: { authorization, ...own },
  })
}

/** A request to any URL with nothing but these headers, of which `sent` bytes go out at once. */
export function holdRequest(
  url: string,
  bytes: Uint8Array,
  sent: number,
  { method = 'PUT', headers: own = {} }: HeldRequest = {},
): HeldUpload {
  const headers = { 'content-length': bytes.length, connection: 'close', ...own }
  const outgoing = request(url, { method, headers })
  const answer = new Promise<Response>((resolve, reject) => {
    outgoing.once('error', reject)
    outgoing.once('response', (incoming) => {
      const parts: Buffer[] = []
      incoming.on('data', (part: Buffer) => parts.push(part))
      incoming.once('error', reject)
      incoming.once('end', () => {
        const status = incoming.statusCode ?? 500
        const body = parts.length === 0 ? null : Buffer.concat(parts)
        resolve(new Response(body, { status, headers: incoming.headers as HeadersInit }))
      })
    })
  })
  // Who leaves does not wait for it.
  answer.catch(() => undefined)
  const started = new Promise<void>((resolve) => {
    if (sent === 0) outgoing.flushHeaders()
    if (sent === 0) resolve()
    else outgoing.write(bytes.subarray(0, sent), () => resolve())
  })
  return {
    started,
    resume: () => {
      outgoing.end(bytes.subarray(sent))
      return answer
    },
    answer,
    leave: () => void outgoing.destroy(),
  }
}
