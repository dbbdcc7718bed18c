// The routes of the caller's own settings, described.
import { DRIVE } from '../openapi/failures.ts'
import { json, type Operations } from '../openapi/operation.ts'
import { defaultStorageSchema, deletionSchema, userSchema } from './answers.ts'

export const userOperations: Operations = {
  'GET /api/users/me': {
    id: 'getMe',
    tag: 'Account',
    summary: 'Get who calls',
    description: 'And what the default storage holds of theirs.',
    access: 'user',
    answers: { 200: json(userSchema, 'The caller.') },
    problems: ['rate_limited'],
  },
  'DELETE /api/users/me': {
    id: 'deleteMe',
    tag: 'Account',
    summary: 'Delete the account',
    description:
      'Ends the connections, and deletes whatever is stored of the caller here and what was made for them at the vendors. It cannot be undone. Asked again while it goes on, it changes nothing.',
    access: 'user',
    answers: { 202: json(deletionSchema, 'It has begun.') },
  },
  'PATCH /api/users/me/default-storage': {
    id: 'setDefaultStorage',
    tag: 'Account',
    summary: 'Set where documents go',
    description: 'For documents that are made from now on; others stay where they are.',
    access: 'user',
    fields: {
      backend: 'A provider that can be written to.',
      connection_id:
        'Which connection of it; the oldest unless told. Not with the default storage.',
      folder_id: 'The folder; the provider’s own place for documents unless told.',
    },
    send: { backend: 'google_drive' },
    answers: { 200: json(defaultStorageSchema, 'Where documents go now.') },
    problems: DRIVE,
  },
}
