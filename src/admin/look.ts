// Records that an operator looked at a user's data: about nobody who is not there, and under the pseudonym about who is being deleted.
import { sql } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { recordAudit } from '../audit/record.ts'
import { deletions, users } from '../users/schema.ts'

/** Found out as the entry is written: a deletion may begin at any time. Whatever else was asked for is not part of the log. */
export async function recordLook(
  services: Services,
  action: 'admin.connections_read' | 'admin.audit_read',
  { userId, actor }: { readonly userId: string; readonly actor: string },
): Promise<void> {
  const about = sql<string>`coalesce(
    (SELECT id FROM ${deletions} WHERE user_id = ${userId}),
    (SELECT id FROM ${users} WHERE id = ${userId} AND deleting_at IS NULL),
    ${actor})`
  await recordAudit(services, { action, userId: about, actor })
}
