// The schemas of what the import routes answer.
import { z } from 'zod'
import { choice, count, flag, nextCursor, text, time } from '../answer.ts'
import { FAILURE_REASONS, SKIP_REASONS } from './reasons.ts'
import { DUPLICATE_RULES, IMPORT_STATUSES, ITEM_STATES, PAUSE_REASONS } from './schema.ts'

const reason = choice(
  [...SKIP_REASONS, ...FAILURE_REASONS],
  'Why it was left out, or could not be brought in.',
)

export const importSchema = z
  .object({
    id: text('Of the import.', '2c4e6a8b0d1f3579'),
    connection_id: text('Where the files come from.', '3f9c1d7e5a2b4c6d'),
    provider: text('The provider’s id.', 'google_drive'),
    category: text('Of the documents that it makes.', 'contracts').nullable(),
    on_duplicate: choice(DUPLICATE_RULES, 'What is done with a file that is a document already.'),
    keep_original: flag('Whether the files themselves are kept too.', false),
    status: choice(
      IMPORT_STATUSES,
      '`paused`: see `pause_reason`. `completed`: every file has its state, whichever it is.',
    ),
    pause_reason: choice(
      PAUSE_REASONS,
      'Why it does not go on: by itself at `resume_at`, after a reconnect, or when the user resumes it.',
    ).nullable(),
    resume_at: time('When a pause ends by itself.').nullable(),
    error: text('A problem code, where the import as a whole failed.', 'not_found').nullable(),
    planned: flag('False: folders are still being listed, and there may be more files.', true),
    counts: z
      .object({
        waiting: count('Not begun.', 4),
        downloading: count('Their bytes are being read.', 1),
        processing: count('Their text is being read.', 1),
        imported: count('They are documents now.', 30),
        skipped: count('Left out on purpose.', 3),
        failed: count('Not to be had; each has its reason.', 1),
        total: count('All of these.', 40),
      })
      .meta({ description: 'Files by state.' }),
    folders: z.object({
      open: count('Still to be listed.', 0),
      listed: count('Listed.', 5),
      failed: count('Could not be listed.', 0),
    }),
    bytes: z.object({
      done: count('Bytes read.', 8_388_608),
      total: count('Bytes as far as they are known.', 10_485_760),
    }),
    chunks: count('Passages made so far.', 412),
    version: count('Rises with every change; `events` can go on from it.', 97),
    created_at: time('When it was ordered.'),
    updated_at: time('When it changed last.'),
    finished_at: time('When it was over.').nullable(),
  })
  .meta({ id: 'Import', description: 'An import and how far it is.' })

export const importFileSchema = z
  .object({
    id: text('Of the file within imports.', '4f6b8d0a2c1e3795'),
    item_id: text('The provider’s id of the file.', '1a2B3c'),
    name: text('Its name.', 'Report.pdf'),
    path: text('Names from what was chosen downwards.', 'Contracts/Report.pdf'),
    size: count('Bytes; null for what only the export tells.', 52_431).nullable(),
    mime_type: text('Of the bytes that are read.', 'application/pdf').nullable(),
    state: choice(ITEM_STATES, 'How far it is.'),
    reason: reason.nullable(),
    bytes_done: count('Bytes read.', 52_431),
    chunks: count('Passages made of it.', 12),
    document_id: text('The document that it became, or is already.', '5d7f9b1c3e2a4860').nullable(),
    web_url: text('Opens it at the vendor.', 'https://drive.example/open?id=1a2B3c').nullable(),
    attempts: count('Tries that failed, and readings of long files that were begun.', 0),
  })
  .meta({ id: 'ImportFile', description: 'A file of an import.' })

export const failedFolderSchema = z
  .object({
    item_id: text('The provider’s id of the folder.', '9z8Y7x'),
    path: text('Names from what was chosen downwards.', 'Contracts/Old/'),
    reason: reason.nullable(),
  })
  .meta({ id: 'FailedFolder', description: 'A folder that could not be listed.' })

export const watchedImportSchema = importSchema
  .extend({
    failed_folders: z
      .array(failedFolderSchema)
      .meta({ description: 'The first 100 folders that could not be listed.' }),
  })
  .meta({ id: 'WatchedImport', description: 'An import with its failed folders.' })

export const importFilesSchema = z
  .object({ items: z.array(importFileSchema), next_cursor: nextCursor })
  .meta({
    id: 'ImportFiles',
    description: 'A page of an import’s files, in the order they were found.',
  })

export const wholeImportSchema = watchedImportSchema.extend(importFilesSchema.shape).meta({
  id: 'WholeImport',
  description: 'An import with its failed folders and first 100 files.',
})

/** As server-sent events have it: `data` is written as JSON. */
export const importEventSchema = z
  .union([
    z
      .object({
        event: choice(['import'], 'The import, after each change.'),
        data: watchedImportSchema,
      })
      .meta({ id: 'ImportChanged', description: 'How far the import is.' }),
    z
      .object({
        event: choice(['items'], 'Files that changed.'),
        id: text('What was heard up to here.', '97'),
        data: z.object({
          items: z.array(importFileSchema).meta({ description: 'Up to 200 of them.' }),
        }),
      })
      .meta({ id: 'ImportFilesChanged', description: 'Files that changed.' }),
    z
      .object({
        event: choice(['end'], 'The last one.'),
        id: text('Everything was heard.', '98.end'),
        data: z.object({ status: choice(IMPORT_STATUSES, 'How it ended.') }),
      })
      .meta({ id: 'ImportEnded', description: 'The import is over.' }),
  ])
  .meta({
    id: 'ImportEvent',
    description: 'One of the events: its fields, with `data` parsed as JSON.',
  })

export const importListSchema = z
  .object({ imports: z.array(importSchema), next_cursor: nextCursor })
  .meta({ id: 'ImportList', description: 'A page of imports, the newest first.' })

export const orderedSchema = z
  .object({ import_id: text('Of the import.', '2c4e6a8b0d1f3579'), import: importSchema })
  .meta({ id: 'OrderedImport', description: 'An import that was ordered.' })

const byType = (description: string) =>
  z
    .array(
      z.object({
        type: text('A media type.', 'application/pdf'),
        files: count('Files of it.', 12),
        bytes: count('Bytes of those whose size is known.', 629_172),
      }),
    )
    .meta({ description })

export const previewSchema = z
  .object({
    files: count('Files in the selection, folders gone through.', 40),
    folders: count('Folders in it.', 5),
    bytes: count('Of the sizes that are known.', 10_485_760),
    unknown_sizes: count('Files whose size only an export tells.', 2),
    by_type: byType('Files by media type, the most first; 100 at most.'),
    unsupported: byType('Files without text to be had; left out unless the originals are kept.'),
    too_large: count('Files of too many bytes for their text to be read.', 0),
    duplicates: z
      .object({ files: count('In the same version.', 3) })
      .meta({ description: 'Files that are documents already.' }),
    existing_changed: count('Files that are documents already, and have changed since.', 1),
    exports: count('Files that are exported, such as Google Docs.', 2),
    failures: z
      .array(
        failedFolderSchema.extend({ reason }).meta({
          id: 'PreviewFailure',
          description: 'A file or folder that could not be looked at.',
        }),
      )
      .meta({ description: 'The first 100 of them.' }),
    is_complete: flag('False: the limits of a preview were reached, and there is more.', true),
  })
  .meta({ id: 'ImportPreview', description: 'What an import of a selection would bring.' })
