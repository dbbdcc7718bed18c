// Stores a connection, and ends the grant that it takes the place of.
import { and, eq, sql } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { recordAuditIfChanged } from '../audit/record.ts'
import { randomId } from '../crypto/random.ts'
import { cellsOf } from '../db/cells.ts'
import type { Db } from '../db/client.ts'
import type { Account, Provider } from '../providers/contract.ts'
import type { User } from '../users/schema.ts'
import { dispatchDue, resumeImports } from '../imports/dispatch.ts'
import { connectionsOf, tooManyConnections } from '../limits/open-things.ts'
import { ensureUser, findUser } from '../users/store.ts'
import { openCredentials, sealCredentials } from './credentials.ts'
import { revokeGrant, secretOf } from './revoke.ts'
import { connections, type Connection, type Credentials } from './schema.ts'

type StoreServices = Pick<Services, 'db' | 'keyring' | 'now' | 'requestId' | 'country' | 'settings'>

export interface NewConnection {
  readonly userId: string
  readonly provider: Provider
  readonly account: Account
  readonly scopes: readonly string[]
  readonly serverUrl?: string | undefined
  readonly label?: string | undefined
  readonly credentials: Credentials
  /** Milliseconds since the epoch, where the vendor says when the grant ends. */
  readonly grantExpiresAt?: number | undefined
}

/**
 * Stores credentials that were just proven to work. The ones they replace are revoked where the vendor ends one grant at a time: a
 * password or token that nobody holds any more would live on there. Throws `rate_limited` (final) where the user has as many connections as
 * may be: then whoever brought the credentials ends them.
 */
export async function saveConnection(
  services: Services,
  fresh: NewConnection,
): Promise<Connection> {
  const before = await findByAccount(services.db, fresh)
  const stored = await storeConnection(services, fresh)
  services.background(dispatchDue(services))
  if (before !== undefined && fresh.provider.revocation?.reach === 'grant') {
    services.background(revokeReplaced(services, fresh, before))
  }
  return stored
}

async function revokeReplaced(
  services: Services,
  { provider, credentials }: NewConnection,
  before: Connection,
): Promise<void> {
  const user = await findUser(services.db, before.userId)
  // Credentials that no longer open cannot be revoked.
  const old = user && (await openCredentials(services, user, before).catch(() => undefined))
  if (old === undefined || secretOf(old) === secretOf(credentials)) return
  await revokeGrant(services, provider, before, old)
}

/**
 * Stores credentials that were just proven to work: one connection per (user, provider, account), so a known account keeps its
 * id, label and history and becomes ACTIVE again. The audit entry stands in the same batch.
 */
async function storeConnection(services: StoreServices, fresh: NewConnection): Promise<Connection> {
  const user = await ensureUser(services.db, fresh.userId, services.now())
  // Another request may make the same connection between our look and our insert: then look again.
  for (let tries = 0; tries < 3; tries += 1) {
    const known = await findByAccount(services.db, fresh)
    const stored = known
      ? await renewConnection(services, user, known, fresh)
      : await insertConnection(services, user, fresh)
    if (stored !== undefined) return stored
    await checkRoom(services, fresh)
  }
  throw new Error('a connection was made and removed all the time')
}

/** Why nothing was stored: another request has made the connection, or has removed it; or there is no room for it. */
async function checkRoom(services: StoreServices, fresh: NewConnection): Promise<void> {
  const { connections: most } = services.settings.openLimits
  const [row] = await services.db.all<{ isFull: number }>(
    sql`SELECT ${connectionsOf(fresh.userId)} >= ${most} AS isFull`,
  )
  if (row?.isFull !== 1) return
  if ((await findByAccount(services.db, fresh)) === undefined) throw tooManyConnections(most)
}

/** The user's connection of the same account. */
async function findByAccount(
  db: Db,
  fresh: Pick<NewConnection, 'userId' | 'provider' | 'account'>,
): Promise<Connection | undefined> {
  return db
    .select()
    .from(connections)
    .where(
      and(
        eq(connections.userId, fresh.userId),
        eq(connections.provider, fresh.provider.id),
        eq(connections.accountId, fresh.account.id),
      ),
    )
    .get()
}

async function insertConnection(
  services: StoreServices,
  user: User,
  fresh: NewConnection,
): Promise<Connection | undefined> {
  const { db } = services
  const id = randomId()
  const now = services.now()
  const { account, provider } = fresh
  const cells = cellsOf(connections, {
    id,
    userId: fresh.userId,
    provider: provider.id,
    label: fresh.label ?? account.email ?? account.name ?? provider.label,
    createdAt: now,
    ...(await connectedColumns(services, user, id, fresh)),
  })
  const most = services.settings.openLimits.connections
  const [rows] = await db.batch([
    db
      .insert(connections)
      .select(sql`SELECT ${cells} WHERE ${connectionsOf(fresh.userId)} < ${most}`)
      .onConflictDoNothing()
      .returning(),
    recordAuditIfChanged(services, auditOf(fresh, id, 'cloud.connected')),
  ])
  return rows[0]
}

async function renewConnection(
  services: StoreServices,
  user: User,
  known: Connection,
  fresh: NewConnection,
): Promise<Connection | undefined> {
  const { db } = services
  const [rows] = await db.batch([
    db
      .update(connections)
      .set({
        ...(await connectedColumns(services, user, known.id, fresh)),
        ...(fresh.label === undefined ? {} : { label: fresh.label }),
        tokenVersion: sql`${connections.tokenVersion} + 1`,
        listingVersion: sql`${connections.listingVersion} + 1`,
      })
      .where(eq(connections.id, known.id))
      .returning(),
    recordAuditIfChanged(services, auditOf(fresh, known.id, 'cloud.reconnected')),
    resumeImports(services, known.id),
  ])
  return rows[0]
}

async function connectedColumns(
  services: StoreServices,
  user: User,
  id: string,
  fresh: NewConnection,
) {
  const { account, credentials } = fresh
  return {
    accountId: account.id,
    accountEmail: account.email ?? null,
    accountName: account.name ?? null,
    status: 'ACTIVE' as const,
    scopes: [...fresh.scopes],
    serverUrl: account.serverUrl ?? fresh.serverUrl ?? null,
    data: { ...account.data },
    credentialsEnc: await sealCredentials(services, user, id, credentials),
    accessExpiresAt: credentials.kind === 'oauth2' ? credentials.expiresAt : null,
    leaseId: null,
    leaseUntil: null,
    grantedAt: services.now(),
    refreshedAt: services.now(),
    grantExpiresAt: fresh.grantExpiresAt ?? null,
    throttledUntil: null,
    lastErrorCode: null,
    updatedAt: services.now(),
  }
}

function auditOf(
  fresh: NewConnection,
  id: string,
  action: 'cloud.connected' | 'cloud.reconnected',
) {
  const { userId, provider } = fresh
  return { action, userId, actor: userId, provider: provider.id, subjectId: id }
}
