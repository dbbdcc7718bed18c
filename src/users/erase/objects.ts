// Deletes the user's objects in the bucket: files, documents, originals, and pieces of uploads that were never finished.
import { eq } from 'drizzle-orm'
import { prefixOf } from '../../providers/r2/keys.ts'
import { uploads } from '../../uploads/schema.ts'
import { STAGING } from '../../uploads/staging-area.ts'
import type { Outcome, Task } from './task.ts'

/** Uploads that are read at once. */
const PAGE = 50

export async function objects(task: Task): Promise<Outcome> {
  const { services, userId, isOver } = task
  const { db } = services
  if (!(await clear(task, prefixOf({ userId })))) return 'more'
  for (;;) {
    const rows = await db
      .select({ id: uploads.id })
      .from(uploads)
      .where(eq(uploads.userId, userId))
      .limit(PAGE)
    if (rows.length === 0) return 'done'
    for (const { id } of rows) {
      if (isOver() || !(await clear(task, `${STAGING}${id}/`))) return 'more'
      await db.delete(uploads).where(eq(uploads.id, id))
    }
  }
}

/** False when the share is over. */
async function clear({ services, isOver }: Task, prefix: string): Promise<boolean> {
  const { bucket } = services
  for (;;) {
    if (isOver()) return false
    const found = await bucket.list({ prefix })
    if (found.objects.length > 0) await bucket.delete(found.objects.map(({ key }) => key))
    if (!found.truncated) return true
  }
}
