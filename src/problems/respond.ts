// Renders every failure as RFC 9457 problem+json; what is not a Problem is a bug and shows nothing of itself.
import { HTTPException } from 'hono/http-exception'
import type { Answer } from '../answer.ts'
import type { problemSchema } from './answers.ts'
import { beingDeleted, isRefusedByDeletion } from './being-deleted.ts'
import { invalidField, Problem, PROBLEMS } from './problem.ts'

/** The body of a problem, as it is sent and documented. */
export type ProblemBody = Answer<typeof problemSchema>

/**
 * @param publicUrl the base of the `type` URL, where the code is documented
 * @param error an earlier contract's own word for the code
 */
export function renderProblem(
  problem: Problem,
  requestId: string,
  publicUrl: string,
  error?: ProblemBody['error'],
): Response {
  const { retryAfter, errors, scope, headers } = problem.options
  const seconds = retryAfter === undefined ? undefined : Math.max(1, Math.ceil(retryAfter))
  const body: ProblemBody = {
    type: `${publicUrl}/problems/${problem.code}`,
    title: PROBLEMS[problem.code].title,
    status: problem.status,
    detail: problem.message,
    code: problem.code,
    request_id: requestId,
    ...(seconds === undefined ? {} : { retry_after: seconds }),
    ...(errors === undefined ? {} : { errors }),
    ...(scope === undefined ? {} : { scope }),
    ...(error === undefined ? {} : { error }),
  }
  return new Response(JSON.stringify(body), {
    status: problem.status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...(seconds === undefined ? {} : { 'retry-after': String(seconds) }),
      ...headers,
    },
  })
}

/** What a thrown value becomes for the caller. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  // The validator's own way of refusing a body that it cannot parse.
  if (error instanceof HTTPException && error.status === 400) {
    return invalidField('body', 'cannot be parsed')
  }
  if (isRefusedByDeletion(error)) return beingDeleted(error)
  return new Problem('internal', undefined, { cause: error })
}
