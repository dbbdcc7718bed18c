// Documents as a user sends and fetches them: in forms, and by their ids.
import { randomBytes } from 'node:crypto'
import type { Slipway } from './harness.ts'

export interface Document {
  readonly id: string
  readonly filename: string
  readonly size: number
  readonly category: string | null
  readonly status: string
  readonly storage_backend: string
}

export const json = async <T = Record<string, unknown>>(response: Response) =>
  (await response.json()) as T

/** Built by hand: the length of a form must be known before it is sent. */
export function formBody(fields: Record<string, string>, file: Uint8Array, name = 'report.pdf') {
  const boundary = `b${randomBytes(12).toString('hex')}`
  const head = Object.entries(fields)
    .map(
      ([key, value]) =>
        `--${boundary}\r\nContent-Disposition: form-data; name="${key}"\r\n\r\n${value}\r\n`,
    )
    .join('')
  const part = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: application/pdf\r\n\r\n`
  return {
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: new Uint8Array(
      Buffer.concat([Buffer.from(head + part), file, Buffer.from(`\r\n--${boundary}--\r\n`)]),
    ),
  }
}

/** `app` is asked at each call: the Worker is started only when the tests begin. */
export function documents(app: () => Slipway) {
  const upload = (user: string, fields: Record<string, string>, file: Uint8Array, name?: string) =>
    app().as(user)('/api/documents/upload', { method: 'POST', ...formBody(fields, file, name) })

  const content = async (user: string, id: string, headers: Record<string, string> = {}) =>
    app().as(user)(`/api/documents/${id}/content`, { headers })
  return { upload, content }
}
