// When to try again: Retry-After in both its forms and a jittered back-off; pure.

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

/** Whether a status says that the same request may succeed later. */
export function isTransient(status: number): boolean {
  return status === 429 || status === 500 || (status >= 502 && status <= 504)
}

/** Milliseconds before attempt `attempt` + 1 (the first is 1): exponential from 250 to 4,000, with full jitter above half. */
export function backOff(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(4000, 250 * 2 ** (attempt - 1))
  return ceiling / 2 + (random() * ceiling) / 2
}
