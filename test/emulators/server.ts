// Hosts all emulators behind one Node server: a path prefix for each real host, recording and trouble for all of them.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import { mountControl } from './control.ts'
import { createDav, type DavEmulator } from './dav.ts'
import { createDropbox, type DropboxEmulator } from './dropbox.ts'
import { createGoogle, type GoogleEmulator } from './google.ts'
import { createMicrosoft, type MicrosoftEmulator } from './microsoft.ts'
import { createNextcloud, type NextcloudEmulator } from './nextcloud.ts'
import { createRecorder, describeBody, redactHeaders, type RecordedRequest } from './recorder.ts'
import { createTrouble, isLost, type Trouble } from './trouble.ts'

export interface Emulators {
  /** The base URL of the server, without a trailing slash. */
  readonly url: string
  /** The value of PROVIDER_ORIGINS. */
  readonly origins: Readonly<Record<string, string>>
  /** Client ids and secrets, under the names of Slipway's settings. */
  readonly clients: Readonly<Record<string, string>>
  readonly google: GoogleEmulator
  readonly microsoft: MicrosoftEmulator
  readonly dropbox: DropboxEmulator
  readonly dav: DavEmulator
  readonly nextcloud: NextcloudEmulator
  readonly trouble: Trouble
  /** Requests to the OAuth vendors since the start or `reset`, the oldest first. */
  readonly requests: RecordedRequest[]
  /** Puts every vendor back to its seeded state. */
  reset: () => void
  close: () => Promise<void>
}

export interface EmulatorOptions {
  /** 0 for any free port. */
  readonly port: number
  /** A file for the recorded requests, one JSON object per line. */
  readonly recordTo?: string
}

/** Bodies larger than this are recorded by their length alone. */
const RECORDED_BODY = 1024 * 1024

export async function startEmulators(options: EmulatorOptions): Promise<Emulators> {
  const google = createGoogle()
  const microsoft = createMicrosoft()
  const dropbox = createDropbox()
  const dav = createDav()
  const nextcloud = createNextcloud()
  const vendors = [google, microsoft, dropbox, dav, nextcloud]
  const trouble = createTrouble()
  const recorder = createRecorder(options.recordTo)
  const hosts = vendors.flatMap((vendor) => [...vendor.hosts, ...(vendor.extraHosts ?? [])])

  const app = new Hono<{ Bindings: HttpBindings }>()
  app.use('*', async (c, next) => {
    const target = c.env.incoming.url ?? '/'
    const [, host = ''] = target.split('/')
    if (!hosts.includes(host)) return next()
    const rest = target.slice(host.length + 1)
    const contentType = c.req.header('content-type') ?? ''
    const length = c.req.header('content-length')
    const isText = /^application\/(?:json|x-www-form-urlencoded)/.test(contentType)
    // What is PUT are a file's bytes, even when that file is JSON: they are left to the vendor.
    const readable = isText && c.req.method !== 'PUT' && Number(length ?? 0) < RECORDED_BODY
    const path = rest.split('?')[0] ?? ''
    // The consent page's own traffic is between a person and the vendor.
    const own = path.endsWith('/consent') || c.req.header('x-slipway-norecord') === '1'
    const page = /\/auth(?:orize)?$/.test(path) && c.req.method === 'GET'
    const entry = recorder.add(
      {
        method: page ? 'BROWSER' : c.req.method,
        url: `https://${host}${rest}`,
        host,
        path,
        headers: page ? {} : redactHeaders(c.req.raw.headers),
        body: describeBody(contentType, readable ? await c.req.text() : undefined, length),
      },
      !own,
    )
    const { outgoing } = c.env
    outgoing.once('finish', () => {
      entry.status = outgoing.statusCode
      entry.response_done = true
    })
    await next()
    if (!isLost(c.res)) entry.status = c.res.status
  })
  app.use('*', trouble.middleware)

  let url = ''
  const served = { baseOf: (host: string) => `${url}/${host}` }
  for (const vendor of vendors) vendor.mount(app as unknown as Hono, served)
  app.notFound((c) => c.text('No emulator serves this.\n', 404))
  app.onError((error, c) => {
    process.stderr.write(`emulator: ${error.stack ?? error.message}\n`)
    return c.text('The emulator failed.\n', 500)
  })

  const server = createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false }))
  // A test that stalls a request must not be cut by the server's own clock.
  server.requestTimeout = 0
  await listen(server, options.port)
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const reset = () => {
    for (const vendor of vendors) vendor.reset()
    trouble.clear()
    recorder.requests.length = 0
  }
  mountControl(app as unknown as Hono, { trouble, requests: recorder.requests, reset })
  return {
    url,
    origins: Object.fromEntries(
      vendors.flatMap((vendor) =>
        vendor.hosts.map((host) => [`https://${host}`, `${url}/${host}`]),
      ),
    ),
    clients: { ...google.clients, ...microsoft.clients, ...dropbox.clients },
    google,
    microsoft,
    dropbox,
    dav,
    nextcloud,
    trouble,
    requests: recorder.requests,
    reset,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      reset()
      await dav.close()
      await nextcloud.close()
    },
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })
}
