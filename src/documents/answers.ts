// The schemas of what the document routes answer.
import { z } from 'zod'
import { choice, count, flag, link, nextCursor, text, time } from '../answer.ts'
import { UNREADABLE_REASONS } from '../knowledge/reasons.ts'
import { receiptSchema } from '../transfer/answers.ts'
import { DOCUMENT_STATUSES, TEXT_STATUSES } from './schema.ts'

export const sourceSchema = z
  .object({
    provider: text('The provider’s id.', 'google_drive'),
    connection_id: text('The connection; it may be gone.', '3f9c1d7e5a2b4c6d').nullable(),
    item_id: text('The file’s id there.', '1a2B3c').nullable(),
    version: text('Its etag when it was read.', '"7c1f"').nullable(),
    path: text('Names from what was chosen downwards.', 'Contracts/Report.pdf').nullable(),
    url: text('Opens it at the vendor.', 'https://drive.example/open?id=1a2B3c').nullable(),
  })
  .meta({ id: 'DocumentSource', description: 'The user’s own file that a document comes from.' })

export const documentSchema = z
  .object({
    id: text('Of the document.', '5d7f9b1c3e2a4860'),
    filename: text('Its name.', 'Report.pdf'),
    content_type: text('Its media type.', 'application/pdf'),
    size: count('Bytes.', 52_431),
    category: text('The caller’s own word.', 'contracts').nullable(),
    status: choice(DOCUMENT_STATUSES, '`pending`: its bytes are on their way.'),
    storage_backend: text('The provider’s id of where its bytes are.', 'r2'),
    connection_id: text('Of the connection that holds them.', '3f9c1d7e5a2b4c6d').nullable(),
    reachable: flag('Whether its bytes can be had now.', true),
    verification: receiptSchema.nullable(),
    text: z
      .object({
        status: choice(TEXT_STATUSES, '`indexed`: its passages can be searched.'),
        reason: choice(
          [...UNREADABLE_REASONS, 'unsupported_type'],
          'Why there is no text, with `empty` and `unreadable`.',
        ).nullable(),
        passages: count('Passages that can be searched.', 12),
      })
      .nullable()
      .meta({ description: 'What came of looking for text in it; null where nobody has.' }),
    source: sourceSchema.nullable(),
    imported_at: time('When it was imported.').nullable(),
    created_at: time('When it was made.'),
    updated_at: time('When it changed last.'),
  })
  .meta({
    id: 'Document',
    description: 'A file that an application keeps through Slipway, wherever its bytes are.',
  })

export const documentListSchema = z
  .object({ documents: z.array(documentSchema), next_cursor: nextCursor })
  .meta({ id: 'DocumentList', description: 'A page of documents, the newest first.' })

const stored = {
  document_id: text('Of the document.', '5d7f9b1c3e2a4860'),
  storage_backend: text('The provider’s id of where it is.', 'r2'),
}

export const storedDocumentSchema = z
  .object(stored)
  .meta({ id: 'StoredDocument', description: 'A document whose bytes are there.' })

const announcedSchema = z
  .object({
    ...stored,
    upload_url: link(
      'Takes one PUT of exactly the announced bytes and type, without a token.',
      'https://slipway.example/api/documents/signed/k1.eyJk',
    ),
    expires_at: time('Sending must begin before.'),
  })
  .meta({ id: 'SignedUpload', description: 'A document whose bytes go to a signed URL.' })

const resumableSchema = z
  .object({
    ...stored,
    resumable_url: link(
      'A tus upload: send the bytes with PATCH, in as many requests as needed.',
      'https://slipway.example/api/uploads/7e9a1b3c5d2f4068',
    ),
    expires_at: time('When the upload ends unless bytes arrive.'),
  })
  .meta({ id: 'ResumableUpload', description: 'A document whose bytes go to a tus upload.' })

export const uploadedSchema = z
  .union([announcedSchema, resumableSchema, storedDocumentSchema])
  .meta({
    id: 'DocumentUpload',
    description:
      'A form is stored at once. What was announced has an `upload_url` in the default storage, and a `resumable_url` everywhere else.',
  })

export const signedLinkSchema = z
  .object({
    url: link(
      'Gives the content to whoever holds it.',
      'https://slipway.example/api/documents/signed/k1.eyJk',
    ),
    expires_at: time('When it ends.'),
  })
  .meta({ id: 'SignedLink', description: 'A URL that needs no token.' })
