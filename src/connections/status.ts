// How a connection fares: in use, in trouble, at its end; and which of its cached listings may still be read.
import { and, eq, ne, sql } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { recordAlert } from '../alerts/record.ts'
import { recordAuditIfChanged } from '../audit/record.ts'
import type { Db } from '../db/client.ts'
import type { Quota } from '../providers/contract.ts'
import { connections, type Connection } from './schema.ts'

type StatusServices = Pick<Services, 'db' | 'now' | 'requestId' | 'country' | 'settings'>

/**
 * Marks a grant as ended, if the credentials are still the ones that failed. The comparison keeps a failure that arrives late
 * from ending a connection that was renewed meanwhile.
 */
export async function requireReauth(services: StatusServices, connection: Connection) {
  const { db } = services
  const ends = and(
    eq(connections.id, connection.id),
    eq(connections.tokenVersion, connection.tokenVersion),
    ne(connections.status, 'REQUIRES_REAUTH'),
  )
  await db.batch([
    recordAlert(
      services,
      {
        type: 'connection.reauth_required',
        userId: connection.userId,
        subjectId: connection.id,
        provider: connection.provider,
        code: 'reauth_required',
      },
      sql`EXISTS (SELECT 1 FROM ${connections} WHERE ${ends})`,
    ),
    db
      .update(connections)
      .set({
        status: 'REQUIRES_REAUTH',
        lastErrorCode: 'reauth_required',
        leaseId: null,
        leaseUntil: null,
        updatedAt: services.now(),
      })
      .where(ends),
    recordAuditIfChanged(services, {
      action: 'cloud.reauth_required',
      userId: connection.userId,
      actor: 'system',
      provider: connection.provider,
      subjectId: connection.id,
      code: 'reauth_required',
    }),
  ])
}

/** Notes how the last check went: a failure that is not the grant's makes the status ERROR, a success ACTIVE. */
export async function noteOutcome(
  services: StatusServices,
  connection: Connection,
  errorCode: string | null,
): Promise<void> {
  await outcomeStatement(services, connection, errorCode)
}

/** The statement of {@link noteOutcome}, for the batch that makes known how a refresh went. */
export function outcomeStatement(
  services: StatusServices,
  connection: Connection,
  errorCode: string | null,
) {
  return services.db
    .update(connections)
    .set({
      status: errorCode === null ? 'ACTIVE' : 'ERROR',
      lastErrorCode: errorCode,
      updatedAt: services.now(),
    })
    .where(
      and(
        eq(connections.id, connection.id),
        // What was found out with older credentials says nothing of newer ones.
        eq(connections.tokenVersion, connection.tokenVersion),
        ne(connections.status, 'REQUIRES_REAUTH'),
      ),
    )
}

/** Notes a check that went well, with the quota it saw. */
export async function noteHealth(
  services: StatusServices,
  connection: Connection,
  quota: Quota | undefined,
): Promise<void> {
  await noteOutcome(services, connection, null)
  if (quota === undefined) return
  const known = Object.fromEntries(Object.entries(quota).filter(([, bytes]) => bytes !== undefined))
  await services.db
    .update(connections)
    .set({ quota: known })
    .where(eq(connections.id, connection.id))
}

/** Notes that the vendor has answered just now; what was ERROR is ACTIVE again. */
export async function noteUse(
  { db, now }: Pick<Services, 'db' | 'now'>,
  connection: Connection,
): Promise<void> {
  const own = eq(connections.id, connection.id)
  const used = db.update(connections).set({ lastUsedAt: now() }).where(own)
  const healed = db
    .update(connections)
    .set({ status: 'ACTIVE', lastErrorCode: null })
    .where(and(own, eq(connections.status, 'ERROR')))
  await db.batch([used, healed])
}

/** Makes every cached listing of the connection unreadable. */
export async function raiseListingVersion(db: Db, connectionId: string): Promise<void> {
  await db
    .update(connections)
    .set({ listingVersion: sql`${connections.listingVersion} + 1` })
    .where(eq(connections.id, connectionId))
}
