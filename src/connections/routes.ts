// The connection routes: list, rename, refresh, check, disconnect.
import { Hono } from 'hono'
import { z } from 'zod'
import type { Answer } from '../answer.ts'
import type { AppEnv } from '../app-context.ts'
import { requireUser } from '../auth/roles.ts'
import { limitRate } from '../limits/rate.ts'
import { asOAuthProvider } from '../oauth/client.ts'
import { toProblem } from '../problems/respond.ts'
import { validate } from '../problems/validate.ts'
import type { Provider } from '../providers/contract.ts'
import { getProvider } from '../providers/registry.ts'
import type { checkSchema } from './answers.ts'
import { disconnect } from './disconnect.ts'
import { pageOfConnections, pageQuery } from './page.ts'
import { passwordRoutes } from './password-routes.ts'
import { renewConnection } from './renew.ts'
import type { Connection } from './schema.ts'
import { openConnection, openSession } from './session.ts'
import { noteHealth, noteOutcome } from './status.ts'
import { getConnection, renameConnection } from './store.ts'
import { viewConnection, viewQuota } from './view.ts'

type CheckView = Answer<typeof checkSchema>

const label = z.string().trim().min(1).max(200)

export const connectionRoutes = new Hono<AppEnv>()
connectionRoutes.use(requireUser)
connectionRoutes.route('/', passwordRoutes)

connectionRoutes.get('/', validate('query', pageQuery), async (c) => {
  const { services, caller } = c.var
  return c.json(await pageOfConnections(services, caller.userId, c.req.valid('query')))
})

connectionRoutes.get('/:id', async (c) => {
  const { services, caller } = c.var
  const connection = await getConnection(services.db, caller.userId, c.req.param('id'))
  return c.json(viewConnection(connection, services.now()))
})

connectionRoutes.patch('/:id', validate('json', z.strictObject({ label })), async (c) => {
  const { services, caller } = c.var
  const connection = await getConnection(services.db, caller.userId, c.req.param('id'))
  const renamed = await renameConnection(services, connection, c.req.valid('json').label)
  return c.json(viewConnection(renamed, services.now()))
})

connectionRoutes.post('/:id/refresh', limitRate('refresh'), async (c) => {
  const { services, caller } = c.var
  const renewed = await renewConnection(services, caller.userId, c.req.param('id'))
  return c.json(viewConnection(renewed, services.now()))
})

connectionRoutes.post('/:id/check', limitRate('refresh'), async (c) => {
  const { services, caller } = c.var
  const id = c.req.param('id')
  const stored = getProvider(id)?.auth.kind === 'builtin'
  if (stored) {
    const live = await openConnection(services, caller.userId, id)
    const health = await live.provider.check(live.session)
    return c.json({
      status: 'ACTIVE',
      quota: health.quota ? viewQuota(health.quota) : null,
      limitations: [],
      warning: null,
    } satisfies CheckView)
  }
  const connection = await getConnection(services.db, caller.userId, id)
  try {
    const { provider, session } = await openSession(services, connection)
    const health = await provider.check(session)
    // The check may have refreshed the token: what it found out is about the row as it is now.
    const now = await getConnection(services.db, caller.userId, id)
    await noteHealth(services, now, health.quota)
    const { warning } = viewConnection(now, services.now())
    return c.json({
      status: 'ACTIVE',
      quota: health.quota === undefined ? null : viewQuota(health.quota),
      limitations: limitationsOf(provider, connection),
      warning,
    } satisfies CheckView)
  } catch (error) {
    const problem = toProblem(error)
    // Those say nothing against the connection, or stand on it already.
    const others = ['rate_limited', 'reauth_required', 'insufficient_scope', 'internal']
    const now = await getConnection(services.db, caller.userId, id)
    if (!others.includes(problem.code)) await noteOutcome(services, now, problem.code)
    throw error
  }
})

/** What the granted scopes do not allow, and the request that would add what is missing to the same connection. */
function limitationsOf(provider: Provider, { id, scopes, data }: Connection) {
  const uses = asOAuthProvider(provider)?.auth.missingUses?.(scopes, data) ?? {}
  return Object.entries(uses).map(([scope, message]) => ({
    scope,
    message,
    initiate_url: `/api/cloud/oauth/initiate/${provider.id}?${new URLSearchParams({
      connection_id: id,
      scopes: scope,
    })}`,
  }))
}

connectionRoutes.delete('/:id', async (c) => {
  const { services, caller } = c.var
  await disconnect(services, await getConnection(services.db, caller.userId, c.req.param('id')))
  return c.body(null, 204)
})
