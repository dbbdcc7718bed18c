// What requests about documents say, checked in one place.
import { z } from 'zod'
import { disposition, itemName } from '../files/fields.ts'

export const category = z.string().trim().min(1).max(100)

/** Of a form, beside its file. */
export const formFields = z.strictObject({
  target_backend: z.string().max(64).optional(),
  category: category.optional(),
})

/** Of a file whose bytes are still to come. */
export const announcement = z.strictObject({
  filename: itemName,
  content_type: z
    .string()
    .max(255)
    .regex(/^[A-Za-z0-9!#$&^_.+-]+\/[A-Za-z0-9!#$&^_.+-]+ *(?:;.*)?$/, 'must be a media type'),
  /** Bytes. */
  size: z.int().min(0).max(999_999_999_999_999),
  ...formFields.shape,
})

/** A link lasts from a minute to a week. */
export const linkBody = z.strictObject({
  expires_in: z.int().min(60).max(604_800).default(3600),
  disposition,
})
