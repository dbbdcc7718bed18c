// The OAuth routes, described.
import { text } from '../answer.ts'
import { connectionSchema } from '../connections/answers.ts'
import { DRIVE } from '../openapi/failures.ts'
import { empty, json, type Operations } from '../openapi/operation.ts'
import { providerId } from '../openapi/parameters.ts'
import { attemptSchema, initiatedSchema } from './answers.ts'

const location = (description: string, example: string) => ({
  Location: text(description, example),
})

export const oauthOperations: Operations = {
  'GET /api/cloud/oauth/initiate/:provider': {
    id: 'startConnecting',
    tag: 'Connecting',
    summary: 'Start connecting by OAuth',
    description:
      'Sets a cookie by which the callback knows the browser again. An attempt lasts 30 minutes. With a session cookie only the service’s own pages may call this.',
    access: 'user',
    params: { provider: providerId },
    headers: {
      Accept: text(
        'With `application/json` the address is answered; else the browser is sent there.',
        'application/json',
      ).optional(),
    },
    fields: {
      mode: '`popup`: the callback posts to the opener and closes. `redirect`: it goes to `return_to`.',
      connection_id: 'Reconnects this connection in place; the account must be the same.',
      return_to: 'Where a redirect ends: a path of the service, or a URL of an allowed front end.',
      login_hint: 'The account’s e-mail address, where the vendor takes one.',
      scopes: 'More scopes, separated by spaces, besides the provider’s own.',
    },
    send: { mode: 'popup' },
    answers: {
      200: json(initiatedSchema, 'With `Accept: application/json`: where to send the browser.'),
      302: empty(
        'Otherwise: on to the vendor.',
        location(
          'The vendor’s consent page.',
          'https://accounts.google.com/o/oauth2/v2/auth?client_id=slipway',
        ),
      ),
    },
    problems: [
      ...(['not_found', 'not_supported', 'insufficient_scope', 'rate_limited'] as const),
      'provider_misconfigured',
    ],
  },
  'GET /api/cloud/oauth/callback/:provider': {
    id: 'finishConnecting',
    tag: 'Connecting',
    summary: 'Where the vendor sends the browser back',
    description:
      'Not for programs: its address is registered at the vendor. In another browser than the one that started, the connection waits for 10 minutes to be claimed with `complete`. With `Accept: text/html` an `invalid_state` is a page in words.',
    access: 'anyone',
    params: { provider: providerId },
    query: {
      state: text('Of the attempt.', 'Zk3').optional(),
      code: text('The vendor’s code.', '4/0Ab').optional(),
      error: text('Why there is none.', 'access_denied').optional(),
      error_description: text('The same in words.', 'The user said no').optional(),
      iss: text('The issuer (RFC 9207).', 'https://accounts.google.com').optional(),
    },
    answers: {
      200: {
        description: 'Popup: a page that tells its opener how it went, and closes itself.',
        content: { 'text/html': 'text' },
      },
      302: empty(
        'Redirect: back to `return_to`, with `cloud_connected`, `cloud_error` or `cloud_attempt` in the query; a claim code is in the fragment.',
        location('Where it ends.', 'https://app.example/settings?cloud_connected=google_drive'),
      ),
    },
    problems: ['invalid_state', 'not_found', 'invalid_request', 'provider_misconfigured'],
  },
  'GET /api/cloud/oauth/attempts/:id': {
    id: 'getAttempt',
    tag: 'Connecting',
    summary: 'Get how connecting goes',
    description:
      'For a sign-in at the user’s own server, reading the attempt is what asks the server: do so every few seconds.',
    access: 'user',
    params: { id: text('An attempt’s id.', '9b2e4d6f8a1c3e5f') },
    answers: { 200: json(attemptSchema, 'As it stands now.') },
    problems: DRIVE,
  },
  'POST /api/cloud/oauth/complete': {
    id: 'claimConnection',
    tag: 'Connecting',
    summary: 'Claim a connection',
    description:
      'For the user who started, with the code that the popup or the fragment brought. It works once.',
    access: 'user',
    fields: { code: 'The claim code.' },
    send: { code: 'k1.Y2xhaW0' },
    answers: { 200: json(connectionSchema, 'Connected.') },
    problems: [...DRIVE, 'invalid_state', 'account_mismatch'],
  },
}
