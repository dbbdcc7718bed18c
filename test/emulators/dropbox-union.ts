// Shapes that many arguments of Dropbox have: unions of bare names, times, digests.
import { z } from 'zod'

/** A union without values: its tag, or an object that holds only the tag. */
export const tagOf = <T extends string>(...tags: readonly [T, ...T[]]) =>
  z
    .union([z.enum(tags), z.strictObject({ '.tag': z.enum(tags) })])
    .transform((value) => (typeof value === 'string' ? value : value['.tag']) as T)

/** Times are in UTC, to the second: "%Y-%m-%dT%H:%M:%SZ" (common.stone, DropboxTimestamp). */
export const timestamp = z
  .string()
  .refine(
    (time) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(time) && !Number.isNaN(Date.parse(time)),
    {
      error: ({ input }) =>
        `time data '${String(input)}' does not match format '%Y-%m-%dT%H:%M:%SZ'`,
    },
  )

export const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, 'not a SHA-256 in lower-case hex')

export const flag = (preset: boolean) => z.boolean().default(preset)

/** May be left out, or null. */
export const optional = <T>(shape: z.ZodType<T>) =>
  shape.nullish().transform((value) => value ?? undefined)

export const revisionName = z.string().regex(/^[0-9a-f]{9,}$/)
