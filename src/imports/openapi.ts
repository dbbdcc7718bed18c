// The import routes, described.
import { link, text } from '../answer.ts'
import { DRIVE } from '../openapi/failures.ts'
import { empty, json, type Operation, type Operations } from '../openapi/operation.ts'
import { importId, noStore, paging } from '../openapi/parameters.ts'
import {
  importEventSchema,
  importFilesSchema,
  importListSchema,
  importSchema,
  orderedSchema,
  previewSchema,
  wholeImportSchema,
} from './answers.ts'

const params = { id: importId }
const order = {
  connection_id: 'Where the files are; a built-in provider’s id stands for itself.',
  items: 'Files and folders by their ids; folders with all that is in them.',
  category: 'Of the documents that it makes.',
  on_duplicate:
    'What is done with a file that is a document already: leave it alone, read it anew into the same document, or make another one.',
  keep_original: 'Keeps the files too, in the default storage, where they count against the quota.',
}
const send = { connection_id: '3f9c1d7e5a2b4c6d', items: [{ id: '1a2B3c' }], on_duplicate: 'skip' }

const steer = (id: string, summary: string, description: string): Operation => ({
  id,
  tag: 'Imports',
  summary,
  description,
  access: 'user',
  params,
  answers: { 200: json(importSchema, 'The import as it is now.') },
  problems: ['not_found', 'not_supported', 'invalid_request', 'rate_limited', 'reauth_required'],
})

export const importOperations: Operations = {
  'POST /api/imports': {
    id: 'startImport',
    tag: 'Imports',
    summary: 'Import files and folders',
    description: 'Only ordered here: a queue does the work, and nobody has to wait for it.',
    access: 'user',
    headers: {
      'Idempotency-Key': text(
        'Of your choice, 1 to 255 characters of ASCII: the same order with the same key is not made twice; another order with it is refused.',
        '"8e03978e-40d5-43e8-bc93-6894a57f9324"',
      ).optional(),
    },
    fields: order,
    send,
    answers: {
      202: json(orderedSchema, 'Ordered.', {
        headers: {
          Location: link('Of the import.', 'https://slipway.example/api/imports/2c4e6a8b0d1f3579'),
        },
      }),
    },
    problems: DRIVE,
  },
  'POST /api/imports/preview': {
    id: 'previewImport',
    tag: 'Imports',
    summary: 'See what an import would bring',
    description: 'Goes through the selection for 20 seconds at most, and keeps nothing.',
    access: 'user',
    fields: order,
    send,
    answers: { 200: json(previewSchema, 'What there is.') },
    problems: DRIVE,
  },
  'GET /api/imports': {
    id: 'listImports',
    tag: 'Imports',
    summary: 'List imports',
    access: 'user',
    fields: { ...paging, status: 'Only of this status.' },
    answers: { 200: json(importListSchema, 'A page, the newest first.') },
  },
  'GET /api/imports/:id': {
    id: 'getImport',
    tag: 'Imports',
    summary: 'Get one import',
    access: 'user',
    params,
    answers: { 200: json(wholeImportSchema, 'With its first 100 files.', { headers: noStore }) },
    problems: ['not_found'],
  },
  'GET /api/imports/:id/items': {
    id: 'listImportFiles',
    tag: 'Imports',
    summary: 'List the files of an import',
    access: 'user',
    params,
    fields: { ...paging, state: 'Only in this state.' },
    answers: {
      200: json(importFilesSchema, 'A page, in the order they were found.', { headers: noStore }),
    },
    problems: ['not_found'],
  },
  'GET /api/imports/:id/events': {
    id: 'watchImport',
    tag: 'Imports',
    summary: 'Watch an import',
    description:
      'Server-sent events, a round of them each second at most. `import`: the import with its `failed_folders`. `items`: `{items}`, up to 200 files that changed. `end`: `{status}`, the last one. The stream ends after four minutes at most: come again with the last `id`.',
    access: 'user',
    params,
    headers: {
      'Last-Event-ID': text(
        'The last event that was heard; it goes before `after`.',
        '97',
      ).optional(),
    },
    fields: {
      after:
        'The id of the last event that was heard, or the `version` of an import as it was shown.',
    },
    answers: {
      200: {
        description:
          'What changes, until the import is over: each event is the lines `event:`, `id:` where it has one, and `data:` with JSON.',
        content: { 'text/event-stream': importEventSchema },
      },
      204: empty('Everything was heard: do not come again.'),
    },
    problems: ['not_found', 'invalid_request'],
  },
  'POST /api/imports/:id/cancel': steer(
    'cancelImport',
    'Stop an import for good',
    'What is imported stays. Files that are not become `skipped` as `cancelled`.',
  ),
  'POST /api/imports/:id/pause': steer(
    'pauseImport',
    'Pause an import',
    'What is under way begins again when it goes on.',
  ),
  'POST /api/imports/:id/resume': steer(
    'resumeImport',
    'Go on with a paused import',
    'Also before `resume_at`. `rate_limited` where the vendor still wants no requests.',
  ),
  'POST /api/imports/:id/retry': steer(
    'retryImport',
    'Try again what failed',
    'Files and folders that failed, and no others.',
  ),
}
