// The schemas of what the routes of the caller's own settings answer.
import { z } from 'zod'
import { choice, count, text } from '../answer.ts'

export const defaultStorageSchema = z
  .object({
    default_storage: z.object({
      backend: text('A provider’s id.', 'r2'),
      connection_id: text('Null for the built-in storage.', '3f9c1d7e5a2b4c6d').nullable(),
      folder_id: text('Null: the provider’s own place for documents.', '1a2B3c').nullable(),
    }),
  })
  .meta({ id: 'DefaultStorage', description: 'Where documents go unless told otherwise.' })

export const userSchema = defaultStorageSchema
  .extend({
    user_id: text('The token’s subject.', 'ann'),
    email: text('The token’s claim.', 'ann@example.com').nullable(),
    storage: z
      .object({
        used: count('Bytes.', 1_048_576),
        reserved: count('Bytes held for what is being written.', 0),
        quota: count('Bytes; null where there is no limit.', 10_737_418_240).nullable(),
      })
      .meta({ description: 'What the default storage holds of the caller’s.' }),
  })
  .meta({ id: 'User', description: 'The caller.' })

export const deletionSchema = z
  .object({
    status: choice(
      ['deleting'],
      'It goes on by itself; until it is over, the user is refused. Of whom nothing is stored, nothing has to be done.',
    ),
  })
  .meta({ id: 'Deletion', description: 'A deletion that was asked for.' })
