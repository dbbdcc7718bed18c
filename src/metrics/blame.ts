// Which provider a failure came from, for the log and the metrics: known where the provider was called, told where it is answered.
import type { Problem, ProblemCode } from '../problems/problem.ts'

/** What a vendor does wrong, or no more. Other codes speak of what it was asked for. */
const FAULTS: readonly ProblemCode[] = [
  'rate_limited',
  'reauth_required',
  'insufficient_scope',
  'provider_misconfigured',
  'provider_unavailable',
  'provider_timeout',
]

const blamed = new WeakMap<object, string>()

/** Puts a failure down to a provider. True the first time, where it is to be counted: one passes through several hands. */
export function blame(problem: Problem, provider: string): boolean {
  if (blamed.has(problem)) return false
  blamed.set(problem, provider)
  return FAULTS.includes(problem.code)
}

/** The provider that a failure was put down to. */
export const blamedProvider = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null ? blamed.get(error) : undefined
