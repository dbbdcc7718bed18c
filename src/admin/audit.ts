// The audit log for operators. Reading it is an entry too.
import { Hono } from 'hono'
import { z } from 'zod'
import type { Answer } from '../answer.ts'
import type { AppEnv } from '../app-context.ts'
import type { auditEntrySchema, auditListSchema } from '../audit/answers.ts'
import { listAudit, type AuditPlace, type ListedEntry } from '../audit/list.ts'
import { AUDIT_ACTIONS } from '../audit/schema.ts'
import { openCursor, sealCursor } from '../connections/cursor.ts'
import { toTime } from '../connections/view.ts'
import { validate } from '../problems/validate.ts'
import { recordLook } from './look.ts'

const time = z.iso.datetime({ offset: true, error: 'must be a time such as 2026-04-20T09:30:00Z' })
const listQuery = z.strictObject({
  cursor: z.string().max(4000).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(100),
  user_id: z.string().min(1).max(255).optional(),
  actor: z.string().min(1).max(255).optional(),
  action: z.enum(AUDIT_ACTIONS).optional(),
  provider: z.string().min(1).max(64).optional(),
  request_id: z.string().min(1).max(64).optional(),
  code: z.string().min(1).max(64).optional(),
  from: time.optional(),
  to: time.optional(),
})

export const auditRoutes = new Hono<AppEnv>()

auditRoutes.get('/', validate('query', listQuery), async (c) => {
  const { services, caller } = c.var
  const { db } = services
  const { cursor, limit, ...query } = c.req.valid('query')
  const filter = {
    userId: query.user_id,
    actor: query.actor,
    action: query.action,
    provider: query.provider,
    requestId: query.request_id,
    code: query.code,
    from: query.from === undefined ? undefined : Date.parse(query.from),
    to: query.to === undefined ? undefined : Date.parse(query.to),
  }
  const scope = ['admin', 'audit', JSON.stringify(filter)]
  const before =
    cursor === undefined
      ? undefined
      : await openCursor<AuditPlace>(services, caller.userId, scope, cursor)
  const rows = await listAudit(db, filter, { before, limit: limit + 1 })
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  const next_cursor =
    rows.length > limit && last !== undefined
      ? await sealCursor(services, caller.userId, scope, { at: last.at, row: last.row })
      : null
  const actor = caller.userId
  await recordLook(services, 'admin.audit_read', { userId: filter.userId ?? actor, actor })
  return c.json({ entries: page.map(viewEntry), next_cursor } satisfies Answer<
    typeof auditListSchema
  >)
})

function viewEntry(entry: ListedEntry): Answer<typeof auditEntrySchema> {
  const { id, action, actor, provider, code, country } = entry
  return {
    id,
    at: toTime(entry.at),
    action,
    user_id: entry.userId,
    actor,
    provider,
    subject_id: entry.subjectId,
    code,
    request_id: entry.requestId,
    country,
  }
}
