// How Dropbox takes requests: the style of each route says where its argument stands and what the body must be.
// Source: dropbox.com/developers/documentation/http/documentation#formats.
import { randomBytes } from 'node:crypto'
import type { Context, Hono } from 'hono'
import type { z } from 'zod'
import { drain } from './content.ts'
import { DropboxError, malformed } from './dropbox-errors.ts'
import { parseJson, type DropboxCaller, type DropboxState } from './dropbox-state.ts'
import type { NodeEnv } from './trouble.ts'

export const API = 'api.dropboxapi.com'
export const CONTENT = 'content.dropboxapi.com'
export const NOTIFY = 'notify.dropboxapi.com'

export interface DropboxCall {
  readonly c: Context<NodeEnv>
  readonly state: DropboxState
  readonly caller: DropboxCaller
}

export interface DropboxRoute {
  readonly host: string
  /** Below `/2/`. */
  readonly name: string
  /** Downloads may be asked for with GET as well. */
  readonly methods: readonly string[]
  readonly run: (c: Context<NodeEnv>, state: DropboxState) => Promise<Response>
}

/** A value is the JSON to answer with. */
type Answer = Response | object | null

type Work<T> = (call: DropboxCall, argument: T) => Answer | Promise<Answer>

/** The argument is the JSON body. */
export function rpc<T>(
  name: string,
  scope: string,
  shape: z.ZodType<T>,
  work: Work<T>,
): DropboxRoute {
  return route(API, name, scope, async (call) => work(call, await readBody(call.c, shape)))
}

/** A call without argument has no body and no Content-Type, or `null` as JSON. */
export function bare(
  name: string,
  scope: string | undefined,
  work: (call: DropboxCall) => Answer | Promise<Answer>,
): DropboxRoute {
  return route(API, name, scope, async (call) => {
    const text = await call.c.req.text()
    const type = call.c.req.header('content-type')
    if (type !== undefined || text !== '') {
      checkType(call.c, JSON_TYPES)
      if (text.trim() !== 'null') throw malformed('request body: could not decode input as JSON')
    }
    return work(call)
  })
}

/** The argument is in a header, the body is a file's bytes. */
export function upload<T>(name: string, shape: z.ZodType<T>, work: Work<T>): DropboxRoute {
  return route(CONTENT, name, 'files.content.write', (call) => {
    checkType(call.c, ['application/octet-stream', 'text/plain; charset=dropbox-cors-hack'])
    return work(call, readHeader(call.c, shape))
  })
}

/** The argument is in a header, and there is no body. */
export function download<T>(name: string, shape: z.ZodType<T>, work: Work<T>): DropboxRoute {
  const run = (call: DropboxCall) => {
    if (call.c.req.header('content-type') !== undefined)
      checkType(call.c, ['text/plain', 'text/plain; charset=utf-8', 'application/octet-stream'])
    const length = call.c.req.header('content-length') ?? '0'
    if (length !== '0' || call.c.req.header('transfer-encoding') !== undefined)
      throw malformed('Non-empty request body for a download call')
    return work(call, readHeader(call.c, shape))
  }
  return route(CONTENT, name, 'files.content.read', run, ['POST', 'GET'])
}

/** A call of its own host that takes no token. */
export function notify<T>(
  name: string,
  shape: z.ZodType<T>,
  work: (c: Context<NodeEnv>, state: DropboxState, argument: T) => Promise<object>,
): DropboxRoute {
  const run: DropboxRoute['run'] = async (c, state) => {
    if (c.req.header('authorization') !== undefined)
      throw malformed('This function does not take an "Authorization" header')
    return c.json(await work(c, state, await readBody(c, shape)))
  }
  return { host: NOTIFY, name, methods: ['POST'], run }
}

