// The file routes, described.
import { text } from '../answer.ts'
import { READ, WRITE, DRIVE } from '../openapi/failures.ts'
import { bytes, empty, json, type Operations } from '../openapi/operation.ts'
import {
  connectionId,
  contentAnswer,
  contentLength,
  contentRequest,
  itemId,
  noStore,
  paging,
  providerId,
  rangeAnswer,
  token,
} from '../openapi/parameters.ts'
import { foundItemsSchema, itemSchema, listingSchema, ticketSchema } from './answers.ts'
import { contentQuery } from './fields.ts'

const params = { id: connectionId }
const itemParams = { id: connectionId, item: itemId }
const listing = {
  ...paging,
  fresh:
    '`1`: past the cache. Listings are kept for 30 seconds; what is written through this API shows at once.',
}
const cacheHeader = {
  'X-Slipway-Cache': text('`hit` or `miss`.', 'miss'),
  ...noStore,
}
export const contentFields = {
  format: 'Of an item with `exportable_as`: one of these media types.',
  disposition: '`inline` shows what a browser can show safely; all else is a download.',
}
export const contentAnswers = {
  200: bytes('All of the content.', contentAnswer),
  206: bytes('The range.', rangeAnswer),
  304: empty('It is one of `If-None-Match`.', { ETag: contentAnswer.ETag }),
}
export const headAnswers = {
  200: empty('What a GET would answer, without its body.', contentAnswer),
  206: empty('The same for a range.', rangeAnswer),
  304: contentAnswers[304],
}

export const fileOperations: Operations = {
  'GET /api/cloud/connections/:id/items': {
    id: 'listItems',
    tag: 'Files',
    summary: 'List a folder',
    access: 'user',
    params,
    fields: { folder_id: 'A folder’s id; `root` is the top of the drive.', ...listing },
    send: { folder_id: 'root' },
    answers: { 200: json(listingSchema, 'A page of the folder.', { headers: cacheHeader }) },
    problems: DRIVE,
  },
  'GET /api/cloud/folders/:provider/:folder': {
    id: 'listFolder',
    tag: 'Files',
    summary: 'List a folder by its provider',
    description: 'The same for callers that know the provider; the oldest connection unless told.',
    access: 'user',
    params: { provider: providerId, folder: itemId },
    fields: { connection_id: 'Which connection, where there are several.', ...listing },
    answers: { 200: json(listingSchema, 'A page of the folder.', { headers: cacheHeader }) },
    problems: DRIVE,
  },
  'GET /api/cloud/connections/:id/search': {
    id: 'searchItems',
    tag: 'Files',
    summary: 'Search a drive',
    description:
      'Where the vendor can: see `capabilities.search`. What is found is the vendor’s choice.',
    access: 'user',
    params,
    fields: { q: 'Words.', ...paging },
    send: { q: 'report' },
    answers: { 200: json(foundItemsSchema, 'A page of what was found.') },
    problems: DRIVE,
  },
  'GET /api/cloud/connections/:id/items/:item': {
    id: 'getItem',
    tag: 'Files',
    summary: 'Get one item',
    access: 'user',
    params: itemParams,
    answers: { 200: json(itemSchema, 'The item.') },
    problems: DRIVE,
  },
  'PATCH /api/cloud/connections/:id/items/:item': {
    id: 'changeItem',
    tag: 'Files',
    summary: 'Rename or move an item',
    description: 'One of the members at least. Path-based providers give the item another id.',
    access: 'user',
    params: itemParams,
    fields: { name: 'The new name.', parent_id: 'The folder to move it to.' },
    send: { name: 'Report 2026.pdf' },
    answers: { 200: json(itemSchema, 'The item as it is now.') },
    problems: WRITE,
  },
  'DELETE /api/cloud/connections/:id/items/:item': {
    id: 'deleteItem',
    tag: 'Files',
    summary: 'Delete an item',
    description:
      'Into the vendor’s bin where it has one; folders with all that is in them. One that is gone already is a success.',
    access: 'user',
    params: itemParams,
    answers: { 204: empty('It is gone.') },
    problems: WRITE,
  },
  'GET /api/cloud/connections/:id/items/:item/content': {
    id: 'getContent',
    tag: 'Files',
    summary: 'Download an item',
    description:
      'Streamed as it comes from the vendor. Types that a browser could run are never sent as such.',
    access: 'user',
    params: itemParams,
    fields: contentFields,
    headers: contentRequest,
    answers: contentAnswers,
    problems: READ,
  },
  'HEAD /api/cloud/connections/:id/items/:item/content': {
    id: 'getContentHeaders',
    tag: 'Files',
    summary: 'Look at an item’s content',
    access: 'user',
    params: itemParams,
    fields: contentFields,
    headers: contentRequest,
    answers: headAnswers,
    problems: READ,
  },
  'PUT /api/cloud/connections/:id/content': {
    id: 'uploadContent',
    tag: 'Files',
    summary: 'Upload a file in one request',
    description:
      'The body goes on to the vendor as it arrives, and is compared with what the vendor has: see `verification`. Platforms refuse bodies above 100 MB: use `uploads` for those.',
    access: 'user',
    params,
    headers: { 'Content-Length': contentLength },
    fields: {
      parent_id: 'The folder that it goes to.',
      name: 'Its name.',
      conflict: 'Where the name is taken: refuse (`name_conflict`), take another name, or replace.',
    },
    send: { parent_id: 'root', name: 'Report.pdf', conflict: 'rename' },
    body: {
      content: { '*/*': 'bytes' },
      description: 'The file; `Content-Type` becomes its media type.',
    },
    answers: { 201: json(itemSchema, 'The item, with `verification`.') },
    problems: WRITE,
  },
  'POST /api/cloud/connections/:id/folders': {
    id: 'createFolder',
    tag: 'Files',
    summary: 'Make a folder',
    access: 'user',
    params,
    fields: { parent_id: 'The folder to make it in.', name: 'Its name.' },
    send: { parent_id: 'root', name: 'Contracts' },
    answers: { 201: json(itemSchema, 'The folder.') },
    problems: WRITE,
  },
  'POST /api/cloud/connections/:id/items/:item/ticket': {
    id: 'createTicket',
    tag: 'Files',
    summary: 'Make a URL that gives an item’s content',
    description:
      'For a minute, any number of times, to whoever holds it: `<a>` and `<img>` cannot send a token.',
    access: 'user',
    params: itemParams,
    fields: contentFields,
    send: { disposition: 'inline' },
    body: { content: { 'application/json': contentQuery }, isOptional: true },
    answers: { 200: json(ticketSchema, 'The URL.', { headers: noStore }) },
    problems: DRIVE,
  },
  'GET /api/cloud/tickets/:token': {
    id: 'getTicketContent',
    tag: 'Files',
    summary: 'Download by ticket',
    access: 'anyone',
    params: { token },
    headers: contentRequest,
    answers: contentAnswers,
    problems: [...READ, 'forbidden'],
  },
  'HEAD /api/cloud/tickets/:token': {
    id: 'getTicketHeaders',
    tag: 'Files',
    summary: 'Look at a ticket’s content',
    access: 'anyone',
    params: { token },
    headers: contentRequest,
    answers: headAnswers,
    problems: [...READ, 'forbidden'],
  },
}
