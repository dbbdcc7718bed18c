// The one transport: every outbound request of the Worker passes here, is checked hop by hop, and has a deadline.
import { Problem } from '../problems/problem.ts'
import { discard } from './body.ts'
import { blocked, checkServerUrl, isLoopbackHost } from './guard.ts'
import { isMappedHost, isUnder, mapUrl, type OriginMap } from './origins.ts'
import type { Resolver } from './resolver.ts'
import { backOff, isTransient, LONGEST_WAIT, retryAfter, stateWait } from './retry.ts'

/** One request to the outside. */
export interface Outbound {
  /** The vendor's real URL; the origin map is applied inside the transport. */
  readonly url: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: BodyInit | null
  /** Milliseconds to wait for the response's headers; 15,000 by default. */
  readonly deadline?: number
  /** Whether the request may be sent again after a 429, 5xx or network failure. Default: GET, HEAD, PROPFIND, OPTIONS. */
  readonly replay?: boolean
  /** `follow` checks each hop by the request's own policy and drops credentials when the origin changes. Default: `return`. */
  readonly redirect?: 'return' | 'follow'
  readonly signal?: AbortSignal
}

/** What a request may reach. Checked for the first URL and for every redirect. */
export type TargetPolicy =
  /** The vendor's API: exactly these real origins (mapped ones after mapping). Credentials may travel. */
  | { readonly kind: 'origins'; readonly origins: readonly string[] }
  /** Pre-signed URLs: https on these host suffixes (or hosts of mapped origins); no credentials may be set. */
  | { readonly kind: 'presigned'; readonly suffixes: readonly string[] }
  /** A user's own server: the whole SSRF guard, DNS included; nothing but the origin of `base` is asked for. */
  | { readonly kind: 'server'; readonly base: string }

export interface Transport {
  /**
   * Sends and waits for the headers. A status of the remote is returned as it is; Problems are thrown for what never became an
   * answer: `blocked_url`, `provider_timeout`, `provider_unavailable`.
   */
  readonly send: (request: Outbound, policy: TargetPolicy) => Promise<Response>
}

export interface TransportOptions {
  readonly originMap: OriginMap
  readonly allowPrivate: boolean
  readonly ownHost?: string | undefined
  readonly resolve: Resolver
  /** Counts the requests, each hop and each try. */
  readonly meter: { subrequests: number }
}

const DEADLINE = 15_000
const MAX_HOPS = 5
const MAX_ATTEMPTS = 3
/** Milliseconds that one transport (one request of a caller) may spend waiting for a better answer. */
const RETRY_BUDGET = 25_000
/** The platform opens six connections at once; a seventh would wait unseen, with its deadline running. */
const MAX_WAITING = 6
const SAFE_METHODS = ['GET', 'HEAD', 'PROPFIND', 'OPTIONS']
/** What may follow a redirect to another origin: nothing that says who the user is. */
const KEPT_ACROSS_ORIGINS = [
  'accept',
  'accept-encoding',
  'range',
  'user-agent',
  'content-type',
  'depth',
]

