// When to try again: Retry-After in both its forms and what stands for it elsewhere, and a jittered back-off.
import { readText } from './body.ts'

/** The longest wait that is taken seriously, in seconds. */
const DAY = 86_400

/**
 * Seconds to wait by the response's Retry-After (RFC 9110 section 10.2.3: seconds or an HTTP date), 0 to 86,400.
 * Undefined when there is none or it cannot be read. `now` in milliseconds since the epoch.
 */
export function retryAfter(response: Response, now: number): number | undefined {
  const value = response.headers.get('retry-after')?.trim()
  if (value === undefined || value === '') return undefined
  if (/^\d+(?:\.\d+)?$/.test(value)) return Math.min(DAY, Math.ceil(Number(value)))
  // A date has a month's name; `-5` would be taken for a year.
  const date = /[A-Za-z]/.test(value) ? Date.parse(value) : NaN
  if (Number.isNaN(date)) return undefined
  return Math.min(DAY, Math.max(0, Math.ceil((date - now) / 1000)))
}

/** Milliseconds: a longer wait is the caller's to know of, and nobody else's request may go out meanwhile. */
export const LONGEST_WAIT = 2000

/**
 * The response with a Retry-After where it says in another way how long to wait: a limit's reset as a time, a field of its body, or
 * words. Reads the body of such a response, and gives it back.
 */
export async function stateWait(response: Response, now: number): Promise<Response> {
  const { status, headers } = response
  if ((status !== 429 && status !== 503) || headers.has('retry-after')) return response
  const reset = readReset(headers.get('x-ratelimit-reset'), now)
  const body =
    reset === undefined ? await readText(response, { limit: BODY }).catch(() => '') : undefined
  const wait = reset ?? readWait(body ?? '')
  if (wait === undefined) return new Response(body, { status, headers })
  const stated = new Headers(headers)
  stated.set('retry-after', String(Math.min(DAY, Math.ceil(wait))))
  return new Response(body ?? response.body, { status, headers: stated })
}

/** Bytes of a refusal that are looked at. */
const BODY = 64 * 1024

/** Seconds (the IETF draft), seconds since the epoch, or an ISO 8601 time (Atlassian). Anything else is no date. */
function readReset(reset: string | null, now: number): number | undefined {
  if (reset === null) return undefined
  if (/^\d{1,8}$/.test(reset)) return Number(reset)
  const isTime = /^\d{4}-\d\d-\d\dT/.test(reset)
  const at = /^\d{9,10}$/.test(reset) ? Number(reset) * 1000 : isTime ? Date.parse(reset) : NaN
  return Number.isNaN(at) || at <= now ? undefined : (at - now) / 1000
}

/** `"retry_after": 15` (Dropbox), or "try again in 300 seconds". A page of HTML has many numbers, and means none of them. */
function readWait(body: string): number | undefined {
  const field = /"retry_after"\s*:\s*"?(\d{1,6}(?:\.\d+)?)\b/.exec(body)?.[1]
  if (field !== undefined) return Number(field)
  if (body.trimStart().startsWith('<')) return undefined
  const words = /\b(?:in|after|for|wait)\s+(\d{1,6})\s*(s|secs?|seconds?|minutes?)\b/i.exec(body)
  if (words === null) return undefined
  return Number(words[1]) * (words[2]?.toLowerCase().startsWith('m') ? 60 : 1)
}

/** Whether a status says that the same request may succeed later. */
export function isTransient(status: number): boolean {
  return status === 429 || status === 500 || (status >= 502 && status <= 504)
}

/** Milliseconds before attempt `attempt` + 1 (the first is 1): exponential from 250 to 4,000, with full jitter above half. */
export function backOff(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(4000, 250 * 2 ** (attempt - 1))
  return ceiling / 2 + (random() * ceiling) / 2
}
