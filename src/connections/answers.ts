// The schemas of what the routes of providers and connections answer.
import { z } from 'zod'
import { choice, count, flag, link, nextCursor, text, time } from '../answer.ts'
import { CONNECTION_STATUSES } from './schema.ts'

export const quotaSchema = z
  .object({
    total: count(
      'Bytes; null where there is no limit, or the vendor does not say.',
      16_106_127_360,
    ).nullable(),
    used: count('Bytes; null where the vendor does not say.', 4_831_838_208).nullable(),
  })
  .meta({ id: 'Quota', description: 'The space of a drive.' })

const warning = z
  .object({
    code: choice(['grant_limited', 'grant_idle', 'grant_ages'], 'Why it is about to end.'),
    message: text(
      'For the user.',
      'The provider ends access after a year. Reconnect to start another one.',
    ),
    ends_at: time('When it ends.'),
  })
  .meta({ id: 'GrantWarning', description: 'The grant is about to end by the vendor’s rules.' })

export const connectionSchema = z
  .object({
    id: text('Of the connection.', '3f9c1d7e5a2b4c6d'),
    provider: text('The provider’s id.', 'google_drive'),
    label: text('What the user calls it.', 'Ann’s drive'),
    account_email: text('Of the account.', 'ann@example.com').nullable(),
    account_name: text('Of the account.', 'Ann Example').nullable(),
    status: choice(
      CONNECTION_STATUSES,
      '`REQUIRES_REAUTH`: only the user can help, by reconnecting. `ERROR`: the last call failed; the next may not.',
    ),
    scopes: z
      .array(text('A scope.', 'https://www.googleapis.com/auth/drive'))
      .meta({ description: 'What was really granted.' }),
    server_url: text(
      'The server of a password connection.',
      'https://cloud.example/dav/',
    ).nullable(),
    created_at: time('When it was made.'),
    updated_at: time('When it changed last.'),
    last_used_at: time('When it was used last.').nullable(),
    last_error_code: text('The problem code of its last failure.', 'provider_timeout').nullable(),
    throttled_until: time('Until then the vendor wants no requests.').nullable(),
    warning: warning.nullable(),
    quota: quotaSchema.nullable(),
  })
  .meta({
    id: 'Connection',
    description: 'One account at one provider. Nothing of its credentials is ever shown.',
  })

export const connectionListSchema = z
  .object({ connections: z.array(connectionSchema), next_cursor: nextCursor })
  .meta({ id: 'ConnectionList', description: 'A page of connections, the oldest first.' })

export const checkSchema = z
  .object({
    status: choice(['ACTIVE'], 'A check that fails is a problem.'),
    quota: quotaSchema.nullable(),
    limitations: z
      .array(
        z.object({
          scope: text('The scope that was not granted.', 'Sites.Read.All'),
          message: text('What cannot be done without it.', 'SharePoint sites are not shown.'),
          initiate_url: text(
            'The request that adds it to the same connection.',
            '/api/cloud/oauth/initiate/microsoft_365?connection_id=3f9c1d7e5a2b4c6d&scopes=Sites.Read.All',
          ),
        }),
      )
      .meta({ description: 'What the granted scopes do not allow.' }),
    warning: warning.nullable(),
  })
  .meta({ id: 'ConnectionCheck', description: 'What a live check found.' })

export const loginSchema = z
  .object({
    login_url: link(
      'For the user’s browser: the server’s own page.',
      'https://cloud.example/login/v2/flow/Zk3',
    ),
    attempt_id: text('Read the attempt until it is over.', '9b2e4d6f8a1c3e5f'),
    expires_at: time('When the attempt ends.'),
  })
  .meta({ id: 'StartedLogin', description: 'A sign-in at the user’s own server.' })

export const providerSchema = z
  .object({
    id: text('As it stands in paths.', 'google_drive'),
    label: text('For people.', 'Google Drive'),
    auth: choice(
      ['oauth2', 'password', 'login_flow', 'builtin'],
      'How users connect. `login_flow`: at their own server, or with the password form. `builtin`: always there.',
    ),
    form_fields: z
      .array(
        z.object({
          name: choice(
            ['server_url', 'username', 'password', 'label'],
            'Of the member of the body.',
          ),
          label: text('For people.', 'Server address'),
          type: choice(['url', 'text', 'password'], 'Of the input.'),
          required: flag('Whether it must be filled in.', true),
          placeholder: text('An example.', 'https://cloud.example.com').optional(),
        }),
      )
      .meta({ description: 'The form of a password provider.' }),
    configured: flag('False: the operator has not set the client id.', true),
    capabilities: z
      .object({
        list: flag('Folders can be listed.', true),
        download: flag('Content can be read.', true),
        upload: flag('Files can be written.', true),
        resumable_upload: flag('An upload goes on at the vendor after a break.', true),
        create_folder: flag('Folders can be made.', true),
        update: flag('Items can be renamed and moved.', true),
        remove: flag('Items can be deleted.', true),
        search: flag('The drive can be searched.', true),
        presigned_urls: flag('Documents there have signed URLs.', false),
      })
      .meta({ description: 'What it can do; the rest is `not_supported`.' }),
  })
  .meta({ id: 'Provider', description: 'A provider that can be connected.' })

export const providerListSchema = z
  .object({
    providers: z.array(providerSchema),
    next_cursor: z.null().meta({ description: 'There is one page.' }),
  })
  .meta({ id: 'ProviderList', description: 'Every provider.' })
