// The Worker's entry: requests go to the app, the clock to what has to be cleared away or kept alive.
import { app } from './app.ts'
import { keepAlive } from './connections/keep-alive.ts'
import { randomId } from './crypto/random.ts'
import { sweepPending } from './documents/store.ts'
import type { Env } from './env.ts'
import { writeLog } from './log.ts'
import { sweepAttempts } from './oauth/attempts.ts'
import { revokeUnclaimed } from './oauth/unclaimed.ts'
import { buildServices } from './services.ts'

// eslint-disable-next-line no-restricted-exports -- the platform reads the default export
export default {
  fetch: app.fetch,
  async scheduled(_controller, env, ctx) {
    const services = buildServices(env, {
      waitUntil: (work) => ctx.waitUntil(work),
      requestId: randomId(),
      country: null,
    })
    // Before the sweep, which forgets them.
    const unclaimed = await revokeUnclaimed(services)
    const counts = await Promise.all([
      unclaimed,
      sweepAttempts(services),
      sweepPending(services),
      keepAlive(services),
    ])
    writeLog({ level: 'info', event: 'swept', count: counts.reduce((sum, one) => sum + one, 0) })
  },
} satisfies ExportedHandler<Env>
