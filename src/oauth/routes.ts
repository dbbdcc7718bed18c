// The OAuth routes: start connecting, the vendor's callback, the state of an attempt, claiming.
import { Hono } from 'hono'
import { getCookie } from 'hono/cookie'
import { z } from 'zod'
import type { Answer } from '../answer.ts'
import type { AppContext, AppEnv, Services } from '../app-context.ts'
import { checkSameOrigin, requireUser } from '../auth/roles.ts'
import { advanceLogin, isLogin, isOpenLogin } from '../connections/login-flow.ts'
import { getConnection } from '../connections/store.ts'
import { toTime, viewConnection } from '../connections/view.ts'
import { outlive } from '../outlive.ts'
import { Problem, type ProblemCode } from '../problems/problem.ts'
import { validate } from '../problems/validate.ts'
import type { attemptSchema, initiatedSchema } from './answers.ts'
import { ATTEMPT_TTL_S, findAttempt } from './attempts.ts'
import { complete, finish, initiate, type Outcome } from './flow.ts'
import { lostPage } from './lost-page.tsx'
import { popupMessage, popupPage } from './popup.ts'
import type { Attempt } from './schema.ts'

type AttemptView = Answer<typeof attemptSchema>

const initiateQuery = z.strictObject({
  mode: z.enum(['redirect', 'popup']).default('redirect'),
  connection_id: z.string().min(1).max(64).optional(),
  return_to: z.string().max(2000).default('/settings'),
  login_hint: z.string().max(320).optional(),
  /** Separated by spaces (RFC 6749 section 3.3). */
  scopes: z
    .string()
    .max(4000)
    .regex(/^[\x21\x23-\x5B\x5D-\x7E ]*$/, 'must be scopes separated by spaces')
    .default('')
    .transform((value) => value.split(' ').filter((scope) => scope !== '')),
})

const completeBody = z.strictObject({ code: z.string().min(1).max(200) })

export const oauth = new Hono<AppEnv>()

oauth.get('/initiate/:provider', requireUser, validate('query', initiateQuery), async (c) => {
  const { services, caller } = c.var
  // Starting binds this browser to the attempt: with a cookie, another site must not be able to cause it.
  checkSameOrigin(caller, c.req.header('Sec-Fetch-Site'))
  const query = c.req.valid('query')
  const started = await initiate(services, {
    userId: caller.userId,
    providerId: c.req.param('provider'),
    mode: query.mode,
    returnTo: query.return_to,
    connectionId: query.connection_id,
    loginHint: query.login_hint,
    scopes: query.scopes,
  })
  const json = c.req.header('Accept')?.includes('application/json')
  const answer = json
    ? c.json({
        authorization_url: started.authorizationUrl,
        attempt_id: started.id,
        expires_at: toTime(started.expiresAt),
      } satisfies Answer<typeof initiatedSchema>)
    : c.redirect(started.authorizationUrl, 302)
  // Lax: the callback is a top-level navigation from the vendor's site, which Strict would leave out.
  answer.headers.append(
    'set-cookie',
    `${bindingCookie(started.id)}=${started.binding}; Path=/; Max-Age=${ATTEMPT_TTL_S}; Secure; HttpOnly; SameSite=Lax`,
  )
  answer.headers.set('cache-control', 'no-store')
  return answer
})

const bindingCookie = (attemptId: string) => `__Host-slipway-oauth-${attemptId}`

oauth.get('/callback/:provider', async (c) => {
  const { services } = c.var
  const isPerson = c.req.header('Accept')?.includes('text/html') === true
  const work = finish(services, {
    providerId: c.req.param('provider'),
    state: c.req.query('state'),
    code: c.req.query('code'),
    error: c.req.query('error'),
    errorDescription: c.req.query('error_description'),
    issuer: c.req.query('iss'),
    binding: (attemptId) => getCookie(c, bindingCookie(attemptId)),
  })
  // The code is used up: a browser that leaves must not leave the attempt half way.
  const outcome = await outlive(services, work).catch((error: unknown) => {
    // Nobody knows which front end this belongs to: the person is told here.
    if (isPerson && error instanceof Problem && error.code === 'invalid_state') return undefined
    throw error
  })
  if (outcome === undefined) return lostPage()
  const answer =
    outcome.flow.mode === 'popup'
      ? popupPage(popupMessage(outcome), services.settings.frontendOrigins)
      : redirectBack(c, outcome)
  answer.headers.append(
    'set-cookie',
    `${bindingCookie(outcome.attemptId)}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax`,
  )
  return answer
})

/** The claim code travels in the fragment: it reaches the front end's script, and no server log on the way. */
function redirectBack(c: AppContext, outcome: Outcome): Response {
  const url = new URL(outcome.flow.returnTo)
  if (outcome.kind === 'failed') url.searchParams.set('cloud_error', outcome.problem.code)
  if (outcome.kind === 'connected') url.searchParams.set('cloud_connected', outcome.flow.provider)
  if (outcome.kind === 'claim') {
    url.searchParams.set('cloud_attempt', outcome.attemptId)
    url.hash = `cloud_claim=${outcome.code}`
  }
  const answer = c.redirect(url.href, 302)
  answer.headers.set('cache-control', 'no-store')
  answer.headers.set('referrer-policy', 'no-referrer')
  return answer
}

oauth.get('/attempts/:id', requireUser, async (c) => {
  const { services, caller } = c.var
  let attempt = await getAttempt(services, caller.userId, c.req.param('id'))
  if (isOpenLogin(attempt, services.now())) {
    const work = advanceLogin(services, attempt)
    // What the server gives out once must not be lost with a caller who leaves.
    services.background(work)
    await work
    attempt = await getAttempt(services, caller.userId, attempt.id)
  }
  const common = { attempt_id: attempt.id, provider: attempt.provider }
  if (attempt.status === 'completed' && attempt.connectionId !== null) {
    const connection = await getConnection(services.db, caller.userId, attempt.connectionId)
    return c.json({
      ...common,
      status: 'completed',
      connection: viewConnection(connection, services.now()),
    } satisfies AttemptView)
  }
  if (attempt.status === 'failed' || attempt.expiresAt <= services.now()) {
    const code = (attempt.errorCode ?? 'invalid_state') as ProblemCode
    const { message: detail } = new Problem(code, attempt.errorDetail ?? undefined)
    return c.json({ ...common, status: 'failed', code, detail } satisfies AttemptView)
  }
  // A login at the user's own server is never claimed: it is connected by whoever looks.
  const claimable =
    !isLogin(attempt) && (attempt.status === 'awaiting_claim' || attempt.status === 'claiming')
  const status = claimable ? 'awaiting_claim' : 'pending'
  const expires_at = toTime(attempt.expiresAt)
  return c.json({ ...common, status, expires_at } satisfies AttemptView)
})

async function getAttempt(services: Services, userId: string, id: string): Promise<Attempt> {
  const attempt = await findAttempt(services, id)
  if (attempt?.userId === userId) return attempt
  throw new Problem('not_found', 'There is no such attempt.')
}

oauth.post('/complete', requireUser, validate('json', completeBody), async (c) => {
  const { services, caller } = c.var
  const connection = await outlive(
    services,
    complete(services, caller.userId, c.req.valid('json').code),
  )
  return c.json(viewConnection(connection, services.now()))
})
