// Brings files and folders of a drive into the documents, and steers what is under way.
import { withQuery, type Http } from '../http.ts'
import { pagesOf, type Pages } from '../pages.ts'
import type {
  Import,
  ImportDetails,
  ImportFile,
  ImportFileState,
  ImportPreview,
  ImportStatus,
} from '../views.ts'
import { importPath, watchImport, type ImportEvent } from './watch.ts'

/** What to import, and how. */
export interface ImportOrder {
  /** A connection's id, or that of a built-in drive such as `r2`. */
  readonly connection_id: string
  /** Files, and folders with everything below them; from 1 to 1000. Items of a listing can be given as they are. */
  readonly items: readonly { readonly id: string }[]
  /** What the documents are filed under. */
  readonly category?: string | undefined
  /** What is done with a file that is a document already. Default: `skip`. */
  readonly on_duplicate?: Import['on_duplicate']
  /** Whether the files themselves are kept in the default storage, besides their text. Default: no. */
  readonly keep_original?: boolean
}

export interface ImportPage {
  readonly imports: readonly Import[]
  readonly next_cursor: string | null
}

export interface ImportFilePage {
  readonly items: readonly ImportFile[]
  readonly next_cursor: string | null
}

export interface Imports {
  /**
   * Orders an import, which goes on whether anybody watches it or not.
   * @param idempotencyKey the same key with the same order is the same import, so that a click repeated makes no second one
   */
  readonly start: (
    order: ImportOrder,
    options?: { readonly idempotencyKey?: string },
  ) => Promise<Import>
  /** What it would bring: counts, sizes, types that have no text, files that are documents already. */
  readonly preview: (
    order: ImportOrder,
    options?: { readonly signal?: AbortSignal },
  ) => Promise<ImportPreview>
  /** The newest first. */
  readonly list: (filter?: {
    readonly status?: ImportStatus
    readonly limit?: number
  }) => Pages<ImportPage, Import>
  readonly get: (id: string) => Promise<ImportDetails>
  readonly files: (
    id: string,
    filter?: { readonly state?: ImportFileState; readonly limit?: number },
  ) => Pages<ImportFilePage, ImportFile>
  /**
   * Everything from the beginning, or what is newer than `after`, a `version` of the import as it was shown; then each change as it
   * happens. Ends with `end`.
   */
  readonly watch: (
    id: string,
    options?: { readonly signal?: AbortSignal; readonly after?: number },
  ) => AsyncIterable<ImportEvent>
  /** Stops for good; what is in stays. */
  readonly cancel: (id: string) => Promise<Import>
  /** Until `resume`. */
  readonly pause: (id: string) => Promise<Import>
  readonly resume: (id: string) => Promise<Import>
  /** Once more what failed. */
  readonly retry: (id: string) => Promise<Import>
}

export function createImports(http: Http): Imports {
  const steer = (action: string) => (id: string) =>
    http.call<Import>(`${importPath(id)}/${action}`, { method: 'POST' })
  return {
    start: async (order, { idempotencyKey } = {}) => {
      const answer = await http.call<{ import: Import }>('/api/imports', {
        method: 'POST',
        body: toBody(order),
        ...(idempotencyKey !== undefined && { headers: { 'idempotency-key': idempotencyKey } }),
      })
      return answer.import
    },
    preview: (order, { signal } = {}) =>
      http.call('/api/imports/preview', { method: 'POST', body: toBody(order), signal }),
    list: (filter = {}) =>
      pagesOf(
        (cursor) => http.call<ImportPage>(withQuery('/api/imports', { ...filter, cursor })),
        ({ imports }) => imports,
      ),
    get: (id) => http.call(importPath(id)),
    files: (id, filter = {}) =>
      pagesOf(
        (cursor) =>
          http.call<ImportFilePage>(withQuery(`${importPath(id)}/items`, { ...filter, cursor })),
        ({ items }) => items,
      ),
    watch: (id, { signal, after } = {}) => watchImport(http, id, signal, after),
    cancel: steer('cancel'),
    pause: steer('pause'),
    resume: steer('resume'),
    retry: steer('retry'),
  }
}

/** The API wants the ids of items, and nothing else of them. */
const toBody = (order: ImportOrder) => ({ ...order, items: order.items.map(({ id }) => ({ id })) })
