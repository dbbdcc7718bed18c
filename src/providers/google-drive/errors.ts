// Says what a refusal of the Drive API means, by its reason and not by its status alone.
import { readText } from '../../net/body.ts'
import { retryAfter } from '../../net/retry.ts'
import { invalidField, Problem } from '../../problems/problem.ts'
import { rateLimited } from '../rate-limited.ts'

/** All of the drive; what writes to things that Slipway did not make need. */
export const FULL_SCOPE = 'https://www.googleapis.com/auth/drive'
export const READ_SCOPE = 'https://www.googleapis.com/auth/drive.readonly'
export const FILE_SCOPE = 'https://www.googleapis.com/auth/drive.file'

/** A refusal with the reason that Google gave, lower-cased and without underscores, for callers that know better. */
export class DriveRefusal extends Problem {
  readonly reason: string
  readonly vendorStatus: number

  constructor(problem: Problem, reason: string, vendorStatus: number) {
    super(problem.code, problem.message, problem.options)
    this.reason = reason
    this.vendorStatus = vendorStatus
  }
}

/** Reads an error answer to its end. Source: developers.google.com/workspace/drive/api/guides/handle-errors. */
export async function readRefusal(
  response: Response,
  scope: string,
  now: number,
): Promise<DriveRefusal> {
  const wait = retryAfter(response, now)
  const { status } = response
  const size = response.headers.get('content-range')
  const reason = readReason(await readText(response, { limit: 256 * 1024 }).catch(() => ''))
  const known = byReason(reason, scope, wait) ?? byStatus(status, wait, size)
  return new DriveRefusal(known, reason, status)
}

function readReason(body: string): string {
  try {
    const { error } = JSON.parse(body) as { error?: DriveErrorBody }
    const reason = error?.errors?.[0]?.reason ?? error?.details?.find((one) => one.reason)?.reason
    return typeof reason === 'string' ? reason.toLowerCase().replaceAll('_', '') : ''
  } catch {
    return ''
  }
}

interface DriveErrorBody {
  readonly errors?: readonly { readonly reason?: unknown }[]
  readonly details?: readonly { readonly reason?: unknown }[]
}

function byReason(reason: string, scope: string, wait: number | undefined): Problem | undefined {
  switch (reason) {
    case 'ratelimitexceeded':
    case 'userratelimitexceeded':
    case 'sharingratelimitexceeded':
    case 'urlleaselimitexceeded':
      return slowDown(wait)
    case 'dailylimitexceeded':
      return slowDown(wait ?? 3600)
    case 'downloadquotaexceeded':
      return new Problem('rate_limited', 'This file was downloaded too often today.', {
        retryAfter: wait ?? 86_400,
        throttles: 'item',
      })
    case 'quotaexceeded':
    case 'storagequotaexceeded':
      return new Problem('quota_exceeded', 'The storage of the Google account is full.')
    case 'activeitemcreationlimitexceeded':
    case 'numchildreninnonrootlimitexceeded':
    case 'mydrivehierarchydepthlimitexceeded':
    case 'teamdrivefilelimitexceeded':
    case 'teamdrivehierarchytoodeep':
      return new Problem('quota_exceeded', 'Google allows no more items there.')
    case 'insufficientpermissions':
    case 'accesstokenscopeinsufficient':
      return new Problem('insufficient_scope', 'The connection may not do this.', { scope })
    case 'appnotauthorizedtofile':
      return missingFullScope()
    case 'domainpolicy':
      return new Problem('access_denied', 'An administrator has turned off Drive for applications.')
    case 'accessnotconfigured':
    case 'servicedisabled':
      return new Problem('provider_misconfigured', 'The Drive API is not enabled for this client.')
    case 'filenotdownloadable':
    case 'filenotexportable':
      return new Problem('not_supported', 'This kind of file cannot be downloaded.')
    case 'cannotdownloadabusivefile':
      return new Problem('access_denied', 'Google holds this file to be malware or spam.')
    case 'exportsizelimitexceeded':
      return new Problem('not_supported', 'The document is too large to be exported.')
    default:
      return undefined
  }
}

function byStatus(status: number, wait: number | undefined, range: string | null): Problem {
  if (status === 401) return new Problem('reauth_required')
  if (status === 403) return new Problem('access_denied', 'The Google account may not do this.')
  if (status === 404) return new Problem('item_not_found')
  if (status === 409) return new Problem('name_conflict')
  if (status === 416) {
    const headers = range === null ? {} : { 'content-range': range }
    return new Problem('range_not_satisfiable', undefined, { headers })
  }
  if (status === 429) return slowDown(wait)
  return new Problem('provider_unavailable', 'Google Drive could not answer.', { retryAfter: wait })
}

const slowDown = (wait: number | undefined) => rateLimited('Google Drive asks to slow down.', wait)

/** Spec section 1: the item can be read, but only the scope for all of the drive may change it. */
export function missingFullScope(): Problem {
  return new Problem(
    'insufficient_scope',
    'With the granted access only files and folders that were made here can be changed.',
    { scope: FULL_SCOPE },
  )
}

/** A page token that Google refuses: it lives for hours only. */
export function expiredCursor(): Problem {
  return invalidField('query.cursor', 'has expired; start again without it')
}
