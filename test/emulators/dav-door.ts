// Lets requests in: redirects and refusals on demand, then credentials, then the method; logs each of them.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Context, Hono } from 'hono'
import type { Gate } from './dav-auth.ts'
import { drain } from './content.ts'
import { download, upload } from './dav-files.ts'
import { makeCollection, remove, transfer } from './dav-manage.ts'
import { options, propfind, proppatch } from './dav-propfind.ts'
import { DavError, davRoot, locate, type DavRequest } from './dav-request.ts'
import type { DavSettings } from './dav-settings.ts'
import type { Trap } from './dav-trap.ts'
import { findNode, type DavFolder } from './dav-tree.ts'
import { writeError } from './dav-xml.ts'

export interface DavLogEntry {
  readonly method: string
  /** The request target as sent. */
  readonly target: string
  /** Lower-case names; of Authorization only the scheme. */
  readonly headers: Readonly<Record<string, string>>
  /** 0 until it is answered. */
  status: number
}

/** What the door shares with the emulator's owner. */
export interface DoorState {
  readonly settings: DavSettings
  readonly requests: DavLogEntry[]
  readonly logins: { right: number; wrong: number }
  readonly gate: Gate
  readonly trap: Trap
  readonly tree: (user: string) => DavFolder
}

interface RawRequest {
  readonly method: string
  readonly target: string
  readonly origin: string
  readonly headers: Headers
  readonly body: ReadableStream<Uint8Array> | null
  /** A 401 with a header line for each challenge, or one for all. */
  readonly challenge: (challenges: readonly string[], fold: boolean) => Response
}

type NodeContext = Context<{ Bindings: { incoming?: IncomingMessage; outgoing?: ServerResponse } }>

/** Serves the emulator below `/dav-server/` of an app. */
export function mountDav(app: Hono, state: DoorState): void {
  const handle = (context: Context): Promise<Response> => {
    const { env } = context as NodeContext
    const url = new URL(context.req.raw.url)
    return answer(state, {
      method: context.req.method,
      // Only Node has the request line as it was sent; a URL object is normalised.
      target: env.incoming?.url ?? url.pathname + url.search,
      origin: `http://${context.req.header('host') ?? url.host}`,
      headers: context.req.raw.headers,
      body: context.req.raw.body,
      challenge: (challenges, fold) => {
        const response = new Response('Who are you?\n', { status: 401 })
        // Headers folds lines of one name, so separate lines have to go around it.
        if (!fold && env.outgoing) env.outgoing.setHeader('www-authenticate', [...challenges])
        else response.headers.set('www-authenticate', challenges.join(', '))
        return response
      },
    })
  }
  app.all(davRoot.slice(0, -1), handle)
  app.all(`${davRoot}*`, handle)
}

async function answer(state: DoorState, raw: RawRequest): Promise<Response> {
  const entry: DavLogEntry = {
    method: raw.method,
    target: raw.target,
    headers: redact(raw.headers),
    status: 0,
  }
  state.requests.push(entry)
  let response: Response
  try {
    response = await respond(state, raw)
  } catch (error) {
    if (!(error instanceof DavError)) throw error
    response = new Response(writeError(error.message, error.condition), {
      status: error.status,
      headers: { 'content-type': 'application/xml; charset=utf-8', ...error.headers },
    })
  }
  if (raw.body && !raw.body.locked) await drain(raw.body)
  entry.status = response.status
  return response
}

async function respond(state: DoorState, raw: RawRequest): Promise<Response> {
  const { settings, gate, logins } = state
  const refusal = takeRefusal(settings, raw.method)
  if (refusal) return refusal
  const early = await redirect(state, raw)
  if (early) return early
  const free = raw.method === 'OPTIONS' && !settings.optionsNeedAuth
  const verdict = gate.check({ ...raw, authorization: asUtf8(raw.headers.get('authorization')) })
  if ('malformed' in verdict && !free) throw new DavError(400, verdict.malformed)
  if ('challenges' in verdict && !free) {
    if (verdict.failed) logins.wrong += 1
    return raw.challenge(verdict.challenges, settings.foldChallenges)
  }
  if ('user' in verdict && raw.headers.has('authorization')) logins.right += 1
  const user = 'user' in verdict ? verdict.user : 'mia'
  const place = locate(raw.target, user)
  const request: DavRequest = {
    method: raw.method,
    target: raw.target,
    origin: raw.origin,
    header: (name) => raw.headers.get(name) ?? undefined,
    body: raw.body,
    settings,
    user,
    tree: state.tree(user),
    place,
  }
  const found = findNode(request.tree, place.segments)
  if (settings.redirect?.to === 'slash' && found?.kind === 'folder' && !place.slash) {
    return moved(settings.redirect.status, `${raw.origin}${raw.target}/`)
  }
  return dispatch(request)
}

async function redirect(state: DoorState, raw: RawRequest): Promise<Response | undefined> {
  const rule = state.settings.redirect
  if (!rule || rule.to === 'slash') return undefined
  if (rule.methods && !rule.methods.includes(raw.method)) return undefined
  if (rule.to === 'trap') return moved(rule.status, (await state.trap.open()) + raw.target)
  if (rule.to === 'loop') return moved(rule.status, raw.target)
  if (rule.to === 'https') {
    return moved(rule.status, raw.origin.replace('http:', 'https:') + raw.target)
  }
  return moved(rule.status, rule.to.url)
}

function dispatch(request: DavRequest): Response | Promise<Response> {
  switch (request.method) {
    case 'OPTIONS':
      return options(request)
    case 'PROPFIND':
      return propfind(request)
    case 'PROPPATCH':
      return proppatch(request)
    case 'GET':
    case 'HEAD':
      return download(request)
    case 'PUT':
      return upload(request)
    case 'MKCOL':
      return makeCollection(request)
    case 'DELETE':
      return remove(request)
    case 'COPY':
    case 'MOVE':
      return transfer(request)
    default:
      throw new DavError(405, 'No such method here', undefined, {
        allow: 'OPTIONS, GET, HEAD, PUT, DELETE, PROPFIND, PROPPATCH, MKCOL, COPY, MOVE',
      })
  }
}

function takeRefusal(settings: DavSettings, method: string): Response | undefined {
  const rule = settings.refuse
  if (!rule || (rule.methods && !rule.methods.includes(method))) return undefined
  if (rule.times !== undefined) {
    if (rule.times <= 0) return undefined
    rule.times -= 1
  }
  const condition = rule.status === 423 ? 'lock-token-submitted' : undefined
  const headers = new Headers({ 'content-type': 'application/xml; charset=utf-8' })
  if (rule.retryAfter !== undefined) headers.set('retry-after', rule.retryAfter)
  return new Response(writeError('Refused on demand', condition), { status: rule.status, headers })
}

function moved(status: number, location: string): Response {
  return new Response('Moved\n', { status, headers: { location } })
}

/** Node reads header bytes as Latin-1; a user name in Digest is UTF-8 (RFC 7616 section 3.4). */
function asUtf8(value: string | null): string | undefined {
  return value === null ? undefined : Buffer.from(value, 'latin1').toString('utf8')
}

function redact(headers: Headers): Record<string, string> {
  const copy = Object.fromEntries(headers)
  const { authorization } = copy
  if (authorization !== undefined) copy['authorization'] = authorization.split(' ')[0] ?? ''
  return copy
}
