// Remembers what a vendor asked to leave alone, and until when, so that later requests do not hammer it.
import { and, eq, isNull, lt, or } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { blame } from '../metrics/blame.ts'
import { Problem } from '../problems/problem.ts'
import type { Provider } from '../providers/contract.ts'
import { connections, type Connection } from './schema.ts'

/** Milliseconds by which a later word must differ to be written: requests in flight all hear the same. */
const PRECISION_MS = 1000

/** Throws `rate_limited` while the vendor wants to be left alone. */
export function checkThrottle(services: Pick<Services, 'now'>, connection: Connection): void {
  const left = (connection.throttledUntil ?? 0) - services.now()
  if (left <= 0) return
  throw new Problem('rate_limited', 'The provider has asked to wait before it is used again.', {
    retryAfter: Math.ceil(left / 1000),
  })
}

/**
 * The provider of a connection, such that each failure is put down to it and counted, and a refusal for too many requests is noted on the
 * connection.
 */
export function noteThrottling(
  services: Pick<Services, 'db' | 'now' | 'count'>,
  connection: Connection,
  provider: Provider,
): Provider {
  return watchFailures(provider, async (error) => {
    if (!(error instanceof Problem)) return
    if (blame(error, provider.id))
      services.count('vendor_errors', { provider: provider.id, code: error.code })
    const { retryAfter = 0, throttles } = error.options
    if (throttles === undefined || throttles === 'item') return
    await writeThrottle(services, connection, throttles, services.now() + retryAfter * 1000)
  })
}

/** Notes until when the vendor wants to be left alone. */
export async function writeThrottle(
  { db }: Pick<Services, 'db'>,
  connection: Connection,
  scope: 'connection' | 'provider',
  until: number,
): Promise<void> {
  const own =
    scope === 'connection'
      ? eq(connections.id, connection.id)
      : eq(connections.provider, connection.provider)
  const earlier = lt(connections.throttledUntil, until - PRECISION_MS)
  await db
    .update(connections)
    .set({ throttledUntil: until })
    .where(and(own, or(isNull(connections.throttledUntil), earlier)))
}

/** The same object, each of whose functions tells `note` why it failed before it fails. */
function watchFailures<T extends object>(object: T, note: (error: unknown) => Promise<void>): T {
  const watched = Object.entries(object).map(([name, value]: [string, unknown]) => {
    if (name === 'upload' && typeof value === 'object' && value !== null) {
      return [name, watchFailures(value, note)] as const
    }
    return [name, typeof value === 'function' ? watchCall(value as Call, note) : value] as const
  })
  return Object.fromEntries(watched) as T
}

type Call = (...args: readonly unknown[]) => unknown

function watchCall(call: Call, note: (error: unknown) => Promise<void>): Call {
  return (...args) => {
    const result = call(...args)
    if (!(result instanceof Promise)) return result
    return result.catch(async (error: unknown) => {
      // What cannot be noted must not hide why the call failed.
      await note(error).catch(() => undefined)
      throw error
    })
  }
}
