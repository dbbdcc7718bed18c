// The map: what every request passes, in order, and where each feature's routes are.
import { Hono } from 'hono'
import { allowFrontends } from './auth/cors.ts'
import type { AppEnv } from './app-context.ts'
import { adminRoutes } from './admin/routes.ts'
import { cloudAccountRoutes } from './contracts/cloud-accounts.ts'
import { integrationRoutes } from './contracts/integrations-v1.ts'
import { connectionRoutes } from './connections/routes.ts'
import { providerRoutes } from './connections/provider-routes.ts'
import { docs } from './docs/routes.tsx'
import { documentRoutes } from './documents/routes.ts'
import { signedRoutes } from './documents/signed-routes.ts'
import { SettingError } from './env.ts'
import { fileRoutes } from './files/routes.ts'
import { health } from './health.ts'
import { knowledgeRoutes } from './knowledge/routes.ts'
import { importRoutes } from './imports/routes.ts'
import { errorNames, stackOf, writeLog } from './log.ts'
import { blamedProvider } from './metrics/blame.ts'
import { drain } from './net/drain.ts'
import { oauth } from './oauth/routes.ts'
import { openapiRoutes } from './openapi/routes.tsx'
import { Problem } from './problems/problem.ts'
import { renderProblem, toProblem } from './problems/respond.ts'
import { createServices } from './services.ts'
import { ui } from './ui/routes.tsx'
import { scripts } from './ui/scripts.ts'
import { uploadRoutes } from './uploads/routes.ts'
import { userRoutes } from './users/routes.ts'

export const app = new Hono<AppEnv>()

app.use(async (c, next) => {
  const services = createServices(c)
  c.set('services', services)
  const started = Date.now()
  await next()
  c.res.headers.set('x-request-id', services.requestId)
  if (c.res.status >= 400) await drain(c.req.raw)
  writeLog({
    level: 'info',
    event: 'request',
    request_id: services.requestId,
    method: c.req.method,
    route: c.req.routePath,
    status: c.res.status,
    ms: Date.now() - started,
    ...(c.error && { code: toProblem(c.error).code, provider: blamedProvider(c.error) }),
  })
})

app.use('/api/*', allowFrontends)

app.route('/healthz', health)
app.route('/api/cloud/providers', providerRoutes)
app.route('/api/cloud/oauth', oauth)
app.route('/api/cloud/connections', connectionRoutes)
app.route('/api/cloud', fileRoutes)
// Before the routes that ask who calls: a signed URL is good for whoever holds it.
app.route('/api/documents/signed', signedRoutes)
app.route('/api/documents', knowledgeRoutes)
app.route('/api/documents', documentRoutes)
app.route('/api/uploads', uploadRoutes)
app.route('/api/imports', importRoutes)
app.route('/api/users', userRoutes)
app.route('/api/admin', adminRoutes)
app.route('/api/v1/integrations', integrationRoutes)
app.route('/api/cloud-accounts', cloudAccountRoutes)
app.route('/', scripts)
app.route('/', ui)
app.route('/docs', docs)
app.route(
  '/',
  openapiRoutes(() => app.routes),
)

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
      status: problem.status,
      code: problem.code,
      provider: blamedProvider(error),
      errors: errorNames(problem),
      ...(problem.code === 'internal' ? { at: stackOf(problem.options.cause) ?? '' } : {}),
    })
  }
  const word = c.get('errorWord')?.(problem.code)
  return renderProblem(problem, requestId, settings.publicUrl, word)
})

/** Without settings there is nothing to serve: the message names the setting, and never its value. */
function settingFailure(error: SettingError): Response {
  writeLog({ level: 'error', event: 'setting', setting: error.setting })
  return renderProblem(new Problem('internal', error.message), 'none', '')
}
