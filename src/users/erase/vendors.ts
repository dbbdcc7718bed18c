// What was made for the user's documents at vendors is deleted there, while the credentials still open: as far as the vendors let it.
import { and, count, desc, eq, gt, isNotNull, ne, notInArray } from 'drizzle-orm'
import { connections } from '../../connections/schema.ts'
import { documents, type DocumentRow } from '../../documents/schema.ts'
import { deleteObject } from '../../documents/storage.ts'
import { writeLog } from '../../log.ts'
import { isPassing, type Outcome, type Task } from './task.ts'

/** Documents that are read at once. */
const PAGE = 50
/** Connections that a statement leaves out: D1 takes 100 parameters. */
const MOST_TROUBLED = 40
/** Milliseconds that bytes of a document may be on their way to a vendor, in a request from before. */
const UNDER_WAY_MS = 15 * 60_000

export async function vendors(task: Task): Promise<Outcome> {
  const { services, userId, isLast, isOver } = task
  /** Connections whose vendor has a bad day. */
  const troubled = new Set<string>()
  for (;;) {
    const rows = await findOwned(task, [...troubled])
    if (rows.length === 0) break
    for (const row of rows) {
      if (isOver()) return 'more'
      if (troubled.has(row.connectionId ?? '')) continue
      if ((await remove(task, row)) === 'later') troubled.add(row.connectionId ?? '')
    }
    if (troubled.size >= MOST_TROUBLED) break
  }
  if (troubled.size > 0 && !isLast) return 'trouble'
  const until = await findUnderWay(task)
  if (until !== undefined) return { until }
  const [left] = await services.db.select({ all: count() }).from(documents).where(owned(userId))
  if (left !== undefined && left.all > 0) {
    writeLog({ level: 'warn', event: 'deletion_left', count: left.all })
  }
  return 'done'
}

const owned = (userId: string) =>
  and(
    eq(documents.userId, userId),
    eq(documents.ownsObject, true),
    isNotNull(documents.connectionId),
    isNotNull(documents.itemId),
  )

/** Those of connections whose grant is not known to be dead. */
async function findOwned({ services, userId }: Task, except: string[]): Promise<DocumentRow[]> {
  const rows = await services.db
    .select({ row: documents })
    .from(documents)
    .innerJoin(connections, eq(connections.id, documents.connectionId))
    .where(
      and(
        owned(userId),
        ne(connections.status, 'REQUIRES_REAUTH'),
        notInArray(connections.id, except),
      ),
    )
    .limit(PAGE)
  return rows.map(({ row }) => row)
}

/** One that the vendor does not let go is told of, and left. */
async function remove({ services }: Task, row: DocumentRow): Promise<'over' | 'later'> {
  try {
    await deleteObject(services, row, row.itemId ?? '')
  } catch (error) {
    if (isPassing(error)) return 'later'
    writeLog({ level: 'warn', event: 'deletion_left', count: 1 })
  }
  await services.db.update(documents).set({ ownsObject: false }).where(eq(documents.id, row.id))
  return 'over'
}

/**
 * Bytes that still arrive at a vendor become an object, which has to be known to be deleted.
 * @returns until when they may, in milliseconds since the epoch
 */
async function findUnderWay({ services, userId }: Task): Promise<number | undefined> {
  const [pending] = await services.db
    .select({ createdAt: documents.createdAt })
    .from(documents)
    .where(
      and(
        eq(documents.userId, userId),
        eq(documents.status, 'pending'),
        isNotNull(documents.connectionId),
        gt(documents.createdAt, services.now() - UNDER_WAY_MS),
      ),
    )
    .orderBy(desc(documents.createdAt))
    .limit(1)
  return pending && pending.createdAt + UNDER_WAY_MS
}
