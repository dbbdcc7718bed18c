// Connecting a user's own server: with a password in a form, or by signing in at the server itself.
import { Hono } from 'hono'
import { createMiddleware } from 'hono/factory'
import { z } from 'zod'
import type { Answer } from '../answer.ts'
import type { AppEnv, Services } from '../app-context.ts'
import { limitRate } from '../limits/rate.ts'
import { checkServerUrl } from '../net/guard.ts'
import { invalidField, Problem } from '../problems/problem.ts'
import { toProblem } from '../problems/respond.ts'
import { validate } from '../problems/validate.ts'
import { getProvider } from '../providers/registry.ts'
import type { loginSchema } from './answers.ts'
import { startLogin } from './login-flow.ts'
import { openUnsaved } from './session.ts'
import { saveConnection } from './save.ts'
import { checkTarget, getConnection } from './store.ts'
import { toTime, viewConnection } from './view.ts'

const serverUrl = z.string().trim().min(1).max(2000)
/** The connection to renew in place. */
const connectionId = z.string().min(1).max(64).optional()

const passwordBody = z.strictObject({
  provider: z.string().max(64),
  server_url: serverUrl,
  username: z
    .string()
    .min(1)
    .max(255)
    // RFC 7617 section 2: the colon separates the name from the password.
    .refine((value) => !value.includes(':'), 'must not contain a colon'),
  password: z.string().min(1).max(1024),
  label: z.string().trim().min(1).max(200).optional(),
  connection_id: connectionId,
})

const loginBody = z.strictObject({ server_url: serverUrl, connection_id: connectionId })

export const passwordRoutes = new Hono<AppEnv>()

/** Tells the metrics how connecting with a form ended: no attempt is noted of it. */
const countConnects = createMiddleware<AppEnv, string, { out: { json: { provider: string } } }>(
  async (c, next) => {
    await next()
    const provider = getProvider(c.req.valid('json').provider)?.id
    if (provider === undefined) return
    c.var.services.count('connects', {
      provider,
      ...(c.error && { code: toProblem(c.error).code }),
    })
  },
)

passwordRoutes.post(
  '/webdav',
  limitRate('connect'),
  validate('json', passwordBody),
  countConnects,
  async (c) => {
    const { services, caller } = c.var
    const body = c.req.valid('json')
    const provider = getProvider(body.provider)
    if (provider?.auth.kind !== 'password') {
      throw invalidField(
        'body.provider',
        'must be a provider that takes a user name and a password',
      )
    }
    await checkReconnect(services, caller.userId, provider.id, body.connection_id)
    const fresh = {
      userId: caller.userId,
      scopes: [],
      serverUrl: normalizeServerUrl(services, body.server_url),
      credentials: {
        kind: 'password' as const,
        username: body.username,
        password: body.password,
      },
    }
    const session = openUnsaved(services, provider, fresh)
    const account = await checkingServer(() => provider.identify(session))
    await checkTarget(services, caller.userId, body.connection_id ?? null, account.id)
    const connection = await saveConnection(services, {
      ...fresh,
      provider,
      account,
      label: body.label,
    })
    return c.json(viewConnection(connection, services.now()), 201)
  },
)

passwordRoutes.post(
  '/:provider/login',
  limitRate('connect'),
  validate('json', loginBody),
  async (c) => {
    const { services, caller } = c.var
    const provider = getProvider(c.req.param('provider'))
    if (provider === undefined) throw new Problem('not_found', 'There is no such provider.')
    const body = c.req.valid('json')
    await checkReconnect(services, caller.userId, provider.id, body.connection_id)
    const target = normalizeServerUrl(services, body.server_url)
    const started = await checkingServer(() =>
      startLogin(services, caller, provider, {
        serverUrl: target,
        connectionId: body.connection_id,
      }),
    )
    return c.json({
      login_url: started.loginUrl,
      attempt_id: started.attemptId,
      expires_at: toTime(started.expiresAt),
    } satisfies Answer<typeof loginSchema>)
  },
)

/** A connection that is to be renewed is the caller's own, at the same provider. */
async function checkReconnect(
  services: Services,
  userId: string,
  provider: string,
  id: string | undefined,
): Promise<void> {
  if (id === undefined) return
  const connection = await getConnection(services.db, userId, id)
  if (connection.provider !== provider) {
    throw invalidField('body.connection_id', 'belongs to another provider')
  }
}

/**
 * Checked by the guard before anything is sent; kept with a trailing slash, so that names can be appended. Without a scheme it is
 * https.
 */
function normalizeServerUrl({ settings }: Services, typed: string): string {
  const raw = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(typed) ? typed : `https://${typed}`
  const url = checkServerUrl(raw, {
    allowPrivate: settings.allowPrivateServers,
    ownHost: new URL(settings.publicUrl).hostname,
  })
  url.search = ''
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  return url.href
}

/** The live check. Whatever the server does wrong is the form's error, not a failure of a connection that exists. */
async function checkingServer<T>(check: () => Promise<T>): Promise<T> {
  try {
    return await check()
  } catch (error) {
    const problem = toProblem(error)
    if (problem.code === 'reauth_required') {
      throw new Problem('server_check_failed', 'The server refused the user name or password.')
    }
    if (['provider_timeout', 'provider_unavailable', 'rate_limited'].includes(problem.code)) {
      throw new Problem('server_check_failed', `The server cannot be used: ${problem.message}`, {
        cause: error,
      })
    }
    throw error
  }
}
