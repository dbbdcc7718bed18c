// GET /healthz: whether the bindings answer and the migrations are applied. Says nothing else.
import { Hono } from 'hono'
import type { AppEnv } from './app-context.ts'

export const health = new Hono<AppEnv>()

health.get('/', async (c) => {
  const { services } = c.var
  const [database, state, files] = await Promise.all([
    answers(() => c.env.DB.prepare('SELECT id FROM connections LIMIT 1').all()),
    answers(() => services.state.get('healthz')),
    answers(() => services.bucket.head('healthz')),
  ])
  const ok = database && state && files
  return c.json({ status: ok ? 'ok' : 'failing', database, state, files }, ok ? 200 : 503)
})

const DEADLINE_MS = 5000

async function answers(ask: () => Promise<unknown>): Promise<boolean> {
  const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), DEADLINE_MS))
  return Promise.race([
    ask().then(
      () => true,
      () => false,
    ),
    late,
  ])
}
