// The schema of an upload as JSON.
import { z } from 'zod'
import { choice, count, text, time } from '../answer.ts'
import { itemSchema } from '../files/answers.ts'
import { UPLOAD_STATUSES } from './schema.ts'

export const uploadSchema = z
  .object({
    id: text('Of the upload.', '7e9a1b3c5d2f4068'),
    status: choice(
      UPLOAD_STATUSES,
      '`open`: bytes are missing. `completed`: the file is there. `failed`: it cannot go on, and nothing of it is left.',
    ),
    offset: count('Bytes that are kept, as far as is known without asking the vendor.', 52_428_800),
    size: count('Bytes of the whole file.', 104_857_600),
    filename: text('Its name.', 'film.mp4'),
    connection_id: text(
      'Where it goes; a built-in provider’s id stands for itself.',
      '3f9c1d7e5a2b4c6d',
    ),
    document_id: text('The document that it becomes, if it does.', '5d7f9b1c3e2a4860').nullable(),
    item: itemSchema.nullable(),
    error_code: text('Why it failed, as a problem code.', 'quota_exceeded').nullable(),
    created_at: time('When it was begun.'),
    expires_at: time('When it ends unless bytes arrive.'),
  })
  .meta({ id: 'Upload', description: 'A resumable upload.' })
