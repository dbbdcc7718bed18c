// The import routes: order, look, steer. What is ordered is done by the queue; nothing here waits for it.
import { Hono } from 'hono'
import { z } from 'zod'
import type { Answer } from '../answer.ts'
import type { AppContext, AppEnv, Services } from '../app-context.ts'
import { requireUser } from '../auth/roles.ts'
import { openCursor, sealCursor } from '../connections/cursor.ts'
import { category } from '../documents/fields.ts'
import { folderId } from '../files/fields.ts'
import { limitRate } from '../limits/rate.ts'
import { invalidField } from '../problems/problem.ts'
import { validate } from '../problems/validate.ts'
import type { orderedSchema, wholeImportSchema } from './answers.ts'
import { cancelImport, pauseImport, resumeImport, retryImport } from './control.ts'
import { createImport, ORDER_LIMIT, type Order } from './create.ts'
import { readPosition, sendEvents } from './events.ts'
import { previewImport } from './preview.ts'
import {
  DUPLICATE_RULES,
  IMPORT_STATUSES,
  ITEM_STATES,
  type ImportRow,
  type ItemState,
} from './schema.ts'
import { getImport, listFailedFolders, listImports, listItems, wakeIfDue } from './store.ts'
import { viewFile, viewImport, viewWhole } from './view.ts'

/** Folders that could not be listed, in one answer. */
const MAX_FOLDERS = 100
/** Files in the answer about an import itself. */
const FIRST_FILES = 100

const orderBody = z.strictObject({
  /** A built-in provider's id stands for itself. */
  connection_id: z.string().min(1).max(64),
  items: z
    .array(z.strictObject({ id: folderId }))
    .min(1)
    .max(1000),
  category: category.optional(),
  on_duplicate: z.enum(DUPLICATE_RULES).default('skip'),
  keep_original: z.boolean().default(false),
})
const cursor = z.string().max(4000).optional()
const listQuery = z.strictObject({
  cursor,
  limit: z.coerce.number().int().min(1).max(200).default(50),
  status: z.enum(IMPORT_STATUSES).optional(),
})
const filesQuery = z.strictObject({
  cursor,
  limit: z.coerce.number().int().min(1).max(1000).default(200),
  state: z.enum(ITEM_STATES).optional(),
})
/** `after`: an event's id, or the `version` of an import as it was shown. */
const eventsQuery = z.strictObject({ after: z.string().max(40).optional() })

export const importRoutes = new Hono<AppEnv>()
importRoutes.use(requireUser)

importRoutes.post('/', limitRate('import'), validate('json', orderBody, ORDER_LIMIT), async (c) => {
  const { services, caller } = c.var
  const order = readOrder(c.req.valid('json'))
  const row = await createImport(services, caller.userId, order, readKey(c))
  const location = `${services.settings.publicUrl}/api/imports/${row.id}`
  const ordered: Answer<typeof orderedSchema> = { import_id: row.id, import: viewImport(row) }
  return c.json(ordered, 202, { location })
})

importRoutes.post(
  '/preview',
  limitRate('import'),
  validate('json', orderBody, ORDER_LIMIT),
  async (c) => {
    const { services, caller } = c.var
    return c.json(await previewImport(services, caller.userId, readOrder(c.req.valid('json'))))
  },
)

importRoutes.get('/', validate('query', listQuery), async (c) => {
  const { services, caller } = c.var
  const { cursor, limit, status } = c.req.valid('query')
  const scope = ['imports', status ?? '']
  const before =
    cursor === undefined
      ? undefined
      : await openCursor<{ createdAt: number; id: string }>(services, caller.userId, scope, cursor)
  const rows = await listImports(services.db, caller.userId, { before, limit: limit + 1, status })
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  const next_cursor =
    rows.length > limit && last !== undefined
      ? await sealCursor(services, caller.userId, scope, { createdAt: last.createdAt, id: last.id })
      : null
  return c.json({ imports: page.map(viewImport), next_cursor })
})

importRoutes.get('/:id', async (c) => {
  const { services, caller } = c.var
  const row = await getImport(services.db, caller.userId, c.req.param('id'))
  wakeIfDue(services, row)
  const [failed, files] = await Promise.all([
    listFailedFolders(services.db, row, MAX_FOLDERS),
    pageOfFiles(services, row, { limit: FIRST_FILES }),
  ])
  c.header('cache-control', 'no-store')
  const whole: Answer<typeof wholeImportSchema> = { ...viewWhole(row, failed), ...files }
  return c.json(whole)
})

importRoutes.get('/:id/items', validate('query', filesQuery), async (c) => {
  const { services, caller } = c.var
  const row = await getImport(services.db, caller.userId, c.req.param('id'))
  wakeIfDue(services, row)
  c.header('cache-control', 'no-store')
  return c.json(await pageOfFiles(services, row, c.req.valid('query')))
})

importRoutes.get('/:id/events', validate('query', eventsQuery), async (c) => {
  const { services, caller } = c.var
  const row = await getImport(services.db, caller.userId, c.req.param('id'))
  // An EventSource that comes again asks for the same URL, and says with the header how far it is.
  const heard = c.req.header('Last-Event-ID')
  const seen = heard
    ? readPosition(heard, 'header.Last-Event-ID')
    : readPosition(c.req.valid('query').after, 'query.after')
  return sendEvents(services, row, seen)
})

importRoutes.post('/:id/cancel', (c) => steer(c, c.req.param('id'), cancelImport))
importRoutes.post('/:id/pause', (c) => steer(c, c.req.param('id'), pauseImport))
importRoutes.post('/:id/resume', (c) => steer(c, c.req.param('id'), resumeImport))
importRoutes.post('/:id/retry', limitRate('import'), (c) =>
  steer(c, c.req.param('id'), retryImport),
)

async function steer(
  c: AppContext,
  id: string,
  change: (services: Services, userId: string, id: string) => Promise<ImportRow>,
): Promise<Response> {
  return c.json(viewImport(await change(c.var.services, c.var.caller.userId, id)))
}

async function pageOfFiles(
  services: Services,
  row: ImportRow,
  query: {
    readonly cursor?: string | undefined
    readonly limit: number
    readonly state?: ItemState | undefined
  },
) {
  const { cursor, limit, state } = query
  const scope = ['import-items', row.id, state ?? '']
  const after =
    cursor === undefined ? 0 : await openCursor<number>(services, row.userId, scope, cursor)
  const found = await listItems(services.db, row, { after, limit: limit + 1, state })
  const page = found.slice(0, limit)
  const last = page.at(-1)
  const next_cursor =
    found.length > limit && last !== undefined
      ? await sealCursor(services, row.userId, scope, last.row)
      : null
  return { items: page.map(viewFile), next_cursor }
}

function readOrder(body: z.output<typeof orderBody>): Order {
  return {
    connectionId: body.connection_id,
    items: [...new Set(body.items.map(({ id }) => id))],
    category: body.category ?? null,
    onDuplicate: body.on_duplicate,
    keepOriginal: body.keep_original,
  }
}

/** draft-ietf-httpapi-idempotency-key-header: any text, usually a UUID in quotation marks. */
export function readKey(c: AppContext): string | undefined {
  const key = c.req.header('Idempotency-Key')
  if (key !== undefined && !/^[\x20-\x7e]{1,255}$/.test(key)) {
    throw invalidField('header.Idempotency-Key', 'must be 1 to 255 characters of ASCII')
  }
  return key
}
