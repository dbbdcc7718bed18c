// Clears away documents whose bytes never came, with whatever a sender that died has left of them.
import { and, eq, isNull, lt, notExists, or } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { uploads } from '../uploads/schema.ts'
import { documents, type DocumentRow } from './schema.ts'
import { deleteObject } from './storage.ts'

/** Milliseconds after which a pending document is given up. */
const LIFE_MS = 24 * 3600_000
/** Documents of one run whose object is looked for: each takes two operations of those that the platform allows. */
const MAX_BEGUN = 100

/** Returns how many rows went. An object that cannot be deleted now keeps its row for the next run. */
export async function sweepPending(services: Services): Promise<number> {
  const { db, now } = services
  // One in several requests may take longer, and has a clock of its own.
  const underWay = db
    .select({ id: uploads.id })
    .from(uploads)
    .where(and(eq(uploads.documentId, documents.id), eq(uploads.status, 'open')))
  const abandoned = and(
    eq(documents.status, 'pending'),
    lt(documents.createdAt, now() - LIFE_MS),
    or(isNull(documents.claimUntil), lt(documents.claimUntil, now())),
    notExists(underWay),
  )
  const empty = await db
    .delete(documents)
    .where(and(abandoned, isNull(documents.itemId)))
    .returning({ id: documents.id })
  const begun = await db.select().from(documents).where(abandoned).limit(MAX_BEGUN)
  for (const row of begun) await removeBegun(services, row)
  return empty.length + begun.length
}

/** An object may stand where the row says, from a sender that died between its last byte and the row. */
async function removeBegun(services: Services, row: DocumentRow): Promise<void> {
  const { id, itemId, claimId } = row
  if (itemId !== null) await deleteObject(services, row, itemId)
  await services.db
    .delete(documents)
    .where(
      and(
        eq(documents.id, id),
        eq(documents.status, 'pending'),
        claimId === null ? isNull(documents.claimId) : eq(documents.claimId, claimId),
      ),
    )
}
