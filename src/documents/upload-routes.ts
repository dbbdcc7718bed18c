// Uploading a document: by form to any backend, or to a signed URL. A row is made before the bytes; a form's goes if they fail.
import { Hono } from 'hono'
import type { z } from 'zod'
import type { AppContext, AppEnv, Services } from '../app-context.ts'
import { toTime } from '../connections/view.ts'
import { randomId } from '../crypto/random.ts'
import { contentLength, itemName, mediaType } from '../files/fields.ts'
import { writing } from '../files/writing.ts'
import { outlive } from '../outlive.ts'
import { invalidField, Problem } from '../problems/problem.ts'
import { invalidRequest, readOptionalJson } from '../problems/validate.ts'
import { createDocumentUpload, uploadUrl } from '../uploads/create.ts'
import { checkSize, MAX_BODY } from '../uploads/tus.ts'
import { ensureUser } from '../users/store.ts'
import { announcement, formFields } from './fields.ts'
import { readForm, type FormFile } from './form.ts'
import { signPut } from './signed-url.ts'
import { canSign, chooseTarget, openStorage, type Storage } from './storage.ts'
import {
  insertAnnounced,
  insertPending,
  markStored,
  removePending,
  type NewDocument,
} from './store.ts'

/** Mounted where the caller is known to be a user. */
export const uploadRoutes = new Hono<AppEnv>()

uploadRoutes.post('/upload', async (c) => {
  const type = c.req.header('Content-Type') ?? ''
  if (/^multipart\/form-data\b/i.test(type)) return uploadForm(c, type)
  if (/^application\/json\b/i.test(type)) {
    return announceUpload(c, await readOptionalJson(c.req, announcement))
  }
  throw invalidField('header.Content-Type', 'must be multipart/form-data or application/json')
})

/** Makes the row, and a URL that takes the bytes. */
async function announceUpload(
  c: AppContext,
  announced: z.output<typeof announcement>,
): Promise<Response> {
  const { services, caller } = c.var
  checkSize(announced.size)
  const user = await ensureUser(services.db, caller.userId, services.now())
  const target = await chooseTarget(services, user, announced.target_backend)
  // No PUT of so many bytes would reach us: they come in several requests, to the default storage too.
  if (!canSign(target.backend) || announced.size > MAX_BODY) return announceResumable(c, announced)
  const { storageQuota } = services.settings
  if (storageQuota > 0 && announced.size > storageQuota) {
    throw new Problem('quota_exceeded', `The storage holds ${storageQuota} bytes in all.`)
  }
  const row = {
    id: randomId(),
    userId: caller.userId,
    filename: announced.filename,
    contentType: mediaType(announced.content_type),
    size: announced.size,
    category: announced.category ?? null,
    storageBackend: target.backend,
    connectionId: null,
  }
  await insertAnnounced(services, row)
  const { url, expiresAt } = await signPut(services, row)
  return c.json(
    {
      document_id: row.id,
      storage_backend: row.storageBackend,
      upload_url: url,
      expires_at: expiresAt,
    },
    { status: 201, headers: { 'cache-control': 'no-store' } },
  )
}

/** Where nothing can be signed, the bytes come through the Worker, in as many requests as they need. */
async function announceResumable(
  c: AppContext,
  announced: z.output<typeof announcement>,
): Promise<Response> {
  const { services, caller } = c.var
  const { content_type: filetype, ...rest } = announced
  const created = await createDocumentUpload(services, caller.userId, {
    ...rest,
    filetype,
    rawMetadata: '',
  })
  const url = uploadUrl(services, created.id)
  return c.json(
    {
      document_id: created.documentId,
      storage_backend: created.provider,
      resumable_url: url,
      expires_at: toTime(created.expiresAt),
    },
    { status: 201, headers: { location: url, 'cache-control': 'no-store' } },
  )
}

/** The file goes on as it arrives. The row is made first and taken back if the bytes do not get there. */
async function uploadForm(c: AppContext, type: string): Promise<Response> {
  const { services, caller } = c.var
  const length = contentLength(c.req.header('Content-Length'))
  const { body } = c.req.raw
  if (body === null) throw invalidField('body', 'is empty')
  const { fields, file } = await readForm(body, type, length)
  const parsed = formFields.safeParse(Object.fromEntries(fields))
  try {
    if (!parsed.success) throw invalidRequest('body', parsed.error.issues)
    const name = itemName.safeParse(file.filename)
    if (!name.success) throw invalidField('body.file', 'has a file name that cannot be kept')
    const user = await ensureUser(services.db, caller.userId, services.now())
    const target = await chooseTarget(services, user, parsed.data.target_backend)
    const storage = await openStorage(services, caller.userId, target)
    const row = {
      id: randomId(),
      userId: caller.userId,
      filename: name.data,
      contentType: mediaType(file.contentType),
      size: file.size,
      category: parsed.data.category ?? null,
      storageBackend: storage.backend,
      connectionId: storage.live.connection?.id ?? null,
    }
    // A caller that leaves ends the request, not what belongs to it: a row or an object alone.
    await outlive(services, storeForm(services, storage, row, file))
    return c.json({ document_id: row.id, storage_backend: row.storageBackend }, 201)
  } catch (error) {
    await file.body.cancel().catch(() => undefined)
    // The pump notices at its next write, and lets go of what is left of the form.
    await Promise.race([file.finished.catch(() => undefined), pause(RELEASE_MS)])
    throw error
  }
}

async function storeForm(
  services: Services,
  storage: Storage,
  row: NewDocument,
  file: FormFile,
): Promise<void> {
  await insertPending(services, row)
  try {
    const uploaded = await writing(services, storage.live, () =>
      storage.put({
        document: row,
        contentType: row.contentType,
        size: file.size,
        body: file.body,
        from: 'form',
      }),
    )
    await finishUpload(services, row, uploaded, file.finished, () =>
      storage.delete(uploaded.entry.id),
    )
  } catch (error) {
    await removePending(services.db, row.id)
    // A form that broke off is why the backend got too little, and says more than its complaint.
    throw (await failureOf(file.finished)) ?? error
  }
}

/** Milliseconds for a form that nobody wants any more to let go of its body. */
const RELEASE_MS = 2000

const pause = (milliseconds: number) =>
  new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), milliseconds))

/** The problem that has ended the form, if one has. */
async function failureOf(finished: Promise<void>): Promise<Problem | undefined> {
  const failure = finished.then(
    () => undefined,
    (error: unknown) => (error instanceof Problem ? error : undefined),
  )
  return Promise.race([failure, pause(0)])
}

/** The form must have been whole to its last byte, and the row still there; else the object goes again. */
async function finishUpload(
  services: Services,
  row: Parameters<typeof markStored>[1],
  uploaded: Parameters<typeof markStored>[2],
  finished: Promise<void>,
  removeObject: () => Promise<void>,
): Promise<void> {
  try {
    await finished
    if (await markStored(services, row, uploaded)) return
    throw new Problem('not_found', 'The connection was removed meanwhile.')
  } catch (error) {
    await removeObject().catch(() => undefined)
    throw error
  }
}
