// Document rows: made before the first byte is sent, stored when the bytes are there, gone when the object is gone.
import { and, desc, eq, isNull, lt, or, sql } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { recordAuditIfChanged } from '../audit/record.ts'
import { cellsOf } from '../db/cells.ts'
import { changes, type Db } from '../db/client.ts'
import { retitleStatement, unindexStatement } from '../knowledge/index.ts'
import { openUploadsOf, tooManyUploads } from '../limits/open-things.ts'
import { Problem } from '../problems/problem.ts'
import type { Uploaded } from '../transfer/upload.ts'
import { documents, type DocumentRow } from './schema.ts'

type StoreServices = Pick<Services, 'db' | 'now' | 'requestId' | 'country'>

/** What is known of an upload's document before its first byte. */
export type NewDocument = Pick<
  DocumentRow,
  | 'id'
  | 'userId'
  | 'filename'
  | 'contentType'
  | 'size'
  | 'category'
  | 'storageBackend'
  | 'connectionId'
>

export async function insertPending(services: StoreServices, row: NewDocument): Promise<void> {
  const now = services.now()
  await services.db
    .insert(documents)
    .values({ ...row, status: 'pending', createdAt: now, updatedAt: now })
}

/** The same for one whose bytes are announced. Throws `rate_limited` where the user has as many uploads open as may be. */
export async function insertAnnounced(
  services: StoreServices & Pick<Services, 'settings'>,
  row: NewDocument,
): Promise<void> {
  const now = services.now()
  const cells = cellsOf(documents, { ...row, status: 'pending', createdAt: now, updatedAt: now })
  const most = services.settings.openLimits.uploads
  const inserted = await services.db
    .insert(documents)
    .select(sql`SELECT ${cells} WHERE ${openUploadsOf(row.userId, now)} < ${most}`)
  if (changes(inserted) === 0) throw tooManyUploads(most)
}

/**
 * Marks a document stored. False when the row has gone meanwhile: then the object must go too.
 * @param claimId of the claim under which the bytes were sent: false, too, when that has passed to somebody else.
 */
export async function markStored(
  services: StoreServices,
  row: NewDocument,
  { entry, receipt }: Uploaded,
  claimId?: string,
): Promise<boolean> {
  const { db } = services
  const [rows] = await db.batch([
    db
      .update(documents)
      .set({
        status: 'stored',
        itemId: entry.id,
        size: entry.size ?? row.size,
        receipt,
        updatedAt: services.now(),
      })
      .where(
        and(
          eq(documents.id, row.id),
          eq(documents.status, 'pending'),
          claimId === undefined ? undefined : eq(documents.claimId, claimId),
        ),
      )
      .returning({ id: documents.id }),
    recordAuditIfChanged(services, auditOf(row, 'document.created')),
  ])
  return rows.length > 0
}

export async function removePending(db: Db, id: string): Promise<void> {
  await db.delete(documents).where(and(eq(documents.id, id), eq(documents.status, 'pending')))
}

/**
 * Removes the row as it was read, and what is found of its text. False when it has changed meanwhile: then there may be an object to
 * remove first.
 */
export async function removeDocument(services: StoreServices, row: DocumentRow): Promise<boolean> {
  const { db } = services
  const [removed] = await db.batch([
    db
      .delete(documents)
      .where(
        and(
          eq(documents.id, row.id),
          eq(documents.status, row.status),
          eq(documents.ownsObject, row.ownsObject),
          row.itemId === null ? isNull(documents.itemId) : eq(documents.itemId, row.itemId),
        ),
      ),
    recordAuditIfChanged(services, auditOf(row, 'document.deleted')),
    unindexStatement(db, row.id),
  ])
  return changes(removed) > 0
}

const auditOf = (row: NewDocument, action: 'document.created' | 'document.deleted') => ({
  action,
  userId: row.userId,
  actor: row.userId,
  provider: row.storageBackend,
  subjectId: row.id,
})

/** The document, whoever's it is: for the holder of a signed URL alone. */
export async function findSigned(db: Db, id: string): Promise<DocumentRow | undefined> {
  return db.select().from(documents).where(eq(documents.id, id)).get()
}

export async function findDocument(
  db: Db,
  userId: string,
  id: string,
): Promise<DocumentRow | undefined> {
  return db
    .select()
    .from(documents)
    .where(and(eq(documents.id, id), eq(documents.userId, userId)))
    .get()
}

/** The user's document, or 404. */
export async function getDocument(db: Db, userId: string, id: string): Promise<DocumentRow> {
  const row = await findDocument(db, userId, id)
  if (row === undefined) throw new Problem('not_found', 'There is no such document.')
  return row
}

export interface DocumentFilter {
  readonly before: { readonly createdAt: number; readonly id: string } | undefined
  readonly limit: number
  readonly category?: string | undefined
  readonly storageBackend?: string | undefined
  readonly status?: DocumentRow['status'] | undefined
}

/** A page of the user's documents, the newest first. */
export async function listDocuments(
  db: Db,
  userId: string,
  { before, limit, category, storageBackend, status }: DocumentFilter,
): Promise<DocumentRow[]> {
  return db
    .select()
    .from(documents)
    .where(
      and(
        eq(documents.userId, userId),
        category === undefined ? undefined : eq(documents.category, category),
        storageBackend === undefined ? undefined : eq(documents.storageBackend, storageBackend),
        status === undefined ? undefined : eq(documents.status, status),
        before &&
          or(
            lt(documents.createdAt, before.createdAt),
            and(eq(documents.createdAt, before.createdAt), lt(documents.id, before.id)),
          ),
      ),
    )
    .orderBy(desc(documents.createdAt), desc(documents.id))
    .limit(limit)
}

/** Those of the user's documents that have one of these ids, in no order. */
export async function listDocumentsById(
  db: Db,
  userId: string,
  ids: readonly string[],
): Promise<DocumentRow[]> {
  const isOne = sql`${documents.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`
  return db
    .select()
    .from(documents)
    .where(and(eq(documents.userId, userId), isOne))
}

export async function changeDocument(
  services: StoreServices,
  row: DocumentRow,
  change: { readonly filename?: string | undefined; readonly category?: string | null | undefined },
): Promise<DocumentRow> {
  const { db } = services
  const update = db
    .update(documents)
    .set({
      ...(change.filename === undefined ? {} : { filename: change.filename }),
      ...(change.category === undefined ? {} : { category: change.category }),
      updatedAt: services.now(),
    })
    .where(eq(documents.id, row.id))
    .returning()
  const [rows] = await (change.filename === undefined
    ? db.batch([update])
    : db.batch([update, retitleStatement(db, row.id, change.filename)]))
  if (rows[0] === undefined) throw new Problem('not_found', 'There is no such document.')
  return rows[0]
}
