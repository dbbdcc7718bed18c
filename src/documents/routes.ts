// The document routes: list, read, change, delete with the object.
import { Hono } from 'hono'
import { z } from 'zod'
import type { AppEnv, Services } from '../app-context.ts'
import { requireUser } from '../auth/roles.ts'
import { openCursor, sealCursor } from '../connections/cursor.ts'
import { toTime } from '../connections/view.ts'
import { findConnection } from '../connections/store.ts'
import { sendContent } from '../files/content.ts'
import { itemName, writing } from '../files/routes.ts'
import { invalidField, Problem } from '../problems/problem.ts'
import { toProblem } from '../problems/respond.ts'
import { validate } from '../problems/validate.ts'
import { getProvider } from '../providers/registry.ts'
import { DOCUMENT_STATUSES, type DocumentRow } from './schema.ts'
import { openStorage, unknownBackend } from './storage.ts'
import { changeDocument, getDocument, listDocuments, removeDocument } from './store.ts'
import { category, uploadRoutes } from './upload-routes.ts'

const listQuery = z.strictObject({
  cursor: z.string().max(4000).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  category: category.optional(),
  storage_backend: z.string().max(64).optional(),
  status: z.enum(DOCUMENT_STATUSES).optional(),
})
const changeBody = z
  .strictObject({ filename: itemName.optional(), category: category.nullable().optional() })
  .refine((body) => Object.keys(body).length > 0, {
    message: 'must name what to change: filename, category or both',
    path: ['filename'],
  })
const contentQuery = z.strictObject({
  format: z.string().max(200).optional(),
  disposition: z.enum(['attachment', 'inline']).default('attachment'),
})

export const documentRoutes = new Hono<AppEnv>()
documentRoutes.use(requireUser)
documentRoutes.route('/', uploadRoutes)

documentRoutes.get('/', validate('query', listQuery), async (c) => {
  const { services, caller } = c.var
  const { cursor, limit, storage_backend: backend, ...filter } = c.req.valid('query')
  if (backend !== undefined && getProvider(backend) === undefined) {
    throw invalidField('query.storage_backend', 'names no storage backend')
  }
  const storageBackend = backend === undefined ? undefined : getProvider(backend)?.id
  const scope = ['documents', filter.category ?? '', storageBackend ?? '', filter.status ?? '']
  const before =
    cursor === undefined
      ? undefined
      : await openCursor<{ createdAt: number; id: string }>(services, caller.userId, scope, cursor)
  const rows = await listDocuments(services.db, caller.userId, {
    ...filter,
    storageBackend,
    before,
    limit: limit + 1,
  })
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  const next_cursor =
    rows.length > limit && last !== undefined
      ? await sealCursor(services, caller.userId, scope, { createdAt: last.createdAt, id: last.id })
      : null
  const views = await Promise.all(page.map((row) => viewDocument(services, row)))
  return c.json({ documents: views, next_cursor })
})

documentRoutes.get('/:id', async (c) => {
  const { services, caller } = c.var
  const row = await getDocument(services.db, caller.userId, c.req.param('id'))
  return c.json(await viewDocument(services, row))
})

documentRoutes.patch('/:id', validate('json', changeBody), async (c) => {
  const { services, caller } = c.var
  const row = await getDocument(services.db, caller.userId, c.req.param('id'))
  const changed = await changeDocument(services, row, c.req.valid('json'))
  return c.json(await viewDocument(services, changed))
})

documentRoutes.delete('/:id', async (c) => {
  const { services, caller } = c.var
  const row = await getDocument(services.db, caller.userId, c.req.param('id'))
  if (row.itemId !== null) await deleteObject(services, row, row.itemId)
  await removeDocument(services, row)
  return c.body(null, 204)
})

/** An object behind a connection that is gone cannot be deleted, and must not keep its row from going. */
async function deleteObject(services: Services, row: DocumentRow, itemId: string): Promise<void> {
  try {
    const storage = await openStorage(services, row.userId, targetOf(row))
    await writing(services, storage.live, () => storage.delete(itemId))
  } catch (error) {
    if (toProblem(error).code !== 'not_found') throw error
  }
}

documentRoutes.get('/:id/content', validate('query', contentQuery), async (c) => {
  const { services, caller } = c.var
  const row = await getDocument(services.db, caller.userId, c.req.param('id'))
  if (row.itemId === null) throw new Problem('not_found', 'The document has no content yet.')
  const storage = await openStorage(services, caller.userId, targetOf(row)).catch(
    (error: unknown) => {
      if (toProblem(error).code !== 'not_found') throw error
      throw new Problem('item_not_found', 'The connection that held this document was removed.')
    },
  )
  return sendContent(c, storage.live, row.itemId, {
    ...c.req.valid('query'),
    fileName: row.filename,
  })
})

documentRoutes.post('/:id/link', async (c) => {
  const { services, caller } = c.var
  await getDocument(services.db, caller.userId, c.req.param('id'))
  throw new Problem('not_supported', 'Links are not offered for this document.')
})

function targetOf(row: DocumentRow) {
  if (getProvider(row.storageBackend) === undefined) throw unknownBackend('storage_backend')
  // A document stays with the connection that took it: another one of the same provider does not hold it.
  return { backend: row.storageBackend, connectionId: row.connectionId ?? undefined }
}

async function viewDocument(services: Services, row: DocumentRow) {
  const connection =
    row.connectionId === null
      ? undefined
      : await findConnection(services.db, row.userId, row.connectionId)
  return {
    id: row.id,
    filename: row.filename,
    content_type: row.contentType,
    size: row.size,
    category: row.category,
    status: row.status,
    storage_backend: row.storageBackend,
    connection_id: row.connectionId,
    /** Whether its bytes can be had: not when the connection that holds them is gone. */
    reachable:
      row.connectionId === null ||
      (connection !== undefined && connection.status !== 'REQUIRES_REAUTH'),
    created_at: toTime(row.createdAt),
    updated_at: toTime(row.updatedAt),
  }
}
