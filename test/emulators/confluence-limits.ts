// Counts the points of the app's hour and writes the headers of Atlassian's rate limits.
// Source: developer.atlassian.com/cloud/confluence/rate-limiting.
import { gatewayError, ConfluenceError } from './confluence-errors.ts'
import type { ConfluenceSettings } from './confluence-settings.ts'
import type { Fault } from './trouble.ts'

const HOUR = 3_600_000

export class Points {
  #spent = 0
  #began = Date.now()

  constructor(readonly settings: ConfluenceSettings) {}

  /** One for a request, one for each object in the answer, two for each identity. */
  spend(points: number): void {
    this.#spent += points
  }

  /** Throws 429 once the hour's points are spent. */
  check(): void {
    if (Date.now() >= this.#began + HOUR) this.reset()
    if (this.#left() > 0) return
    const seconds = this.#secondsLeft()
    const { status, body, headers } = tooManyRequests(
      'confluence-quota-global-based',
      seconds,
      this.settings,
    )
    throw new ConfluenceError(status, body, { ...headers, ...this.headers() })
  }

  /** What every answer says about the points. */
  headers(): Record<string, string> {
    const limit = this.settings.pointsPerHour
    const left = this.#left()
    return {
      'X-RateLimit-Limit': String(limit),
      'X-RateLimit-Remaining': String(left),
      'X-RateLimit-Reset': isoAfter(this.#secondsLeft()),
      ...(left < limit / 5 ? { 'X-RateLimit-NearLimit': 'true' } : {}),
      'Beta-RateLimit-Policy': `"global-app-quota";q=${limit};w=3600`,
      'Beta-RateLimit': `"global-app-quota";r=${left};t=${this.#secondsLeft()}`,
    }
  }

  reset(): void {
    this.#spent = 0
    this.#began = Date.now()
  }

  #left(): number {
    return Math.max(0, this.settings.pointsPerHour - this.#spent)
  }

  #secondsLeft(): number {
    return Math.max(1, Math.ceil((this.#began + HOUR - Date.now()) / 1000))
  }
}

/** A 429 for `trouble`, with the headers that Confluence sends. */
export function rateLimitFault(reason: string, seconds: number, date = false): Fault {
  const { status, body, headers } = tooManyRequests(reason, seconds, { retryAfterDate: date })
  return {
    kind: 'status',
    status,
    body: JSON.stringify(body),
    headers: { ...headers, 'content-type': 'application/json' },
  }
}

function tooManyRequests(
  reason: string,
  seconds: number,
  settings: Pick<ConfluenceSettings, 'retryAfterDate'>,
): ConfluenceError {
  const { body } = gatewayError(429, 'Rate limit exceeded')
  return new ConfluenceError(429, body, {
    'Retry-After': settings.retryAfterDate
      ? new Date(Date.now() + seconds * 1000).toUTCString()
      : String(seconds),
    'X-RateLimit-Reset': isoAfter(seconds),
    'X-RateLimit-Remaining': '0',
    'RateLimit-Reason': reason,
  })
}

/** Not an epoch: a timestamp to the second. */
const isoAfter = (seconds: number) =>
  `${new Date(Date.now() + seconds * 1000).toISOString().slice(0, 19)}Z`
