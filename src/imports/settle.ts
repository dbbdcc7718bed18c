// The one batch that makes files documents: each document, its passages and the file's state, all of it or nothing, and only once.
import { and, eq, getTableColumns, sql, type SQL } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { cellsOf, excluded } from '../db/cells.ts'
import { documents, type TextReason } from '../documents/schema.ts'
import type { Chunk } from '../knowledge/chunk.ts'
import { indexStatements, ownerTerm } from '../knowledge/index.ts'
import { fence, requireHeld, touch, touched, type Lease } from './lease.ts'
import type { Reason } from './reasons.ts'
import { importItems, type ImportItem } from './schema.ts'

/** What becomes of a file. */
export interface Settled {
  readonly item: Readonly<Pick<ImportItem, 'id' | 'state' | 'documentId'>> & {
    readonly reason: Reason | TextReason | null
  }
  /** Undefined for a file that is left out. */
  readonly made:
    | {
        readonly document: typeof documents.$inferInsert
        /** Whether it is none if another import has made a document of the same file meanwhile, or of the same bytes. */
        readonly isNew: boolean
        /** When the document that becomes this one was last changed; null where there was none. One that has changed since is left alone. */
        readonly seenAt: number | null
        readonly passages: readonly Chunk[]
        /** Of a copy that no document names any more. */
        readonly copyEnc: string | null
      }
    | undefined
}

/** Files of one batch, and the passages from which on no other joins. */
export const MOST_SETTLED = 32
const MOST_PASSAGES = 500

/** Whether a file goes into a batch with others: two versions of one document are made one after the other. */
export function fitsSettled(group: readonly Settled[], { made }: Settled): boolean {
  if (made === undefined) return true
  const passages = group.reduce((sum, one) => sum + (one.made?.passages.length ?? 0), 0)
  return (
    passages + made.passages.length <= MOST_PASSAGES &&
    group.every((one) => one.made?.document.id !== made.document.id)
  )
}

/**
 * Resolves to which of them are settled now: one that was to be new and is none any more, or whose document has been changed or
 * deleted meanwhile, is left as it was, and may be looked at again. Throws `LeaseLost` where the import is somebody else's by now:
 * then nothing has been changed.
 */
export async function settleFiles(
  services: Services,
  lease: Lease,
  group: readonly Settled[],
): Promise<readonly boolean[]> {
  const { db } = services
  const held = fence(lease)
  const made = group.flatMap((one) => one.made ?? [])
  const rows = JSON.stringify(
    made.map(({ document, isNew, seenAt }) => ({ ...document, isNew, seenAt })),
  )
  const results = await db.batch([
    touch(services, lease),
    ...(made.length === 0
      ? []
      : [
          db
            .insert(documents)
            .select(
              sql`SELECT ${cellsOf(documents, CELLS)}
                FROM json_each(${rows}) WHERE ${held} AND ${isStillNew(lease)} AND ${isAsSeen}`,
            )
            .onConflictDoUpdate({
              target: documents.id,
              set: excluded(documents, ['id', 'userId', 'createdAt']),
            }),
          ...indexStatements(
            db,
            await ownerTerm(lease.row.userId),
            made.map(({ document: { id, filename, updatedAt }, passages }) => ({
              id,
              updatedAt,
              title: filename,
              passages,
            })),
            held,
          ),
        ]),
    noteItems(services, lease, group),
  ])
  requireHeld(results[0])
  const settled = new Set((results.at(-1) as { id: string }[]).map(({ id }) => id))
  return group.map(({ item }) => settled.has(item.id))
}

/** Each column of a document from the JSON of it. */
const CELLS = Object.fromEntries(
  Object.keys(getTableColumns(documents)).map((name) => [name, sql.raw(`value ->> '${name}'`)]),
) as Record<keyof typeof documents._.columns, SQL>

/**
 * Whether what was to be a new document is none yet: another import may have been quicker since this one looked. Two conditions,
 * each of which has an index.
 */
function isStillNew({ row: { userId, connectionId } }: Lease): SQL {
  const others = sql`SELECT 1 FROM ${documents} AS other
    WHERE other.user_id = ${userId} AND other.id <> value ->> 'id' AND other.imported_at IS NOT NULL`
  return sql`(NOT value ->> 'isNew' OR (
    NOT EXISTS (${others} AND other.source_connection_id = ${connectionId}
      AND other.source_item_id = value ->> 'sourceItemId')
    AND NOT EXISTS (${others} AND other.content_hash = value ->> 'contentHash')))`
}

/** Whether nobody has changed the document since it was read; or this very batch has, when it came to pass unheard. */
const isAsSeen = sql`(value ->> 'seenAt' IS NULL OR EXISTS (SELECT 1 FROM ${documents} AS seen
  WHERE seen.id = value ->> 'id' AND seen.updated_at IN (value ->> 'seenAt', value ->> 'updatedAt')))`

/** What stands of a file that is left out stays as it is: bytes, passages, and a copy that is still to be cleared away. */
function noteItems({ db }: Pick<Services, 'db'>, lease: Lease, group: readonly Settled[]) {
  const rows = group.map(({ item, made }) => ({
    ...item,
    madeAt: made?.document.updatedAt,
    size: made?.document.size,
    chunks: made?.passages.length,
    copyEnc: made?.copyEnc,
  }))
  type Name = keyof (typeof rows)[number]
  const cell = <T>(name: Name) => sql.raw(`new.value ->> '${name}'`) as SQL<T>
  const ifMade = <T>(name: Name, column: unknown) =>
    sql<T>`CASE WHEN new.value ->> 'madeAt' IS NOT NULL THEN ${cell(name)} ELSE ${column} END`
  const isThere = sql`(new.value ->> 'madeAt' IS NULL OR EXISTS (SELECT 1 FROM ${documents} AS made
    WHERE made.id = new.value ->> 'documentId' AND made.updated_at = new.value ->> 'madeAt'))`
  return db
    .update(importItems)
    .set({
      state: cell('state'),
      reason: cell('reason'),
      documentId: cell('documentId'),
      size: ifMade('size', importItems.size),
      bytesDone: ifMade('size', importItems.bytesDone),
      chunks: ifMade('chunks', importItems.chunks),
      copyEnc: ifMade('copyEnc', importItems.copyEnc),
      changedAt: touched(lease),
    })
    .from(sql`json_each(${JSON.stringify(rows)}) AS new`)
    .where(and(eq(importItems.id, cell('id')), isThere, fence(lease)))
    .returning({ id: importItems.id })
}
