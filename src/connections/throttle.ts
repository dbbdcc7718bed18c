// Remembers what a vendor asked to leave alone, and until when, so that later requests do not hammer it.
import { and, eq, isNull, lt, or } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { Problem } from '../problems/problem.ts'
import type { Provider, Session } from '../providers/contract.ts'
import { connections, type Connection } from './schema.ts'

/** Milliseconds by which a later word must differ to be written: requests in flight all hear the same. */
const PRECISION_MS = 1000

/** Throws `rate_limited` while the vendor wants to be left alone. */
export function checkThrottle(services: Pick<Services, 'now'>, connection: Connection): void {
  const left = (connection.throttledUntil ?? 0) - services.now()
  if (left > 0) throw throttled(left)
}

function throttled(milliseconds: number): Problem {
  return new Problem('rate_limited', 'The provider has asked to wait before it is used again.', {
    retryAfter: Math.ceil(milliseconds / 1000),
  })
}

/**
 * The provider and session of a connection, such that a refusal for too many requests is noted and ends what else the same session
 * would send.
 */
export function noteThrottling(
  services: Pick<Services, 'db' | 'now'>,
  connection: Connection,
  provider: Provider,
  session: Session,
): { readonly provider: Provider; readonly session: Session } {
  let until = 0
  const gate =
    (send: Session['http']): Session['http'] =>
    async (request) => {
      const left = until - services.now()
      if (left > 0) throw throttled(left)
      return send(request)
    }
  const note = async (error: unknown) => {
    if (!(error instanceof Problem) || error.options.throttles === undefined) return
    const { retryAfter = 0, throttles } = error.options
    until = services.now() + retryAfter * 1000
    await writeThrottle(services, connection, throttles, until)
  }
  return {
    provider: watchFailures(provider, note),
    session: { ...session, http: gate(session.http), anonymous: gate(session.anonymous) },
  }
}

async function writeThrottle(
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
