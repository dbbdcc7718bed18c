// The one error of the client: what the API refused, in its own code and words, or what kept a request from reaching it.
import type { FieldError, ProblemCode } from './views.ts'

/**
 * Codes that the client itself gives: `network` (no answer), `cancelled` (the person or the caller gave up), `popup_blocked`,
 * `unclaimed` (signed in, but this page could not be told: try again with `returnTo`), `unreadable` (the file was moved or changed).
 */
export type ClientCode = 'network' | 'cancelled' | 'popup_blocked' | 'unclaimed' | 'unreadable'

/** A newer API may know codes that this client does not. */
export type ErrorCode = ProblemCode | ClientCode | (string & {})

/** Thrown by everything in the client. `message` is written for people. */
export class SlipwayError extends Error {
  override readonly name = 'SlipwayError'

  constructor(
    /** HTTP status; 0 where there was no answer. */
    readonly status: number,
    readonly code: ErrorCode,
    message: string,
    /** Every field of the request that was wrong. */
    readonly errors: readonly FieldError[] = [],
    /** What the operator finds the request by. */
    readonly requestId: string | undefined = undefined,
    /** Seconds after which it may work. */
    readonly retryAfter: number | undefined = undefined,
    /** The permission that is missing, with `insufficient_scope`: for `scopes` of `connect`. */
    readonly scope: string | undefined = undefined,
  ) {
    super(message)
  }
}

/** The error that an answer tells (RFC 9457). Anything may stand in `body`. */
export function readProblem(status: number, body: unknown): SlipwayError {
  const problem = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
  const {
    code,
    detail,
    title,
    errors,
    request_id: requestId,
    retry_after: retryAfter,
    scope,
  } = problem
  const text = typeof detail === 'string' ? detail : typeof title === 'string' ? title : ''
  return new SlipwayError(
    status,
    typeof code === 'string' ? code : 'internal',
    text === '' ? 'Something went wrong. Try again.' : text,
    Array.isArray(errors) ? (errors as FieldError[]) : [],
    typeof requestId === 'string' ? requestId : undefined,
    typeof retryAfter === 'number' ? retryAfter : undefined,
    typeof scope === 'string' ? scope : undefined,
  )
}

/** Whatever was thrown, as the client's error. */
export function toError(error: unknown): SlipwayError {
  if (error instanceof SlipwayError) return error
  return new SlipwayError(0, 'internal', 'Something went wrong. Try again.')
}

export function cancelled(): SlipwayError {
  return new SlipwayError(0, 'cancelled', 'It was cancelled.')
}
