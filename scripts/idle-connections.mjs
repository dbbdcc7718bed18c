// Lets no server of this process close a connection for being idle: Miniflare's queues tell each batch to one of them, and stand
// still for good when that very request meets a connection which is being closed.
import { subscribe } from 'node:diagnostics_channel'

subscribe('http.server.request.start', ({ server }) => {
  server.keepAliveTimeout = 0
})
