// Says what a refusal of Microsoft Graph or of a SharePoint host means, by the deepest error code that is known.
import { readText } from '../../net/body.ts'
import { retryAfter } from '../../net/retry.ts'
import { invalidField, Problem } from '../../problems/problem.ts'
import { rateLimited } from '../rate-limited.ts'

/** A refusal with the vendor's codes, the outermost first, lower-cased. */
export class GraphRefusal extends Problem {
  readonly codes: readonly string[]
  readonly vendorStatus: number

  constructor(problem: Problem, codes: readonly string[], vendorStatus: number) {
    super(problem.code, problem.message, problem.options)
    this.codes = codes
    this.vendorStatus = vendorStatus
  }
}

/** Reads an error answer to its end. Source: learn.microsoft.com/graph/errors. */
export async function readRefusal(response: Response, now: number): Promise<GraphRefusal> {
  const { status } = response
  const wait = retryAfter(response, now)
  const range = response.headers.get('content-range')
  const challenge = response.headers.get('www-authenticate') ?? ''
  const { codes, message } = readError(
    await readText(response, { limit: 256 * 1024 }).catch(() => ''),
  )
  if (challenge.includes('insufficient_claims')) codes.push('insufficient_claims')
  const problem =
    withoutDrive(message) ?? byCode(codes, wait) ?? byStatus(status, codes, wait, range)
  return new GraphRefusal(problem, codes, status)
}

/** Graph spells it `innerError`, SharePoint and personal hosts `innererror`; they nest. */
function readError(body: string): { codes: string[]; message: string } {
  const codes: string[] = []
  let message = ''
  try {
    let at = (JSON.parse(body) as { error?: GraphErrorBody } | null)?.error
    for (let depth = 0; at !== undefined && at !== null && depth < 8; depth++) {
      if (typeof at.code === 'string' && at.code !== '') codes.push(at.code.toLowerCase())
      if (typeof at.message === 'string' && message === '') message = at.message.toLowerCase()
      at = at.innerError ?? at.innererror
    }
  } catch {
    // HTML or nothing: the status has to do.
  }
  return { codes, message }
}

interface GraphErrorBody {
  readonly code?: unknown
  readonly message?: unknown
  readonly innerError?: GraphErrorBody
  readonly innererror?: GraphErrorBody
}

/** Accounts that lack something say so in words only. */
function withoutDrive(message: string): Problem | undefined {
  if (message.includes('spo license')) {
    return new Problem(
      'not_supported',
      'The organisation has no licence for SharePoint, and so no OneDrive: its administrator has to buy one.',
    )
  }
  if (message.includes('mysite')) {
    return new Problem(
      'not_supported',
      'This Microsoft account has no OneDrive: it needs a licence, and must have been opened once.',
    )
  }
  if (message.includes('folder location for this channel')) {
    return new Problem(
      'item_not_found',
      'The channel has no folder yet. Open its Files tab in Teams once, then try again.',
    )
  }
  if (message.includes('not supported for msa accounts')) {
    return new Problem('not_supported', 'Personal Microsoft accounts do not offer this.')
  }
  return undefined
}

function byCode(codes: readonly string[], wait: number | undefined): Problem | undefined {
  for (const code of codes.toReversed()) {
    switch (code) {
      case 'insufficient_claims':
        return new Problem('reauth_required')
      case 'namealreadyexists':
        return new Problem('name_conflict')
      case 'invalidpath':
        return badName('holds characters or has a form that OneDrive refuses')
      case 'pathistoolong':
      case 'pathtoodeep':
        return badName('is too long together with the names of the folders above it')
      case 'quotalimitreached':
      case 'insufficientstorage':
        return new Problem('quota_exceeded', 'The storage of the Microsoft account is full.')
      case 'childitemcountexceeded':
        return new Problem('quota_exceeded', 'The folder cannot take more items.')
      case 'maxfilesizeexceeded':
        return new Problem('payload_too_large', 'OneDrive takes files of at most 250 GB.')
      case 'resourcelocked':
        return new Problem('upload_locked', 'The item is locked or checked out.', {
          retryAfter: wait,
        })
      case 'malwaredetected':
      case 'virussuspicious':
        return new Problem('access_denied', 'Microsoft holds this file to be malware.')
      case 'activitylimitreached':
      case 'toomanyrequests':
      case 'throttledrequest':
        return slowDown(wait)
      case 'uploadsessionnotfound':
        return new Problem('provider_unavailable', 'The upload has expired; start it again.', {
          ended: true,
        })
    }
  }
  return undefined
}

/** The name itself is the caller's; where it stands in the request is the route's to know. */
export function badName(why: string): Problem {
  return invalidField('name', why)
}

function byStatus(
  status: number,
  codes: readonly string[],
  wait: number | undefined,
  range: string | null,
): Problem {
  switch (status) {
    case 401:
      return new Problem('reauth_required')
    case 403:
      return new Problem('access_denied', 'The Microsoft account may not do this.')
    case 404:
    case 410:
      return new Problem('item_not_found')
    case 409:
    case 412:
      return new Problem('name_conflict')
    case 405:
    case 406:
    case 501:
      return new Problem('not_supported', 'Microsoft does not offer this for the item.')
    case 413:
      return new Problem('payload_too_large')
    case 416:
      return new Problem('range_not_satisfiable', undefined, {
        headers: range === null ? {} : { 'content-range': range },
      })
    case 423:
      return new Problem('upload_locked', 'The item is locked or checked out.', {
        retryAfter: wait,
      })
    case 429:
    case 509:
      return slowDown(wait)
    case 507:
      return new Problem('quota_exceeded', 'The storage of the Microsoft account is full.')
    default:
      return new Problem(
        codes.includes('notsupported') ? 'not_supported' : 'provider_unavailable',
        'Microsoft could not answer.',
        // "Server too busy" with a Retry-After is throttling by another name.
        { retryAfter: wait, throttles: wait === undefined ? undefined : 'connection' },
      )
  }
}

const slowDown = (wait: number | undefined) => rateLimited('Microsoft asks to slow down.', wait)
