// The document routes: list, read, change, link, delete with the object.
import { Hono } from 'hono'
import { z } from 'zod'
import type { Answer } from '../answer.ts'
import type { AppEnv } from '../app-context.ts'
import { requireUser } from '../auth/roles.ts'
import { openCursor, sealCursor } from '../connections/cursor.ts'
import type { Db } from '../db/client.ts'
import { contentQuery, itemName } from '../files/fields.ts'
import { invalidField, Problem } from '../problems/problem.ts'
import { readOptionalJson, validate } from '../problems/validate.ts'
import { getProvider } from '../providers/registry.ts'
import type { signedLinkSchema } from './answers.ts'
import { itemOf, sendDocument } from './content.ts'
import { category, linkBody } from './fields.ts'
import { DOCUMENT_STATUSES, type DocumentRow } from './schema.ts'
import { signGet } from './signed-url.ts'
import { canSign, deleteObject } from './storage.ts'
import { changeDocument, getDocument, listDocuments, removeDocument } from './store.ts'
import { uploadRoutes } from './upload-routes.ts'
import { viewDocuments } from './view.ts'

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

/** A document changes under a removal only while its bytes arrive: once when they begin, once when they are stored. */
const REMOVE_TRIES = 4

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
  return c.json({ documents: await viewDocuments(services.db, page), next_cursor })
})

documentRoutes.get('/:id', async (c) => {
  const { services, caller } = c.var
  const row = await getDocument(services.db, caller.userId, c.req.param('id'))
  return c.json(await viewOne(services.db, row))
})

documentRoutes.patch('/:id', validate('json', changeBody), async (c) => {
  const { services, caller } = c.var
  const row = await getDocument(services.db, caller.userId, c.req.param('id'))
  const changed = await changeDocument(services, row, c.req.valid('json'))
  return c.json(await viewOne(services.db, changed))
})

documentRoutes.delete('/:id', async (c) => {
  const { services, caller } = c.var
  for (let tries = 0; tries < REMOVE_TRIES; tries++) {
    const row = await getDocument(services.db, caller.userId, c.req.param('id'))
    if (row.itemId !== null) await deleteObject(services, row, row.itemId)
    if (await removeDocument(services, row)) return c.body(null, 204)
  }
  throw new Problem('upload_locked', 'The document is being stored.', { retryAfter: 1 })
})

documentRoutes.get('/:id/content', validate('query', contentQuery), async (c) => {
  const { services, caller } = c.var
  const row = await getDocument(services.db, caller.userId, c.req.param('id'))
  return sendDocument(c, row, c.req.valid('query'))
})

documentRoutes.post('/:id/link', async (c) => {
  const { services, caller } = c.var
  const row = await getDocument(services.db, caller.userId, c.req.param('id'))
  const { expires_in: seconds, disposition } = await readOptionalJson(c.req, linkBody)
  if (!canSign(row.storageBackend)) {
    throw new Problem('not_supported', 'Only documents in the default storage have links.')
  }
  itemOf(row)
  const { url, expiresAt } = await signGet(services, row, { seconds, disposition })
  const headers = { 'cache-control': 'no-store' }
  const link = { url, expires_at: expiresAt } satisfies Answer<typeof signedLinkSchema>
  return c.json(link, { headers })
})

const viewOne = async (db: Db, row: DocumentRow) => (await viewDocuments(db, [row]))[0]
