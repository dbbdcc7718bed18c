// The map: what every request passes, in order, and where each feature's routes are.
import { Hono } from 'hono'
import { cors } from 'hono/cors'
import type { AppContext, AppEnv } from './app-context.ts'
import { adminRoutes } from './admin/routes.ts'
import { connectionRoutes } from './connections/routes.ts'
import { providerRoutes } from './connections/provider-routes.ts'
import { documentRoutes } from './documents/routes.ts'
import { signedRoutes } from './documents/signed-routes.ts'
import { SettingError } from './env.ts'
import { fileRoutes } from './files/routes.ts'
import { health } from './health.ts'
import { errorNames, stackOf, writeLog } from './log.ts'
import { oauth } from './oauth/routes.ts'
import { Problem } from './problems/problem.ts'
import { renderProblem, toProblem } from './problems/respond.ts'
import { createServices } from './services.ts'
import { ui } from './ui/routes.tsx'
import { userRoutes } from './users/routes.ts'

export const app = new Hono<AppEnv>()

app.use(async (c, next) => {
  const services = createServices(c)
  c.set('services', services)
  const started = Date.now()
  await next()
  c.res.headers.set('x-request-id', services.requestId)
  if (c.res.status >= 400) await drainBody(c)
  writeLog({
    level: 'info',
    event: 'request',
    request_id: services.requestId,
    method: c.req.method,
    route: c.req.routePath,
    status: c.res.status,
    ms: Date.now() - started,
  })
})

app.use('/api/*', async (c, next) => {
  const { frontendOrigins } = c.var.services.settings
  return cors({
    // Exact comparison, never a pattern: credentials are allowed.
    origin: (origin) => (frontendOrigins.includes(origin) ? origin : null),
    credentials: true,
    allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    allowHeaders: [
      ...['Authorization', 'Content-Type', 'Range', 'If-Range', 'If-None-Match', 'X-Request-Id'],
      ...['Tus-Resumable', 'Upload-Length', 'Upload-Offset', 'Upload-Metadata', 'Upload-Checksum'],
    ],
    exposeHeaders: [
      ...['Content-Disposition', 'Content-Range', 'Accept-Ranges', 'ETag', 'Retry-After'],
      ...['Location', 'Tus-Resumable', 'Tus-Version', 'Tus-Extension', 'Tus-Max-Size'],
      ...['Upload-Offset', 'Upload-Length', 'Upload-Expires', 'X-Request-Id', 'WWW-Authenticate'],
    ],
    maxAge: 600,
  })(c, next)
})

app.route('/healthz', health)
app.route('/api/cloud/providers', providerRoutes)
app.route('/api/cloud/oauth', oauth)
app.route('/api/cloud/connections', connectionRoutes)
app.route('/api/cloud', fileRoutes)
// Before the routes that ask who calls: a signed URL is good for whoever holds it.
app.route('/api/documents/signed', signedRoutes)
app.route('/api/documents', documentRoutes)
app.route('/api/users', userRoutes)
app.route('/api/admin', adminRoutes)
app.route('/', ui)

app.notFound(() => {
  throw new Problem('not_found', 'There is no such route.')
})

app.onError((error, c) => {
  if (error instanceof SettingError) return settingFailure(error)
  const problem = toProblem(error)
  const { requestId, settings } = c.var.services
  if (problem.status >= 500) {
    writeLog({
      level: problem.code === 'internal' ? 'error' : 'warn',
      event: 'failure',
      request_id: requestId,
      route: c.req.routePath,
      code: problem.code,
      errors: errorNames(problem),
      ...(problem.code === 'internal' ? { at: stackOf(problem.options.cause) ?? '' } : {}),
    })
  }
  return renderProblem(problem, requestId, settings.publicUrl)
})

/** Without settings there is nothing to serve: the message names the setting, and never its value. */
function settingFailure(error: SettingError): Response {
  writeLog({ level: 'error', event: 'setting', setting: error.setting })
  return renderProblem(new Problem('internal', error.message), 'none', '')
}

/** Bytes and milliseconds spent on what is left of a body that was refused. */
const DRAIN_LIMIT = 100 * 1024 * 1024
const DRAIN_MS = 10_000

/**
 * Reads the rest of a body before an error is sent: a client, or a proxy before us, that is still sending may otherwise never
 * see the answer.
 */
async function drainBody(c: AppContext): Promise<void> {
  const { body } = c.req.raw
  if (body === null || body.locked) return
  const reader = body.getReader()
  const end = Date.now() + DRAIN_MS
  const late = new Promise<{ done: true; value: undefined }>((resolve) =>
    setTimeout(() => resolve({ done: true, value: undefined }), DRAIN_MS),
  )
  let left = DRAIN_LIMIT
  try {
    while (left > 0 && Date.now() < end) {
      const { done, value } = await Promise.race([reader.read(), late])
      if (done) return
      left -= value.byteLength
    }
  } catch {
    // The sender is gone, or the body broke with what it was sent on to: there is nothing left to read.
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}
