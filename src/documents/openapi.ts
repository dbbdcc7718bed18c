// The document routes, described.
import { z } from 'zod'
import { text } from '../answer.ts'
import { contentAnswers, contentFields, headAnswers } from '../files/openapi.ts'
import { READ, WRITE } from '../openapi/failures.ts'
import { empty, json, type Operations } from '../openapi/operation.ts'
import {
  contentLength,
  contentRequest,
  documentId,
  noStore,
  paging,
  token,
} from '../openapi/parameters.ts'
import {
  documentListSchema,
  documentSchema,
  signedLinkSchema,
  storedDocumentSchema,
  uploadedSchema,
} from './answers.ts'
import { announcement, formFields, linkBody } from './fields.ts'

const params = { id: documentId }
const changed = {
  filename: 'Its name.',
  category: 'The caller’s own word for what it is, to filter by.',
}
const form = formFields.extend({
  file: z.string().meta({ description: 'The file, behind all other fields.', format: 'binary' }),
})

export const documentOperations: Operations = {
  'GET /api/documents': {
    id: 'listDocuments',
    tag: 'Documents',
    summary: 'List documents',
    access: 'user',
    fields: {
      ...paging,
      category: 'Only of this category.',
      storage_backend: 'Only what lies at this provider.',
      status: 'Only of this status.',
    },
    answers: { 200: json(documentListSchema, 'A page, the newest first.') },
  },
  'POST /api/documents/upload': {
    id: 'uploadDocument',
    tag: 'Documents',
    summary: 'Upload a document, or announce one',
    description:
      'A form is streamed on to the backend and stored at once. JSON only announces the file: the answer says where its bytes go. In the default storage that is a signed URL, good for 15 minutes; anywhere else, and for more than 100 MB, a tus upload.',
    access: 'user',
    headers: { 'Content-Length': contentLength },
    fields: {
      target_backend:
        'The provider’s id of where it goes; the caller’s default storage unless told.',
      category: changed.category,
      filename: changed.filename,
      content_type: 'Its media type. The PUT must have the same.',
      size: 'Bytes. The PUT must have exactly as many.',
    },
    send: { filename: 'Report.pdf', content_type: 'application/pdf', size: 52431 },
    body: { content: { 'multipart/form-data': form, 'application/json': announcement } },
    answers: {
      201: json(uploadedSchema, 'Stored, or announced.', {
        headers: {
          Location: text(
            'Of a tus upload.',
            'https://slipway.example/api/uploads/7e9a1b3c5d2f4068',
          ).optional(),
        },
      }),
    },
    problems: WRITE,
  },
  'GET /api/documents/:id': {
    id: 'getDocument',
    tag: 'Documents',
    summary: 'Get one document',
    access: 'user',
    params,
    answers: { 200: json(documentSchema, 'The document.') },
    problems: ['not_found'],
  },
  'PATCH /api/documents/:id': {
    id: 'changeDocument',
    tag: 'Documents',
    summary: 'Rename or categorise a document',
    description: 'One of the members at least. Its file keeps its name in the drive.',
    access: 'user',
    params,
    fields: { ...changed, category: `${changed.category} Null takes it away.` },
    send: { category: 'contracts' },
    answers: { 200: json(documentSchema, 'The document as it is now.') },
    problems: ['not_found'],
  },
  'DELETE /api/documents/:id': {
    id: 'deleteDocument',
    tag: 'Documents',
    summary: 'Delete a document',
    description:
      'With its text, and with its file where that was made for it; a file that was only imported stays in the drive.',
    access: 'user',
    params,
    answers: { 204: empty('It is gone.') },
    problems: WRITE,
  },
  'GET /api/documents/:id/content': {
    id: 'getDocumentContent',
    tag: 'Documents',
    summary: 'Download a document',
    description: 'Its bytes under the document’s own name, from whatever backend holds them.',
    access: 'user',
    params,
    fields: contentFields,
    headers: contentRequest,
    answers: contentAnswers,
    problems: READ,
  },
  'HEAD /api/documents/:id/content': {
    id: 'getDocumentContentHeaders',
    tag: 'Documents',
    summary: 'Look at a document’s content',
    access: 'user',
    params,
    fields: contentFields,
    headers: contentRequest,
    answers: headAnswers,
    problems: READ,
  },
  'POST /api/documents/:id/link': {
    id: 'createDocumentLink',
    tag: 'Documents',
    summary: 'Make a URL that gives a document’s content',
    description:
      'For whoever holds it, any number of times. Documents in the default storage only.',
    access: 'user',
    params,
    fields: {
      expires_in: 'Seconds, from a minute to a week.',
      disposition: contentFields.disposition,
    },
    send: { expires_in: 3600 },
    body: { content: { 'application/json': linkBody }, isOptional: true },
    answers: { 200: json(signedLinkSchema, 'The URL.', { headers: noStore }) },
    problems: ['not_found', 'not_supported', 'invalid_request', 'payload_too_large'],
  },
  'GET /api/documents/signed/:token': {
    id: 'getSignedContent',
    tag: 'Documents',
    summary: 'Download by signed URL',
    access: 'anyone',
    params: { token },
    headers: contentRequest,
    answers: contentAnswers,
    problems: [...READ, 'forbidden'],
  },
  'HEAD /api/documents/signed/:token': {
    id: 'getSignedContentHeaders',
    tag: 'Documents',
    summary: 'Look at what a signed URL gives',
    access: 'anyone',
    params: { token },
    headers: contentRequest,
    answers: headAnswers,
    problems: [...READ, 'forbidden'],
  },
  'PUT /api/documents/signed/:token': {
    id: 'putSignedContent',
    tag: 'Documents',
    summary: 'Send an announced document’s bytes',
    description:
      'Once: exactly the announced bytes and type. What was broken off can be sent again until the URL ends.',
    access: 'anyone',
    params: { token },
    headers: { 'Content-Length': contentLength },
    body: { content: { '*/*': 'bytes' }, description: 'The file.' },
    answers: { 201: json(storedDocumentSchema, 'Stored.') },
    problems: [...WRITE, 'forbidden'],
  },
}
