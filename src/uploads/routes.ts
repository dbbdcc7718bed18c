// Resumable uploads, tus 1.0.0 at /api/uploads: core, creation, creation-with-upload, expiration, termination and checksum.
import { Hono } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { AppContext, AppEnv, Services } from '../app-context.ts'
import type { Answer } from '../answer.ts'
import { requireUser } from '../auth/roles.ts'
import { toTime } from '../connections/view.ts'
import { contentLength } from '../files/fields.ts'
import { drain } from '../net/drain.ts'
import { invalidField, Problem, type ProblemCode } from '../problems/problem.ts'
import { toProblem } from '../problems/respond.ts'
import type { uploadSchema } from './answers.ts'
import { appendBody, refreshUpload, type Incoming, type Reached } from './append.ts'
import { createUpload, uploadUrl, type CreatedUpload } from './create.ts'
import { endNow } from './end.ts'
import type { UploadRow } from './schema.ts'
import { findUpload, noUpload, type Lease } from './store.ts'
import {
  ABILITIES,
  checkVersion,
  expires,
  readChecksum,
  readCount,
  readLength,
  readMetadata,
  VERSION,
} from './tus.ts'
import { waitForLease } from './wait.ts'

export const uploadRoutes = new Hono<AppEnv>()

/** Every answer says which version it speaks; every request but a question about that must speak it too. */
const speakTus = createMiddleware<AppEnv>(async (c, next) => {
  const asks = c.req.method === 'OPTIONS' || c.req.method === 'GET'
  if (!asks) checkVersion(c.req.header('Tus-Resumable'))
  await next()
})

uploadRoutes.use(async (c, next) => {
  await next()
  c.res.headers.set('tus-resumable', VERSION)
})

uploadRoutes.options('/', (c) => c.body(null, 204, ABILITIES))
uploadRoutes.options('/:id', (c) => c.body(null, 204, ABILITIES))

uploadRoutes.use(requireUser, speakTus)

uploadRoutes.post('/', async (c) => {
  const { services, caller } = c.var
  const size = readLength(c.req.header('Upload-Length'), c.req.header('Upload-Defer-Length'))
  const rawMetadata = c.req.header('Upload-Metadata') ?? ''
  const body = hasBody(c) ? readBody(c, 0) : undefined
  if (body !== undefined && body.length > size) {
    throw new Problem('payload_too_large', 'The body has more bytes than Upload-Length says.')
  }
  const metadata = readMetadata(rawMetadata)
  const created = await createUpload(services, caller.userId, { size, metadata, rawMetadata })
  let reached: Reached = created
  if (body !== undefined && !created.isCompleted) {
    reached = await appendFirst(services, caller.userId, created, body)
    await drain(c.req.raw)
  }
  return c.body(null, 201, {
    location: uploadUrl(services, created.id),
    'upload-offset': String(reached.offset),
    ...expires(reached.expiresAt),
    ...(reached.isCompleted ? await placeOf(c, created.id) : {}),
  })
})

/** The upload is there whatever becomes of the bytes that came with its creation: the offset says what was kept of them. */
async function appendFirst(
  services: Services,
  userId: string,
  { id }: CreatedUpload,
  body: Incoming,
): Promise<Reached> {
  try {
    return await appendBody(services, userId, id, body)
  } catch (error) {
    const row = await findUpload(services.db, userId, id)
    if (row?.status !== 'open') throw error
    return { offset: row.offset, isCompleted: false, expiresAt: row.expiresAt }
  }
}

uploadRoutes.get('/:id', async (c) => {
  if (c.req.method === 'HEAD') return sendOffset(c, c.req.param('id'))
  const { services, caller } = c.var
  const row = await findUpload(services.db, caller.userId, c.req.param('id'))
  if (row === undefined) throw noUpload()
  // Its row may wait for the clock.
  if (row.status === 'open' && row.expiresAt <= services.now()) throw noUpload()
  c.header('cache-control', 'no-store')
  return c.json(viewUpload(row))
})

uploadRoutes.patch('/:id', (c) => takePatch(c, c.req.param('id')))

uploadRoutes.delete('/:id', (c) => terminate(c, c.req.param('id')))

