// What every stage of a deletion has at hand, and how it says that it has come to its end.
import type { Services } from '../../app-context.ts'
import { SealError } from '../../crypto/seal.ts'
import { TokenError } from '../../oauth/client.ts'
import type { ProblemCode } from '../../problems/problem.ts'
import { toProblem } from '../../problems/respond.ts'
import type { Lease } from './lease.ts'

export interface Task {
  readonly services: Services
  readonly lease: Lease
  readonly userId: string
  /** Whether it was tried often enough: what cannot be done now is left undone. */
  readonly isLast: boolean
  /** Whether the slice has done its share: nothing more is begun. */
  readonly isOver: () => boolean
}

/** more: the share was over. trouble: tried again after a while. until: goes on then (milliseconds since the epoch), with nothing wrong. */
export type Outcome = 'done' | 'more' | 'trouble' | { readonly until: number }

export type Stage = (task: Task) => Promise<Outcome>

/** What is not the vendor's word, or not its last one: a bad day there, a database that stumbles here, a setting that is mended. */
const PASSING: readonly ProblemCode[] = [
  'provider_unavailable',
  'provider_timeout',
  'rate_limited',
  'upload_locked',
  'internal',
  'provider_misconfigured',
]

/** Whether the same may go well later. Whatever is not known to be final may. */
export function isPassing(error: unknown): boolean {
  if (error instanceof SealError) return false
  if (error instanceof TokenError) return ['transient', 'operator'].includes(error.failure)
  return PASSING.includes(toProblem(error).code)
}
