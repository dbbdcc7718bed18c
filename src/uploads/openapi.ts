// The routes of resumable uploads, described: tus 1.0.0.
import { z } from 'zod'
import { choice, count, text } from '../answer.ts'
import { WRITE } from '../openapi/failures.ts'
import { empty, json, type Failure, type Operations } from '../openapi/operation.ts'
import { contentLength, noStore, uploadId } from '../openapi/parameters.ts'
import { uploadSchema } from './answers.ts'
import { ABILITIES, CHECKSUM_ALGORITHMS, MAX_SIZE, VERSION } from './tus.ts'

const params = { id: uploadId }
const version = choice([VERSION], 'The version of tus that is spoken.')
const speaks = { 'Tus-Resumable': version }
const offset = count('Bytes of the file that are kept: go on from here.', 52_428_800)
const expires = text(
  'When the upload ends unless bytes arrive: a day after the last ones.',
  'Tue, 21 Apr 2026 09:30:00 GMT',
)
const place = text(
  'Once it is complete: the item, or the document.',
  'https://slipway.example/api/documents/5d7f9b1c3e2a4860',
)
const body = {
  content: { 'application/offset+octet-stream': 'bytes' },
  description: 'The next bytes. 50 MiB are recommended, below the platform’s 100 MB.',
} as const
const sends = {
  'Content-Length': contentLength,
  'Upload-Checksum': text(
    `${CHECKSUM_ALGORITHMS.join(', ')}, and the digest of the body in Base64. Only where the vendor takes the body in one request; not at Google.`,
    'sha1 Lve95gjOVATpfV8EL5X4nxwjKHE=',
  ).optional(),
}
/** Of the protocol: another version, a header that cannot be served, another type. */
const PROTOCOL: readonly Failure[] = [
  ...[400, 412, 415].map((status) => ({ code: 'invalid_request' as const, status })),
]
const APPEND: readonly Failure[] = [...WRITE, ...PROTOCOL, 'offset_mismatch', 'checksum_mismatch']

const abilities = {
  204: empty('What the service can do.', {
    ...Object.fromEntries(
      Object.entries(ABILITIES).map(([name, value]) => [
        name.replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase()),
        text(MEANINGS()[name] ?? '', value),
      ]),
    ),
  }),
}

function MEANINGS(): Readonly<Record<string, string>> {
  return {
    'tus-version': 'Versions of tus.',
    'tus-extension': 'Extensions of tus.',
    'tus-checksum-algorithm': 'Algorithms of Upload-Checksum.',
    'tus-max-size': 'Bytes of the largest file.',
    'slipway-chunk-size': 'Bytes of a PATCH that are recommended.',
  }
}

export const uploadOperations: Operations = {
  'OPTIONS /api/uploads': {
    id: 'getUploadAbilities',
    tag: 'Uploads',
    summary: 'Get what uploads can do',
    access: 'anyone',
    always: speaks,
    answers: abilities,
  },
  'OPTIONS /api/uploads/:id': {
    id: 'getUploadAbilitiesOfOne',
    tag: 'Uploads',
    summary: 'Get what uploads can do, at an upload’s address',
    access: 'anyone',
    params,
    always: speaks,
    answers: abilities,
  },
  'POST /api/uploads': {
    id: 'createUpload',
    tag: 'Uploads',
    summary: 'Begin an upload',
    description:
      'The first bytes may come along. `Upload-Metadata` says where it goes: `filename` (required) and `filetype`; for a file in a drive `connection_id` (`r2` for the default storage), `parent_id` (`root` unless told) and `conflict` (`fail`, `rename`, `replace`); for a document `target_backend` and `category` instead.',
    access: 'user',
    headers: {
      ...speaks,
      'Upload-Length': count(`Bytes of the whole file, ${MAX_SIZE} at most.`, 104_857_600),
      'Upload-Metadata': text(
        'Keys, each with its value in Base64 (UTF-8), separated by commas; 16 KiB at most.',
        'filename ZmlsbS5tcDQ=,connection_id cjI=',
      ).optional(),
      'Content-Length': contentLength,
      'Upload-Checksum': sends['Upload-Checksum'],
    },
    body: { ...body, isOptional: true },
    always: speaks,
    answers: {
      201: empty('Begun.', {
        Location: text(
          'Where its bytes go.',
          'https://slipway.example/api/uploads/7e9a1b3c5d2f4068',
        ),
        'Upload-Offset': offset,
        'Upload-Expires': expires,
        'Content-Location': place.optional(),
      }),
    },
    problems: APPEND,
  },
  'HEAD /api/uploads/:id': {
    id: 'getUploadOffset',
    tag: 'Uploads',
    summary: 'Ask how far an upload is',
    description:
      'Asks the vendor where it is not sure, and takes the upload over from a sender that went silent.',
    access: 'user',
    params,
    headers: speaks,
    always: speaks,
    answers: {
      200: empty('How far it is.', {
        ...noStore,
        'Upload-Offset': offset,
        'Upload-Length': count('Bytes of the whole file.', 104_857_600),
        'Upload-Metadata': text('As it was sent.', 'filename ZmlsbS5tcDQ=').optional(),
        'Upload-Expires': expires,
      }),
    },
    problems: APPEND,
  },
  'GET /api/uploads/:id': {
    id: 'getUpload',
    tag: 'Uploads',
    summary: 'Get an upload as JSON',
    description: 'With the item and its receipt once it is complete. Not part of tus.',
    access: 'user',
    params,
    always: speaks,
    answers: { 200: json(uploadSchema, 'The upload.', { headers: noStore }) },
    problems: ['not_found'],
  },
  'PATCH /api/uploads/:id': {
    id: 'sendUploadBytes',
    tag: 'Uploads',
    summary: 'Send the next bytes',
    description:
      'As much is kept as the vendor’s steps allow: the answer’s `Upload-Offset` says how much. Below one step it is 400 with the size that is needed. With the last byte the file is stored.',
    access: 'user',
    params,
    headers: {
      ...speaks,
      'Upload-Offset': count('Where the body begins: what the last answer said.', 0),
      ...sends,
    },
    body,
    always: speaks,
    answers: {
      204: empty('Kept.', {
        'Upload-Offset': offset,
        'Upload-Expires': expires,
        'Content-Location': place.optional(),
      }),
    },
    problems: APPEND,
  },
  'DELETE /api/uploads/:id': {
    id: 'cancelUpload',
    tag: 'Uploads',
    summary: 'Cancel an upload',
    description: 'Nothing of it is left, at the vendor neither.',
    access: 'user',
    params,
    headers: speaks,
    always: speaks,
    answers: { 204: empty('It is gone.') },
    problems: APPEND,
  },
  'POST /api/uploads/:id': {
    id: 'overrideUploadMethod',
    tag: 'Uploads',
    summary: 'PATCH, DELETE or HEAD for clients that cannot',
    description:
      'Does and answers what the method of the header would, whose headers and body it takes.',
    access: 'user',
    params,
    headers: {
      ...speaks,
      'X-HTTP-Method-Override': z
        .enum(['PATCH', 'DELETE', 'HEAD'])
        .meta({ description: 'The method that is meant.', examples: ['PATCH'] }),
      'Upload-Offset': count('With PATCH.', 0).optional(),
    },
    body: { ...body, isOptional: true },
    always: speaks,
    answers: {
      200: empty('To HEAD.', { 'Upload-Offset': offset }),
      204: empty('To PATCH and DELETE.', { 'Upload-Offset': offset.optional() }),
    },
    problems: APPEND,
  },
}
