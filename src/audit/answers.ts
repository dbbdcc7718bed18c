// The schemas of what the reading of the audit log answers.
import { z } from 'zod'
import { choice, nextCursor, text, time } from '../answer.ts'
import { AUDIT_ACTIONS } from './schema.ts'

export const auditEntrySchema = z
  .object({
    id: text('Of the entry.', 'mN3vQ8xT1kZs5bWc7dYfGw'),
    at: time('When it happened.'),
    action: choice(AUDIT_ACTIONS, 'What was done.'),
    user_id: text('Whose data it is about.', 'ann'),
    actor: text('Who did it; `system` where nobody asked.', 'ann'),
    provider: text(
      'The provider’s id, where there is one. Of `cloud.credentials_purged` all of them, separated by commas.',
      'google_drive',
    ).nullable(),
    subject_id: text('Of the connection, document, import or key.', '3f9c1d7e5a2b4c6d').nullable(),
    code: text('The problem code, where something failed.', 'reauth_required').nullable(),
    request_id: text('As in the answer’s `X-Request-Id`, and in the logs.', 'b7Qw2ZkX'),
    country: text('Where the request came from, as the platform tells it.', 'DE').nullable(),
  })
  .meta({ id: 'AuditEntry', description: 'Who did what, when. It is never changed or removed.' })

export const auditListSchema = z
  .object({ entries: z.array(auditEntrySchema), next_cursor: nextCursor })
  .meta({ id: 'AuditList', description: 'A page of the audit log, the newest entries first.' })
