// A user of whom something is stored wherever anything can be: drives of several kinds, documents in each, what is unfinished, what waits.
import { randomBytes } from 'node:crypto'
import { callback, connect, connectWebdav, initiate } from './connect.ts'
import { documents } from './documents.ts'
import { authorize } from './emulators/oauth-server.ts'
import type { Slipway } from './harness.ts'
import { findItem, startImport, until, untilStatus } from './imports.ts'
import type { Mortal } from './mortal.ts'
import { exportTree, mixedTree } from './mortal-trees.ts'
import { nextcloudUser } from './nextcloud-user.ts'
import { tusOf } from './resumed-upload.ts'

export interface RichUser {
  readonly user: string
  /** Ids of connections, by provider. */
  readonly drives: Readonly<Record<string, string>>
  /** Ids of documents, by backend. */
  readonly documents: Readonly<Record<string, string>>
  /** URLs that are good for whoever holds them, for as long as there is such a user. */
  readonly urls: readonly string[]
  /** Strings that are nobody else's, beside the user's id. */
  readonly marks: readonly string[]
  /** The import whose consumer has died over a copy. */
  readonly unfinished: string
}

const MIB = 2 ** 20

export async function makeRichUser(app: Slipway, user: string, mortal: Mortal): Promise<RichUser> {
  const send = app.as(user)
  const mark = `mark${randomBytes(8).toString('hex')}`
  const json = async (path: string, method: string, body?: object) => {
    const response = await send(path, {
      method,
      ...(body && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return JSON.parse(text) as Record<string, string>
  }

  // Drives: by consent, by a login at the server, by a password.
  const google = await connect(app, user, 'google_drive')
  const onedrive = await connect(app, user, 'onedrive')
  const dropbox = await connect(app, user, 'dropbox')
  const webdav = await connectWebdav(app, user)
  const { nextcloud } = app.emulators
  const mia = nextcloudUser(app, user)
  const [, login] = await mia.post('/nextcloud/login', {
    server_url: app.emulators.url + nextcloud.webRoot,
  })
  nextcloud.approveLogin(String(login['login_url']))
  const attempt = await mia.attempt(String(login['attempt_id']))
  const drives = {
    google_drive: google.id,
    onedrive: onedrive.id,
    dropbox: dropbox.id,
    webdav: webdav.id,
    nextcloud: attempt.connection?.id ?? '',
  }

  // A document in each, and one in the default storage.
  const { upload } = documents(() => app)
  const made: Record<string, string> = {}
  for (const backend of ['r2', ...Object.keys(drives)]) {
    const fields = { target_backend: backend, category: mark }
    const response = await upload(user, fields, Buffer.from(`${mark} in ${backend}`), `${mark}.txt`)
    if (response.status !== 201) throw new Error(`${backend}: ${await response.text()}`)
    made[backend] = ((await response.json()) as { document_id: string }).document_id
  }
  // A file of the user's own, at the vendor and here.
  for (const drive of [google.id, 'r2']) {
    const path = `/api/cloud/connections/${drive}/content?name=own-${mark}.txt`
    const response = await send(path, { method: 'PUT', body: `${mark} is mine` })
    if (response.status !== 201) throw new Error(await response.text())
  }
  await json('/api/users/me/default-storage', 'PATCH', { backend: 'dropbox' })

  // Imports: one that is done, with originals; one whose consumer dies while it copies.
  const mixed = await mixedTree(app)
  const done = await startImport(app, user, {
    connection_id: webdav.id,
    items: [{ id: await findItem(app, user, webdav.id, mixed.name) }],
    keep_original: true,
  })
  mortal.plan(done)
  await untilStatus(app, done, 'completed')
  const exports = exportTree(app)
  const unfinished = await startImport(app, user, {
    connection_id: google.id,
    items: [{ id: await findItem(app, user, google.id, exports.name) }],
    keep_original: true,
  })
  mortal.plan(unfinished, { label: 'r2 uploadPart 1', nth: 1, phase: 'after' })
  await until(() => mortal.left(unfinished).length === 0, 'a death over a copy')

  // Uploads that are not over: at vendors, for a document, in pieces here, in parts here.
  const tus = tusOf(app, user)
  const begin = async (connection_id: string, size: number, first: number) => {
    const target = { filename: `part-${mark}.bin`, connection_id, parent_id: 'root' }
    const begun = await tus.create(size, { ...target, conflict: 'fail' })
    const { status } = await begun.patch(0, randomBytes(first))
    if (status !== 204) throw new Error(`${connection_id}: ${status}`)
  }
  await begin(google.id, MIB, 256 * 1024)
  await begin(onedrive.id, MIB, 320 * 1024)
  await begin(webdav.id, 1000, 400)
  await begin(attempt.connection?.id ?? '', 11 * MIB, 5 * MIB)
  await begin('r2', 11 * MIB, 5 * MIB)
  const announced = { filename: `${mark}.bin`, content_type: 'text/plain', size: 900_000 }
  await json('/api/documents/upload', 'POST', { ...announced, target_backend: 'onedrive' })

  // What waits: bytes for a signed URL, a consent to be claimed, one to be given, a login to be granted.
  const put = await json('/api/documents/upload', 'POST', { ...announced, target_backend: 'r2' })
  const claimed = await initiate(send, 'dropbox')
  await (await callback(await authorize(claimed.authorizationUrl), undefined)).text()
  const waiting = await initiate(send, 'google_drive')
  await mia.post('/nextcloud/login', { server_url: app.emulators.url + nextcloud.webRoot })

  // What others may hold, and what is cached.
  const link = await json(`/api/documents/${made['r2']}/link`, 'POST')
  const { items } = (await (await send(`/api/cloud/connections/${webdav.id}/items`)).json()) as {
    items: { id: string; is_folder: boolean }[]
  }
  const file = items.find((item) => !item.is_folder)
  const ticket = await json(`/api/cloud/connections/${webdav.id}/items/${file?.id}/ticket`, 'POST')
  const back = await authorize(waiting.authorizationUrl)
  return {
    user,
    drives,
    documents: made,
    urls: [link['url'] ?? '', ticket['url'] ?? '', put['upload_url'] ?? '', back],
    marks: [mark],
    unfinished,
  }
}
