// Where a document can be had by a link: the session's cookie goes along.
import type { DocumentView } from '../api.ts'

const documentPath = ({ id }: DocumentView) => `/api/documents/${encodeURIComponent(id)}`

/** Its bytes, to be saved. */
export const contentOf = (document: DocumentView) => `${documentPath(document)}/content`

/** The text that was read from it. */
export const textOf = (document: DocumentView) => `${documentPath(document)}/text`
