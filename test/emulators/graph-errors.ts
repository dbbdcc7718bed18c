// Graph's error format: one class for every refusal, which both Graph and the file hosts behind it write in their own spelling.
import { randomUUID } from 'node:crypto'
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'

/** An answer in Graph's error format. */
export class GraphError extends Error {
  constructor(
    readonly status: ContentfulStatusCode,
    readonly code: string,
    message: string,
    /** The detailed code, one level down. */
    readonly inner?: string,
    /** The `WWW-Authenticate` of a 401. */
    readonly challenge = 'Bearer realm=""',
  ) {
    super(message)
  }

  /** SharePoint hosts spell the inner error in lower case. */
  toResponse(c: Context, innerName: 'innerError' | 'innererror' = 'innerError'): Response {
    const inner = {
      ...(this.inner === undefined ? {} : { code: this.inner }),
      date: new Date().toISOString().slice(0, 19),
      'request-id': randomUUID(),
    }
    const headers: Record<string, string> =
      this.status === 401 ? { 'www-authenticate': this.challenge } : {}
    return c.json(
      { error: { code: this.code, message: this.message, [innerName]: inner } },
      this.status,
      headers,
    )
  }
}

export function itemNotFound(): GraphError {
  return new GraphError(404, 'itemNotFound', 'The resource could not be found.')
}

export function accessDenied(): GraphError {
  return new GraphError(403, 'accessDenied', 'Access denied')
}

/** As the directory says it, which knows teams and groups. */
export function requestDenied(): GraphError {
  const message = 'Insufficient privileges to complete the operation.'
  return new GraphError(403, 'Authorization_RequestDenied', message)
}

export function invalidRequest(message: string, inner?: string): GraphError {
  return new GraphError(400, 'invalidRequest', message, inner)
}

export function nameTaken(): GraphError {
  return new GraphError(409, 'nameAlreadyExists', 'An item with the same name already exists')
}
