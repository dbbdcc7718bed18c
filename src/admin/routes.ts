// What operators may see and do. What they see of users: their connections, never what is sealed in them. Each look is recorded.
import { Hono } from 'hono'
import { z } from 'zod'
import type { AppEnv } from '../app-context.ts'
import { checkSameOrigin, requireCaller } from '../auth/roles.ts'
import { openCursor, sealCursor } from '../connections/cursor.ts'
import { listConnections } from '../connections/store.ts'
import { viewConnection } from '../connections/view.ts'
import { Problem } from '../problems/problem.ts'
import { validate } from '../problems/validate.ts'
import { auditRoutes } from './audit.ts'
import { deletionRoutes } from './deletion.ts'
import { keyRoutes } from './keys.ts'
import { recordLook } from './look.ts'
import { metricsRoutes } from './metrics.ts'

const listQuery = z.strictObject({
  cursor: z.string().max(4000).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(100),
})

export const adminRoutes = new Hono<AppEnv>()

adminRoutes.use(requireCaller, async (c, next) => {
  if (!c.var.caller.isAdmin) throw new Problem('forbidden', 'This is for administrators.')
  if (c.req.method !== 'GET') checkSameOrigin(c.var.caller, c.req.header('Sec-Fetch-Site'))
  await next()
})
adminRoutes.route('/audit', auditRoutes)
adminRoutes.route('/keys', keyRoutes)
adminRoutes.route('/metrics', metricsRoutes)
adminRoutes.route('/users', deletionRoutes)

adminRoutes.get('/users/:id/connections', validate('query', listQuery), async (c) => {
  const { services, caller } = c.var
  const { cursor, limit } = c.req.valid('query')
  const userId = c.req.param('id')
  const scope = ['admin', 'connections', userId]
  const after =
    cursor === undefined
      ? undefined
      : await openCursor<{ createdAt: number; id: string }>(services, caller.userId, scope, cursor)
  const rows = await listConnections(services.db, userId, { after, limit: limit + 1 })
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  const next_cursor =
    rows.length > limit && last !== undefined
      ? await sealCursor(services, caller.userId, scope, { createdAt: last.createdAt, id: last.id })
      : null
  await recordLook(services, 'admin.connections_read', { userId, actor: caller.userId })
  return c.json({
    connections: page.map((row) => viewConnection(row, services.now())),
    next_cursor,
  })
})