// "The Server MUST interpret it as the request’s method": for clients that cannot send PATCH or DELETE.
uploadRoutes.post('/:id', (c) => {
  const id = c.req.param('id')
  const method = c.req.header('X-HTTP-Method-Override')?.toUpperCase()
  if (method === 'PATCH') return takePatch(c, id)
  if (method === 'DELETE') return terminate(c, id)
  if (method === 'HEAD') return sendOffset(c, id)
  throw invalidField('header.X-HTTP-Method-Override', 'must be PATCH, DELETE or HEAD')
})

async function sendOffset(c: AppContext, id: string): Promise<Response> {
  const { services, caller } = c.var
  checkVersion(c.req.header('Tus-Resumable'))
  const found = await waitForLease(services, caller.userId, id)
  const { row } = found
  const reached = 'lease' in found ? await askVendor(services, found.lease) : row
  return c.body(null, 200, {
    'cache-control': 'no-store',
    'upload-offset': String(reached.offset),
    'upload-length': String(row.size),
    ...(row.metadata === '' ? {} : { 'upload-metadata': row.metadata }),
    ...expires(reached.expiresAt),
  })
}

/** Nobody may be told that it cannot go on, only because the vendor does not say how far it is. */
async function askVendor(services: Services, lease: Lease): Promise<Reached> {
  return refreshUpload(services, lease).catch((error: unknown) => {
    const { code, options } = toProblem(error)
    if (options.ended === true || !UNTOLD.includes(code)) throw error
    // tus-js-client begins anew after any other answer but success.
    throw new Problem('upload_locked', 'The provider cannot be asked now: ask again.', {
      retryAfter: options.retryAfter ?? 1,
      cause: error,
    })
  })
}

const UNTOLD: readonly ProblemCode[] = ['rate_limited', 'provider_unavailable', 'provider_timeout']

async function takePatch(c: AppContext, id: string): Promise<Response> {
  const { services, caller } = c.var
  const incoming = readBody(c, readCount('Upload-Offset', c.req.header('Upload-Offset')))
  const reached = await appendBody(services, caller.userId, id, incoming)
  // What the vendor's steps did not take is sent again with the next one.
  await drain(c.req.raw)
  return c.body(null, 204, {
    'upload-offset': String(reached.offset),
    ...expires(reached.expiresAt),
    ...(reached.isCompleted ? await placeOf(c, id) : {}),
  })
}

async function terminate(c: AppContext, id: string): Promise<Response> {
  const { services, caller } = c.var
  await endNow(services, caller.userId, id)
  return c.body(null, 204)
}

/** Some clients name a type with every POST, where there is nothing in it. */
function hasBody(c: AppContext): boolean {
  return c.req.header('Content-Type') !== undefined && c.req.header('Content-Length') !== '0'
}

function readBody(c: AppContext, offset: number): Incoming {
  const type = c.req.header('Content-Type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/offset+octet-stream') {
    const message = 'must be application/offset+octet-stream'
    throw new Problem('invalid_request', `header.Content-Type: ${message}`, {
      status: 415,
      errors: [{ field: 'header.Content-Type', message }],
    })
  }
  return {
    stream: c.req.raw.body,
    offset,
    length: contentLength(c.req.header('Content-Length')),
    checksum: readChecksum(c.req.header('Upload-Checksum')),
  }
}

/** Where that which was uploaded is now (RFC 9110 section 8.7). */
async function placeOf(c: AppContext, id: string): Promise<Record<string, string>> {
  const { services, caller } = c.var
  const row = await findUpload(services.db, caller.userId, id)
  if (row === undefined) return {}
  const base = `${services.settings.publicUrl}/api`
  if (row.documentId !== null) return { 'content-location': `${base}/documents/${row.documentId}` }
  if (row.item === null) return {}
  const connection = row.connectionId ?? row.provider
  return { 'content-location': `${base}/cloud/connections/${connection}/items/${row.item.id}` }
}

export function viewUpload(row: UploadRow): Answer<typeof uploadSchema> {
  return {
    id: row.id,
    status: row.status,
    offset: row.offset,
    size: row.size,
    filename: row.filename,
    connection_id: row.connectionId ?? row.provider,
    document_id: row.documentId,
    item: row.item,
    error_code: row.errorCode,
    created_at: toTime(row.createdAt),
    expires_at: toTime(row.expiresAt),
  }
}
