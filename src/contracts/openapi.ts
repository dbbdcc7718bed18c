// The routes of the earlier contracts, described.
import { z } from 'zod'
import { choice, link, text } from '../answer.ts'
import { connectionSchema } from '../connections/answers.ts'
import { passwordForm } from '../connections/own-server.ts'
import { initiatedSchema } from '../oauth/answers.ts'
import { initiateFields } from '../oauth/fields.ts'
import { oauthOperations } from '../oauth/openapi.ts'
import { DRIVE } from '../openapi/failures.ts'
import { empty, json, type Operation, type Operations } from '../openapi/operation.ts'
import { connectionId, noStore, paging, providerId } from '../openapi/parameters.ts'
import {
  accountClaimSchema,
  accountListSchema,
  accountStatusSchema,
} from './cloud-accounts-answers.ts'
import {
  claimableSchema,
  connectedSchema,
  connectUrlSchema,
  disconnectedSchema,
  importedSchema,
  importingSchema,
  integrationFilesSchema,
  integrationsSchema,
} from './integrations-answers.ts'
import { PLATFORMS } from './platforms.ts'

const common = { tag: 'Earlier contracts', deprecated: true } as const
const platform = choice(PLATFORMS, '`microsoft` is the provider `microsoft_365`.')
const params = { platform }
const page = { 'text/html': 'text' } as const
const CALLBACK: Pick<Operation, 'access' | 'query' | 'headers' | 'problems'> = {
  access: 'anyone',
  query: oauthOperations['GET /api/cloud/oauth/callback/:provider']?.query ?? {},
  headers: {
    Accept: text('With `text/html` a page is answered, else JSON.', 'application/json').optional(),
  },
  problems: [...DRIVE, 'invalid_state', 'account_mismatch'],
}

const integrations: Operations = {
  'GET /api/v1/integrations': {
    ...common,
    id: 'listIntegrations',
    summary: 'List the four platforms',
    description: 'Of several connections of a platform an `ACTIVE` one is shown, then the oldest.',
    access: 'user',
    answers: { 200: json(integrationsSchema, 'All four, connected or not.') },
  },
  'GET /api/v1/integrations/:platform/connect': {
    ...common,
    id: 'connectIntegration',
    summary: 'Start connecting a platform',
    description:
      'Register `{PUBLIC_URL}/api/v1/integrations/{platform}/callback` at the vendor. For the rest it is `GET /api/cloud/oauth/initiate/{provider}`, in a popup.',
    access: 'user',
    params,
    headers: {
      Accept: text(
        'With `application/json` the address is answered; else the browser is sent there.',
        'application/json',
      ).optional(),
    },
    answers: {
      200: json(connectUrlSchema, 'With `Accept: application/json`: where to send the browser.'),
      302: empty('Otherwise: on to the vendor.', {
        Location: text(
          'The vendor’s consent page.',
          'https://accounts.google.com/o/oauth2/v2/auth?client_id=slipway',
        ),
      }),
    },
    problems: ['not_found', 'rate_limited', 'provider_misconfigured'],
  },
  'GET /api/v1/integrations/:platform/callback': {
    ...common,
    ...CALLBACK,
    id: 'finishIntegration',
    summary: 'Where the vendor sends the browser back',
    description:
      'In another browser than the one that started, the connection waits for 10 minutes for the user who started to claim it.',
    params,
    answers: {
      200: {
        description: 'Connected; or the page of the popup, which tells its opener and closes.',
        content: { 'application/json': connectedSchema, ...page },
      },
      202: json(claimableSchema, 'To be claimed.'),
    },
  },
  'DELETE /api/v1/integrations/:platform': {
    ...common,
    id: 'disconnectIntegration',
    summary: 'Disconnect a platform',
    description: 'The connection that the list shows.',
    access: 'user',
    params,
    answers: { 200: json(disconnectedSchema, 'The connection is gone.') },
    problems: ['not_found'],
  },
  'GET /api/v1/integrations/:platform/files': {
    ...common,
    id: 'listIntegrationFiles',
    summary: 'List a folder of a platform',
    description: 'The whole folder in one answer, up to some thousand files.',
    access: 'user',
    params,
    fields: {
      folder_id: 'The folder; `root` is the top.',
      cursor:
        '`nextCursor` of the answer before, where the folder has more than one answer carries.',
    },
    answers: { 200: json(integrationFilesSchema, 'The files.', { headers: noStore }) },
    problems: DRIVE,
  },
  'POST /api/v1/integrations/:platform/import': {
    ...common,
    id: 'importIntegrationFiles',
    summary: 'Import files of a platform',
    description:
      'Waits for the import for 25 seconds at most. It goes on without anybody who waits: `/api/imports/{id}` tells how.',
    access: 'user',
    params,
    headers: {
      Prefer: text(
        'To wait for less: `wait=10`, in seconds, or `respond-async`.',
        'wait=10',
      ).optional(),
      'Idempotency-Key': text(
        'Of your choice, 1 to 255 characters of ASCII: the same order with the same key is not made twice.',
        '"8e03978e-40d5-43e8-bc93-6894a57f9324"',
      ).optional(),
    },
    fields: {
      fileIds: 'Files and folders by their ids; folders with all that is in them.',
      category: 'Of the documents.',
    },
    send: { fileIds: ['1a2B3c'], category: 'contracts' },
    answers: {
      200: json(importedSchema, 'The import is over.', { headers: importLocation() }),
      202: json(importingSchema, 'The import goes on, or has more files than an answer carries.', {
        headers: importLocation(),
      }),
    },
    problems: DRIVE,
  },
}

