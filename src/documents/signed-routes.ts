// The signed URLs of documents: PUT takes the bytes once, GET gives them; the token alone says who may.
import { Hono } from 'hono'
import type { AppEnv } from '../app-context.ts'
import { contentLength } from '../files/fields.ts'
import { invalidField } from '../problems/problem.ts'
import { sendDocument } from './content.ts'
import { receiveBytes } from './receive.ts'
import type { DocumentRow } from './schema.ts'
import { openSigned } from './signed-url.ts'

/** Mounted where no caller is asked for. */
export const signedRoutes = new Hono<AppEnv>()

signedRoutes.put('/:token', async (c) => {
  const { services } = c.var
  const { row } = await openSigned(services, 'put', c.req.param('token'))
  // What has its bytes refuses all others, right or wrong.
  if (row.status === 'pending') checkHeaders(row, c.req.header())
  await receiveBytes(services, row, c.req.raw.body)
  return c.json({ document_id: row.id, storage_backend: row.storageBackend }, 201)
})

/** Before any byte is taken: exactly the announced size, and the announced type, whatever its parameters. */
function checkHeaders(row: DocumentRow, headers: Record<string, string>): void {
  if (contentLength(headers['content-length']) !== row.size) {
    throw invalidField('header.Content-Length', `must be ${row.size}, the size that was announced`)
  }
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  if (type !== row.contentType) {
    throw invalidField('header.Content-Type', 'must be the type that was announced')
  }
}

signedRoutes.get('/:token', async (c) => {
  const { row, disposition } = await openSigned(c.var.services, 'get', c.req.param('token'))
  return sendDocument(c, row, { disposition })
})
