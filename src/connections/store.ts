// Reads and writes connections, always in the name of one user: another user's connection is not there.
import { and, asc, eq, gt, ne, not, notInArray, or, sql } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { recordAuditIfChanged } from '../audit/record.ts'
import { changes, type Db } from '../db/client.ts'
import { documents } from '../documents/schema.ts'
import { endImportsOf } from '../imports/dispatch.ts'
import { attempts } from '../oauth/schema.ts'
import { Problem } from '../problems/problem.ts'
import { uploads } from '../uploads/schema.ts'
import { deletions, users } from '../users/schema.ts'
import { connections, type Connection } from './schema.ts'

type StoreServices = Pick<Services, 'db' | 'now' | 'requestId' | 'country'>

export async function findConnection(
  db: Db,
  userId: string,
  id: string,
): Promise<Connection | undefined> {
  return db
    .select()
    .from(connections)
    .where(and(eq(connections.id, id), eq(connections.userId, userId)))
    .get()
}

/** The user's connection, or 404: whether it is somebody else's or nobody's is not told. */
export async function getConnection(db: Db, userId: string, id: string): Promise<Connection> {
  const connection = await findConnection(db, userId, id)
  if (connection === undefined) throw new Problem('not_found', 'There is no such connection.')
  return connection
}

/** A page of the user's connections, the oldest first. */
export async function listConnections(
  db: Db,
  userId: string,
  page: { readonly after: { createdAt: number; id: string } | undefined; readonly limit: number },
): Promise<Connection[]> {
  const { after } = page
  return db
    .select()
    .from(connections)
    .where(
      and(
        eq(connections.userId, userId),
        after &&
          or(
            gt(connections.createdAt, after.createdAt),
            and(eq(connections.createdAt, after.createdAt), gt(connections.id, after.id)),
          ),
      ),
    )
    .orderBy(asc(connections.createdAt), asc(connections.id))
    .limit(page.limit)
}

/** The user's connections of one provider, an ACTIVE one first. */
export async function findByProvider(
  db: Db,
  userId: string,
  provider: string,
): Promise<Connection | undefined> {
  return db
    .select()
    .from(connections)
    .where(and(eq(connections.userId, userId), eq(connections.provider, provider)))
    .orderBy(sql`${connections.status} <> 'ACTIVE'`, asc(connections.createdAt))
    .limit(1)
    .get()
}

/** A reconnect keeps its connection, so it must be the same account; and the connection must still be the user's. */
export async function checkTarget(
  { db }: Pick<Services, 'db'>,
  userId: string,
  connectionId: string | null,
  accountId: string,
): Promise<void> {
  if (connectionId === null) return
  const target = await findConnection(db, userId, connectionId)
  if (target === undefined) throw new Problem('not_found', 'The connection was removed meanwhile.')
  if (target.accountId !== accountId) throw new Problem('account_mismatch')
}

/** Replaces what `identify` had found, unless other credentials have been stored meanwhile. */
export async function rememberData(
  db: Db,
  connection: Connection,
  data: Readonly<Record<string, string>>,
): Promise<void> {
  await db
    .update(connections)
    .set({ data: { ...data }, listingVersion: sql`${connections.listingVersion} + 1` })
    .where(
      and(
        eq(connections.id, connection.id),
        eq(connections.accountId, connection.accountId),
        eq(connections.grantedAt, connection.grantedAt),
      ),
    )
}

export async function renameConnection(
  services: StoreServices,
  connection: Connection,
  label: string,
): Promise<Connection> {
  const { db } = services
  const [rows] = await db.batch([
    db
      .update(connections)
      .set({ label, updatedAt: services.now() })
      .where(eq(connections.id, connection.id))
      .returning(),
    recordAuditIfChanged(services, {
      action: 'cloud.renamed',
      userId: connection.userId,
      actor: connection.userId,
      provider: connection.provider,
      subjectId: connection.id,
    }),
  ])
  if (rows[0] === undefined) throw new Problem('not_found', 'There is no such connection.')
  return rows[0]
}

/**
 * Removes the row and with it the credentials; a default storage that pointed there returns to `r2`; open attempts for it end.
 * Documents keep their connection id and so stay listed, unreachable. One batch: all of it, or nothing.
 */
export async function deleteConnection(
  services: StoreServices,
  connection: Connection,
): Promise<boolean> {
  const { db } = services
  const { id, userId } = connection
  const [removed] = await db.batch([
    db.delete(connections).where(and(eq(connections.id, id), eq(connections.userId, userId))),
    recordAuditIfChanged(services, {
      action: 'cloud.disconnected',
      userId,
      actor: userId,
      provider: connection.provider,
      subjectId: id,
    }),
    db
      .update(users)
      .set({ defaultBackend: 'r2', defaultConnectionId: null, defaultFolderId: null })
      .where(and(eq(users.id, userId), eq(users.defaultConnectionId, id))),
    db
      .update(attempts)
      .set({
        status: 'failed',
        errorCode: 'not_found',
        errorDetail: 'The connection was removed meanwhile.',
        claimHash: null,
        // What waits sealed in it is ended at the vendor next.
        expiresAt: services.now() - 1,
      })
      .where(
        and(eq(attempts.connectionId, id), notInArray(attempts.status, ['completed', 'failed'])),
      ),
    // What was never finished there cannot be any more.
    db.delete(uploads).where(eq(uploads.connectionId, id)),
    db
      .delete(documents)
      .where(and(eq(documents.connectionId, id), eq(documents.status, 'pending'))),
    ...endImportsOf(services, id),
  ])
  return changes(removed) > 0
}

/**
 * Removes the row of a user who is being deleted, and with it the credentials, if they are still the ones that were read. What hangs on it
 * goes by itself, later: the rows of uploads lead to their pieces.
 */
export async function purgeConnection(
  services: StoreServices,
  { id, userId, provider, tokenVersion }: Connection,
): Promise<void> {
  const { db } = services
  const isSame = and(eq(connections.id, id), eq(connections.tokenVersion, tokenVersion))
  const entry = { action: 'cloud.disconnected', userId, actor: 'system', provider } as const
  await db.batch([
    db.delete(connections).where(and(isSame, eq(connections.userId, userId))),
    recordAuditIfChanged(services, { ...entry, subjectId: id }),
  ])
}

/**
 * Of a user who is being deleted and has done with the drives. Such connections do not count: of two who leave an account at once, one would
 * leave it to the other.
 */
const isLeaving = sql`EXISTS (SELECT 1 FROM ${deletions}
  WHERE ${deletions.userId} = ${connections.userId} AND stage NOT IN ('stop', 'vendors'))`

/** Whether any user still holds this account: then a revocation that reaches the whole account must not happen. */
export async function isAccountConnected(
  db: Db,
  provider: string,
  accountId: string,
): Promise<boolean> {
  const row = await db
    .select({ id: connections.id })
    .from(connections)
    .where(
      and(eq(connections.provider, provider), eq(connections.accountId, accountId), not(isLeaving)),
    )
    .limit(1)
    .get()
  return row !== undefined
}

/** The same of one of this account's connections that is about to go. */
export async function isAccountNeeded(
  db: Db,
  { id, provider, accountId }: Connection,
): Promise<boolean> {
  const row = await db
    .select({ id: connections.id })
    .from(connections)
    .where(
      and(
        eq(connections.provider, provider),
        eq(connections.accountId, accountId),
        ne(connections.id, id),
        not(isLeaving),
      ),
    )
    .limit(1)
    .get()
  return row !== undefined
}
