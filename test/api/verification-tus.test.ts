// Receipts of resumable uploads and of documents, and checksums of single requests (tus): what is wrong is kept nowhere.
import { createHash, randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { connect, connectNextcloud, connectWebdav } from '../connect.ts'
import { rows, startSlipway, type Slipway } from '../harness.ts'
import { problem } from '../vendor-drives.ts'

const MIB = 1024 * 1024
const ANN = 'ann@example.com'
const MIA = 'mia@example.com'
const STEP = 320 * 1024

let app: Slipway
const ids: Record<string, string> = { r2: 'r2' }
beforeAll(async () => {
  app = await startSlipway()
  ids['google_drive'] = (await connect(app, 'ann', 'google_drive', { account: ANN })).id
  ids['dropbox'] = (await connect(app, 'ann', 'dropbox', { account: MIA })).id
  ids['onedrive'] = (await connect(app, 'ann', 'onedrive')).id
  ids['nextcloud'] = (await connectNextcloud(app, 'ann')).id
  ids['webdav'] = (await connectWebdav(app, 'ann')).id
})
afterAll(() => app.close())
afterEach(() => {
  app.emulators.google.settings.garbledUploads = 0
  app.emulators.dropbox.settings.garbledUploads = 0
})

/** Names at the top of each drive, as the vendor has them. */
const names: Record<string, () => Promise<string[]> | string[]> = {
  google_drive: () => app.emulators.google.children(ANN, 'root').map(({ name }) => name),
  dropbox: () => app.emulators.dropbox.children(MIA, 'root').map(({ name }) => name),
  onedrive: () =>
    app.emulators.microsoft.children('ann@contoso.com', 'root').map(({ name }) => name),
  nextcloud: () => app.emulators.nextcloud.children('mia', '/').map(({ name }) => name),
  webdav: () => app.emulators.dav.list('mia', '/').map(({ name }) => name),
  r2: async () =>
    (await app.bucket.list()).objects.map(({ key }) => key.slice(key.lastIndexOf('/') + 1)),
}

async function request(path: string, method: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers)
  headers.set('tus-resumable', '1.0.0')
  return app.as('ann')(path, { ...init, method, headers })
}

