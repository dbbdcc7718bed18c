// The pieces that the schemas of answers are made of, each with its meaning and an example. Loaded with the API's document, never before.
import { z } from 'zod'

/** What a view has to return for a schema: the same members, which nobody may change. */
export type Answer<Schema extends z.ZodType> = Fixed<z.output<Schema>>

type Fixed<T> = T extends readonly (infer Element)[]
  ? readonly Fixed<Element>[]
  : T extends object
    ? { readonly [Key in keyof T]: Fixed<T[Key]> }
    : T

export const text = (description: string, example: string) =>
  z.string().meta({ description, examples: [example] })

/** RFC 3339 in UTC, as `toTime` writes it. */
export const time = (description: string, example = '2026-04-20T09:30:00.000Z') =>
  z.string().meta({ format: 'date-time', description, examples: [example] })

export const link = (description: string, example: string) =>
  z.string().meta({ format: 'uri', description, examples: [example] })

/** A number of things or of bytes: never negative. */
export const count = (description: string, example: number) =>
  z
    .int()
    .min(0)
    .meta({ description, examples: [example] })

export const flag = (description: string, example: boolean) =>
  z.boolean().meta({ description, examples: [example] })

export const choice = <const Values extends readonly [string, ...string[]]>(
  values: Values,
  description: string,
) => z.enum(values).meta({ description })

/** `next_cursor` of every listing. */
export const nextCursor = z
  .string()
  .nullable()
  .meta({
    description:
      'Send it as `cursor` with the same query to get the next page; null behind the last one. It is good for the same caller and listing only.',
    examples: ['k1.Zm9sZGVyLXBhZ2UtMg'],
  })
