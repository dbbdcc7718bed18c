// A second listener, of another origin, that writes down every secret a redirected client brings along.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Leak {
  readonly method: string
  readonly path: string
  readonly authorization?: string
  readonly cookie?: string
  readonly destination?: string
}

export interface Trap {
  /** Requests that arrived, with or without secrets. */
  readonly visits: Leak[]
  /** Requests that carried Authorization, Cookie or Destination. */
  readonly leaks: Leak[]
  /** Listens on a free loopback port, once; resolves to the origin. */
  readonly open: () => Promise<string>
  readonly close: () => Promise<void>
  readonly reset: () => void
}

/** A trap that is not listening yet. */
export function createTrap(): Trap {
  const visits: Leak[] = []
  const leaks: Leak[] = []
  let opened: Promise<{ server: Server; origin: string }> | undefined

  const listen = (): Promise<{ server: Server; origin: string }> =>
    new Promise((resolve, reject) => {
      const server = createServer((request, response) => {
        const { authorization, cookie } = request.headers
        const destination = [request.headers['destination']].flat()[0]
        const leak: Leak = {
          method: request.method ?? '',
          path: request.url ?? '',
          ...(authorization === undefined ? {} : { authorization }),
          ...(cookie === undefined ? {} : { cookie }),
          ...(destination === undefined ? {} : { destination }),
        }
        visits.push(leak)
        if (authorization ?? cookie ?? destination) leaks.push(leak)
        request.on('error', () => undefined)
        request.resume().on('end', () => {
          // A believable answer: a client that came this far must not be saved by an error.
          const multistatus = leak.method === 'PROPFIND'
          response.writeHead(multistatus ? 207 : 200, {
            'content-type': multistatus ? 'application/xml' : 'text/plain',
          })
          response.end(multistatus ? folderAt(leak.path) : 'from the other origin')
        })
      })
      server.once('error', reject)
      server.listen(0, '127.0.0.1', () => {
        // A test that forgets to close it can still end.
        server.unref()
        resolve({ server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
      })
    })

  return {
    visits,
    leaks,
    open: async () => (await (opened ??= listen())).origin,
    close: async () => {
      const running = await opened
      opened = undefined
      if (!running) return
      running.server.closeAllConnections()
      await new Promise((resolve) => running.server.close(resolve))
    },
    reset: () => {
      visits.length = 0
      leaks.length = 0
    },
  }
}

function folderAt(path: string): string {
  const href = path.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  const prop = '<d:prop><d:resourcetype><d:collection/></d:resourcetype></d:prop>'
  const found = `<d:propstat>${prop}<d:status>HTTP/1.1 200 OK</d:status></d:propstat>`
  return `<d:multistatus xmlns:d="DAV:"><d:response><d:href>${href}</d:href>${found}</d:response></d:multistatus>`
}
