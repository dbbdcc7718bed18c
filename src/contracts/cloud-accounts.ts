// The earlier contract `/api/cloud-accounts`, served as it was written: connections under another name, over the same services.
import { Hono } from 'hono'
import { createMiddleware } from 'hono/factory'
import { z } from 'zod'
import type { Answer } from '../answer.ts'
import type { AppContext, AppEnv } from '../app-context.ts'
import { requireUser } from '../auth/roles.ts'
import { disconnect } from '../connections/disconnect.ts'
import {
  connectByLogin,
  connectWithPassword,
  loginForm,
  passwordForm,
} from '../connections/own-server.ts'
import { pageOfConnections, pageQuery } from '../connections/page.ts'
import { renewConnection } from '../connections/renew.ts'
import { getConnection } from '../connections/store.ts'
import { toTime, viewConnection } from '../connections/view.ts'
import type { initiatedSchema } from '../oauth/answers.ts'
import { bindBrowser, receiveCallback, sendBack, unbindBrowser } from '../oauth/browser.ts'
import { initiateFields } from '../oauth/fields.ts'
import { initiate } from '../oauth/flow.ts'
import { limitRate } from '../limits/rate.ts'
import { Problem, type ProblemCode } from '../problems/problem.ts'
import type { ProblemBody } from '../problems/respond.ts'
import { invalidRequest, readOptionalJson, validate } from '../problems/validate.ts'
import type { Provider } from '../providers/contract.ts'
import { getProvider } from '../providers/registry.ts'
import type {
  accountClaimSchema,
  accountListSchema,
  accountStatusSchema,
} from './cloud-accounts-answers.ts'
import { claimUrl, wantsPage } from './returning.ts'

type Word = NonNullable<ProblemBody['error']>

const WORDS: Partial<Record<ProblemCode, Word>> = {
  reauth_required: 'INVALID_GRANT',
  provider_misconfigured: 'INVALID_CLIENT',
  access_denied: 'ACCESS_DENIED',
  admin_consent_required: 'ACCESS_DENIED',
}

/** What this contract calls a code; undefined for the codes that it had no word for. */
const wordOf = (code: ProblemCode): Word | undefined => WORDS[code]

export const cloudAccountRoutes = new Hono<AppEnv>()

cloudAccountRoutes.use(async (c, next) => {
  c.set('errorWord', wordOf)
  await next()
})

/** What leads to a consent page is counted with the other routes that do. */
const rateConnect = createMiddleware<AppEnv>(async (c, next) => {
  const auth = getProvider(c.req.param('provider') ?? '')?.auth
  return limitRate(auth?.kind === 'oauth2' ? 'initiate' : 'connect')(c, next)
})

cloudAccountRoutes.post('/connect/:provider', requireUser, rateConnect, async (c) => {
  const provider = getProvider(c.req.param('provider'))
  if (provider === undefined) throw new Problem('not_found', 'There is no such provider.')
  const body = await readOptionalJson(c.req, z.record(z.string(), z.unknown()))
  return provider.auth.kind === 'password'
    ? connectServer(c, provider, body)
    : startConsent(c, provider, body)
})

async function startConsent(c: AppContext, provider: Provider, body: object): Promise<Response> {
  const { services, caller } = c.var
  const fields = check(initiateFields, body)
  const started = await initiate(services, {
    userId: caller.userId,
    providerId: provider.id,
    mode: fields.mode,
    returnTo: fields.return_to,
    connectionId: fields.connection_id,
    loginHint: fields.login_hint,
    scopes: fields.scopes,
    callbackPath: `/api/cloud-accounts/callback/${provider.id}`,
  })
  const initiated: Answer<typeof initiatedSchema> = {
    authorization_url: started.authorizationUrl,
    attempt_id: started.id,
    expires_at: toTime(started.expiresAt),
  }
  return bindBrowser(c.json(initiated), started)
}

/** With user name and password at once; without, where the server has a page to sign in at, by that page. */
async function connectServer(c: AppContext, provider: Provider, body: object): Promise<Response> {
  const { services, caller } = c.var
  const canLogIn = provider.auth.kind === 'password' && provider.auth.loginFlow !== undefined
  if (canLogIn && !('username' in body) && !('password' in body)) {
    const started = await connectByLogin(services, caller, provider, check(loginForm, body))
    return c.json({
      authorization_url: started.loginUrl,
      attempt_id: started.attemptId,
      expires_at: toTime(started.expiresAt),
    } satisfies Answer<typeof initiatedSchema>)
  }
  const form = check(passwordForm, body)
  const connection = await connectWithPassword(services, caller.userId, provider.id, form)
  return c.json(viewConnection(connection, services.now()), 201)
}

function check<T extends z.ZodType>(schema: T, body: object): z.output<T> {
  const result = schema.safeParse(body)
  if (!result.success) throw invalidRequest('body', result.error.issues)
  return result.data
}

cloudAccountRoutes.get('/callback/:provider', async (c) => {
  const { services } = c.var
  const outcome = await receiveCallback(c, c.req.param('provider'))
  if (wantsPage(c)) return sendBack(c, outcome)
  if (outcome.kind === 'failed') throw outcome.problem
  c.header('cache-control', 'no-store')
  if (outcome.kind === 'connected') {
    const { connection, attemptId } = outcome
    return unbindBrowser(c.json(viewConnection(connection, services.now())), attemptId)
  }
  const { attemptId: attempt_id, code } = outcome
  const claim: Answer<typeof accountClaimSchema> = {
    status: 'awaiting_claim',
    attempt_id,
    code,
    complete_url: claimUrl(services),
  }
  return unbindBrowser(c.json(claim, 202), attempt_id)
})

cloudAccountRoutes.get('/', requireUser, validate('query', pageQuery), async (c) => {
  const { services, caller } = c.var
  const page = await pageOfConnections(services, caller.userId, c.req.valid('query'))
  const { connections: accounts, next_cursor } = page
  return c.json({ accounts, next_cursor } satisfies Answer<typeof accountListSchema>)
})

cloudAccountRoutes.post('/:account_id/refresh', requireUser, limitRate('refresh'), async (c) => {
  const { services, caller } = c.var
  const renewed = await renewConnection(services, caller.userId, c.req.param('account_id'))
  return c.json(viewConnection(renewed, services.now()))
})

cloudAccountRoutes.get('/:account_id/status', requireUser, async (c) => {
  const { services, caller } = c.var
  const id = c.req.param('account_id')
  const connection = await getConnection(services.db, caller.userId, id)
  const { provider, status, last_error_code, last_used_at, throttled_until, warning, quota } =
    viewConnection(connection, services.now())
  const error = last_error_code === null ? undefined : wordOf(last_error_code as ProblemCode)
  const view: Answer<typeof accountStatusSchema> = {
    account_id: connection.id,
    provider,
    status,
    error: error ?? null,
    last_error_code,
    last_used_at,
    throttled_until,
    warning,
    quota,
  }
  return c.json(view)
})

cloudAccountRoutes.delete('/:account_id', requireUser, async (c) => {
  const { services, caller } = c.var
  const id = c.req.param('account_id')
  await disconnect(services, await getConnection(services.db, caller.userId, id))
  return c.body(null, 204)
})
