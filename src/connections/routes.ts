// The connection routes: list, connect with a password, rename, refresh, check, disconnect.
import { Hono } from 'hono'
import { z } from 'zod'
import type { AppEnv, Services } from '../app-context.ts'
import { requireUser } from '../auth/roles.ts'
import { checkServerUrl } from '../net/guard.ts'
import { invalidField, Problem } from '../problems/problem.ts'
import { toProblem } from '../problems/respond.ts'
import { validate } from '../problems/validate.ts'
import type { Provider } from '../providers/contract.ts'
import { getProvider } from '../providers/registry.ts'
import { openCursor, sealCursor } from './cursor.ts'
import { disconnect } from './disconnect.ts'
import { openConnection, openSession, openUnsaved } from './session.ts'
import { noteOutcome } from './status.ts'
import { getConnection, listConnections, renameConnection, storeConnection } from './store.ts'
import { reauthProblem, renewAccessToken } from './tokens.ts'
import { viewConnection, viewQuota } from './view.ts'

const listQuery = z.strictObject({
  cursor: z.string().max(4000).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(100),
})

const label = z.string().trim().min(1).max(200)

const passwordBody = z.strictObject({
  provider: z.string(),
  server_url: z.string().min(1).max(2000),
  username: z
    .string()
    .min(1)
    .max(255)
    // RFC 7617 section 2: the colon separates the name from the password.
    .refine((value) => !value.includes(':'), 'must not contain a colon'),
  password: z.string().min(1).max(1024),
  label: label.optional(),
})

export const connectionRoutes = new Hono<AppEnv>()
connectionRoutes.use(requireUser)

connectionRoutes.get('/', validate('query', listQuery), async (c) => {
  const { services, caller } = c.var
  const { cursor, limit } = c.req.valid('query')
  const scope = ['connections']
  const after =
    cursor === undefined
      ? undefined
      : await openCursor<{ createdAt: number; id: string }>(services, caller.userId, scope, cursor)
  const rows = await listConnections(services.db, caller.userId, { after, limit: limit + 1 })
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  const next_cursor =
    rows.length > limit && last !== undefined
      ? await sealCursor(services, caller.userId, scope, { createdAt: last.createdAt, id: last.id })
      : null
  return c.json({ connections: page.map((row) => viewConnection(row)), next_cursor })
})

connectionRoutes.post('/webdav', validate('json', passwordBody), async (c) => {
  const { services, caller } = c.var
  const body = c.req.valid('json')
  const provider = getProvider(body.provider)
  if (provider?.auth.kind !== 'password') {
    throw invalidField('body.provider', 'must be a provider that takes a user name and a password')
  }
  const serverUrl = normalizeServerUrl(services, body.server_url)
  const credentials = {
    kind: 'password' as const,
    username: body.username,
    password: body.password,
  }
  const session = openUnsaved(services, provider, {
    userId: caller.userId,
    scopes: [],
    serverUrl,
    credentials,
  })
  const account = await identifyServer(provider, session)
  const connection = await storeConnection(services, {
    userId: caller.userId,
    provider,
    account,
    scopes: [],
    serverUrl,
    label: body.label,
    credentials,
  })
  return c.json(viewConnection(connection), 201)
})

/** Checked by the guard before anything is sent; kept with a trailing slash, so that names can be appended. */
function normalizeServerUrl({ settings }: Services, raw: string): string {
  const url = checkServerUrl(raw, {
    allowPrivate: settings.allowPrivateServers,
    ownHost: new URL(settings.publicUrl).hostname,
  })
  url.search = ''
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  return url.href
}

/** The live check. Whatever the server does wrong is the form's error, not a failure of a connection that exists. */
async function identifyServer(provider: Provider, session: Parameters<Provider['identify']>[0]) {
  try {
    return await provider.identify(session)
  } catch (error) {
    const problem = toProblem(error)
    if (problem.code === 'reauth_required') {
      throw new Problem('server_check_failed', 'The server refused the user name or password.')
    }
    if (problem.code === 'provider_timeout' || problem.code === 'provider_unavailable') {
      throw new Problem(
        'server_check_failed',
        'The server cannot be reached, or failed to answer.',
        {
          cause: error,
        },
      )
    }
    throw error
  }
}

connectionRoutes.get('/:id', async (c) => {
  const { services, caller } = c.var
  return c.json(viewConnection(await getConnection(services.db, caller.userId, c.req.param('id'))))
})

connectionRoutes.patch('/:id', validate('json', z.strictObject({ label })), async (c) => {
  const { services, caller } = c.var
  const connection = await getConnection(services.db, caller.userId, c.req.param('id'))
  return c.json(
    viewConnection(await renameConnection(services, connection, c.req.valid('json').label)),
  )
})

connectionRoutes.post('/:id/refresh', async (c) => {
  const { services, caller } = c.var
  const connection = await getConnection(services.db, caller.userId, c.req.param('id'))
  if (connection.status === 'REQUIRES_REAUTH') throw reauthProblem()
  if (getProvider(connection.provider)?.auth.kind !== 'oauth2') {
    throw new Problem('not_supported', 'This connection holds no token that could be refreshed.')
  }
  await renewAccessToken(services, connection, connection.tokenVersion)
  return c.json(viewConnection(await getConnection(services.db, caller.userId, connection.id)))
})

connectionRoutes.post('/:id/check', async (c) => {
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
    })
  }
  const connection = await getConnection(services.db, caller.userId, id)
  try {
    const { provider, session } = await openSession(services, connection)
    const health = await provider.check(session)
    await noteOutcome(services, connection, null)
    return c.json({
      status: 'ACTIVE',
      quota: health.quota === undefined ? null : viewQuota(health.quota),
      limitations: health.limitations ?? [],
    })
  } catch (error) {
    const problem = toProblem(error)
    const transient = ['provider_unavailable', 'provider_timeout', 'provider_misconfigured']
    if (transient.includes(problem.code)) await noteOutcome(services, connection, problem.code)
    throw error
  }
})

connectionRoutes.delete('/:id', async (c) => {
  const { services, caller } = c.var
  await disconnect(services, await getConnection(services.db, caller.userId, c.req.param('id')))
  return c.body(null, 204)
})
