// Ends the grants at their vendors and purges the credentials; then the salt is destroyed, and nothing sealed for the user opens any more.
import { and, asc, eq, isNotNull, notInArray } from 'drizzle-orm'
import type { Services } from '../../app-context.ts'
import { recordAuditIfChanged } from '../../audit/record.ts'
import { openCredentials } from '../../connections/credentials.ts'
import { endGrant } from '../../connections/revoke.ts'
import { connections as table, type Connection } from '../../connections/schema.ts'
import { openSession } from '../../connections/session.ts'
import { findConnection, isAccountNeeded, purgeConnection } from '../../connections/store.ts'
import { randomToken } from '../../crypto/random.ts'
import { errorNames, writeLog } from '../../log.ts'
import { forgetState } from '../../oauth/attempts.ts'
import { attempts } from '../../oauth/schema.ts'
import { endUnclaimed } from '../../oauth/unclaimed.ts'
import { getProvider } from '../../providers/registry.ts'
import { users } from '../schema.ts'
import { findUser } from '../store.ts'
import { QUIET_MS } from './check.ts'
import { enterStage } from './lease.ts'
import { isPassing, type Outcome, type Task } from './task.ts'

/** Rows that are read at once. */
const PAGE = 20
/** Rows that a statement leaves out: D1 takes 100 parameters. */
const MOST_TROUBLED = 60

export async function connections(task: Task): Promise<Outcome> {
  const { services, userId, isOver } = task
  const troubled: string[] = []
  for (;;) {
    const rows = await services.db
      .select({ id: table.id })
      .from(table)
      .where(and(eq(table.userId, userId), notInArray(table.id, troubled)))
      .orderBy(asc(table.createdAt), asc(table.id))
      .limit(PAGE)
    if (rows.length === 0) break
    for (const { id } of rows) {
      if (isOver()) return 'more'
      if (!(await end(task, id))) troubled.push(id)
    }
    if (troubled.length >= MOST_TROUBLED) break
  }
  if (troubled.length > 0) return 'trouble'
  const outcome = await endAttempts(task)
  if (outcome === 'done') await destroySalt(task)
  return outcome
}

/**
 * The grant before the row: a death in between must not leave one that nobody can end. A row that has got other credentials meanwhile
 * stays, and is looked at again. @returns whether it need not be tried later
 */
async function end(task: Task, id: string): Promise<boolean> {
  const { services, userId, isLast } = task
  const { db } = services
  const first = await findConnection(db, userId, id)
  if (first === undefined) return true
  const isEnded = await isPast(task, first.provider, async () => {
    if (first.status !== 'REQUIRES_REAUTH') await removeFolder(services, first)
  })
  // Whoever has just used the drive may have renewed the grant.
  const connection = await findConnection(db, userId, id)
  if (connection === undefined) return true
  const isRevoked =
    isEnded && (await isPast(task, connection.provider, () => revoke(services, connection)))
  if (!isRevoked && !isLast) return false
  await purgeConnection(services, connection)
  return true
}

/** False for what is to be tried again, even if it was the last time. */
async function isPast(
  { isLast }: Task,
  provider: string,
  work: () => Promise<void>,
): Promise<boolean> {
  try {
    await work()
    return true
  } catch (error) {
    if (!isPassing(error)) {
      // A dead grant, credentials that do not open, a vendor that refuses: another time brings nothing else.
      writeLog({ level: 'warn', event: 'deletion_failure', provider, errors: errorNames(error) })
      return true
    }
    if (isLast) writeLog({ level: 'warn', event: 'deletion_left', count: 1, provider })
    return false
  }
}

async function revoke(services: Services, connection: Connection): Promise<void> {
  const { db } = services
  const provider = getProvider(connection.provider)
  const user = await findUser(db, connection.userId)
  if (provider?.revocation === undefined || user === undefined) return
  const credentials = await openCredentials(services, user, connection)
  const { reach } = provider.revocation
  if (reach === 'account' && (await isAccountNeeded(db, connection))) return
  await endGrant(services, provider, connection, credentials)
}

/** The folder that was made for documents, unless somebody keeps other things in it. */
async function removeFolder(services: Services, connection: Connection): Promise<void> {
  const provider = getProvider(connection.provider)
  if (provider?.findDocumentFolder === undefined || provider.remove === undefined) return
  const { session } = await openSession(services, connection)
  const folderId = await provider.findDocumentFolder(session)
  if (folderId === undefined) return
  const { entries } = await provider.list(session, { folderId, cursor: null, limit: 1 })
  if (entries.length === 0) await provider.remove(session, folderId)
}

/** What waits unclaimed is ended at its vendor, and what KV holds of an attempt goes. */
async function endAttempts(task: Task): Promise<'done' | 'more' | 'trouble'> {
  const { services, userId, isLast, isOver } = task
  const { db } = services
  const troubled: string[] = []
  while (troubled.length < MOST_TROUBLED) {
    const rows = await db
      .select()
      .from(attempts)
      .where(and(eq(attempts.userId, userId), notInArray(attempts.id, troubled)))
      .limit(PAGE)
    if (rows.length === 0) break
    for (const row of rows) {
      if (isOver()) return 'more'
      const work = async () => {
        if (row.pendingEnc !== null) await endUnclaimed(services, row)
      }
      if (!(await isPast(task, row.provider, work)) && !isLast) {
        troubled.push(row.id)
        continue
      }
      await forgetState(services, row)
      await db.delete(attempts).where(eq(attempts.id, row.id))
    }
  }
  return troubled.length > 0 ? 'trouble' : 'done'
}

async function destroySalt({ services, lease, userId }: Task): Promise<void> {
  const { db } = services
  const { id, providers } = lease.row
  const entry = { action: 'cloud.credentials_purged', userId: id, actor: 'system' } as const
  // Whoever works with a drive of the user's may be about to note how that went.
  const quiet = providers === null ? {} : { notBefore: services.now() + QUIET_MS }
  await db.batch([
    db
      .update(users)
      .set({ salt: randomToken() })
      .where(and(eq(users.id, userId), isNotNull(users.deletingAt))),
    enterStage(services, lease, 'objects', quiet),
    ...(providers === null
      ? []
      : [recordAuditIfChanged(services, { ...entry, provider: providers })]),
  ])
}
