// What must be true once an import is over, however it came to its end: each file once and right, and nothing left over.
import { expect } from 'vitest'
import { sha256 } from './sha256.ts'
import { itemsOf } from './imports.ts'
import { rows, type Slipway } from './harness.ts'
import type { Life } from './mortal.ts'

export interface ExpectedFile {
  /** Of the document. */
  readonly name: string
  /** Of the item at the provider, where that is another. */
  readonly item?: string
  /** Lower-case hex. */
  readonly sha256: string
  /** Bytes. */
  readonly size: number
  /** Words that stand in this file alone, where text can be read from it. */
  readonly phrase?: string
}

interface DocumentRow {
  readonly id: string
  readonly filename: string
  readonly size: number
  readonly content_hash: string | null
  readonly item_id: string | null
  readonly owns_object: number
  readonly status: string
  readonly storage_backend: string
  readonly text_status: string | null
  readonly chunk_count: number
}

export const prefixOf = (user: string) => `files/${Buffer.from(user).toString('base64url')}/`

/** Files: folders are objects too. */
export const objectsOf = async (app: Slipway, user: string) =>
  (await app.bucket.list({ prefix: prefixOf(user) })).objects.filter(
    ({ key }) => !key.endsWith('/'),
  )

export const documentsOf = (app: Slipway, user: string) =>
  rows<DocumentRow>(app, 'SELECT * FROM documents WHERE user_id = ? ORDER BY filename', user)

/** Names of the documents in which a search finds these words, each as often as it is found. */
export async function searchNames(app: Slipway, user: string, words: string): Promise<string[]> {
  const query = new URLSearchParams({ q: `"${words}"` })
  const response = await app.as(user)(`/api/documents/search?${query}`)
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
  const { results } = (await response.json()) as { results: { document: { filename: string } }[] }
  return results.map(({ document }) => document.filename)
}

/** Of a user who has nothing but what one import brought: each file is there once, in rows, passages and search. */
export async function expectImported(
  app: Slipway,
  user: string,
  importId: string,
  files: readonly ExpectedFile[],
): Promise<void> {
  const states = [...(await itemsOf(app, importId)).values()]
  expect(states.map(({ name, state, reason }) => `${name}: ${state} ${reason}`).sort()).toEqual(
    files
      .map(({ name, item = name, phrase }) => {
        return `${item}: imported ${phrase === undefined ? 'unsupported_type' : null}`
      })
      .sort(),
  )
  const names = files.map(({ name }) => name).sort()
  const documents = await documentsOf(app, user)
  expect(documents.map(({ filename }) => filename)).toEqual(names)
  for (const file of files) {
    const document = documents.find(({ filename }) => filename === file.name)
    expect(document, file.name).toMatchObject({
      status: 'stored',
      size: file.size,
      content_hash: file.sha256,
      text_status: file.phrase === undefined ? 'unreadable' : 'indexed',
    })
    if (file.phrase === undefined) continue
    expect(await searchNames(app, user, file.phrase)).toEqual([file.name])
  }
  await expectPassages(app, user, documents)
}

/** As many as each document says, numbered from 0, and none of a document that is not there. */
async function expectPassages(
  app: Slipway,
  user: string,
  documents: readonly DocumentRow[],
): Promise<void> {
  const found = await rows<{ id: string; count: number; last: number }>(
    app,
    `SELECT document_id AS id, COUNT(*) AS count, MAX(ordinal) AS last FROM chunks
     WHERE document_id IN (SELECT id FROM documents WHERE user_id = ?) GROUP BY document_id`,
    user,
  )
  const counts = new Map(found.map((row) => [row.id, row]))
  for (const { id, filename, chunk_count } of documents) {
    expect(counts.get(id)?.count ?? 0, filename).toBe(chunk_count)
    expect(counts.get(id)?.last ?? -1, filename).toBe(chunk_count - 1)
  }
}

/** The default storage has exactly the originals, each right, and holds room for nothing more. */
export async function expectOriginals(
  app: Slipway,
  user: string,
  files: readonly ExpectedFile[],
): Promise<void> {
  const documents = await documentsOf(app, user)
  expect(documents.map((row) => [row.filename, row.storage_backend, row.owns_object])).toEqual(
    files.map(({ name }) => [name, 'r2', 1]).sort(),
  )
  const bytesOf = async ({ id }: DocumentRow) => {
    const response = await app.as(user)(`/api/documents/${id}/content`)
    return sha256(new Uint8Array(await response.arrayBuffer()))
  }
  const hashes = new Map(files.map((file) => [file.name, file.sha256]))
  for (const document of documents) {
    expect(await bytesOf(document), document.filename).toBe(hashes.get(document.filename))
  }
  expect((await objectsOf(app, user)).length).toBe(files.length)
  expect(await rows(app, LIVE_HOLDS, user, Date.now())).toEqual([])
}

/** Nothing is held for an hour that nobody waits for. */
const LIVE_HOLDS = 'SELECT * FROM storage_holds WHERE user_id = ? AND expires_at > ?'

/** Charged to the byte, once the clock has counted after whoever died. */
export async function expectCharged(
  app: Slipway,
  user: string,
  files: readonly ExpectedFile[],
): Promise<void> {
  const me = (await (await app.as(user)('/api/users/me')).json()) as {
    storage: { used: number; reserved: number }
  }
  const bytes = files.reduce((sum, { size }) => sum + size, 0)
  expect(me.storage, user).toMatchObject({ used: bytes, reserved: 0 })
}

/** Lets the clock count until nothing is held any more. */
export async function countAll(app: Slipway): Promise<void> {
  const left = async () => (await rows(app, 'SELECT 1 FROM storage_holds LIMIT 1')).length
  // One run counts the objects of ten users.
  for (let runs = 0; runs < 100 && (await left()) > 0; runs++) await app.runCron()
  expect(await rows(app, 'SELECT * FROM storage_holds')).toEqual([])
}

/** Everything of all users at once: the index agrees with the passages, no passage is without its document, nothing is held. */
export async function expectNothingLoose(app: Slipway): Promise<void> {
  // Throws where the index and the table differ (sqlite.org/fts5.html section 6.5: a rank of 1 compares the contents).
  await rows(app, "INSERT INTO chunks_fts(chunks_fts, rank) VALUES('integrity-check', 1)")
  const loose = 'SELECT id FROM chunks WHERE document_id NOT IN (SELECT id FROM documents)'
  expect(await rows(app, loose)).toEqual([])
  expect(await rows(app, 'SELECT * FROM storage_holds')).toEqual([])
}

/** The statement that writes down how far a copy is. */
const NOTING = /^d1 update "import_items" set "copy_enc"/

/**
 * Multipart uploads that are still open. R2 tells nobody of those that it has: one whose consumer died before it could write down
 * that it had begun is forgotten by R2 itself after a week.
 */
export async function openUploads(app: Slipway, lives: readonly Life[]): Promise<string[]> {
  const open: string[] = []
  for (const { steps, uploads, how } of lives) {
    for (const { key, uploadId, step } of uploads) {
      const isKnown = steps.slice(step).some(({ label, isDone }) => isDone && NOTING.test(label))
      if (how === 'died' && !isKnown) continue
      const part = app.bucket.resumeMultipartUpload(key, uploadId).uploadPart(1, 'x')
      if (
        await part.then(
          () => true,
          () => false,
        )
      )
        open.push(`${key} ${uploadId}`)
    }
  }
  return open
}
