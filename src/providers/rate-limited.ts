// The problem of a vendor that wants fewer requests, the same for all of them.
import { Problem } from '../problems/problem.ts'

/** Seconds that a caller is told to wait where the vendor does not say. */
const UNSTATED = 30

/**
 * @param wait seconds, as the vendor asked; only then is the connection left alone until they have passed
 * @param throttles what the vendor's limit is for: this connection, or all of the provider's together
 */
export function rateLimited(
  detail: string,
  wait: number | undefined,
  throttles: 'connection' | 'provider' = 'connection',
): Problem {
  return wait === undefined
    ? new Problem('rate_limited', detail, { retryAfter: UNSTATED })
    : new Problem('rate_limited', detail, { retryAfter: wait, throttles })
}
