// How often a user may do what costs a vendor, or us, the most: counted by the platform for each kind of request, near where it comes in.
import { createMiddleware } from 'hono/factory'
import type { AppEnv } from '../app-context.ts'
import { errorNames, writeLog } from '../log.ts'
import { within } from '../net/body.ts'
import { Problem } from '../problems/problem.ts'

/** What is counted apart from the others. */
export type RatedAction = 'initiate' | 'connect' | 'import' | 'refresh'

/** Seconds: the period in wrangler.toml. The platform does not tell how much of it is left. */
const PERIOD = 60
/** Milliseconds that the platform may take to count. */
const DEADLINE = 1000

/**
 * Behind the middleware that knows the user. Throws `rate_limited` for more requests than wrangler.toml allows. A binding that is missing
 * or fails lets everybody pass: it protects vendors from a client that loops, and nobody's data.
 */
export function limitRate(action: RatedAction) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const { services, caller } = c.var
    const isAllowed = await ask(c.env.RATE_LIMIT, `${action}:${caller.userId}`).catch(
      (error: unknown) => {
        const { requestId: request_id } = services
        const errors = errorNames(error)
        writeLog({ level: 'warn', event: 'rate_limit_failure', request_id, errors })
        return true
      },
    )
    if (!isAllowed) {
      throw new Problem('rate_limited', 'Too many of these requests in a minute: wait a little.', {
        retryAfter: PERIOD,
      })
    }
    await next()
  })
}

async function ask(binding: RateLimit | undefined, key: string): Promise<boolean> {
  if (binding === undefined) throw new Error('there is no such binding')
  return (await within(binding.limit({ key }), DEADLINE)).success
}
