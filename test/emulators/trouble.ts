// Faults on demand, for every vendor: a rule matches requests and says how they go wrong.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Context, MiddlewareHandler } from 'hono'
import { drain, partsOf } from './content.ts'

export type Fault =
  /** Answers with this instead of doing anything. */
  | {
      readonly kind: 'status'
      readonly status: number
      readonly headers?: Record<string, string>
      readonly body?: string
    }
  /** Says nothing until the client goes away, or for so many milliseconds. */
  | { readonly kind: 'stall'; readonly ms?: number }
  /** Waits so many milliseconds, then goes on as usual. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** The usual answer, cut off after so many bytes of its body. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** A page of HTML where JSON is expected. */
  | { readonly kind: 'garbage'; readonly status?: number; readonly contentType?: string }
  /** The request is carried out, but its answer is lost. */
  | { readonly kind: 'drop' }
  /** The request is carried out, and never answered: the connection stays until the client goes away. */
  | { readonly kind: 'mute' }
  /** The connection ends before anything is done. */
  | { readonly kind: 'reset' }

export interface TroubleRule {
  readonly match: {
    readonly method?: string
    /** The vendor's real host. */
    readonly host?: string
    /** The path below the host. */
    readonly path?: RegExp | string
  }
  /** How many requests it happens to; 1 if left out. */
  readonly times?: number
  /** How many matching requests pass before. */
  readonly skip?: number
  readonly fault: Fault
}

export interface Trouble {
  /** Returns the rule's live counter. */
  add: (rule: TroubleRule) => { hits: number }
  clear: () => void
  readonly middleware: MiddlewareHandler
}

export type NodeEnv = {
  Bindings: { readonly incoming: IncomingMessage; readonly outgoing: ServerResponse }
}

export function createTrouble(): Trouble {
  const rules: { rule: TroubleRule; seen: number; counter: { hits: number } }[] = []

  function pick(method: string, host: string, path: string): Fault | undefined {
    for (const entry of rules) {
      const { match, skip = 0, times = 1, fault } = entry.rule
      if (match.method !== undefined && match.method !== method) continue
      if (match.host !== undefined && match.host !== host) continue
      if (match.path !== undefined && !fits(match.path, path)) continue
      entry.seen += 1
      if (entry.seen <= skip || entry.counter.hits >= times) continue
      entry.counter.hits += 1
      return fault
    }
    return undefined
  }

  return {
    add: (rule) => {
      const counter = { hits: 0 }
      rules.push({ rule, seen: 0, counter })
      return counter
    },
    clear: () => void rules.splice(0),
    middleware: async (c, next) => {
      const [, host = '', ...rest] = c.req.path.split('/')
      const fault = pick(c.req.method, host, `/${rest.join('/')}`)
      if (fault === undefined) return next()
      return inflict(c as Context<NodeEnv>, fault, next)
    },
  }
}

/** Whether the answer never went out as a response of its own. */
export const isLost = (response: Response) => response.headers.has(LOST)

const LOST = 'x-hono-already-sent'

const fits = (pattern: RegExp | string, path: string) =>
  typeof pattern === 'string' ? path.startsWith(pattern) : pattern.test(path)

async function inflict(
  c: Context<NodeEnv>,
  fault: Fault,
  next: () => Promise<void>,
): Promise<Response | void> {
  const { incoming, outgoing } = c.env
  switch (fault.kind) {
    case 'status': {
      await drain(c.req.raw.body)
      return new Response(fault.body ?? null, {
        status: fault.status,
        headers: fault.headers ?? {},
      })
    }
    case 'garbage': {
      await drain(c.req.raw.body)
      const headers = { 'content-type': fault.contentType ?? 'text/html' }
      return new Response('<html><body>Bad gateway</body>', {
        status: fault.status ?? 200,
        headers,
      })
    }
    case 'slow':
      await new Promise((resolve) => setTimeout(resolve, fault.ms))
      return next()
    case 'stall':
      incoming.resume()
      await goneOrLate(outgoing, fault.ms ?? 120_000)
      outgoing.destroy()
      return RESPONSE_ALREADY_SENT
    case 'reset':
      incoming.socket.destroy()
      return RESPONSE_ALREADY_SENT
    case 'drop':
      await next()
      await c.res.body?.cancel()
      incoming.socket.destroy()
      c.res = RESPONSE_ALREADY_SENT
      return
    case 'mute':
      await next()
      await c.res.body?.cancel()
      await goneOrLate(outgoing, 120_000)
      outgoing.destroy()
      c.res = RESPONSE_ALREADY_SENT
      return
    case 'cut':
      await next()
      await sendCut(outgoing, c.res, fault.afterBytes)
      c.res = RESPONSE_ALREADY_SENT
      return
  }
}

function goneOrLate(outgoing: ServerResponse, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    outgoing.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/** The answer's own headers and the beginning of its body, which is not read further than that. */
async function sendCut(outgoing: ServerResponse, response: Response, bytes: number): Promise<void> {
  outgoing.writeHead(response.status, Object.fromEntries(response.headers))
  outgoing.flushHeaders()
  let left = bytes
  for await (const part of partsOf(response.body)) {
    const shown = part.subarray(0, left)
    left -= shown.length
    await new Promise<void>((resolve) => outgoing.write(shown, () => resolve()))
    if (left === 0) break
  }
  outgoing.destroy()
}
