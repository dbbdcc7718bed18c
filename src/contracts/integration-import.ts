// An import as the earlier contract `/api/v1/integrations` answers it: with its documents when it is over, else as one that goes on.
import type { Answer } from '../answer.ts'
import type { Services } from '../app-context.ts'
import { listDocumentsById } from '../documents/store.ts'
import type { ImportItem, ImportRow } from '../imports/schema.ts'
import { isOver, listFailedFolders, listItems } from '../imports/store.ts'
import { viewImport } from '../imports/view.ts'
import { Problem, type ProblemCode } from '../problems/problem.ts'
import type { importedSchema, importingSchema } from './integrations-answers.ts'
import type { PlatformName } from './platforms.ts'

type Imported = Answer<typeof importedSchema>
type Importing = Answer<typeof importingSchema>

/** Files of one answer. What has more is left to be watched, page by page: nothing is cut silently. */
const MAX_FILES = 1000

/** 200 with every document, or 202 with the import. Throws what the import as a whole failed with. */
export async function answerImport(
  services: Services,
  row: ImportRow,
  platform: PlatformName,
): Promise<
  | { readonly body: Imported; readonly status: 200 }
  | { readonly body: Importing; readonly status: 202 }
> {
  if (row.status === 'failed') {
    const code = (row.errorCode ?? 'internal') as ProblemCode
    throw new Problem(code, undefined, { headers: { location: importUrl(services, row) } })
  }
  const watched = (message: string) =>
    ({
      status: 202,
      body: { success: true, message, documents: [], import: viewImport(row) },
    }) as const
  if (!isOver(row)) return watched(waitingFor(row))
  const files = await listItems(services.db, row, { after: 0, limit: MAX_FILES + 1 })
  const folders = await listFailedFolders(services.db, row, MAX_FILES + 1)
  if (Math.max(files.length, folders.length) > MAX_FILES) {
    return watched('The import is over. It has too many files for one answer.')
  }
  const documents = await readDocuments(services, row.userId, files, platform)
  const failures = [
    ...files
      // One that cannot be read is kept as a document, and told all the same.
      .filter(({ state, documentId }) => state === 'failed' || documentId === null)
      .map(({ itemId, name, reason }) => ({ id: itemId, name, reason })),
    ...folders.map(({ itemId, path, reason }) => ({ id: itemId, name: path, reason })),
  ]
  const success = failures.length === 0
  const message =
    `${countOf(documents.length, 'document')} imported.` +
    (success ? '' : ` ${countOf(failures.length, 'item')} could not be imported.`)
  return { status: 200, body: { success, message, documents, failures } }
}

/** Where the import can be watched and tried again. */
export const importUrl = ({ settings }: Services, { id }: ImportRow) =>
  `${settings.publicUrl}/api/imports/${id}`

/** In the order in which the files were found. One that is a document already counts as well. */
async function readDocuments(
  services: Services,
  userId: string,
  files: readonly ImportItem[],
  platform: PlatformName,
): Promise<Imported['documents']> {
  const ids = [...new Set(files.flatMap(({ documentId }) => documentId ?? []))]
  const rows = await listDocumentsById(services.db, userId, ids)
  const byId = new Map(rows.map((row) => [row.id, row]))
  return ids.flatMap((id) => {
    const row = byId.get(id)
    if (row === undefined) return []
    const { filename: title, chunkCount: chunk_count } = row
    return [{ id, title, source_type: platform, chunk_count }]
  })
}

function waitingFor({ status, pauseReason }: ImportRow): string {
  if (status !== 'paused') return 'The import goes on by itself.'
  if (pauseReason === 'reauth_required')
    return 'The import goes on when the platform is connected again.'
  if (pauseReason === 'user') return 'The import was paused.'
  return 'The import goes on by itself, as soon as the platform allows.'
}

const countOf = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`
