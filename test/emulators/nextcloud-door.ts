// Lets requests in to the Nextcloud emulator: under a sub-folder of the emulators' server, and at an origin of its own.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import type { Context, Hono } from 'hono'
import { drain } from './content.ts'
import { readText } from './dav-propfind.ts'
import { DavError } from './dav-request.ts'
import { redactHeaders } from './recorder.ts'
import { writeSabreError } from './nextcloud-errors.ts'
import { respond } from './nextcloud-routes.ts'
import type { NextcloudState } from './nextcloud-state.ts'

/** The sub-folder that the emulated server is installed in, on the emulators' server. */
export const WEB_ROOT = '/nextcloud'

export interface NextcloudLogEntry {
  readonly method: string
  /** The request target as sent. */
  readonly target: string
  /** Lower-case names; of Authorization only the scheme. */
  readonly headers: Readonly<Record<string, string>>
  /** 0 until it is answered. */
  status: number
}

/** A request before anybody has judged it. */
export interface RawRequest {
  readonly method: string
  readonly target: string
  readonly origin: string
  readonly webRoot: string
  readonly headers: Headers
  readonly body: ReadableStream<Uint8Array> | null
  readonly text: () => Promise<string>
}

export interface Door {
  readonly requests: NextcloudLogEntry[]
  mount: (app: Hono) => void
  /** Listens on a free loopback port, once; resolves to the origin, whose web root is `/`. */
  ownOrigin: () => Promise<string>
  close: () => Promise<void>
}

/** The ways in to one server. */
export function createDoor(state: NextcloudState): Door {
  const requests: NextcloudLogEntry[] = []
  let opened: Promise<{ server: Server; origin: string }> | undefined

  const serve = (request: Request, incoming: IncomingMessage | undefined, webRoot: string) => {
    const url = new URL(request.url)
    const { method, headers, body } = request
    // Only Node has the request line as it was sent; a URL object is normalised.
    const target = incoming?.url ?? url.pathname + url.search
    const origin = `http://${headers.get('host') ?? url.host}`
    const text = () => readText(body)
    return answer(state, requests, { method, target, origin, webRoot, headers, body, text })
  }

  const listen = (): Promise<{ server: Server; origin: string }> =>
    new Promise((resolve, reject) => {
      const listener = getRequestListener(
        (request, env) => serve(request, (env as HttpBindings).incoming, ''),
        { overrideGlobalObjects: false },
      )
      const server = createServer((incoming, outgoing) => void listener(incoming, outgoing))
      server.requestTimeout = 0
      server.once('error', reject)
      server.listen(0, '127.0.0.1', () => {
        // A test that forgets to close it can still end.
        server.unref()
        resolve({ server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
      })
    })

  return {
    requests,
    mount: (app) => {
      const handle = (context: Context) => {
        const { env } = context as Context<{
          Bindings: { incoming?: IncomingMessage; outgoing?: ServerResponse }
        }>
        return serve(context.req.raw, env.incoming, WEB_ROOT)
      }
      app.all(WEB_ROOT, handle)
      app.all(`${WEB_ROOT}/*`, handle)
    },
    ownOrigin: async () => (await (opened ??= listen())).origin,
    close: async () => {
      const running = await opened
      opened = undefined
      if (!running) return
      running.server.closeAllConnections()
      await new Promise((resolve) => running.server.close(resolve))
    },
  }
}

async function answer(
  state: NextcloudState,
  requests: NextcloudLogEntry[],
  raw: RawRequest,
): Promise<Response> {
  const { method, target } = raw
  const entry: NextcloudLogEntry = {
    method,
    target,
    headers: redactHeaders(raw.headers),
    status: 0,
  }
  requests.push(entry)
  let response: Response
  try {
    response = await respond(state, raw)
  } catch (error) {
    if (!(error instanceof DavError)) throw error
    response = writeSabreError(error)
  }
  if (raw.body && !raw.body.locked) await drain(raw.body)
  entry.status = response.status
  return response
}
