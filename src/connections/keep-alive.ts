// Refreshes the grants that nobody uses before their vendor ends them for it.
import { and, asc, eq, lt, ne } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { asOAuthProvider } from '../oauth/client.ts'
import { providers } from '../providers/registry.ts'
import { connections, type Connection } from './schema.ts'
import { renewAccessToken } from './tokens.ts'

const DAY_MS = 24 * 3600_000
/** A grant is renewed after this part of the time it may be idle: there is time left for a vendor's bad weeks. */
const SHARE = 1 / 3
/** Connections of one provider per run; every run takes those next whose turn has not come for the longest time. */
const BATCH = 25

/** Returns how many were due. One that cannot be refreshed is noted on its row, and comes again after the others. */
export async function keepAlive(services: Services): Promise<number> {
  let count = 0
  for (const provider of providers) {
    const idleDays = asOAuthProvider(provider)?.auth.idleDays
    if (idleDays === undefined) continue
    if (services.settings.providerSettings(provider.id).clientId === undefined) continue
    const due = await findIdle(services, provider.id, services.now() - idleDays * DAY_MS * SHARE)
    count += due.length
    for (const connection of due) {
      await renewAccessToken(services, connection, connection.tokenVersion).catch(() => undefined)
    }
  }
  return count
}

async function findIdle({ db }: Services, provider: string, before: number): Promise<Connection[]> {
  return db
    .select()
    .from(connections)
    .where(
      and(
        eq(connections.provider, provider),
        lt(connections.refreshedAt, before),
        ne(connections.status, 'REQUIRES_REAUTH'),
      ),
    )
    .orderBy(asc(connections.updatedAt))
    .limit(BATCH)
}
