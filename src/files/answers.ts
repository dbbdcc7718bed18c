// The schemas of what the file routes answer: items, listings, tickets.
import { z } from 'zod'
import { choice, count, flag, link, nextCursor, text, time } from '../answer.ts'
import { receiptSchema } from '../transfer/answers.ts'

const itemId = text('The provider’s id, opaque; `root` stands for the top of the drive.', '1a2B3c')

export const itemSchema = z
  .object({
    id: itemId,
    name: text('As the drive has it.', 'Report.pdf'),
    is_folder: flag('Whether it can be listed.', false),
    size: count(
      'Bytes; null for folders, and for content whose size only the export tells.',
      52_431,
    ).nullable(),
    mime_type: text('The media type, where the drive knows one.', 'application/pdf').nullable(),
    modified_at: text(
      'When the content changed last: RFC 3339.',
      '2026-04-20T09:30:00Z',
    ).nullable(),
    etag: text('Changes whenever the content does; opaque.', '"7c1f"').nullable(),
    hash: z
      .object({
        algorithm: choice(
          ['md5', 'sha1', 'sha256', 'quickxor', 'dropbox', 'etag'],
          'How the vendor computes it.',
        ),
        value: text('Hex, except QuickXor: base64.', 'd41d8cd98f00b204e9800998ecf8427e'),
      })
      .optional()
      .meta({ description: 'The vendor’s own hash of the content, where it gives one.' }),
    web_url: text('Opens it at the vendor.', 'https://drive.example/open?id=1a2B3c').optional(),
    exportable_as: z.array(text('A media type.', 'application/pdf')).optional().meta({
      description:
        'Present: it has no bytes of its own; these media types can be had with `format`, the first unless told. Empty: it cannot be downloaded.',
    }),
    parent_id: text('The folder that it is in, where the vendor says so.', 'root').optional(),
    is_fixed: flag(
      'A part of the drive itself: it cannot be renamed, moved or deleted.',
      true,
    ).optional(),
    verification: receiptSchema.optional(),
  })
  .meta({
    id: 'Item',
    description: 'A file or folder of a drive.',
    examples: [
      {
        id: '1a2B3c',
        name: 'Report.pdf',
        is_folder: false,
        size: 52_431,
        mime_type: 'application/pdf',
        modified_at: '2026-04-20T09:30:00Z',
        etag: '7c1f',
        hash: { algorithm: 'md5', value: '9e107d9d372bb6826bd81d3542a419d6' },
        web_url: 'https://drive.example/open?id=1a2B3c',
        parent_id: 'root',
      },
    ],
  })

const place = z
  .object({ id: itemId, name: text('Its name.', 'Contracts') })
  .meta({ id: 'Place', description: 'A folder on the way from the top.' })

export const listingSchema = z
  .object({
    items: z.array(itemSchema),
    next_cursor: nextCursor,
    folder: place
      .extend({
        path: z
          .array(place)
          .meta({ description: 'The way to it, the top first, itself not included.' }),
      })
      .meta({ id: 'Location', description: 'A folder, and the way to it from the top.' }),
  })
  .meta({ id: 'Listing', description: 'A page of a folder.' })

export const foundItemsSchema = z
  .object({ items: z.array(itemSchema), next_cursor: nextCursor })
  .meta({ id: 'FoundItems', description: 'A page of what a search in a drive found.' })

export const ticketSchema = z
  .object({
    url: link(
      'Gives the content to whoever holds it.',
      'https://slipway.example/api/cloud/tickets/k1.eyJ1',
    ),
    expires_at: time('A minute from now.'),
  })
  .meta({ id: 'Ticket', description: 'A URL that needs no token, for `<a>` and `<img>`.' })
