// Says what a refusal of the Dropbox API means, by its tagged union and not by its status alone.
// Source: developers.dropbox.com/error-handling-guide.
import { readText } from '../../net/body.ts'
import { retryAfter } from '../../net/retry.ts'
import { invalidField, Problem } from '../../problems/problem.ts'
import { rateLimited } from '../rate-limited.ts'

/** A refusal with the tags that Dropbox gave, from the outermost inwards, and with what stands beside them. */
export class DropboxRefusal extends Problem {
  readonly tags: readonly string[]
  readonly vendorStatus: number
  /** Bytes that an upload session has kept, where the refusal says so. */
  readonly correctOffset: number | undefined
  /** The account's new top namespace, with 422. */
  readonly rootNamespace: string | undefined

  constructor(problem: Problem, vendorStatus: number, details: Details) {
    super(problem.code, problem.message, problem.options)
    this.vendorStatus = vendorStatus
    this.tags = details.tags
    this.correctOffset = details.correctOffset
    this.rootNamespace = details.rootNamespace
  }
}

interface Details {
  readonly tags: readonly string[]
  readonly correctOffset: number | undefined
  readonly rootNamespace: string | undefined
  readonly requiredScope: string | undefined
  /** Seconds. */
  readonly wait: number | undefined
}

/** Reads an error answer to its end. A 400 is plain text; so is a 429 at times. */
export async function readRefusal(response: Response, now: number): Promise<DropboxRefusal> {
  const { status } = response
  const range = response.headers.get('content-range')
  const stated = retryAfter(response, now)
  const details = readDetails(await readText(response, { limit: 256 * 1024 }).catch(() => ''))
  const wait = stated ?? details.wait
  const problem = byTag(details, wait) ?? byStatus(status, wait, range)
  return new DropboxRefusal(problem, status, details)
}

/** Unions nest under a key of their tag; structs lie flat beside it; `reason` holds another union (files/upload, 429). */
function readDetails(body: string): Details {
  const tags: string[] = []
  let correctOffset: number | undefined
  let rootNamespace: string | undefined
  let requiredScope: string | undefined
  let wait: number | undefined
  let at = parseError(body)
  for (let depth = 0; at !== undefined && depth < 8; depth++) {
    const tag = at['.tag']
    if (typeof tag === 'string') tags.push(tag)
    correctOffset ??= numberOf(at['correct_offset'])
    wait ??= numberOf(at['retry_after'])
    if (typeof at['required_scope'] === 'string') requiredScope ??= at['required_scope']
    if (typeof at['root_namespace_id'] === 'string') rootNamespace ??= at['root_namespace_id']
    const next: unknown = (typeof tag === 'string' ? at[tag] : undefined) ?? at['reason']
    if (typeof next === 'string') tags.push(next)
    at = objectOf(next)
  }
  // In words only: "… Please re-issue the request in 300 seconds".
  const words = /(?:retry|re-issue|try again)\D{0,60}?(\d{1,5}) ?s/i.exec(
    tags.length === 0 ? body : '',
  )
  wait ??= words === null ? undefined : Number(words[1])
  return { tags, correctOffset, rootNamespace, requiredScope, wait }
}

function parseError(body: string): Record<string, unknown> | undefined {
  try {
    return objectOf(objectOf(JSON.parse(body))?.['error'])
  } catch {
    return undefined
  }
}

const objectOf = (value: unknown) =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
const numberOf = (value: unknown) =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined

function byTag({ tags, requiredScope }: Details, wait: number | undefined): Problem | undefined {
  for (const tag of tags.toReversed()) {
    switch (tag) {
      case 'not_found':
      case 'not_folder':
      case 'not_file':
        return new Problem('item_not_found')
      case 'conflict':
        return new Problem('name_conflict')
      case 'insufficient_space':
      case 'insufficient_quota':
        return new Problem('quota_exceeded', 'The storage of the Dropbox account is full.')
      case 'disallowed_name':
        return badName('is not allowed at Dropbox')
      case 'malformed_path':
        return badName('has a form that Dropbox refuses')
      case 'no_write_permission':
      case 'access_restricted':
      case 'team_folder':
      case 'cant_move_shared_folder':
      case 'operation_suppressed':
        return new Problem('access_denied', 'The Dropbox account may not change this item.')
      case 'restricted_content':
        return new Problem('access_denied', 'Dropbox has blocked this file for legal reasons.')
      case 'cant_move_folder_into_itself':
        return invalidField('parent_id', 'is inside the folder that is to be moved')
      case 'unsupported_file':
      case 'non_exportable':
        return new Problem('not_supported', 'This kind of file cannot be downloaded.')
      case 'too_many_requests':
      case 'too_many_write_operations':
        return slowDown(wait)
      case 'too_many_files':
        return new Problem('not_supported', 'There are too many files in it for one request.')
      case 'missing_scope':
        return new Problem('insufficient_scope', 'The connection may not do this.', {
          scope: requiredScope,
        })
      case 'expired_access_token':
      case 'invalid_access_token':
        return new Problem('reauth_required')
      case 'user_suspended':
      case 'invalid_account_type':
      case 'paper_access_denied':
      case 'team_access_denied':
      case 'no_permission':
      case 'route_access_denied':
        return new Problem('access_denied', 'The Dropbox account may not do this.')
      case 'payload_too_large':
      case 'too_large':
        return new Problem('payload_too_large', 'Dropbox does not take files of this size.')
      case 'retry_error':
        return new Problem('provider_unavailable', 'Dropbox is still preparing the export.', {
          retryAfter: wait ?? 5,
        })
    }
  }
  return undefined
}

export function badName(why: string): Problem {
  return invalidField('name', why)
}

function byStatus(status: number, wait: number | undefined, range: string | null): Problem {
  if (status === 401) return new Problem('reauth_required')
  if (status === 403) return new Problem('access_denied', 'The Dropbox account may not do this.')
  if (status === 416) {
    const headers = range === null ? {} : { 'content-range': range }
    return new Problem('range_not_satisfiable', undefined, { headers })
  }
  if (status === 429) return slowDown(wait)
  return new Problem('provider_unavailable', 'Dropbox could not answer.', { retryAfter: wait })
}

const slowDown = (wait: number | undefined) => rateLimited('Dropbox asks to slow down.', wait)
