// Ends the grants at their vendors and purges the credentials; then the salt is destroyed, and nothing sealed for the user opens any more.
import { and, asc, eq, isNotNull, notInArray } from 'drizzle-orm'
import { recordAuditIfChanged } from '../../audit/record.ts'
import { openCredentials } from '../../connections/credentials.ts'
import { endGrant } from '../../connections/revoke.ts'
import { connections as table, type Connection } from '../../connections/schema.ts'
import { openSession } from '../../connections/session.ts'
import { deleteConnection, isAccountNeeded } from '../../connections/store.ts'
import { randomToken } from '../../crypto/random.ts'
import { errorNames, writeLog } from '../../log.ts'
import { forgetState } from '../../oauth/attempts.ts'
import { attempts } from '../../oauth/schema.ts'
import { endUnclaimed } from '../../oauth/unclaimed.ts'
import { getProvider } from '../../providers/registry.ts'
import { users } from '../schema.ts'
import { findUser } from '../store.ts'
import { enterStage } from './lease.ts'
import { isPassing, type Outcome, type Task } from './task.ts'

/** Rows that are read at once. */
const PAGE = 20
/** Rows that a statement leaves out: D1 takes 100 parameters. */
const MOST_TROUBLED = 60

export async function connections(task: Task): Promise<Outcome> {
  const { services, userId, isLast, isOver } = task
  const troubled: string[] = []
  for (;;) {
    const rows = await services.db
      .select()
      .from(table)
      .where(and(eq(table.userId, userId), notInArray(table.id, troubled)))
      .orderBy(asc(table.createdAt), asc(table.id))
      .limit(PAGE)
    if (rows.length === 0) break
    for (const row of rows) {
      if (isOver()) return 'more'
      const isEnded = await end(task, row)
      if (isEnded || isLast) await deleteConnection(services, row, 'system')
      else troubled.push(row.id)
    }
    if (troubled.length >= MOST_TROUBLED) break
  }
  if (troubled.length > 0) return 'trouble'
  if (!(await endAttempts(task))) return 'more'
  await destroySalt(task)
  return 'done'
}

/** Before the row goes: a death in between must not leave a grant that nobody can end. False where it is to be tried again. */
async function end(task: Task, connection: Connection): Promise<boolean> {
  const { services } = task
  try {
    if (connection.status !== 'REQUIRES_REAUTH') await removeFolder(task, connection)
    const provider = getProvider(connection.provider)
    const user = await findUser(services.db, connection.userId)
    if (provider?.revocation === undefined || user === undefined) return true
    const credentials = await openCredentials(services, user, connection)
    const { reach } = provider.revocation
    if (reach === 'account' && (await isAccountNeeded(services.db, connection))) return true
    await endGrant(services, provider, connection, credentials)
    return true
  } catch (error) {
    if (isPassing(error)) return false
    // A dead grant, credentials that do not open, a vendor that refuses: another time brings nothing else.
    writeLog({ level: 'warn', event: 'deletion_failure', errors: errorNames(error) })
    return true
  }
}

/** The folder that was made for documents, unless somebody keeps other things in it. */
async function removeFolder({ services }: Task, connection: Connection): Promise<void> {
  const provider = getProvider(connection.provider)
  if (provider?.findDocumentFolder === undefined || provider.remove === undefined) return
  const { session } = await openSession(services, connection)
  const folderId = await provider.findDocumentFolder(session)
  if (folderId === undefined) return
  const { entries } = await provider.list(session, { folderId, cursor: null, limit: 1 })
  if (entries.length === 0) await provider.remove(session, folderId)
}

/** What waits unclaimed is ended at its vendor, and what KV holds of an attempt goes. False when the share is over. */
async function endAttempts({ services, userId, isOver }: Task): Promise<boolean> {
  const { db } = services
  for (;;) {
    const rows = await db.select().from(attempts).where(eq(attempts.userId, userId)).limit(PAGE)
    if (rows.length === 0) return true
    for (const row of rows) {
      if (isOver()) return false
      if (row.pendingEnc !== null) await endUnclaimed(services, row).catch(() => undefined)
      await forgetState(services, row)
      await db.delete(attempts).where(eq(attempts.id, row.id))
    }
  }
}

async function destroySalt({ services, lease, userId }: Task): Promise<void> {
  const { db } = services
  const { id, providers } = lease.row
  const entry = { action: 'cloud.credentials_purged', userId: id, actor: 'system' } as const
  await db.batch([
    db
      .update(users)
      .set({ salt: randomToken() })
      .where(and(eq(users.id, userId), isNotNull(users.deletingAt))),
    enterStage(services, lease, 'objects'),
    ...(providers === null
      ? []
      : [recordAuditIfChanged(services, { ...entry, provider: providers })]),
  ])
}
