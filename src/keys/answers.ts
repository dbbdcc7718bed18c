// The schema of what the rotation of keys answers.
import { z } from 'zod'
import { count, flag, text } from '../answer.ts'

const remaining = count('Values that are still sealed under it.', 9500)
const failed = count('Of these, those that do not open: damaged, or the key is missing.', 0)

export const keyRotationSchema = z
  .object({
    current_key: text('The id of the key that seals: the newest one.', 'k2'),
    resealed: count('Values that this request has sealed anew.', 500),
    remaining: count('Values that are still sealed under older keys.', 9500),
    failed: count(
      'Of these, those that do not open. Nothing more is done when all of them are.',
      0,
    ),
    keys: z
      .array(
        z.object({
          id: text('Null: of what no key can have sealed.', 'k1').nullable(),
          configured: flag('False: `CREDENTIALS_KEYS` lacks it, and values need it.', true),
          remaining,
          failed,
        }),
      )
      .meta({ description: 'Every older key that is configured or needed.' }),
  })
  .meta({ id: 'KeyRotation', description: 'How far the rotation is.' })
