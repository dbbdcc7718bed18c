// The routes of providers and connections, described.
import { DRIVE } from '../openapi/failures.ts'
import { empty, json, type Operations } from '../openapi/operation.ts'
import { connectionId, paging, providerId } from '../openapi/parameters.ts'
import {
  checkSchema,
  connectionListSchema,
  connectionSchema,
  loginSchema,
  providerListSchema,
} from './answers.ts'

const params = { id: connectionId }

export const connectionOperations: Operations = {
  'GET /api/cloud/providers': {
    id: 'listProviders',
    tag: 'Providers',
    summary: 'List what can be connected',
    description: 'All of them, also those that the operator has not configured.',
    access: 'user',
    answers: { 200: json(providerListSchema, 'Every provider.') },
  },
  'GET /api/cloud/connections': {
    id: 'listConnections',
    tag: 'Connections',
    summary: 'List the caller’s connections',
    access: 'user',
    fields: paging,
    answers: { 200: json(connectionListSchema, 'A page, the oldest first.') },
  },
  'GET /api/cloud/connections/:id': {
    id: 'getConnection',
    tag: 'Connections',
    summary: 'Get one connection',
    access: 'user',
    params,
    answers: { 200: json(connectionSchema, 'The connection.') },
    problems: ['not_found'],
  },
  'PATCH /api/cloud/connections/:id': {
    id: 'renameConnection',
    tag: 'Connections',
    summary: 'Rename a connection',
    access: 'user',
    params,
    fields: { label: 'What the user calls it.' },
    send: { label: 'Ann’s drive' },
    answers: { 200: json(connectionSchema, 'The connection as it is now.') },
    problems: ['not_found'],
  },
  'DELETE /api/cloud/connections/:id': {
    id: 'disconnect',
    tag: 'Connections',
    summary: 'Disconnect',
    description:
      'The credentials are destroyed at once, and the grant is revoked where the vendor offers that. Documents whose bytes lie there stay, and cannot be reached.',
    access: 'user',
    params,
    answers: { 204: empty('The connection is gone.') },
    problems: ['not_found'],
  },
  'POST /api/cloud/connections/:id/refresh': {
    id: 'refreshConnection',
    tag: 'Connections',
    summary: 'Get a new access token now',
    description: 'Nobody has to: tokens are refreshed when they are needed. OAuth providers only.',
    access: 'user',
    params,
    answers: { 200: json(connectionSchema, 'The connection as it is now.') },
    problems: DRIVE,
  },
  'POST /api/cloud/connections/:id/check': {
    id: 'checkConnection',
    tag: 'Connections',
    summary: 'Check a connection at its provider',
    description: 'Asks the vendor now: whether it answers, the quota, and what was not granted.',
    access: 'user',
    params,
    answers: { 200: json(checkSchema, 'It works.') },
    problems: DRIVE,
  },
  'POST /api/cloud/connections/webdav': {
    id: 'connectWithPassword',
    tag: 'Connecting',
    summary: 'Connect a server with a user name and a password',
    description:
      'The server is checked before anything is kept. With `connection_id` that connection is renewed, and the account must be the same.',
    access: 'user',
    fields: {
      provider: 'A provider whose `auth` is `password` or `login_flow`.',
      server_url:
        'The server’s address, `https` unless it says otherwise. Private addresses are refused.',
      username: 'As the server knows it; no colon.',
      password: 'Kept sealed, never shown. An app password, where the server has them.',
      label: 'What the user calls it.',
      connection_id: 'The connection to renew in place.',
    },
    send: {
      provider: 'webdav',
      server_url: 'https://cloud.example/dav/',
      username: 'ann',
      password: 'correct-horse-battery',
    },
    answers: { 201: json(connectionSchema, 'Connected.') },
    problems: [...DRIVE, 'server_check_failed', 'account_mismatch'],
  },
  'POST /api/cloud/connections/:provider/login': {
    id: 'startLogin',
    tag: 'Connecting',
    summary: 'Start a sign-in at the user’s own server',
    description:
      'Open `login_url` in the user’s browser and read the attempt until it is over. For providers whose `auth` is `login_flow` (Nextcloud).',
    access: 'user',
    params: { provider: providerId },
    fields: {
      server_url: 'The server’s address; a bare host name will do.',
      connection_id: 'The connection to renew in place.',
    },
    send: { server_url: 'cloud.example' },
    answers: { 200: json(loginSchema, 'Where to send the user.') },
    problems: [...DRIVE, 'server_check_failed'],
  },
}
