// The schemas of what the earlier contract `/api/v1/integrations` answers: camelCase, as it was written.
import { z } from 'zod'
import { choice, count, flag, link, text, time } from '../answer.ts'
import { importSchema } from '../imports/answers.ts'
import { FAILURE_REASONS, SKIP_REASONS } from '../imports/reasons.ts'
import { PLATFORMS } from './platforms.ts'

const platform = choice(PLATFORMS, '`microsoft` is the provider `microsoft_365`.')
const success = flag('Whether it was done in full.', true)

export const integrationsSchema = z
  .object({
    integrations: z.array(
      z
        .object({
          platform,
          connected: flag('False also where the user has to connect again.', true),
          accountEmail: text('Of the account.', 'ann@example.com').nullable(),
          accountName: text('Of the account.', 'Ann Example').nullable(),
          connectedAt: time('When it was connected first.').nullable(),
        })
        .meta({ id: 'Integration', description: 'A platform, connected or not.' }),
    ),
  })
  .meta({ id: 'Integrations', description: 'All four platforms, always in this order.' })

export const connectUrlSchema = z
  .object({
    authorizationUrl: link(
      'Where the user’s browser has to go.',
      'https://accounts.google.com/o/oauth2/v2/auth?client_id=slipway&state=Zk3',
    ),
    attemptId: text('`/api/cloud/oauth/attempts/{id}` tells how it went.', '9b2e4d6f8a1c3e5f'),
    expiresAt: time('When the attempt ends.'),
  })
  .meta({ id: 'IntegrationConnect', description: 'A connect attempt that has begun.' })

export const connectedSchema = z
  .object({
    success,
    message: text('For the user.', 'Google Drive is connected.'),
    integration: z.object({
      platform,
      accountEmail: text('Of the account.', 'ann@example.com').nullable(),
      connectedAt: time('When it was connected first.'),
    }),
  })
  .meta({ id: 'IntegrationConnected', description: 'A platform that was connected.' })

export const claimableSchema = z
  .object({
    success,
    message: text('For the user.', 'Confirm in the application that this account is yours.'),
    integration: z.null().meta({ description: 'Nothing is connected yet.' }),
    claim: z
      .object({
        attemptId: text('Of the attempt.', '9b2e4d6f8a1c3e5f'),
        code: text('Good once, for 10 minutes.', '9b2e4d6f8a1c3e5f.Y2xhaW0'),
        completeUrl: link(
          'Takes `{"code"}` as a POST with a token of the user who started.',
          'https://slipway.example/api/cloud/oauth/complete',
        ),
      })
      .meta({ description: 'For the user who started, and nobody else.' }),
  })
  .meta({
    id: 'IntegrationClaim',
    description: 'A consent from a browser that is not known to be the one that started.',
  })

export const disconnectedSchema = z
  .object({ success, message: text('For the user.', 'Google Drive is disconnected.') })
  .meta({ id: 'IntegrationDisconnected', description: 'A platform that was disconnected.' })

export const integrationFilesSchema = z
  .object({
    files: z.array(
      z
        .object({
          id: text('The provider’s id.', '1a2B3c'),
          name: text('As the drive has it.', 'Report.pdf'),
          mimeType: text(
            'The media type, where the drive knows one.',
            'application/pdf',
          ).nullable(),
          size: count('Bytes, where they are known.', 52_431).nullable(),
          isFolder: flag('Whether it can be listed.', false),
          modifiedTime: text(
            'When the content changed last: RFC 3339.',
            '2026-04-20T09:30:00Z',
          ).nullable(),
          webViewLink: text(
            'Opens it at the vendor.',
            'https://drive.example/open?id=1a2B3c',
          ).nullable(),
          parentId: text('The folder that it is in.', 'root').nullable(),
        })
        .meta({ id: 'IntegrationFile', description: 'A file or folder of a platform.' }),
    ),
    nextCursor: text(
      'Send it as `cursor` with the same folder to get the rest; null where this is all.',
      'k1.Zm9sZGVyLXBhZ2UtMg',
    ).nullable(),
  })
  .meta({ id: 'IntegrationFiles', description: 'A folder, as far as one answer carries.' })

const documents = z.array(
  z
    .object({
      id: text('Of the document.', '5d7f9b1c3e2a4860'),
      title: text('Its name.', 'Report.pdf'),
      source_type: platform,
      chunk_count: count('Passages that can be searched.', 12),
    })
    .meta({ id: 'IntegrationDocument', description: 'A document that an import made, or found.' }),
)

export const importedSchema = z
  .object({
    success,
    message: text('For the user.', '1 document imported.'),
    documents,
    failures: z
      .array(
        z.object({
          id: text('The provider’s id.', '1a2B3c'),
          name: text('As the drive has it; of a folder, the way to it.', 'Report.pdf'),
          reason: choice([...SKIP_REASONS, ...FAILURE_REASONS], 'Why.').nullable(),
        }),
      )
      .meta({ description: 'What there is no document of.' }),
  })
  .meta({ id: 'IntegrationImported', description: 'An import that is over.' })

export const importingSchema = z
  .object({
    success,
    message: text('For the user.', 'The import goes on by itself.'),
    documents,
    import: importSchema,
  })
  .meta({ id: 'IntegrationImporting', description: 'An import that is to be watched.' })
