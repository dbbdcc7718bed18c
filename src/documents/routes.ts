// The document routes: upload by form to any backend, list, read, change, delete with the object.
import { Hono } from 'hono'
import { z } from 'zod'
import type { AppContext, AppEnv, Services } from '../app-context.ts'
import { requireUser } from '../auth/roles.ts'
import { openCursor, sealCursor } from '../connections/cursor.ts'
import { toTime } from '../connections/view.ts'
import { findConnection } from '../connections/store.ts'
import { randomId } from '../crypto/random.ts'
import { sendContent } from '../files/content.ts'
import { contentLength, itemName, mediaType } from '../files/fields.ts'
import { writing } from '../files/writing.ts'
import { invalidField, Problem } from '../problems/problem.ts'
import { toProblem } from '../problems/respond.ts'
import { invalidRequest, validate } from '../problems/validate.ts'
import { getProvider } from '../providers/registry.ts'
import type { Receipt } from '../transfer/receipt.ts'
import { ensureUser } from '../users/store.ts'
import { readForm, type FormFile } from './form.ts'
import { DOCUMENT_STATUSES, type DocumentRow } from './schema.ts'
import { chooseTarget, openStorage, unknownBackend, type Storage } from './storage.ts'
import {
  changeDocument,
  getDocument,
  insertPending,
  listDocuments,
  markStored,
  removeDocument,
  removePending,
  type NewDocument,
} from './store.ts'

const category = z.string().trim().min(1).max(100)
const formFields = z.strictObject({
  target_backend: z.string().optional(),
  category: category.optional(),
})
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

documentRoutes.post('/upload', async (c) => {
  const type = c.req.header('Content-Type') ?? ''
  if (/^multipart\/form-data\b/i.test(type)) return uploadForm(c, type)
  if (/^application\/json\b/i.test(type)) {
    throw new Problem(
      'not_supported',
      'Signed upload URLs are not offered yet: send a multipart form.',
    )
  }
  throw invalidField('header.Content-Type', 'must be multipart/form-data')
})

/** The file goes on as it arrives. The row is made first and taken back if the bytes do not get there. */
async function uploadForm(c: AppContext, type: string): Promise<Response> {
  const { services, caller } = c.var
  const length = contentLength(c.req.header('Content-Length'))
  const { body } = c.req.raw
  if (body === null) throw invalidField('body', 'is empty')
  const { fields, file } = await readForm(body, type, length)
  const parsed = formFields.safeParse(Object.fromEntries(fields))
  try {
    if (!parsed.success) throw invalidRequest('body', parsed.error.issues)
    const name = itemName.safeParse(file.filename)
    if (!name.success) throw invalidField('body.file', 'has a file name that cannot be kept')
    const user = await ensureUser(services.db, caller.userId, services.now())
    const target = await chooseTarget(services, user, parsed.data.target_backend)
    const storage = await openStorage(services, caller.userId, target)
    const row = {
      id: randomId(),
      userId: caller.userId,
      filename: name.data,
      contentType: mediaType(file.contentType),
      size: file.size,
      category: parsed.data.category ?? null,
      storageBackend: storage.backend,
      connectionId: storage.live.connection?.id ?? null,
    }
    const work = storeForm(services, storage, row, file)
    // A caller that leaves ends the request, not what belongs to it: a row or an object alone.
    services.background(work.catch(() => undefined))
    await work
    return c.json({ document_id: row.id, storage_backend: row.storageBackend }, 201)
  } catch (error) {
    await file.body.cancel().catch(() => undefined)
    // The pump notices at its next write, and lets go of what is left of the form.
    await Promise.race([file.finished.catch(() => undefined), pause(RELEASE_MS)])
    throw error
  }
}

async function storeForm(
  services: Services,
  storage: Storage,
  row: NewDocument,
  file: FormFile,
): Promise<void> {
  await insertPending(services, row)
  try {
    const uploaded = await writing(services, storage.live, () =>
      storage.put({
        document: row,
        contentType: row.contentType,
        size: file.size,
        body: file.body,
      }),
    )
    await finishUpload(services, row, uploaded, file.finished, () =>
      storage.delete(uploaded.entry.id),
    )
  } catch (error) {
    await removePending(services.db, row.id)
    // A form that broke off is why the backend got too little, and says more than its complaint.
    throw (await failureOf(file.finished)) ?? error
  }
}

/** Milliseconds for a form that nobody wants any more to let go of its body. */
const RELEASE_MS = 2000

const pause = (milliseconds: number) =>
  new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), milliseconds))

/** The problem that has ended the form, if one has. */
async function failureOf(finished: Promise<void>): Promise<Problem | undefined> {
  const failure = finished.then(
    () => undefined,
    (error: unknown) => (error instanceof Problem ? error : undefined),
  )
  return Promise.race([failure, pause(0)])
}

/** The form must have been whole to its last byte, and the row still there; else the object goes again. */
async function finishUpload(
  services: Services,
  row: Parameters<typeof markStored>[1],
  uploaded: Parameters<typeof markStored>[2],
  finished: Promise<void>,
  removeObject: () => Promise<void>,
): Promise<void> {
  try {
    await finished
    if (await markStored(services, row, uploaded)) return
    throw new Problem('not_found', 'The connection was removed meanwhile.')
  } catch (error) {
    await removeObject().catch(() => undefined)
    throw error
  }
}

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
    verification: verificationOf(row),
    created_at: toTime(row.createdAt),
    updated_at: toTime(row.updatedAt),
  }
}

/** Null while the bytes are on their way. */
function verificationOf({ status, receipt, size }: DocumentRow): Receipt | null {
  if (receipt !== null || status === 'pending') return receipt
  return { verdict: 'unverified', reason: 'received_before', size }
}
