// The whole text of a document, passage by passage: never more of it is held than a page of passages.
import { and, asc, eq, exists, gt, isNull } from 'drizzle-orm'
import type { Db } from '../db/client.ts'
import { documents, type DocumentRow } from '../documents/schema.ts'
import { Problem } from '../problems/problem.ts'
import { chunks } from './schema.ts'

/** Passages of one statement, of 2,000 characters at most. */
const PAGE = 100

/** Throws `not_found` where no text was found. A text that is replaced while it is sent is broken off. */
export function sendText(db: Db, row: DocumentRow): Response {
  if (row.textStatus !== 'indexed') throw new Problem('not_found', 'The document has no text.')
  const encoder = new TextEncoder()
  let next = 0
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const page = await readPage(db, row, next)
        next += page.length
        if (page.length > 0) controller.enqueue(encoder.encode(page.join('')))
        if (next >= row.chunkCount) controller.close()
        else if (page.length === 0) controller.error(new Error('the text was replaced meanwhile'))
      },
    },
    // Nothing is read before somebody wants it.
    { highWaterMark: 0 },
  )
  return new Response(body, {
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "sandbox; default-src 'none'",
      'cache-control': 'private, no-store',
      'referrer-policy': 'no-referrer',
    },
  })
}

/** The text of passages from an ordinal on, without what they repeat; nothing where the document is not the same any more. */
async function readPage(db: Db, row: DocumentRow, from: number): Promise<string[]> {
  const { id, userId, importedAt } = row
  const same = db
    .select({ id: documents.id })
    .from(documents)
    .where(
      and(
        eq(documents.id, id),
        eq(documents.userId, userId),
        importedAt === null ? isNull(documents.importedAt) : eq(documents.importedAt, importedAt),
      ),
    )
  const page = await db
    .select({ text: chunks.text, overlap: chunks.overlap })
    .from(chunks)
    .where(and(eq(chunks.documentId, id), gt(chunks.ordinal, from - 1), exists(same)))
    .orderBy(asc(chunks.ordinal))
    .limit(PAGE)
  return page.map(({ text, overlap }) => text.slice(overlap))
}
