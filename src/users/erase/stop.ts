// The first stage: nothing is under way any more. Uploads end at their vendors, copies of imports that no document names are taken away.
import { and, eq, inArray, isNotNull } from 'drizzle-orm'
import { discardCopies } from '../../imports/copy-state.ts'
import { importItems, imports } from '../../imports/schema.ts'
import { writeLog } from '../../log.ts'
import { endUploadsOfUser } from '../../uploads/end.ts'
import type { Outcome, Task } from './task.ts'

/** Milliseconds that an import's slice which has lost its right may still be writing. */
const GRACE_MS = 60_000

export async function stop(task: Task): Promise<Outcome> {
  const { services, userId, isLast, lease } = task
  const { db, now } = services
  const own = db.select({ id: imports.id }).from(imports).where(eq(imports.userId, userId))
  const copied = await db
    .select({ id: importItems.id })
    .from(importItems)
    .where(and(inArray(importItems.importId, own), isNotNull(importItems.copyEnc)))
    .limit(1)
  const quiet = lease.row.createdAt + GRACE_MS
  if (copied.length > 0 && quiet > now()) return { until: quiet }
  const copies = await discardCopies(services, userId, task)
  if (copies === 'more') return 'more'
  const sending = await endUploadsOfUser(services, userId, task)
  if (sending === 'more') return 'more'
  const left = copies + sending
  if (left === 0) return 'done'
  if (!isLast) return 'trouble'
  writeLog({ level: 'warn', event: 'deletion_left', count: left })
  return 'done'
}
