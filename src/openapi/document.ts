// The API's document, OpenAPI 3.1: made of the routes that are served, the schemas that they validate with, and what the features say of them.
import { version } from '../../package.json'
import { inputOf, type Input } from '../problems/validate.ts'
import { describeAnswers } from './answers.ts'
import type { Components, JsonSchema } from './json-schema.ts'
import { operations } from './operations.ts'
import { TAGS, type Operation, type Operations } from './operation.ts'
import { describeRequest } from './request.ts'

/** What Hono says of a route. Middleware has the method ALL, and validators have the route's own. */
export interface Route {
  readonly method: string
  readonly path: string
  readonly handler: object
}

export interface OperationObject {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly description?: string
  readonly deprecated?: true
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  readonly parameters?: readonly ParameterObject[]
  readonly requestBody?: RequestBodyObject
  readonly responses: Readonly<Record<string, ResponseObject | { readonly $ref: string }>>
}

export interface ParameterObject {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required: boolean
  readonly description: string
  readonly schema: JsonSchema
  readonly example?: unknown
}

export interface MediaObject {
  readonly schema: JsonSchema
  readonly example?: unknown
}

export interface RequestBodyObject {
  readonly description?: string
  readonly required: boolean
  readonly content: Readonly<Record<string, MediaObject>>
}

export interface ResponseObject {
  readonly description: string
  readonly headers?: Readonly<
    Record<string, { readonly description: string; readonly schema: JsonSchema }>
  >
  readonly content?: Readonly<Record<string, MediaObject>>
}

export type Responses = Map<string, ResponseObject>
export type Method = 'get' | 'put' | 'post' | 'delete' | 'options' | 'head' | 'patch'

export interface Document {
  readonly openapi: string
  readonly info: Readonly<Record<string, unknown>>
  readonly servers: readonly { readonly url: string; readonly description: string }[]
  readonly tags: readonly { readonly name: string; readonly description: string }[]
  readonly paths: Readonly<Record<string, Readonly<Partial<Record<Method, OperationObject>>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>
    readonly responses: Readonly<Record<string, ResponseObject>>
    readonly securitySchemes: Readonly<Record<string, Readonly<Record<string, string>>>>
  }
}

const DESCRIPTION = `Every cloud drive behind one API: connect, browse, search, upload, download, import.

- **Who calls.** A JWT of your application for its user, as \`Authorization: Bearer <token>\`. The console’s own pages send it as a cookie; with the cookie, whatever changes something is refused from other sites.
- **Without a token.** Signed URLs of documents and tickets carry in their path what they are good for, and end by themselves.
- **Pages.** Listings answer \`next_cursor\`: send it as \`cursor\` with the same query; null behind the last page.
- **Failures** are \`application/problem+json\` (RFC 9457). Look at \`code\`; each has a page at \`/problems/{code}\`. Another user’s things are 404.
- **Times** are RFC 3339 in UTC, sizes are bytes. Answers may gain members: ignore those that you do not know.`

/**
 * @param routes of the whole application
 * @param cookie the session cookie's name
 */
export function buildDocument(routes: readonly Route[], cookie: string): Document {
  const components: Components = new Map()
  const responses: Responses = new Map()
  const paths: Record<string, Partial<Record<Method, OperationObject>>> = {}
  for (const [route, operation] of Object.entries(operations as Operations)) {
    const [method = '', path = ''] = route.split(' ')
    const inputs = inputsOf(routes, method, path)
    const own = (paths[path.replace(/:(\w+)/g, '{$1}')] ??= {})
    own[method.toLowerCase() as Method] = {
      operationId: operation.id,
      tags: [operation.tag],
      summary: operation.summary,
      ...(operation.description !== undefined && { description: operation.description }),
      ...(operation.deprecated && { deprecated: true }),
      security: securityOf(operation),
      ...describeRequest(route, operation, inputs, components),
      responses: describeAnswers(method, operation, inputs, components, responses),
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Slipway',
      version,
      description: DESCRIPTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    // Relative: wherever the document was fetched from.
    servers: [{ url: '/', description: 'Where this document comes from.' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: sorted(components),
      responses: sorted(responses),
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'Your application’s token for its user; `sub` is the user.',
        },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: cookie,
          description: 'The same token, for the service’s own pages.',
        },
      },
    },
  }
}

/** What the route's own validators check. HEAD is served by the route of GET. */
function inputsOf(routes: readonly Route[], method: string, path: string): Input[] {
  return routes
    .filter((one) => one.path === path && one.method === (method === 'HEAD' ? 'GET' : method))
    .flatMap(({ handler }) => inputOf(handler) ?? [])
}

const securityOf = ({ access }: Operation) =>
  access === 'anyone' ? [] : [{ bearer: [] }, { session: [] }]

function sorted<T>(map: ReadonlyMap<string, T>): Record<string, T> {
  return Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)))
}
