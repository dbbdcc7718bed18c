// The OAuth routes: start connecting, the vendor's callback, the state of an attempt, claiming.
import { Hono } from 'hono'
import { z } from 'zod'
import type { Answer } from '../answer.ts'
import type { AppEnv, Services } from '../app-context.ts'
import { requireOwnPage, requireUser } from '../auth/roles.ts'
import { advanceLogin, isLogin, isOpenLogin } from '../connections/login-flow.ts'
import { getConnection } from '../connections/store.ts'
import { toTime, viewConnection } from '../connections/view.ts'
import { limitRate } from '../limits/rate.ts'
import { outlive } from '../outlive.ts'
import { Problem, type ProblemCode } from '../problems/problem.ts'
import { validate } from '../problems/validate.ts'
import type { attemptSchema, initiatedSchema } from './answers.ts'
import { findAttempt } from './attempts.ts'
import { bindBrowser, receiveCallback, sendBack } from './browser.ts'
import { initiateFields } from './fields.ts'
import { complete, initiate } from './flow.ts'
import { lostPage } from './lost-page.tsx'
import type { Attempt } from './schema.ts'

type AttemptView = Answer<typeof attemptSchema>

const completeBody = z.strictObject({ code: z.string().min(1).max(200) })

export const oauth = new Hono<AppEnv>()

oauth.get(
  '/initiate/:provider',
  requireUser,
  // Starting binds this browser to the attempt, and is counted.
  requireOwnPage,
  limitRate('initiate'),
  validate('query', initiateFields),
  async (c) => {
    const { services, caller } = c.var
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
    return bindBrowser(answer, started)
  },
)

oauth.get('/callback/:provider', async (c) => {
  const isPerson = c.req.header('Accept')?.includes('text/html') === true
  const outcome = await receiveCallback(c, c.req.param('provider')).catch((error: unknown) => {
    // Nobody knows which front end this belongs to: the person is told here.
    if (isPerson && error instanceof Problem && error.code === 'invalid_state') return undefined
    throw error
  })
  return outcome === undefined ? lostPage() : sendBack(c, outcome)
})

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

oauth.post(
  '/complete',
  requireUser,
  limitRate('connect'),
  validate('json', completeBody),
  async (c) => {
    const { services, caller } = c.var
    const connection = await outlive(
      services,
      complete(services, caller.userId, c.req.valid('json').code),
    )
    return c.json(viewConnection(connection, services.now()))
  },
)
