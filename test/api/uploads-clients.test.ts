// tus-js-client against every kind of place: uploads, resumes from its own memory, several at once, terminates, and gives up where it must.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rows, type Slipway } from '../harness.ts'
import { failureOf, fileStorage, prepare, uploadAll, uploadSome } from '../tus-client.ts'
import { MIB } from '../tus.ts'
import { expectNothingLeft, expectStored, placeOf, UPLOAD_PLACES } from '../upload-places.ts'
import { stageUploads } from '../upload-stage.ts'

let app: Slipway
const drives = stageUploads((stage) => ({ app } = stage))
let folder: string
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'slipway-tus-'))))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const metadataOf = (provider: string, filename: string) => ({
  filename,
  filetype: 'application/octet-stream',
  connection_id: drives.get(provider) ?? '',
})
/** Bytes and a chunk of several vendor requests' making. */
const SIZES: Readonly<Record<string, { size: number; chunk: number }>> = {
  nextcloud: { size: 13 * MIB + 5, chunk: 5 * MIB },
  r2: { size: 13 * MIB + 5, chunk: 5 * MIB },
}
const sizesOf = (provider: string) => SIZES[provider] ?? { size: 3 * MIB + 7, chunk: 700_001 }
const providers = UPLOAD_PLACES.map(({ provider }) => provider)

describe.each(providers)('to %s', (provider) => {
  const place = placeOf(provider)
  const { size, chunk } = sizesOf(provider)

  it('in one PATCH', async () => {
    const bytes = randomBytes(size)
    const name = `one-${provider}.bin`
    const running = await uploadAll(app, 'ann', bytes, { metadata: metadataOf(provider, name) })
    expect(running.methods).toEqual(['POST', 'PATCH'])
    const base = `${app.url}/api/cloud/connections/${drives.get(provider)}/items/`
    const at = (await running.done) ?? ''
    expect(at.startsWith(base)).toBe(true)
    const item = await app.as('ann')(new URL(at).pathname)
    expect(await item.json()).toMatchObject({ name, size })
    await expectStored(app, place, 'ann', name, bytes)
  })

  it('in several', async () => {
    const bytes = randomBytes(size)
    const name = `several-${provider}.bin`
    const metadata = metadataOf(provider, name)
    const { methods } = await uploadAll(app, 'ann', bytes, { metadata, chunkSize: chunk })
    expect(methods.filter((method) => method === 'PATCH').length).toBeGreaterThan(2)
    await expectStored(app, place, 'ann', name, bytes)
  })

  it('with the creation', async () => {
    const bytes = randomBytes(size)
    const name = `creation-${provider}.bin`
    const metadata = metadataOf(provider, name)
    const options = { metadata, chunkSize: chunk, uploadDataDuringCreation: true }
    await uploadAll(app, 'ann', bytes, options)
    await expectStored(app, place, 'ann', name, bytes)
  })

  it.each(['in one', 'in several'])(
    'left in the middle, and resumed from memory: %s',
    async (how) => {
      const bytes = randomBytes(size)
      const name = `resumed ${how} ${provider}.bin`
      const options = {
        metadata: metadataOf(provider, name),
        urlStorage: fileStorage(join(folder, `${provider} ${how}.json`)),
        removeFingerprintOnSuccess: true,
        ...(how === 'in several' ? { chunkSize: chunk } : {}),
      }
      await uploadSome(app, 'ann', bytes, options, Math.max(chunk * 1.5, size / 2))
      const again = await prepare(app, 'ann', bytes, { ...options, retryDelays: [100, 1000, 3000] })
      const [previous, ...others] = await again.upload.findPreviousUploads()
      if (previous === undefined) throw new Error('the client remembers nothing')
      expect([others, previous.size]).toEqual([[], size])
      again.upload.resumeFromPreviousUpload(previous)
      again.upload.start()
      await again.done
      expect(again.methods[0]).toBe('HEAD')
      expect(again.methods).not.toContain('POST')
      await expectStored(app, place, 'ann', name, bytes)
      expect(await again.upload.findPreviousUploads()).toEqual([])
    },
  )

  it('terminated in the middle', async () => {
    const bytes = randomBytes(size)
    const name = `terminated-${provider}.bin`
    const options = { metadata: metadataOf(provider, name), chunkSize: chunk }
    const { upload } = await uploadSome(app, 'ann', bytes, options, chunk * 1.5)
    await upload.abort(true)
    expect(await place.hashes(app, 'ann', name)).toEqual([])
    await expectNothingLeft(app, place)
    const id = upload.url?.split('/').at(-1)
    expect(await rows(app, 'SELECT id FROM uploads WHERE id = ?', id)).toEqual([])
  })
})

