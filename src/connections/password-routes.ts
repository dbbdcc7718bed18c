// Connecting a user's own server: with a password in a form, or by signing in at the server itself.
import { Hono } from 'hono'
import { z } from 'zod'
import type { Answer } from '../answer.ts'
import type { AppEnv } from '../app-context.ts'
import { limitRate } from '../limits/rate.ts'
import { Problem } from '../problems/problem.ts'
import { validate } from '../problems/validate.ts'
import { getProvider } from '../providers/registry.ts'
import type { loginSchema } from './answers.ts'
import { connectByLogin, connectWithPassword, loginForm, passwordForm } from './own-server.ts'
import { toTime, viewConnection } from './view.ts'

const passwordBody = z.strictObject({ provider: z.string().max(64), ...passwordForm.shape })

export const passwordRoutes = new Hono<AppEnv>()

passwordRoutes.post('/webdav', limitRate('connect'), validate('json', passwordBody), async (c) => {
  const { services, caller } = c.var
  const { provider, ...form } = c.req.valid('json')
  const connection = await connectWithPassword(services, caller.userId, provider, form)
  return c.json(viewConnection(connection, services.now()), 201)
})

passwordRoutes.post(
  '/:provider/login',
  limitRate('connect'),
  validate('json', loginForm),
  async (c) => {
    const { services, caller } = c.var
    const provider = getProvider(c.req.param('provider'))
    if (provider === undefined) throw new Problem('not_found', 'There is no such provider.')
    const started = await connectByLogin(services, caller, provider, c.req.valid('json'))
    return c.json({
      login_url: started.loginUrl,
      attempt_id: started.attemptId,
      expires_at: toTime(started.expiresAt),
    } satisfies Answer<typeof loginSchema>)
  },
)
