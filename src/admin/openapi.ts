// The routes for administrators, described.
import { text } from '../answer.ts'
import { auditListSchema } from '../audit/answers.ts'
import { connectionListSchema } from '../connections/answers.ts'
import { keyRotationSchema } from '../keys/answers.ts'
import { json, plain, type Operations } from '../openapi/operation.ts'
import { paging } from '../openapi/parameters.ts'
import { deletionSchema } from '../users/answers.ts'

export const adminOperations: Operations = {
  'GET /api/admin/metrics': {
    id: 'getMetrics',
    tag: 'Administration',
    summary: 'Get the service’s metrics',
    description:
      'For Prometheus, with a token of the administrator’s role. Counters are exact; gauges are counted anew each time, so once a minute is often enough.',
    access: 'administrator',
    answers: { 200: plain('text/plain', 'Prometheus’ text format, version 0.0.4.') },
  },
  'GET /api/admin/audit': {
    id: 'listAuditEntries',
    tag: 'Administration',
    summary: 'Read the audit log',
    description: 'The newest entries first. Filters are joined by and. Each look is recorded.',
    access: 'administrator',
    fields: {
      ...paging,
      user_id: 'Entries about this user’s data.',
      actor: 'Of what this user, or `system`, did.',
      action: 'Of this kind.',
      provider:
        'Of this provider. Entries `cloud.credentials_purged` have a list of them, and are found by all of it.',
      request_id: 'Of one request.',
      code: 'Of this failure.',
      from: 'The earliest time, RFC 3339.',
      to: 'The time before which they happened, RFC 3339.',
    },
    answers: { 200: json(auditListSchema, 'A page; no secret and no file name is in it.') },
  },
  'POST /api/admin/keys/rotate': {
    id: 'rotateKeys',
    tag: 'Administration',
    summary: 'Seal anew what is under older keys',
    description:
      'After a new key was put first in `CREDENTIALS_KEYS`: one batch for each request. What is left is done by the clock as well, so that one request, or none, is enough. An older key may be taken away when nothing remains under it; links to documents that were signed with it live up to 7 days.',
    access: 'administrator',
    answers: { 200: json(keyRotationSchema, 'What was done, and what remains under which key.') },
  },
  'GET /api/admin/users/:id/connections': {
    id: 'listConnectionsOfUser',
    tag: 'Administration',
    summary: 'List the connections of a user',
    description:
      'For tokens with the administrator’s role, which are good for nothing else. Each look is recorded.',
    access: 'administrator',
    params: { id: text('The subject of the user’s tokens.', 'ann') },
    fields: paging,
    answers: {
      200: json(connectionListSchema, 'A page, the oldest first; nothing sealed is in it.'),
    },
  },
  'DELETE /api/admin/users/:id': {
    id: 'deleteUser',
    tag: 'Administration',
    summary: 'Delete a user',
    description:
      'As if the user had asked for it. It cannot be undone. Asked again while it goes on, it changes nothing.',
    access: 'administrator',
    params: { id: text('The subject of the user’s tokens.', 'ann') },
    answers: { 202: json(deletionSchema, 'It has begun.') },
    problems: ['not_found'],
  },
}