function importLocation() {
  return {
    Location: link('Of the import.', 'https://slipway.example/api/imports/2c4e6a8b0d1f3579'),
  }
}

const account = { account_id: connectionId }
/** Which of these members count is the provider's matter. */
const connectBody = z.object({ ...passwordForm.partial().shape, ...initiateFields.shape })

const cloudAccounts: Operations = {
  'POST /api/cloud-accounts/connect/:provider': {
    ...common,
    id: 'connectCloudAccount',
    summary: 'Connect an account',
    description:
      'With OAuth the members are those of `initiate`; register `{PUBLIC_URL}/api/cloud-accounts/callback/{provider}` at the vendor. With a password they are those of the form; without one Nextcloud’s own sign-in page is the answer.',
    access: 'user',
    params: { provider: providerId },
    body: { content: { 'application/json': connectBody }, isOptional: true },
    fields: {
      mode: '`popup`: the callback posts to the opener and closes. `redirect`: it goes to `return_to`.',
      connection_id: 'The connection to renew in place; the account must be the same.',
      return_to: 'Where a redirect ends: a path of the service, or a URL of an allowed front end.',
      login_hint: 'The account’s e-mail address, where the vendor takes one.',
      scopes: 'More scopes, separated by spaces, besides the provider’s own.',
      server_url: 'The server’s address. Private addresses are refused.',
      username: 'As the server knows it; no colon.',
      password: 'Kept sealed, never shown.',
      label: 'What the user calls it.',
    },
    send: { mode: 'popup' },
    answers: {
      200: json(initiatedSchema, 'Where to send the browser.'),
      201: json(connectionSchema, 'Connected, with the password.'),
    },
    problems: [...DRIVE, 'server_check_failed', 'account_mismatch'],
  },
  'GET /api/cloud-accounts/callback/:provider': {
    ...common,
    ...CALLBACK,
    id: 'finishCloudAccount',
    summary: 'Where the vendor sends the browser back',
    description:
      'In another browser than the one that started, the connection waits for 10 minutes for the user who started to claim it.',
    params: { provider: providerId },
    answers: {
      200: {
        description: 'Connected; or the page of the popup, which tells its opener and closes.',
        content: { 'application/json': connectionSchema, ...page },
      },
      202: json(accountClaimSchema, 'To be claimed.'),
      302: empty('A page that was not in a popup: back to `return_to`.', {
        Location: text(
          'Where it ends.',
          'https://app.example/settings?cloud_connected=google_drive',
        ),
      }),
    },
  },
  'GET /api/cloud-accounts': {
    ...common,
    id: 'listCloudAccounts',
    summary: 'List the caller’s accounts',
    access: 'user',
    fields: paging,
    answers: { 200: json(accountListSchema, 'A page, the oldest first.') },
  },
  'GET /api/cloud-accounts/:account_id/status': {
    ...common,
    id: 'getCloudAccountStatus',
    summary: 'Get how an account fares',
    description: 'As its last use left it; the vendor is not asked.',
    access: 'user',
    params: account,
    answers: { 200: json(accountStatusSchema, 'How it fares.') },
    problems: ['not_found'],
  },
  'POST /api/cloud-accounts/:account_id/refresh': {
    ...common,
    id: 'refreshCloudAccount',
    summary: 'Get a new access token now',
    access: 'user',
    params: account,
    answers: { 200: json(connectionSchema, 'The account as it is now.') },
    problems: DRIVE,
  },
  'DELETE /api/cloud-accounts/:account_id': {
    ...common,
    id: 'disconnectCloudAccount',
    summary: 'Disconnect an account',
    access: 'user',
    params: account,
    answers: { 204: empty('The account is gone.') },
    problems: ['not_found'],
  },
}

export const contractOperations: Operations = { ...integrations, ...cloudAccounts }