describe('a client that retries', () => {
  it.each(providers.filter((provider) => provider !== 'r2'))(
    'gets over a fault of %s in the middle',
    async (provider) => {
      const place = placeOf(provider)
      const { size, chunk } = sizesOf(provider)
      const bytes = randomBytes(size)
      const name = `fault-${provider}.bin`
      // Staged pieces go out in one request at the end.
      const skip = provider === 'webdav' ? 0 : 1
      const fault = { kind: 'status', status: 503 } as const
      const counter = app.emulators.trouble.add({ match: place.bytes, skip, fault })
      const options = {
        metadata: metadataOf(provider, name),
        chunkSize: chunk,
        retryDelays: [100, 500, 1000, 2000],
      }
      await uploadAll(app, 'ann', bytes, options)
      expect(counter.hits).toBe(1)
      await expectStored(app, place, 'ann', name, bytes)
    },
  )
})

describe('a chunk that is too small', () => {
  it.each(providers.filter((provider) => placeOf(provider).step > 1))(
    'for %s ends with the bytes that are needed, and no loop',
    async (provider) => {
      const { step } = placeOf(provider)
      const running = await prepare(app, 'ann', randomBytes(sizesOf(provider).size), {
        metadata: metadataOf(provider, `small-${provider}.bin`),
        chunkSize: step - 1,
        retryDelays: [0, 0, 0],
      })
      running.upload.start()
      const { status, body } = failureOf(await running.done.catch((error: unknown) => error))
      expect(status).toBe(400)
      expect(body).toContain(String(step))
      expect(running.methods).toEqual(['POST', 'PATCH'])
      await running.upload.abort(true)
      await expectNothingLeft(app, placeOf(provider))
    },
  )
})

describe('documents', () => {
  it.each(['r2', 'onedrive'])('in %s, left in the middle and resumed', async (backend) => {
    const bytes = randomBytes(13 * MIB + 7)
    const options = {
      metadata: { filename: 'Bericht.pdf', filetype: 'application/pdf', target_backend: backend },
      chunkSize: 5 * MIB,
      urlStorage: fileStorage(join(folder, `documents-${backend}.json`)),
    }
    await uploadSome(app, 'ann', bytes, options, 7 * MIB)
    const again = await prepare(app, 'ann', bytes, options)
    const [previous] = await again.upload.findPreviousUploads()
    if (previous !== undefined) again.upload.resumeFromPreviousUpload(previous)
    again.upload.start()
    const path = new URL((await again.done) ?? '').pathname
    expect(path).toMatch(/^\/api\/documents\//)
    expect(again.methods).not.toContain('POST')
    const document = (await (await app.as('ann')(path)).json()) as Record<string, unknown>
    expect(document).toMatchObject({
      filename: 'Bericht.pdf',
      content_type: 'application/pdf',
      size: bytes.length,
      status: 'stored',
      storage_backend: backend,
    })
    const content = await app.as('ann')(`${path}/content`)
    expect(Buffer.from(await content.arrayBuffer()).equals(bytes)).toBe(true)
    await expectNothingLeft(app, placeOf(backend))
  })

  it('terminated in the middle are not there', async () => {
    const options = { metadata: { filename: 'gone.pdf' }, chunkSize: 5 * MIB }
    const bytes = randomBytes(13 * MIB)
    const { upload } = await uploadSome(app, 'dora', bytes, options, 7 * MIB)
    await upload.abort(true)
    expect(await rows(app, "SELECT id FROM documents WHERE user_id = 'dora'")).toEqual([])
    await expectNothingLeft(app, placeOf('r2'))
  })
})

it('several files go at once', async () => {
  const files = [...providers, ...providers].map((provider, index) => {
    const { size, chunk } = sizesOf(provider)
    return { provider, chunk, name: `at once ${index}.bin`, bytes: randomBytes(size) }
  })
  await Promise.all(
    files.map(({ provider, chunk, name, bytes }) =>
      uploadAll(app, 'ann', bytes, { metadata: metadataOf(provider, name), chunkSize: chunk }),
    ),
  )
  for (const { provider, name, bytes } of files) {
    await expectStored(app, placeOf(provider), 'ann', name, bytes)
  }
})
