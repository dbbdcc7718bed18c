// What a failure means: for this file alone, for a while, or for the import as a whole.
import { Problem, type ProblemCode } from '../problems/problem.ts'
import { toProblem } from '../problems/respond.ts'
import { LeaseLost } from './lease.ts'
import type { FailureReason } from './reasons.ts'
import type { PauseReason } from './schema.ts'

/** How often a file or folder is tried before its failure counts. */
export const MAX_ATTEMPTS = 5
/** Milliseconds before the second try; doubled for each one after. */
const FIRST_WAIT = 2000

export function retryAt(now: number, attempts: number): number {
  return now + FIRST_WAIT * 2 ** attempts
}

/** A failure whose reason is known. */
export class ItemFailure extends Error {
  override readonly name = 'ItemFailure'
  constructor(
    readonly reason: FailureReason,
    /** Whether another try may do better. */
    readonly isPassing = false,
  ) {
    super(reason)
  }
}

export type Outcome =
  /** Concerns more than this file: the slice ends. */
  | { readonly kind: 'stop' }
  | { readonly kind: 'again'; readonly reason: FailureReason }
  | { readonly kind: 'failed'; readonly reason: FailureReason }

const failed = (reason: FailureReason): Outcome => ({ kind: 'failed', reason })

/** What is not here may pass. */
const BY_CODE: Readonly<Partial<Record<ProblemCode, Outcome>>> = {
  rate_limited: { kind: 'stop' },
  reauth_required: { kind: 'stop' },
  provider_misconfigured: { kind: 'stop' },
  item_not_found: failed('item_not_found'),
  insufficient_scope: failed('insufficient_scope'),
  forbidden: failed('insufficient_scope'),
  access_denied: failed('insufficient_scope'),
  quota_exceeded: failed('quota_exceeded'),
  payload_too_large: failed('input_too_large'),
  not_supported: failed('provider_error'),
}

export function judgeFailure(error: unknown): Outcome {
  if (error instanceof LeaseLost) return { kind: 'stop' }
  if (error instanceof ItemFailure) {
    return { kind: error.isPassing ? 'again' : 'failed', reason: error.reason }
  }
  if (!(error instanceof Problem)) return { kind: 'again', reason: 'interrupted' }
  // Everything else can be had meanwhile.
  if (error.options.throttles === 'item') return failed('provider_error')
  return BY_CODE[error.code] ?? { kind: 'again', reason: 'provider_error' }
}

/** What a failure means that ended a whole slice. */
export type Judged =
  | { readonly kind: 'pause'; readonly reason: PauseReason; readonly resumeAt: number | null }
  | { readonly kind: 'failed'; readonly code: ProblemCode; readonly reason: FailureReason }
  | { readonly kind: 'bug' }

/** Milliseconds of the first pause after trouble at the provider; doubled each time, up to an hour. */
const FIRST_PAUSE = 60_000
const LONGEST_PAUSE = 3600_000
/** About a day of pauses. */
export const MAX_TROUBLES = 30

/** @param troubles pauses for trouble at the provider, in a row */
export function judgePause(error: unknown, now: number, troubles: number): Judged {
  const { code, options } = toProblem(error)
  if (code === 'internal') return { kind: 'bug' }
  if (code === 'not_found') return { kind: 'failed', code, reason: 'connection_removed' }
  if (code === 'reauth_required') return { kind: 'pause', reason: code, resumeAt: null }
  if (code === 'rate_limited') {
    // A second more: what comes on the dot is refused once again.
    const seconds = Math.max(1, options.retryAfter ?? 30) + 1
    return { kind: 'pause', reason: 'throttled', resumeAt: now + seconds * 1000 }
  }
  if (troubles >= MAX_TROUBLES) return { kind: 'failed', code, reason: 'provider_error' }
  const pause = Math.min(FIRST_PAUSE * 2 ** troubles, LONGEST_PAUSE)
  return { kind: 'pause', reason: 'provider_unavailable', resumeAt: now + pause }
}
