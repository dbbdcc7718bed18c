// Takes an order: an import with what was chosen, and its audit entry, in one batch; the same Idempotency-Key never makes a second one.
import { and, eq, sql } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { recordAuditIfChanged } from '../audit/record.ts'
import { randomId, sha256 } from '../crypto/random.ts'
import { cellsOf } from '../db/cells.ts'
import { changes } from '../db/client.ts'
import { tooManyImports, unfinishedImportsOf } from '../limits/open-things.ts'
import { invalidField } from '../problems/problem.ts'
import { ensureUser } from '../users/store.ts'
import { dispatchImport } from './dispatch.ts'
import { groupIds } from './id-groups.ts'
import { importFolders, imports, type DuplicateRule, type ImportRow } from './schema.ts'
import { getImport, getSource } from './store.ts'

/** What a user asks for. */
export interface Order {
  readonly connectionId: string
  /** The provider's ids of files and folders, each once. */
  readonly items: readonly string[]
  readonly category: string | null
  readonly onDuplicate: DuplicateRule
  readonly keepOriginal: boolean
}

/** Bytes of an order: 1,000 ids of 5 kB each. It is held whole, several times over. */
export const ORDER_LIMIT = 5 * 2 ** 20

/** Hashes of the key and of what was ordered with it. */
interface Idempotency {
  readonly key: string
  readonly body: string
}

/**
 * The import that the order makes, or has made: running, its message on the way.
 * @param key the caller's Idempotency-Key
 */
export async function createImport(
  services: Services,
  userId: string,
  order: Order,
  key: string | undefined,
): Promise<ImportRow> {
  const once = key === undefined ? undefined : await hashOrder(key, order)
  const earlier = once && (await findEarlier(services, userId, once))
  if (earlier !== undefined) return earlier
  const id = randomId()
  try {
    await insertOrder(services, userId, id, order, once)
  } catch (error) {
    // The same request twice at once: one of them has made it.
    const made = once && (await findEarlier(services, userId, once))
    if (made === undefined) throw error
    return made
  }
  const row = await getImport(services.db, userId, id)
  // What counts is the row: a message that cannot be sent now is sent by the clock.
  services.background(dispatchImport(services, id))
  return row
}

async function insertOrder(
  services: Services,
  userId: string,
  id: string,
  order: Order,
  once: Idempotency | undefined,
): Promise<void> {
  const { db, now } = services
  const { connectionId, provider } = await getSource(db, userId, order.connectionId)
  await ensureUser(db, userId, now())
  const row: typeof imports.$inferInsert = {
    id,
    userId,
    connectionId,
    provider: provider.id,
    category: order.category,
    onDuplicate: order.onDuplicate,
    keepOriginal: order.keepOriginal,
    status: 'running',
    idempotencyKey: once?.key,
    idempotencyBody: once?.body,
    createdAt: now(),
    updatedAt: now(),
  }
  const most = services.settings.openLimits.imports
  const [inserted] = await db.batch([
    db
      .insert(imports)
      .select(sql`SELECT ${cellsOf(imports, row)} WHERE ${unfinishedImportsOf(userId)} < ${most}`),
    recordAuditIfChanged(services, {
      action: 'import.started',
      userId,
      actor: userId,
      provider: provider.id,
      subjectId: id,
    }),
    ...groupIds(order.items).map((ids) =>
      db.insert(importFolders).select(sql`
        SELECT ${id}, value, 'chosen', '', 0, NULL, 0, 0, NULL FROM json_each(${JSON.stringify(ids)})
        WHERE EXISTS (SELECT 1 FROM imports WHERE id = ${id})`),
    ),
  ])
  if (changes(inserted) > 0) return
  throw tooManyImports(most)
}

async function hashOrder(key: string, order: Order): Promise<Idempotency> {
  const { connectionId, items, category, onDuplicate, keepOriginal } = order
  const body = JSON.stringify([connectionId, items, category, onDuplicate, keepOriginal])
  return { key: await sha256(key), body: await sha256(body) }
}

async function findEarlier(
  { db }: Services,
  userId: string,
  once: Idempotency,
): Promise<ImportRow | undefined> {
  const row = await db
    .select()
    .from(imports)
    .where(and(eq(imports.userId, userId), eq(imports.idempotencyKey, once.key)))
    .get()
  if (row !== undefined && row.idempotencyBody !== once.body) {
    throw invalidField('header.Idempotency-Key', 'was used for another import')
  }
  return row
}
