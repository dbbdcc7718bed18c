// A document's bytes under the document's own name, from whatever backend holds them.
import type { AppContext } from '../app-context.ts'
import { sendContent, type ContentOptions } from '../files/content.ts'
import { Problem } from '../problems/problem.ts'
import type { DocumentRow } from './schema.ts'
import { openStorageOf } from './storage.ts'

/** GET and HEAD. Throws `not_found` while the bytes are on their way. */
export async function sendDocument(
  c: AppContext,
  row: DocumentRow,
  options: ContentOptions,
): Promise<Response> {
  const itemId = itemOf(row)
  const { live } = await openStorageOf(c.var.services, row)
  return sendContent(c, live, itemId, { ...options, fileName: row.filename })
}

/** The item that holds a document's bytes. Throws `not_found` while they are on their way. */
export function itemOf({ status, itemId }: DocumentRow): string {
  if (status === 'stored' && itemId !== null) return itemId
  throw new Problem('not_found', 'The document has no content yet.')
}
