// Says what a refusal of Atlassian's gateway or of Confluence means. The two answer in forms of their own.
// Source: developer.atlassian.com/cloud/confluence/rate-limiting and the gateway's observed answers.
import { readText } from '../../net/body.ts'
import { retryAfter } from '../../net/retry.ts'
import { Problem } from '../../problems/problem.ts'
import { rateLimited } from '../rate-limited.ts'

/** A refusal with the vendor's status, for callers that know better. */
export class ConfluenceRefusal extends Problem {
  readonly vendorStatus: number

  constructor(problem: Problem, vendorStatus: number) {
    super(problem.code, problem.message, problem.options)
    this.vendorStatus = vendorStatus
  }
}

/**
 * Reads an error answer to its end. `scope`: what the call needs, said where it was not granted. A quota may be that of all users of
 * the application together.
 */
export async function readRefusal(
  response: Response,
  scope: string,
  now: number,
): Promise<ConfluenceRefusal> {
  const { status, headers } = response
  const wait = retryAfter(response, now)
  const isShared = (headers.get('ratelimit-reason') ?? '').includes('global')
  const range = headers.get('content-range')
  const body = await readText(response, { limit: 256 * 1024 }).catch(() => '')
  const problem = toProblem(status, body, scope, { wait, isShared, range })
  return new ConfluenceRefusal(problem, status)
}

interface Details {
  /** Seconds. */
  readonly wait: number | undefined
  readonly isShared: boolean
  readonly range: string | null
}

function toProblem(status: number, body: string, scope: string, details: Details): Problem {
  const { wait, isShared, range } = details
  switch (status) {
    case 401:
      return isScopeMissing(body)
        ? new Problem('insufficient_scope', 'The connection may not do this.', { scope })
        : new Problem('reauth_required')
    case 403:
    case 404:
      if (isFromGateway(body)) return withdrawn()
      return status === 404
        ? new Problem('item_not_found')
        : new Problem('access_denied', 'The Atlassian account may not do this.')
    case 410:
      return new Problem('not_supported', 'Confluence does not offer this any more.')
    case 416:
      return new Problem('range_not_satisfiable', undefined, {
        headers: range === null ? {} : { 'content-range': range },
      })
    case 429:
      return rateLimited(
        'Confluence asks to slow down.',
        wait,
        isShared ? 'provider' : 'connection',
      )
    default:
      return new Problem('provider_unavailable', 'Confluence could not answer.', {
        retryAfter: wait,
        throttles: wait === undefined ? undefined : 'connection',
      })
  }
}

/** What the account once gave access to, and no longer does. */
export const withdrawn = () =>
  new Problem(
    'access_denied',
    'The site no longer gives access to this application. Reconnect and choose it again, or ask its administrator.',
  )

/** A new token would have no other scopes. */
function isScopeMissing(body: string): boolean {
  return body.includes('scope does not match')
}

/** `{"code", "message"}` is the gateway's; what Confluence itself says has `errors` or `statusCode`. */
function isFromGateway(body: string): boolean {
  try {
    const value = JSON.parse(body) as Record<string, unknown> | null
    return typeof value?.['code'] === 'number' && typeof value['message'] === 'string'
  } catch {
    return false
  }
}

/** A 401 is about the token unless it is about its scopes; a stale token can also be a 403 or 404 of the gateway's. */
export function judgeRefusal(status: number, body: string): 'expired' | 'other' {
  if (status === 401) return isScopeMissing(body) ? 'other' : 'expired'
  return isFromGateway(body) ? 'expired' : 'other'
}
