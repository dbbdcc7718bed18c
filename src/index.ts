// The Worker's entry: requests go to the app, the clock to the sweep.
import { app } from './app.ts'
import { randomId } from './crypto/random.ts'
import { sweepPending } from './documents/store.ts'
import type { Env } from './env.ts'
import { writeLog } from './log.ts'
import { sweepAttempts } from './oauth/attempts.ts'
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
    const [attempts, documents] = await Promise.all([
      sweepAttempts(services),
      sweepPending(services),
    ])
    writeLog({ level: 'info', event: 'swept', count: attempts + documents })
  },
} satisfies ExportedHandler<Env>
