// Uploading a document by form, to any backend: the row is made before the bytes and taken back if they do not get there.
import { Hono } from 'hono'
import { z } from 'zod'
import type { AppContext, AppEnv, Services } from '../app-context.ts'
import { randomId } from '../crypto/random.ts'
import { contentLength, itemName, mediaType, writing } from '../files/routes.ts'
import { invalidField, Problem } from '../problems/problem.ts'
import { invalidRequest } from '../problems/validate.ts'
import { ensureUser } from '../users/store.ts'
import { readForm, type FormFile } from './form.ts'
import { chooseTarget, openStorage, type Storage } from './storage.ts'
import { insertPending, markStored, removePending, type NewDocument } from './store.ts'

export const category = z.string().trim().min(1).max(100)
const formFields = z.strictObject({
  target_backend: z.string().optional(),
  category: category.optional(),
})

/** Mounted where the caller is known to be a user. */
export const uploadRoutes = new Hono<AppEnv>()

uploadRoutes.post('/upload', async (c) => {
  const type = c.req.header('Content-Type') ?? ''
  if (/^multipart\/form-data\b/i.test(type)) return uploadForm(c, type)
  if (/^application\/json\b/i.test(type)) {
    throw new Problem(
      'not_supported',
      'Signed upload URLs are not offered yet: send a multipart form.',
    )
  }
  throw invalidField('header.Content-Type', 'must be multipart/form-data')
})

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
    const work = storeForm(services, storage, row, file)
    // A caller that leaves ends the request, not what belongs to it: a row or an object alone.
    services.background(work.catch(() => undefined))
    await work
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
    const entry = await writing(services, storage.live, () =>
      storage.put({
        name: `${row.id}${extensionOf(row.filename)}`,
        contentType: row.contentType,
        size: file.size,
        body: file.body,
      }),
    )
    await finishUpload(services, row, entry, file.finished, () => storage.delete(entry.id))
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
  entry: Parameters<typeof markStored>[2],
  finished: Promise<void>,
  removeObject: () => Promise<void>,
): Promise<void> {
  try {
    await finished
    if (await markStored(services, row, entry)) return
    throw new Problem('not_found', 'The connection was removed meanwhile.')
  } catch (error) {
    await removeObject().catch(() => undefined)
    throw error
  }
}

/** `.pdf` of `a.pdf`: what is kept of a name at a provider, besides the document's id. */
function extensionOf(filename: string): string {
  return /\.[A-Za-z0-9]{1,16}$/.exec(filename)?.[0] ?? ''
}
