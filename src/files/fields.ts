// What requests about files have in common: names, ids, lengths and types, checked in one place.
import { z } from 'zod'
import { invalidField } from '../problems/problem.ts'

/** Ids of path-based providers grow with the path. */
export const folderId = z.string().min(1).max(8192)
/** A name as people type it. `.` and `..` would climb a path at one vendor or another. */
export const itemName = z
  .string()
  .min(1)
  .max(1024)
  .refine((name) => name !== '.' && name !== '..', 'must not be . or ..')
  .refine(
    (name) => !/[/\u0000-\u001f]/.test(name),
    'must not contain a slash or control characters',
  )
  .refine((name) => name.isWellFormed(), 'must be well-formed Unicode')

/** How a browser is to take content: as a download unless asked otherwise. */
export const disposition = z.enum(['attachment', 'inline']).default('attachment')
/** What a caller may say about content. */
export const contentQuery = z.strictObject({
  format: z.string().max(200).optional(),
  disposition,
})

/** The declared length: what is streamed on must carry one, so a chunked body is refused. */
export function contentLength(header: string | undefined): number {
  if (header === undefined || !/^\d{1,15}$/.test(header)) {
    throw invalidField('header.Content-Length', 'is required: the size of the body in bytes')
  }
  return Number(header)
}

export function mediaType(header: string | undefined): string {
  const type = header?.split(';')[0]?.trim().toLowerCase() ?? ''
  return /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/.test(type) ? type : 'application/octet-stream'
}
