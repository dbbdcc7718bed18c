// Gives the audit log's entries about the user, and by the user, the pseudonym: what happened stays known, to whom does not.
import { sql } from 'drizzle-orm'
import { auditEntries } from '../../audit/schema.ts'
import type { Outcome, Task } from './task.ts'

/** Entries of one statement. */
const PORTION = 500

export async function audit({ services, lease, userId, isOver }: Task): Promise<Outcome> {
  const { id } = lease.row
  const other = (column: 'user_id' | 'actor') =>
    sql`${sql.raw(column)} = CASE WHEN ${sql.raw(column)} = ${userId} THEN ${id} ELSE ${sql.raw(column)} END`
  // Each of the two has an index.
  for (const column of ['user_id', 'actor'] as const) {
    const some = sql`SELECT id FROM ${auditEntries} WHERE ${sql.raw(column)} = ${userId} LIMIT ${PORTION}`
    for (;;) {
      if (isOver()) return 'more'
      const { meta } = await services.db.run(
        sql`UPDATE ${auditEntries} SET ${other('user_id')}, ${other('actor')} WHERE id IN (${some})`,
      )
      if (meta.changes === 0) break
    }
  }
  return 'done'
}
