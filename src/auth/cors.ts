// Which pages may call the API from a browser: exact origins, and the headers they may send and read.
import { cors } from 'hono/cors'
import { createMiddleware } from 'hono/factory'
import type { AppEnv } from '../app-context.ts'

/** Credentials are allowed, so origins are compared exactly: never `*`, never a pattern. */
export const allowFrontends = createMiddleware<AppEnv>(async (c, next) => {
  const { frontendOrigins } = c.var.services.settings
  const middleware = cors({
    origin: (origin) => (frontendOrigins.includes(origin) ? origin : null),
    credentials: true,
    allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    allowHeaders: [
      ...['Authorization', 'Content-Type', 'Range', 'If-Range', 'If-None-Match', 'X-Request-Id'],
      ...['Tus-Resumable', 'Upload-Length', 'Upload-Offset', 'Upload-Metadata', 'Upload-Checksum'],
      ...['X-HTTP-Method-Override', 'X-Requested-With', 'Idempotency-Key', 'Last-Event-ID'],
      'Prefer',
    ],
    exposeHeaders: [
      ...['Content-Disposition', 'Content-Range', 'Accept-Ranges', 'ETag', 'Retry-After'],
      ...['Location', 'Content-Location', 'X-Request-Id', 'WWW-Authenticate'],
      ...['Tus-Resumable', 'Tus-Version', 'Tus-Extension', 'Tus-Max-Size'],
      ...['Tus-Checksum-Algorithm', 'Slipway-Chunk-Size', 'Upload-Metadata'],
      ...['Upload-Offset', 'Upload-Length', 'Upload-Expires'],
    ],
    maxAge: 600,
  })
  const isPreflight = c.req.header('Access-Control-Request-Method') !== undefined
  if (c.req.method !== 'OPTIONS' || isPreflight) return middleware(c, next)
  // An OPTIONS that is no preflight asks what tus can do: its own route answers, with these headers.
  await middleware(c, next)
  return next()
})
