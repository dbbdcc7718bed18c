// Refreshes the grants that nobody uses before their vendor ends them for it.
import { and, asc, eq, isNull, lt, ne, or } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { asOAuthProvider } from '../oauth/client.ts'
import { Problem } from '../problems/problem.ts'
import { providers } from '../providers/registry.ts'
import { connections, type Connection } from './schema.ts'
import { renewAccessToken } from './tokens.ts'

const DAY_MS = 24 * 3600_000
/** A grant is renewed after this part of the time it may be idle: there is time left for a vendor's bad weeks. */
const SHARE = 1 / 3
/** Connections of one provider per run. */
const BATCH = 25
/** How long one that could not be refreshed is left, so that the others have their turn. */
const PAUSE_MS = DAY_MS / 4

/** Returns how many were due: those nearest their end first. One that cannot be refreshed comes again some hours later. */
export async function keepAlive(services: Services): Promise<number> {
  let count = 0
  for (const provider of providers) {
    const idleDays = asOAuthProvider(provider)?.auth.idleDays
    if (idleDays === undefined) continue
    if (services.settings.providerSettings(provider.id).clientId === undefined) continue
    const due = await findIdle(services, provider.id, services.now() - idleDays * DAY_MS * SHARE)
    count += due.length
    for (const connection of due) {
      if ((await refresh(services, connection)) === 'throttled') break
    }
  }
  return count
}

async function refresh(services: Services, connection: Connection): Promise<'tried' | 'throttled'> {
  // Before the attempt: whatever becomes of it, it must not come first for ever.
  await services.db
    .update(connections)
    .set({ keptAliveAt: services.now() })
    .where(eq(connections.id, connection.id))
  try {
    await renewAccessToken(services, connection, connection.tokenVersion)
    return 'tried'
  } catch (error) {
    // What else it is stands on the row.
    return error instanceof Problem && error.code === 'rate_limited' ? 'throttled' : 'tried'
  }
}

async function findIdle(
  { db, now }: Services,
  provider: string,
  before: number,
): Promise<Connection[]> {
  return db
    .select()
    .from(connections)
    .where(
      and(
        eq(connections.provider, provider),
        lt(connections.refreshedAt, before),
        ne(connections.status, 'REQUIRES_REAUTH'),
        or(isNull(connections.keptAliveAt), lt(connections.keptAliveAt, now() - PAUSE_MS)),
        or(isNull(connections.throttledUntil), lt(connections.throttledUntil, now())),
      ),
    )
    .orderBy(asc(connections.refreshedAt))
    .limit(BATCH)
}
