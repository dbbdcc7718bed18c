// GET /healthz: whether the bindings answer and the migrations are applied. Says which part does not, and nothing else.
import { Hono } from 'hono'
import type { AppEnv } from './app-context.ts'
import type { Env } from './env.ts'

/** What the newest migration has made: where it is, all of them have been applied. Changes with each new one. */
const NEWEST = 'audit_entries_no_replace'

export const health = new Hono<AppEnv>()

health.get('/', async (c) => {
  const { services } = c.var
  const { DB } = c.env
  const [database, migrations, state, files] = await Promise.all([
    answers(() => DB.prepare('SELECT 1').all()),
    answers(async () => {
      const found = await DB.prepare('SELECT 1 FROM sqlite_master WHERE name = ?')
        .bind(NEWEST)
        .first()
      if (found === null) throw new Error('a migration is missing')
    }),
    answers(() => services.state.get('healthz')),
    answers(() => services.bucket.head('healthz')),
  ])
  const queues = canSend(c.env, 'IMPORTS') && canSend(c.env, 'JOBS')
  const ok = database && migrations && state && files && queues
  const status = ok ? 'ok' : 'failing'
  const body = { status, database, migrations, state, files, queues }
  return c.json(body, ok ? 200 : 503, { 'cache-control': 'no-store' })
})

/** A message to find that out with would be somebody's work. */
const canSend = (env: Env, name: string) =>
  typeof (env[name] as Queue | undefined)?.send === 'function'

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