/** Begins an upload; returns its path. */
async function begin(size: number, metadata: Record<string, string>): Promise<string> {
  const pairs = Object.entries(metadata).map(
    ([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`,
  )
  const created = await request('/api/uploads', 'POST', {
    headers: { 'upload-length': String(size), 'upload-metadata': pairs.join(',') },
  })
  expect(created.status).toBe(201)
  return new URL(created.headers.get('location') ?? '').pathname
}

const beginAt = (provider: string, filename: string, size: number) =>
  begin(size, { filename, connection_id: ids[provider] ?? '' })

function patch(
  path: string,
  offset: number,
  bytes: Uint8Array,
  checksum?: string,
): Promise<Response> {
  return request(path, 'PATCH', {
    body: bytes as BodyInit,
    headers: {
      'content-type': 'application/offset+octet-stream',
      'upload-offset': String(offset),
      ...(checksum === undefined ? {} : { 'upload-checksum': checksum }),
    },
  })
}

const checksumOf = (algorithm: string, bytes: Uint8Array) =>
  `${algorithm} ${createHash(algorithm).update(bytes).digest('base64')}`

interface Upload {
  readonly status: string
  readonly offset: number
  readonly error_code: string | null
  readonly item: { readonly verification: object } | null
}

const look = async (path: string) => (await (await request(path, 'GET')).json()) as Upload
const offsetOf = async (path: string) =>
  Number((await request(path, 'HEAD')).headers.get('upload-offset'))

interface Document {
  readonly verification: object | null
}

const documentAt = async (id: string) =>
  (await (await app.as('ann')(`/api/documents/${id}`)).json()) as Document

async function sendForm(bytes: Uint8Array, backend: string): Promise<Response> {
  const form = new FormData()
  form.set('target_backend', backend)
  form.set('file', new Blob([bytes as BlobPart]), 'log.bin')
  return app.as('ann')('/api/documents/upload', { method: 'POST', body: form })
}

describe('a resumable upload', () => {
  it.each(['google_drive', 'dropbox', 'nextcloud', 'r2'])(
    'to %s in one PATCH is verified',
    async (provider) => {
      const bytes = randomBytes(2 * MIB + 7)
      const path = await beginAt(provider, 'whole.bin', bytes.length)
      expect((await patch(path, 0, bytes)).status).toBe(204)
      const { status, item } = await look(path)
      expect(status).toBe('completed')
      expect(item?.verification).toMatchObject({ verdict: 'verified', size: bytes.length })
    },
  )

  it.each(['google_drive', 'dropbox'])('to %s in several says so', async (provider) => {
    const bytes = randomBytes(2 * MIB + 7)
    const path = await beginAt(provider, 'pieces.bin', bytes.length)
    expect((await patch(path, 0, bytes.subarray(0, MIB))).status).toBe(204)
    expect((await patch(path, MIB, bytes.subarray(MIB))).status).toBe(204)
    expect((await look(path)).item?.verification).toEqual({
      verdict: 'unverified',
      reason: 'sent_in_several_requests',
      size: bytes.length,
      algorithm: provider === 'dropbox' ? 'dropbox' : 'md5',
      vendor_hash: expect.stringMatching(/^[0-9a-f]{32,64}$/) as string,
    })
  })

  it('without bytes is verified at once', async () => {
    const path = await beginAt('google_drive', 'nothing.bin', 0)
    expect((await look(path)).item?.verification).toMatchObject({ verdict: 'verified', size: 0 })
  })

  it.each(['google_drive', 'dropbox'] as const)(
    'whose bytes come out wrong at %s fails for good',
    async (provider) => {
      const { settings } = provider === 'dropbox' ? app.emulators.dropbox : app.emulators.google
      settings.garbledUploads = 1
      const path = await beginAt(provider, 'wrong.bin', MIB)
      expect(await problem(await patch(path, 0, randomBytes(MIB)))).toMatchObject({
        status: 502,
        code: 'provider_unavailable',
      })
      expect(await names[provider]?.()).not.toContain('wrong.bin')
      expect((await request(path, 'HEAD')).status).toBe(404)
      expect(await look(path)).toMatchObject({
        status: 'failed',
        error_code: 'provider_unavailable',
        item: null,
      })
    },
  )
})

describe('a document', () => {
  it('carries the receipt of its form', async () => {
    const bytes = randomBytes(MIB + 7)
    const md5 = createHash('md5').update(bytes).digest('hex')
    for (const backend of ['google_drive', 'r2']) {
      const made = await sendForm(bytes, backend)
      const { document_id: id } = (await made.json()) as { document_id: string }
      expect((await documentAt(id)).verification).toEqual({
        verdict: 'verified',
        size: bytes.length,
        algorithm: 'md5',
        vendor_hash: md5,
        our_hash: md5,
      })
    }
  })

  it('carries the receipt of its resumable upload, and none before that', async () => {
    const bytes = randomBytes(MIB)
    const path = await begin(MIB, { filename: 'log.bin', target_backend: 'dropbox' })
    const { document_id: id } = (await (await request(path, 'GET')).json()) as {
      document_id: string
    }
    expect((await documentAt(id)).verification).toBeNull()
    expect((await patch(path, 0, bytes)).status).toBe(204)
    expect((await documentAt(id)).verification).toMatchObject({ verdict: 'verified' })
    // As those are that were stored before there were receipts.
    await rows(app, 'UPDATE documents SET receipt = NULL WHERE id = ?', id)
    expect((await documentAt(id)).verification).toEqual({
      verdict: 'unverified',
      reason: 'received_before',
      size: MIB,
    })
  })

  it('whose bytes come out wrong is none', async () => {
    const before = await rows(app, 'SELECT id FROM documents')
    const names = () => app.emulators.google.children(ANN, 'root').map(({ name }) => name)
    const kept = names()
    app.emulators.google.settings.garbledUploads = 2
    expect((await problem(await sendForm(randomBytes(1000), 'google_drive'))).status).toBe(502)
    const path = await begin(1000, { filename: 'log.bin', target_backend: 'google_drive' })
    expect((await problem(await patch(path, 0, randomBytes(1000)))).status).toBe(502)
    expect(await rows(app, 'SELECT id FROM documents')).toEqual(before)
    expect(names()).toEqual(kept)
  })
})

describe('a checksum', () => {
  const providers = ['onedrive', 'dropbox', 'nextcloud', 'webdav', 'r2']

  it.each(providers)('that is right lets %s have the bytes', async (provider) => {
    for (const algorithm of ['md5', 'sha1', 'sha256']) {
      const bytes = randomBytes(MIB + STEP)
      const name = `right-${algorithm}.bin`
      const path = await beginAt(provider, name, bytes.length)
      const answer = await patch(path, 0, bytes, checksumOf(algorithm, bytes))
      expect(answer.status).toBe(204)
      expect((await look(path)).status).toBe('completed')
    }
  })

  it.each(providers)('that is wrong keeps nothing of them at %s', async (provider) => {
    for (const size of [5, 3 * MIB + 7]) {
      const bytes = randomBytes(size)
      const name = `wrong-${size}.bin`
      const path = await beginAt(provider, name, size)
      const other = checksumOf('sha256', randomBytes(size))
      const answer = await patch(path, 0, bytes, other)
      expect(answer.headers.get('tus-resumable')).toBe('1.0.0')
      expect(await problem(answer)).toMatchObject({ status: 460, code: 'checksum_mismatch' })
      expect(await offsetOf(path)).toBe(0)
      expect(await names[provider]?.()).not.toContain(name)
      // The same bytes with the right one are taken, and are there once.
      expect((await patch(path, 0, bytes, checksumOf('sha256', bytes))).status).toBe(204)
      expect(await look(path)).toMatchObject({ status: 'completed', item: { size, name } })
      expect((await names[provider]?.())?.filter((one) => one === name)).toHaveLength(1)
    }
  })

  it('that is wrong in the middle leaves the offset where it was', async () => {
    const bytes = randomBytes(20 * STEP)
    const [head, tail] = [bytes.subarray(0, 10 * STEP), bytes.subarray(10 * STEP)]
    const path = await beginAt('onedrive', 'middle.bin', bytes.length)
    expect((await patch(path, 0, head, checksumOf('sha1', head))).status).toBe(204)
    const wrong = await patch(path, head.length, tail, checksumOf('sha1', head))
    expect((await problem(wrong)).status).toBe(460)
    expect(await offsetOf(path)).toBe(head.length)
    expect((await patch(path, head.length, tail, checksumOf('sha1', tail))).status).toBe(204)
    const { item } = (await look(path)) as unknown as { item: { id: string } }
    const back = await app.as('ann')(
      `/api/cloud/connections/${ids['onedrive']}/items/${item.id}/content`,
    )
    expect(Buffer.from(await back.arrayBuffer()).equals(bytes)).toBe(true)
  })

  it('of no bytes is looked at too', async () => {
    const path = await beginAt('onedrive', 'none.bin', 5)
    const none = Buffer.alloc(0)
    expect((await patch(path, 0, none, checksumOf('md5', none))).status).toBe(204)
    const wrong = await patch(path, 0, none, checksumOf('md5', randomBytes(1)))
    expect((await problem(wrong)).status).toBe(460)
    expect((await request(path, 'DELETE')).status).toBe(204)
  })

  it('that is wrong ends an upload whose vendor keeps what it got', async () => {
    const { settings } = app.emulators.dropbox
    const bytes = randomBytes(5 * MIB)
    const path = await beginAt('dropbox', 'spoilt.bin', bytes.length)
    expect((await patch(path, 0, bytes.subarray(0, MIB))).status).toBe(204)
    settings.keepParts = true
    const wrong = await patch(path, MIB, bytes.subarray(MIB), checksumOf('md5', bytes))
    settings.keepParts = false
    expect((await problem(wrong)).status).toBe(460)
    expect((await request(path, 'HEAD')).status).toBe(404)
    expect(await look(path)).toMatchObject({ status: 'failed', error_code: 'checksum_mismatch' })
    expect(await names['dropbox']?.()).not.toContain('spoilt.bin')
  })

  it.each([
    ['of another algorithm', 'crc32 AAAAAA=='],
    ['that is not Base64', 'sha1 ***'],
    ['that is too short', 'sha256 AAAA'],
    ['without a value', 'md5'],
  ])('%s is 400', async (_, checksum) => {
    const path = await beginAt('onedrive', 'malformed.bin', 5)
    expect((await problem(await patch(path, 0, randomBytes(5), checksum))).status).toBe(400)
    expect(await offsetOf(path)).toBe(0)
    expect((await request(path, 'DELETE')).status).toBe(204)
  })

  it('is 400 where more requests would carry the bytes, or a cut one is kept', async () => {
    const bytes = randomBytes(11 * MIB)
    for (const provider of ['onedrive', 'google_drive']) {
      const path = await beginAt(provider, 'refused.bin', bytes.length)
      const answer = await patch(path, 0, bytes, checksumOf('md5', bytes))
      expect((await problem(answer)).status).toBe(400)
      expect(await offsetOf(path)).toBe(0)
      expect((await request(path, 'DELETE')).status).toBe(204)
    }
  })
})