function route(
  host: string,
  name: string,
  scope: string | undefined,
  work: (call: DropboxCall) => Answer | Promise<Answer>,
  methods: readonly string[] = ['POST'],
): DropboxRoute {
  const run: DropboxRoute['run'] = async (c, state) => {
    const person = state.authenticate(c, scope)
    checkHeaders(c)
    checkQuery(c)
    const answer = await work({ c, state, caller: state.callerOf(c, person) })
    return answer instanceof Response ? answer : c.json(answer)
  }
  return { host, name, methods, run }
}

/** What a client of users, not of a team, may say. */
const HEADERS = ['dropbox-api-arg', 'dropbox-api-path-root']

function checkHeaders(c: Context): void {
  for (const name of c.req.raw.headers.keys())
    if (name.startsWith('dropbox-api-') && !HEADERS.includes(name))
      throw malformed(`Unexpected HTTP header "${name}": the token is not a team's`)
}

/** With GET the argument may stand in the URL. The token may, too, at the vendor: here it stays out of URLs. */
function checkQuery(c: Context): void {
  for (const name of new URL(c.req.url).searchParams.keys())
    if (c.req.method !== 'GET' || name !== 'arg')
      throw malformed(`Unexpected URL params: "${name}"`)
}

const JSON_TYPES = [
  'application/json',
  'application/json; charset=utf-8',
  'text/plain; charset=dropbox-cors-hack',
]

function checkType(c: Context, accepted: readonly string[]): void {
  const type = c.req.header('content-type')
  if (type === undefined) throw malformed('Missing HTTP "Content-Type" header.')
  if (accepted.includes(type.toLowerCase().replace(/;\s*/, '; '))) return
  const list = accepted.map((one) => `"${one}"`).join(', ')
  throw malformed(`Bad HTTP "Content-Type" header: "${type}".  Expecting one of ${list}.`)
}

async function readBody<T>(c: Context, shape: z.ZodType<T>): Promise<T> {
  checkType(c, JSON_TYPES)
  return check(parseJson(await c.req.text()), shape, 'request body')
}

/** The header is ASCII: whatever is not must be escaped in the JSON. */
function readHeader<T>(c: Context, shape: z.ZodType<T>): T {
  const where = 'HTTP header "Dropbox-API-Arg"'
  const header = c.req.header('dropbox-api-arg') ?? c.req.query('arg')
  if (header === undefined) throw malformed(`Must provide ${where}.`)
  if (!/^[\x20-\x7e]*$/.test(header)) throw malformed(`${where}: could not decode input as JSON`)
  return check(parseJson(header), shape, where)
}

function check<T>(value: unknown, shape: z.ZodType<T>, where: string): T {
  if (value === undefined) throw malformed(`${where}: could not decode input as JSON`)
  const read = shape.safeParse(value)
  if (read.success) return read.data
  const [issue] = read.error.issues
  const path = issue?.path.map((name) => `${String(name)}: `).join('') ?? ''
  throw malformed(`${where}: ${path}${describeIssue(issue)}`)
}

function describeIssue(issue: z.core.$ZodIssue | undefined): string {
  if (issue?.code === 'unrecognized_keys') return `unknown field '${issue.keys.join("', '")}'`
  if (issue?.message.endsWith('received undefined')) return 'missing required field'
  return issue?.message ?? 'invalid'
}

/** Serves the routes; every answer names its request. */
export function mountRoutes(
  app: Hono<NodeEnv>,
  state: DropboxState,
  routes: readonly DropboxRoute[],
): void {
  for (const { host, name, methods, run } of routes) {
    app.on([...methods], `/${host}/2/${name}`, async (c) => {
      c.header('x-dropbox-request-id', randomBytes(16).toString('hex'))
      try {
        return await run(c, state)
      } catch (error) {
        // No answer goes out before the body is read.
        await drain(c.req.raw.body)
        if (error instanceof DropboxError) return error.toResponse(c, name)
        throw error
      }
    })
  }
  // Each function has one host: elsewhere there is no such URL.
  for (const host of [API, CONTENT, NOTIFY]) {
    app.all(`/${host}/*`, async (c) => {
      await drain(c.req.raw.body)
      return c.text('Not found', 404)
    })
  }
}
