// The routes for administrators, described.
import { text } from '../answer.ts'
import { connectionListSchema } from '../connections/answers.ts'
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
