// Documents that are announced, and then sent and fetched by whoever has a signed URL: what is asked, and what the bucket and the rows have.
import { expect } from 'vitest'
import { rows, type Slipway } from './harness.ts'

/** Of every document that is announced. */
export const TYPE = { 'content-type': 'application/pdf' }
export const FORBIDDEN = [403, 'forbidden']

interface Announced {
  readonly document_id: string
  readonly storage_backend: string
  readonly upload_url: string
  readonly expires_at: string
}

/** Status, code, and the field that is wrong, if one is. */
export const problem = async (response: Response) => {
  const body = (await response.json()) as { code: string; errors?: { field: string }[] }
  const field = body.errors?.[0]?.field
  return field === undefined ? [response.status, body.code] : [response.status, body.code, field]
}

/** Of a document's object. */
export const keyOf = (user: string, id: string) =>
  `files/${Buffer.from(user).toString('base64url')}/documents/${id}.pdf`

/** `app` is asked at each call: the Worker is started only when the tests begin. */
export function signedDocuments(app: () => Slipway) {
  const postJson = (user: string, path: string, body?: unknown) =>
    app().as(user)(path, {
      method: 'POST',
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
  const announce = async (user: string, size: number, more: object = {}): Promise<Announced> => {
    const body = { filename: 'report.pdf', content_type: 'application/pdf', size, ...more }
    const response = await postJson(user, '/api/documents/upload', body)
    expect(response.status).toBe(201)
    expect(response.headers.get('cache-control')).toBe('no-store')
    return (await response.json()) as Announced
  }
  /** As somebody who has nothing but the URL. `place` 1 is another isolate. */
  const call = (url: string, init: RequestInit = {}, place: 0 | 1 = 0) =>
    fetch(url.replace(app().url, app().urls[place] ?? ''), {
      redirect: 'manual',
      ...init,
      headers: { connection: 'close', ...init.headers },
    })
  const put = (url: string, body: Uint8Array<ArrayBuffer>, place: 0 | 1 = 0) =>
    call(url, { method: 'PUT', headers: TYPE, body }, place)
  const rowOf = async (id: string) =>
    (await rows(app(), 'SELECT * FROM documents WHERE id = ?', id))[0]
  /** The keys of a user's objects, without the folder's marker. */
  const objects = async (user: string) =>
    (await app().bucket.list()).objects
      .map(({ key }) => key)
      .filter((key) => key.startsWith(keyOf(user, '').slice(0, -4)) && !key.endsWith('/'))
  const claimed = (id: string) =>
    expect.poll(async () => (await rowOf(id))?.['claim_until'], { timeout: 20_000 })
  /** What is there when an isolate dies between an object's last byte and its row. */
  const leaveBehind = async (user: string, id: string, claimUntil: number): Promise<void> => {
    await app().bucket.put(keyOf(user, id), 'left')
    const itemId = Buffer.from(`documents/${id}.pdf`).toString('base64url')
    const claim =
      "UPDATE documents SET claim_id = 'dead', claim_until = ?, item_id = ? WHERE id = ?"
    await rows(app(), claim, claimUntil, itemId, id)
  }

  return { postJson, announce, call, put, rowOf, objects, claimed, leaveBehind }
}
