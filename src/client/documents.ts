// What has been uploaded and imported: listed, found by its text, read.
import { withQuery, type Http } from './http.ts'
import { pagesOf, type Pages } from './pages.ts'
import type { Document, SearchResult } from './views.ts'

export interface DocumentFilter {
  readonly category?: string
  /** A provider's id. */
  readonly storage_backend?: string
  readonly status?: Document['status']
  /** Documents on a page, from 1 to 200. */
  readonly limit?: number
}

export interface SearchFilter {
  /** Whether all words have to be in a passage, or any. Default: `all`. */
  readonly match?: 'all' | 'any'
  readonly category?: string
  readonly document_id?: string
  readonly connection_id?: string
  /** A provider's id. */
  readonly provider?: string
  /** Characters that are shown of a passage, about; from 100 to 2000. */
  readonly passage_length?: number
  /** Passages on a page, from 1 to 50. */
  readonly limit?: number
}

export interface DocumentPage {
  readonly documents: readonly Document[]
  readonly next_cursor: string | null
}

export interface SearchPage {
  readonly results: readonly SearchResult[]
  readonly next_cursor: string | null
}

export interface Documents {
  /** The newest first. */
  readonly list: (filter?: DocumentFilter) => Pages<DocumentPage, Document>
  /** Passages in which the words are; `"a phrase"`, `begin*` and `-without` are understood. The best first. */
  readonly search: (query: string, filter?: SearchFilter) => Pages<SearchPage, SearchResult>
  readonly get: (id: string) => Promise<Document>
  /** A document's bytes, as a stream in the answer's `body`. */
  readonly download: (id: string, options?: { readonly signal?: AbortSignal }) => Promise<Response>
  /** The text that was read from a document. Throws `not_found` where there is none. */
  readonly text: (id: string) => Promise<string>
  readonly update: (
    id: string,
    change: { readonly filename?: string; readonly category?: string | null },
  ) => Promise<Document>
  /** With the bytes that were made for it; what was imported from a drive stays there. */
  readonly remove: (id: string) => Promise<void>
}

const DOCUMENTS = '/api/documents'
const documentPath = (id: string) => `${DOCUMENTS}/${encodeURIComponent(id)}`

export function createDocuments(http: Http): Documents {
  return {
    list: (filter = {}) =>
      pagesOf(
        (cursor) => http.call<DocumentPage>(withQuery(DOCUMENTS, { ...filter, cursor })),
        ({ documents }) => documents,
      ),
    search: (q, filter = {}) =>
      pagesOf(
        (cursor) =>
          http.call<SearchPage>(withQuery(`${DOCUMENTS}/search`, { q, ...filter, cursor })),
        ({ results }) => results,
      ),
    get: (id) => http.call(documentPath(id)),
    download: (id, { signal } = {}) =>
      http.send(`${documentPath(id)}/content`, { headers: { accept: '*/*' }, signal }),
    text: async (id) =>
      (await http.send(`${documentPath(id)}/text`, { headers: { accept: 'text/plain' } })).text(),
    update: (id, change) => http.call(documentPath(id), { method: 'PATCH', body: change }),
    remove: (id) => http.call(documentPath(id), { method: 'DELETE' }),
  }
}
