// The ways in which Atlassian refuses a request: the gateway, v2 and v1 each write an error in a format of their own.
// Source: developer.atlassian.com/cloud/confluence/rest/v2/intro; the gateway's bodies were measured by the authors of confluence.js
// (github.com/MrRefactoring/confluence.js, docs/guide/oauth2.md).
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'

/** A refusal, with the body and the headers that go out. */
export class ConfluenceError extends Error {
  constructor(
    readonly status: ContentfulStatusCode,
    readonly body: object,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(JSON.stringify(body))
  }

  toResponse(c: Context): Response {
    return c.json(this.body, this.status, this.headers)
  }
}

/** What stands in front of every site: `{"code", "message"}`. */
export function gatewayError(status: ContentfulStatusCode, message: string): ConfluenceError {
  return new ConfluenceError(status, { code: status, message })
}

const TITLES: Readonly<Record<number, readonly [code: string, title: string]>> = {
  400: ['INVALID_REQUEST_PARAMETER', 'Bad Request'],
  401: ['UNAUTHORIZED', 'Unauthorized'],
  403: ['FORBIDDEN', 'Forbidden'],
  404: ['NOT_FOUND', 'Not Found'],
  405: ['METHOD_NOT_ALLOWED', 'Method Not Allowed'],
  406: ['NOT_ACCEPTABLE', 'Not Acceptable'],
  415: ['UNSUPPORTED_MEDIA_TYPE', 'Unsupported Media Type'],
}

/** REST v2: a list of errors. */
export function v2Error(status: ContentfulStatusCode, detail: string | null): ConfluenceError {
  const [code, title] = TITLES[status] ?? ['ERROR', 'Error']
  return new ConfluenceError(status, { errors: [{ status, code, title, detail }] })
}

/** REST v1: an exception of the server, by name. */
export function v1Error(status: ContentfulStatusCode, message: string): ConfluenceError {
  const names: Readonly<Record<number, string>> = {
    400: 'BadRequestException',
    404: 'NotFoundException',
    410: 'GoneException',
  }
  const exception = `com.atlassian.confluence.api.service.exceptions.api.${names[status] ?? 'ServiceException'}`
  return new ConfluenceError(status, {
    statusCode: status,
    data: { authorized: status !== 404, valid: true, errors: [], successful: false },
    message: `${exception}: ${message}`,
  })
}

/** Absent and not permitted are deliberately the same. */
export function notFound(): ConfluenceError {
  return v2Error(404, null)
}
