// What the failures of an upload mean: whether it is tried again, goes on by itself later, or is for the person to decide.
import type { DetailedError, HttpResponse } from 'tus-js-client'
import { readProblem, SlipwayError } from '../error.ts'
import type { HoldReason } from './store.ts'

export type End =
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly error: SlipwayError }
  /** Not for ever: it may go on after so many milliseconds, or once the network is back. */
  | { readonly kind: 'held'; readonly reason: HoldReason; readonly delay: number }
  /** The server has forgotten the upload: it begins anew. */
  | { readonly kind: 'gone' }

const PASSING = ['upload_locked', 'offset_mismatch', 'not_found']
const TRANSIENT = ['provider_unavailable', 'provider_timeout', 'upload_locked', 'offset_mismatch']

/** Whether it says nothing of what is wrong with the upload itself. */
export const isPassing = ({ code, status }: SlipwayError): boolean =>
  PASSING.includes(code) || status === 404

/** Whether the same request may succeed in a moment. */
export function isTransient({ originalResponse: response }: DetailedError): boolean {
  if (response === null) return navigator.onLine
  const { code, status } = problemOf(response)
  return TRANSIENT.includes(code) || (code === 'internal' && status >= 500)
}

/**
 * What the failure that ended the attempts comes to.
 * @param earlier what had gone wrong before
 */
export async function judge(
  error: unknown,
  file: File,
  earlier: SlipwayError | undefined,
): Promise<End> {
  const { originalResponse: response = null, originalRequest: request = null } =
    error as Partial<DetailedError>
  if (response === null) {
    if (!(await isReadable(file))) {
      const detail = 'The file was moved or changed meanwhile. Choose it again.'
      return { kind: 'failed', error: new SlipwayError(0, 'unreadable', detail) }
    }
    return { kind: 'held', reason: 'network', delay: 30_000 }
  }
  const problem = problemOf(response)
  const { status, code } = problem
  if (request?.getMethod() === 'HEAD' && (status === 404 || status === 410)) {
    // It has ended with what went wrong before: the same would only happen again.
    return earlier === undefined ? { kind: 'gone' } : { kind: 'failed', error: earlier }
  }
  if (code === 'upload_locked') return { kind: 'held', reason: 'busy', delay: 10_000 }
  const pause = Number(response.getHeader('Retry-After'))
  if (code === 'rate_limited' && pause > 0 && pause <= 3600) {
    return { kind: 'held', reason: 'asked', delay: pause * 1000 }
  }
  return { kind: 'failed', error: problem }
}

/** An answer to HEAD has no body: its status says as much, since each code has its own. */
const WITHOUT_BODY: Readonly<Record<number, readonly [code: string, detail: string]>> = {
  401: ['unauthorized', 'Your session has ended. Sign in again to go on.'],
  423: ['upload_locked', 'The upload is in use.'],
  429: ['rate_limited', 'The provider asked to wait. Try again later.'],
  502: ['provider_unavailable', 'The provider cannot be used right now. Try again later.'],
  503: [
    'reauth_required',
    'Cloud connection requires re-authentication. Please reconnect in Settings.',
  ],
  504: ['provider_timeout', 'The provider did not answer in time. Try again later.'],
}

/** The problem that an answer tells. */
export function problemOf(response: HttpResponse): SlipwayError {
  const status = response.getStatus()
  const body = response.getBody()
  const isProblem = response.getHeader('Content-Type')?.startsWith('application/problem+json')
  const [code, detail] = (isProblem && WITHOUT_BODY[status]) || []
  return readProblem(status, body === '' ? { code, detail } : parse(body))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A file that was changed after it had been chosen fails in the browser as if the network had. */
async function isReadable(file: File): Promise<boolean> {
  return file
    .slice(0, 1)
    .arrayBuffer()
    .then(
      () => true,
      () => false,
    )
}
