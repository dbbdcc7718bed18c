// Dropbox's error formats: text for malformed requests, tagged unions with a summary for everything else.
// Source: developers.dropbox.com/error-handling-guide, dropbox.com/developers/documentation/http/documentation#error-handling.
import type { Context } from 'hono'

/** A union on the wire: the member's name, and its value beside it or below its name. */
export interface Tagged {
  readonly '.tag': string
  readonly [field: string]: unknown
}

type Status = 400 | 401 | 403 | 409 | 422 | 429

/** An answer that refuses the request; a text is prefixed with the name of the route. */
export class DropboxError extends Error {
  constructor(
    readonly status: Status,
    readonly body: string | object,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(typeof body === 'string' ? body : JSON.stringify(body))
  }

  toResponse(c: Context, route: string): Response {
    const { status, body, headers } = this
    if (typeof body !== 'string') return c.json(body, status, headers)
    const text = `Error in call to API function "${route}": ${body}`
    return c.body(text, status, { ...headers, 'content-type': 'text/plain; charset=utf-8' })
  }
}

/** Why a path cannot be read or written; each route puts it below a key of its own. */
export class Refusal extends Error {
  constructor(readonly reason: Tagged) {
    super(reason['.tag'])
  }
}

export const refusal = (tag: string) => new Refusal({ '.tag': tag })

export const conflict = (kind: 'file' | 'folder' | 'file_ancestor') =>
  new Refusal(nested('conflict', { '.tag': kind }))

/** A member whose value is itself a union, or no struct at all: it stands below its own name. */
export const nested = (tag: string, value: unknown): Tagged => ({ '.tag': tag, [tag]: value })

export const malformed = (text: string) => new DropboxError(400, text)

/** 409: what the route itself refuses. */
export const endpointError = (error: string | Tagged) => tagged(409, error)

export const authError = (error: string | Tagged) => tagged(401, error)

export const accessError = (error: Tagged) => tagged(403, error)

export const pathRootError = (error: Tagged) => tagged(422, error)

/** 429: a struct, so `error` itself has no tag. */
export function tooMany(reason: 'too_many_requests' | 'too_many_write_operations'): DropboxError {
  const error = { reason: { '.tag': reason }, retry_after: 1 }
  return new DropboxError(
    429,
    { error_summary: `${reason}/${dots()}`, error },
    { 'retry-after': '1' },
  )
}

/** Runs what may refuse a path, and puts the reason where this route's errors have it. */
export async function below<T>(tag: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Refusal) throw endpointError(nested(tag, error.reason))
    throw error
  }
}

function tagged(status: Status, error: string | Tagged): DropboxError {
  const value = typeof error === 'string' ? { '.tag': error } : error
  return new DropboxError(status, { error_summary: summaryOf(value), error: value })
}

/** The tags from the outside in; the number of dots at the end means nothing and varies. */
export function summaryOf(error: Tagged): string {
  const tags: string[] = []
  for (let at: unknown = error; isTagged(at);) {
    tags.push(at['.tag'])
    at = at[at['.tag']] ?? at['reason']
  }
  return `${tags.join('/')}/${dots()}`
}

const isTagged = (value: unknown): value is Tagged =>
  typeof value === 'object' && value !== null && '.tag' in value

let errors = 0

const dots = () => '.'.repeat((errors++ % 3) + 1)
