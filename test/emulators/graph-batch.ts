// $batch: up to twenty requests in one, each answered on its own and in any order.
// Source: learn.microsoft.com/graph/json-batching.
import type { Context } from 'hono'
import { GraphError } from './graph-errors.ts'
import { readBody, readObject } from './graph-query.ts'
import type { MicrosoftState } from './graph-state.ts'

const MOST = 20
const METHODS = ['GET', 'POST', 'PATCH', 'PUT', 'DELETE']

/** Carries out one request inside of a batch; `path` is below `/v1.0`. */
export type Answer = (c: Context, path: string, init: RequestInit) => Promise<Response>

interface Entry {
  readonly id: string
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
  readonly dependsOn: readonly string[]
}

interface Result {
  readonly id: string
  readonly status: number
  readonly headers: Record<string, string>
  readonly body?: unknown
}

/** POST /$batch. What is wrong with the batch is 400 for all of it; what is wrong inside is that request's own. */
export async function runBatch(
  c: Context,
  state: MicrosoftState,
  answer: Answer,
): Promise<Response> {
  state.identify(c)
  const { requests } = await readBody(c, ['requests'])
  if (!Array.isArray(requests)) throw malformed('The requests are missing')
  if (requests.length > MOST) {
    throw malformed(`Number of batch request steps exceeds the maximum value of ${MOST}.`)
  }
  const entries = readEntries(requests)
  const results = new Map<string, Result>()
  for (const entry of entries) results.set(entry.id, await run(c, state, answer, entry, results))
  // In any order: the last one first.
  return c.json({ responses: [...results.values()].reverse() })
}

const malformed = (message: string) => new GraphError(400, 'BadRequest', message)

function readEntries(requests: readonly unknown[]): Entry[] {
  const entries: Entry[] = []
  for (const request of requests) {
    const known = ['id', 'method', 'url', 'headers', 'body', 'dependsOn']
    const { id, method, url, headers = {}, body, dependsOn = [] } = readObject(request, known)
    if (typeof id !== 'string' || entries.some((one) => one.id === id))
      throw malformed('Each request needs an id of its own')
    if (typeof method !== 'string' || !METHODS.includes(method)) throw malformed('method')
    // Below /v1.0, which it does not name again.
    if (typeof url !== 'string' || !url.startsWith('/') || /^\/(?:v1\.0|\$batch)/.test(url))
      throw malformed('url')
    const isText = (value: unknown) => typeof value === 'string'
    if (typeof headers !== 'object' || headers === null || !Object.values(headers).every(isText))
      throw malformed('headers')
    const typed = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type')
    if (body !== undefined && !typed) throw malformed('A body needs a Content-Type')
    const before = entries.map((one) => one.id)
    if (!Array.isArray(dependsOn) || !dependsOn.every((one) => before.includes(one)))
      throw malformed('dependsOn')
    entries.push({ id, method, url, headers: headers as Entry['headers'], body, dependsOn })
  }
  return entries
}

async function run(
  c: Context,
  state: MicrosoftState,
  answer: Answer,
  entry: Entry,
  results: ReadonlyMap<string, Result>,
): Promise<Result> {
  const { id } = entry
  const refuse = (status: 424 | 429, code: string, message: string, headers = {}): Result => {
    return { id, status, headers, body: { error: { code, message } } }
  }
  if (entry.dependsOn.some((one) => (results.get(one)?.status ?? 500) >= 400))
    return refuse(424, 'FailedDependency', 'A request that this one depends on has failed')
  if (state.settings.batchThrottles > 0) {
    state.settings.batchThrottles -= 1
    return refuse(429, 'TooManyRequests', 'Too many requests', { 'Retry-After': '1' })
  }
  const response = await answer(c, entry.url, {
    method: entry.method,
    headers: { ...entry.headers, authorization: c.req.header('authorization') ?? '' },
    ...(entry.body === undefined ? {} : { body: readBytes(entry) }),
  })
  return { id, status: response.status, ...(await describeAnswer(response)) }
}

/** JSON as it is; anything else is base64. */
function readBytes({ body }: Entry): string | Uint8Array<ArrayBuffer> {
  return typeof body === 'string' ? Buffer.from(body, 'base64') : JSON.stringify(body)
}

async function describeAnswer(response: Response): Promise<Pick<Result, 'headers' | 'body'>> {
  const headers: Record<string, string> = {}
  for (const [name, value] of response.headers) {
    // As the vendor spells them: Location, Retry-After.
    headers[name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase())] = value
  }
  const bytes = Buffer.from(await response.arrayBuffer())
  if (bytes.length === 0) return { headers }
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true
  const text = bytes.toString(isJson ? 'utf8' : 'base64')
  return { headers, body: isJson ? (JSON.parse(text) as unknown) : text }
}
