// Keeps every request that a vendor got, with the vendor's real URL and without secrets, also as JSON lines.
import { appendFileSync } from 'node:fs'

export interface RecordedRequest {
  readonly method: string
  /** The vendor's real URL. */
  readonly url: string
  readonly host: string
  /** The path below the host, without the query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** Parsed JSON, a form's fields, a number of bytes, or nothing. */
  readonly body?: unknown
  /** 0 until it is answered, and for ever when the answer was lost. */
  status: number
  /** Whether the answer's body has gone out whole. */
  response_done: boolean
}

export interface Recorder {
  readonly requests: RecordedRequest[]
  add: (
    request: Omit<RecordedRequest, 'status' | 'response_done'>,
    toFile: boolean,
  ) => RecordedRequest
}

/** `recordTo`: a file that gets one line per request, in the form that the contract check reads. */
export function createRecorder(recordTo: string | undefined): Recorder {
  const requests: RecordedRequest[] = []
  return {
    requests,
    add: (request, toFile) => {
      const entry = { ...request, status: 0, response_done: false }
      requests.push(entry)
      if (recordTo !== undefined && toFile) {
        const { method, url, headers, body } = request
        appendFileSync(recordTo, `${JSON.stringify({ method, url, headers, body })}\n`)
      }
      return entry
    },
  }
}

/** Names in lower case; of Authorization only the scheme. */
export function redactHeaders(headers: Headers): Record<string, string> {
  const shown = Object.fromEntries(headers)
  const { authorization } = shown
  if (authorization !== undefined) {
    shown['authorization'] = `${authorization.split(' ')[0]} <redacted>`
  }
  return shown
}

/** The body in the recorder's form. Secrets of a form stay out of the file; their shape does not. */
export function describeBody(
  contentType: string,
  text: string | undefined,
  length: string | undefined,
): unknown {
  if (text !== undefined && contentType.startsWith('application/x-www-form-urlencoded')) {
    const form: Record<string, string> = {}
    for (const [name, value] of new URLSearchParams(text)) form[name] = redact(name, value)
    return { form }
  }
  if (text !== undefined && text !== '') {
    try {
      return JSON.parse(text, (name, value: unknown) =>
        typeof value === 'string' ? redact(name, value) : value,
      ) as unknown
    } catch {
      return { bytes: Buffer.byteLength(text) }
    }
  }
  return length === undefined || length === '0' ? undefined : { bytes: Number(length) }
}

function redact(name: string, value: string): string {
  if (!['client_secret', 'code', 'code_verifier', 'refresh_token', 'token'].includes(name))
    return value
  return value === '' ? '' : 'x'.repeat(Math.max(1, value.length))
}
