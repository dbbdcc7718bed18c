// The routes of the knowledge base, described.
import { plain, json, type Operations } from '../openapi/operation.ts'
import { documentId, paging } from '../openapi/parameters.ts'
import { resultListSchema } from './answers.ts'

export const knowledgeOperations: Operations = {
  'GET /api/documents/search': {
    id: 'searchDocuments',
    tag: 'Search',
    summary: 'Search the text of documents',
    description:
      'Words in any order, phrases in "quotation marks", beginnings with `*`. At most three passages of a document, unless `document_id` is given.',
    access: 'user',
    fields: {
      ...paging,
      q: 'What to look for.',
      match: '`all`: every word must be there. `any`: one of them.',
      category: 'Only of this category.',
      document_id: 'Only in this document.',
      connection_id: 'Only what was imported from this connection.',
      provider: 'Only what was imported from this provider.',
      passage_length: 'Characters that are shown of a passage, about.',
    },
    send: { q: '"notice period" contract*' },
    answers: { 200: json(resultListSchema, 'A page, the best first.') },
  },
  'GET /api/documents/:id/text': {
    id: 'getDocumentText',
    tag: 'Search',
    summary: 'Get the text of a document',
    description: 'Streamed. A text that is replaced while it is sent is broken off.',
    access: 'user',
    params: { id: documentId },
    answers: { 200: plain('text/plain', 'All that was read of it, in UTF-8.') },
    problems: ['not_found'],
  },
}
