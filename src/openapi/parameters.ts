// Parameters and headers that operations share.
import { z } from 'zod'
import { count, text } from '../answer.ts'

export const connectionId = text(
  'A connection’s id. A built-in provider’s id, such as `r2`, stands for itself.',
  '3f9c1d7e5a2b4c6d',
)
export const itemId = text('An item’s id as the listing has it, percent-encoded.', '1a2B3c')
export const documentId = text('A document’s id.', '5d7f9b1c3e2a4860')
export const importId = text('An import’s id.', '2c4e6a8b0d1f3579')
export const uploadId = text('An upload’s id, as `Location` had it.', '7e9a1b3c5d2f4068')
export const providerId = text('A provider’s id, or an alias of it.', 'google_drive')

/** Of requests for content (RFC 9110). */
export const contentRequest = {
  Range: text(
    'One range of bytes; another unit, or several ranges, are answered in full.',
    'bytes=0-1023',
  ).optional(),
  'If-Range': text(
    'An `ETag`: the range is served only of that version, else all of it.',
    '"7c1f"',
  ).optional(),
  'If-None-Match': text('`ETag`s: 304 if the content is one of them.', '"7c1f"').optional(),
}

const shared = {
  ETag: text('Changes with the content.', '"7c1f"').optional(),
  'Content-Length': count('Bytes of the body, where they are known.', 1024).optional(),
  'Content-Disposition': text(
    '`attachment` or `inline`, and the name.',
    'attachment; filename="Report.pdf"',
  ),
  'Last-Modified': text('Of the content.', 'Mon, 20 Apr 2026 09:30:00 GMT').optional(),
}

/** Of answers that carry content. */
export const contentAnswer = {
  ...shared,
  'Accept-Ranges': text('`bytes`, where ranges can be had; not of exports.', 'bytes').optional(),
}
export const rangeAnswer = {
  ...shared,
  'Content-Range': text('The first and last byte, and the whole size.', 'bytes 0-1023/52431'),
}

/** Not `required`: a client that is made from the document would have to name what HTTP sends by itself. */
export const contentLength = count(
  'Bytes of the body. HTTP clients send it by themselves; a chunked body, which has none, is refused.',
  52_431,
).optional()
export const noStore = { 'Cache-Control': text('Not to be kept.', 'no-store') }

/** What the members of a paged listing's query mean. */
export const paging = {
  cursor: '`next_cursor` of the page before, with the same query otherwise.',
  limit: 'Entries of a page at most; a page may be shorter.',
} as const

export const token = z.string().meta({
  description: 'What the URL is good for, signed. Take URLs as they are.',
  examples: ['k1.eyJkIjoiNWQ3ZiJ9'],
})
