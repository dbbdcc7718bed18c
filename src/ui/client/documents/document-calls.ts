// Documents as the API shows them, the search over their text, and the calls that change them.
import type { Reason } from '../../../imports/reasons.ts'
import { call } from '../api.ts'

interface Source {
  readonly provider: string
  readonly connection_id: string | null
  readonly path: string | null
  /** The provider's own page of it. */
  readonly url: string | null
}

export interface DocumentView {
  readonly id: string
  readonly filename: string
  readonly content_type: string
  /** Bytes. */
  readonly size: number
  readonly category: string | null
  /** pending: its bytes are on their way. */
  readonly status: 'pending' | 'stored'
  readonly storage_backend: string
  readonly connection_id: string | null
  /** Whether its bytes can be had. */
  readonly reachable: boolean
  /** Null where nobody has looked for text in it. */
  readonly text: {
    readonly status: 'indexed' | 'empty' | 'unreadable'
    readonly reason: Reason | null
    readonly passages: number
  } | null
  /** Null for what was uploaded. */
  readonly source: Source | null
  readonly imported_at: string | null
  readonly created_at: string
}

export interface SearchResult {
  readonly document: DocumentView
  readonly passage: {
    readonly text: string
    /** In `text`, in order, apart from each other. */
    readonly highlights: readonly { readonly start: number; readonly end: number }[]
    readonly page: number | null
    readonly page_end: number | null
    readonly heading: string | null
    readonly ordinal: number
  }
  /** With what the user calls the place. */
  readonly source: (Source & { readonly name: string }) | null
}

const DOCUMENTS = '/api/documents'

const documentPath = (id: string) => `${DOCUMENTS}/${encodeURIComponent(id)}`

/** Its bytes, to be saved. */
export const contentOf = ({ id }: DocumentView) => `${documentPath(id)}/content`

/** The text that was read from it. */
export const textOf = ({ id }: DocumentView) => `${documentPath(id)}/text`

/** @param category empty for all */
export const listDocuments = (category: string, cursor: string | null) =>
  call<{ readonly documents: readonly DocumentView[]; readonly next_cursor: string | null }>(
    `${DOCUMENTS}?${query({ category, cursor })}`,
  )

export const searchDocuments = (q: string, category: string, cursor: string | null) =>
  call<{ readonly results: readonly SearchResult[]; readonly next_cursor: string | null }>(
    `${DOCUMENTS}/search?${query({ q, category, cursor, limit: '20' })}`,
  )

export const changeDocument = (
  { id }: DocumentView,
  news: { readonly filename: string; readonly category: string | null },
) => call<DocumentView>(documentPath(id), 'PATCH', news)

export const deleteDocument = ({ id }: DocumentView) => call(documentPath(id), 'DELETE')

function query(values: Readonly<Record<string, string | null>>): string {
  const given = Object.entries(values).filter(
    (entry): entry is [string, string] => entry[1] !== null && entry[1] !== '',
  )
  return new URLSearchParams(given).toString()
}
