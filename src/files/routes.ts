// The file routes: browse, search, read, write, each on a connection of the caller's own.
import { Hono } from 'hono'
import { z } from 'zod'
import type { AppContext, AppEnv } from '../app-context.ts'
import { requireUser } from '../auth/roles.ts'
import { openCursor } from '../connections/cursor.ts'
import { openConnection, type LiveConnection } from '../connections/session.ts'
import { findByProvider } from '../connections/store.ts'
import { invalidField, Problem } from '../problems/problem.ts'
import { validate } from '../problems/validate.ts'
import { getProvider } from '../providers/registry.ts'
import { uploadStream } from '../transfer/upload.ts'
import { sendContent } from './content.ts'
import { contentLength, contentQuery, folderId, itemName, mediaType } from './fields.ts'
import { listFolder, sealNext, type ListRequest } from './listing.ts'
import { ticketRoutes } from './tickets.ts'
import { viewItem } from './view.ts'
import { writing } from './writing.ts'

const paging = {
  cursor: z.string().max(16_000).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
}
const listQuery = z.strictObject({
  folder_id: folderId.default('root'),
  fresh: z.enum(['0', '1']).default('0'),
  ...paging,
})
const folderQuery = z.strictObject({
  connection_id: z.string().min(1).max(64).optional(),
  fresh: z.enum(['0', '1']).default('0'),
  ...paging,
})
const searchQuery = z.strictObject({ q: z.string().trim().min(1).max(500), ...paging })
const uploadQuery = z.strictObject({
  parent_id: folderId.default('root'),
  name: itemName,
  conflict: z.enum(['fail', 'rename', 'replace']).default('fail'),
})
const folderBody = z.strictObject({ parent_id: folderId.default('root'), name: itemName })
const changeBody = z
  .strictObject({ name: itemName.optional(), parent_id: folderId.optional() })
  .refine((body) => body.name !== undefined || body.parent_id !== undefined, {
    message: 'must name what to change: name, parent_id or both',
    path: ['name'],
  })

export const fileRoutes = new Hono<AppEnv>()
fileRoutes.route('/', ticketRoutes)

fileRoutes.get('/connections/:id/items', requireUser, validate('query', listQuery), async (c) => {
  const { services, caller } = c.var
  const live = await openConnection(services, caller.userId, c.req.param('id'))
  const { folder_id: folderId, ...query } = c.req.valid('query')
  return sendListing(c, live, { folderId, ...query })
})

fileRoutes.get(
  '/folders/:provider/:folder',
  requireUser,
  validate('query', folderQuery),
  async (c) => {
    const { services, caller } = c.var
    const { connection_id: wanted, ...query } = c.req.valid('query')
    const provider = getProvider(c.req.param('provider'))
    if (provider === undefined) throw new Problem('not_found', 'There is no such provider.')
    const chosen =
      provider.auth.kind === 'builtin'
        ? provider.id
        : (wanted ?? (await findByProvider(services.db, caller.userId, provider.id))?.id)
    if (chosen === undefined) throw new Problem('not_found', 'There is no such connection.')
    const live = await openConnection(services, caller.userId, chosen)
    if (live.provider.id !== provider.id) {
      throw invalidField('query.connection_id', 'belongs to another provider')
    }
    return sendListing(c, live, { folderId: c.req.param('folder'), ...query })
  },
)

async function sendListing(c: AppContext, live: LiveConnection, request: ListRequest) {
  const { body, hit } = await listFolder(c.var.services, live, request)
  return c.body(body, 200, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'x-slipway-cache': hit ? 'hit' : 'miss',
  })
}

fileRoutes.get(
  '/connections/:id/search',
  requireUser,
  validate('query', searchQuery),
  async (c) => {
    const { services, caller } = c.var
    const live = await openConnection(services, caller.userId, c.req.param('id'))
    const { search } = live.provider
    if (search === undefined) throw new Problem('not_supported', 'This provider cannot search.')
    const { q, cursor, limit } = c.req.valid('query')
    const scope = ['search', live.session.connectionId, q]
    const vendor =
      cursor === undefined ? null : await openCursor<string>(services, caller.userId, scope, cursor)
    const page = await search(live.session, { query: q, cursor: vendor, limit })
    return c.json({
      items: page.entries.map((entry) => viewItem(entry)),
      next_cursor: await sealNext(services, caller.userId, scope, page, (next) => next),
    })
  },
)

fileRoutes.get('/connections/:id/items/:item', requireUser, async (c) => {
  const live = await openConnection(c.var.services, c.var.caller.userId, c.req.param('id'))
  return c.json(viewItem(await live.provider.stat(live.session, c.req.param('item'))))
})

fileRoutes.get(
  '/connections/:id/items/:item/content',
  requireUser,
  validate('query', contentQuery),
  async (c) => {
    const live = await openConnection(c.var.services, c.var.caller.userId, c.req.param('id'))
    return sendContent(c, live, c.req.param('item'), c.req.valid('query'))
  },
)

fileRoutes.put(
  '/connections/:id/content',
  requireUser,
  validate('query', uploadQuery),
  async (c) => {
    const { services, caller } = c.var
    const { parent_id: parentId, name, conflict } = c.req.valid('query')
    const size = contentLength(c.req.header('Content-Length'))
    const live = await openConnection(services, caller.userId, c.req.param('id'))
    const mimeType = mediaType(c.req.header('Content-Type'))
    const target = { parentId, name, size, mimeType, conflict }
    const body = { stream: c.req.raw.body, length: size, from: 'request' } as const
    const { entry, receipt } = await writing(services, live, () =>
      uploadStream(services, live.provider, live.session, target, body),
    )
    services.count('upload_bytes', { provider: live.provider.id, by: size })
    return c.json(viewItem(entry, receipt), 201)
  },
)

fileRoutes.post(
  '/connections/:id/folders',
  requireUser,
  validate('json', folderBody),
  async (c) => {
    const { services, caller } = c.var
    const live = await openConnection(services, caller.userId, c.req.param('id'))
    const { createFolder } = live.provider
    if (createFolder === undefined) throw readOnly()
    const { parent_id, name } = c.req.valid('json')
    const entry = await writing(services, live, () => createFolder(live.session, parent_id, name))
    return c.json(viewItem(entry), 201)
  },
)

fileRoutes.patch(
  '/connections/:id/items/:item',
  requireUser,
  validate('json', changeBody),
  async (c) => {
    const { services, caller } = c.var
    const live = await openConnection(services, caller.userId, c.req.param('id'))
    const { update } = live.provider
    if (update === undefined) throw readOnly()
    const { name, parent_id: parentId } = c.req.valid('json')
    const entry = await writing(services, live, () =>
      update(live.session, c.req.param('item'), { name, parentId }),
    )
    return c.json(viewItem(entry))
  },
)

fileRoutes.delete('/connections/:id/items/:item', requireUser, async (c) => {
  const { services, caller } = c.var
  const live = await openConnection(services, caller.userId, c.req.param('id'))
  const { remove } = live.provider
  if (remove === undefined) throw readOnly()
  await writing(services, live, () => remove(live.session, c.req.param('item')))
  return c.body(null, 204)
})

const readOnly = () => new Problem('not_supported', 'This provider is read-only.')