/** A transport for the work of one request: its retry budget and DNS verdicts end with it. */
export function createTransport(options: TransportOptions): Transport {
  const verdicts = new Map<string, Promise<void>>()
  const slots = createSlots(MAX_WAITING)
  let budget = RETRY_BUDGET

  async function check(url: URL, policy: TargetPolicy, headers: Headers): Promise<void> {
    if (policy.kind === 'origins') {
      // A next-page link that leads elsewhere would carry the token there.
      if (!isUnder(options.originMap, url, policy.origins)) throw strayAddress()
    } else if (policy.kind === 'presigned') {
      checkPresigned(url, policy.suffixes, headers)
    } else {
      checkServerUrl(url.href, options)
      if (options.allowPrivate && isLoopbackHost(url.hostname)) return
      const verdict = verdicts.get(url.hostname) ?? options.resolve(url.hostname)
      verdicts.set(url.hostname, verdict)
      await verdict
    }
  }

  function checkPresigned(url: URL, suffixes: readonly string[], headers: Headers): void {
    if (headers.has('authorization') || headers.has('cookie')) {
      throw new Error('credentials on a pre-signed URL')
    }
    if (isMappedHost(options.originMap, url)) return
    const known = suffixes.some((suffix) => `.${url.hostname}`.endsWith(suffix))
    if (url.protocol !== 'https:' || url.port !== '' || !known) {
      throw strayAddress()
    }
  }

  async function attempt(request: Outbound, target: URL, init: RequestInit): Promise<Response> {
    // Never a slot for as long as a body streams: the requests that it needs meanwhile would wait behind it.
    const release = init.body instanceof ReadableStream ? () => undefined : await slots()
    const controller = new AbortController()
    const stop = () => controller.abort(request.signal?.reason)
    request.signal?.addEventListener('abort', stop)
    let late = false
    const timer = setTimeout(() => {
      late = true
      controller.abort()
    }, request.deadline ?? DEADLINE)
    options.meter.subrequests++
    try {
      return await fetch(target, { ...init, redirect: 'manual', signal: controller.signal })
    } catch (error) {
      request.signal?.removeEventListener('abort', stop)
      if (request.signal?.aborted) throw error
      if (late) throw new Problem('provider_timeout', 'The provider did not answer in time.')
      throw new Problem('provider_unavailable', 'The provider could not be reached.', {
        cause: error,
      })
    } finally {
      clearTimeout(timer)
      release()
    }
  }

  /** Waits if there is time left for it; false when the answer at hand is final. */
  async function pause(number: number, response: Response | undefined): Promise<boolean> {
    if (number >= MAX_ATTEMPTS) return false
    const asked = response && retryAfter(response, Date.now())
    const wait = asked === undefined ? backOff(number) : asked * 1000
    if (wait > budget || (asked !== undefined && wait > LONGEST_WAIT)) return false
    budget -= wait
    if (response !== undefined) await discard(response)
    await new Promise((resolve) => setTimeout(resolve, wait))
    return true
  }

  async function sendHop(
    request: Outbound,
    target: URL,
    init: RequestInit,
    policy: TargetPolicy,
  ): Promise<Response> {
    const replay = request.replay ?? SAFE_METHODS.includes(init.method ?? 'GET')
    const again = replay && !(init.body instanceof ReadableStream)
    for (let number = 1; ; number++) {
      const started = Date.now()
      try {
        const response = await stateWait(await attempt(request, target, init), Date.now())
        if (!again || !isTransient(response.status)) return response
        // A user's server counts every try against the address that all users share.
        if (response.status === 429 && policy.kind === 'server') return response
        budget -= Date.now() - started
        if (!(await pause(number, response))) return response
      } catch (error) {
        const unreachable = error instanceof Problem && error.code === 'provider_unavailable'
        budget -= Date.now() - started
        if (!again || !unreachable || !(await pause(number, undefined))) throw error
      }
    }
  }

  return {
    send: async (request, policy) => {
      let url = parse(request.url)
      if (policy.kind === 'server' && url.origin !== parse(policy.base).origin) {
        throw blocked('led to another server')
      }
      const headers = new Headers(request.headers)
      if (!headers.has('user-agent')) headers.set('user-agent', 'Slipway/1.0')
      let init: RequestInit = {
        method: request.method ?? 'GET',
        headers,
        body: request.body ?? null,
      }
      for (let hop = 0; ; hop++) {
        await check(url, policy, headers)
        // A user's server is reached where the guard has looked, whatever its name.
        const target = policy.kind === 'server' ? url : mapUrl(options.originMap, url)
        const response = await sendHop(request, target, init, policy)
        const next = request.redirect === 'follow' ? readRedirect(response, url) : undefined
        if (next === undefined) return response
        await discard(response)
        if (hop === MAX_HOPS) throw redirectProblem('too many times')
        if (url.protocol === 'https:' && next.protocol !== 'https:') {
          throw redirectProblem('away from https')
        }
        init = followWith(init, headers, response.status, next.origin === url.origin)
        url = next
      }
    },
  }
}

function strayAddress(): Problem {
  return new Problem('provider_unavailable', 'The provider named an address it should not.')
}

function parse(url: string): URL {
  if (!URL.canParse(url))
    throw new Problem('provider_unavailable', 'The provider named no valid address.')
  return new URL(url)
}

function readRedirect(response: Response, from: URL): URL | undefined {
  const location = response.headers.get('location')
  if (![301, 302, 303, 307, 308].includes(response.status) || location === null) return undefined
  if (!URL.canParse(location, from.href)) throw redirectProblem('to no valid address')
  return new URL(location, from)
}

/** What the next hop sends: RFC 9110 section 15.4, with WebDAV's practice of keeping the method on 301 and 302. */
function followWith(
  init: RequestInit,
  headers: Headers,
  status: number,
  same: boolean,
): RequestInit {
  const method = status === 303 && init.method !== 'HEAD' ? 'GET' : init.method
  if (init.body instanceof ReadableStream && method === init.method)
    throw redirectProblem('an upload')
  if (!same) {
    if (!SAFE_METHODS.includes(method ?? 'GET')) throw redirectProblem('a change to another server')
    for (const name of [...headers.keys()]) {
      if (!KEPT_ACROSS_ORIGINS.includes(name)) headers.delete(name)
    }
  }
  return {
    ...init,
    method: method ?? 'GET',
    headers,
    body: method === 'GET' ? null : (init.body ?? null),
  }
}

function redirectProblem(how: string): Problem {
  return new Problem('provider_unavailable', `The server redirected ${how}.`)
}

/** A first-in, first-out semaphore; what it gives must be called once to free the slot. */
function createSlots(count: number): () => Promise<() => void> {
  let free = count
  const queue: (() => void)[] = []
  const release = () => {
    const next = queue.shift()
    if (next === undefined) free++
    else next()
  }
  return async () => {
    if (free > 0) free--
    else await new Promise<void>((resolve) => queue.push(resolve))
    return release
  }
}
