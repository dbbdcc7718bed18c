// What a receipt says of an upload to each vendor, and that a file which is not what was sent does not stay.
import { createHash, randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { connect, connectNextcloud, connectWebdav } from '../connect.ts'
import { driveOf } from '../drive.ts'
import { startSlipway, type Slipway } from '../harness.ts'
import { problem } from '../vendor-drives.ts'

const MIB = 1024 * 1024
const ANN = 'ann@example.com'
const MIA = 'mia@example.com'

let app: Slipway
const ids: Record<string, string> = { r2: 'r2' }
beforeAll(async () => {
  app = await startSlipway()
  ids['google_drive'] = (await connect(app, 'ann', 'google_drive', { account: ANN })).id
  ids['dropbox'] = (await connect(app, 'ann', 'dropbox', { account: MIA })).id
  ids['onedrive'] = (await connect(app, 'ann', 'onedrive')).id
  ids['microsoft_365'] = (await connect(app, 'ann', 'microsoft_365')).id
  ids['nextcloud'] = (await connectNextcloud(app, 'ann')).id
  ids['webdav'] = (await connectWebdav(app, 'ann')).id
})
afterAll(() => app.close())
afterEach(() => {
  app.emulators.trouble.clear()
  Object.assign(app.emulators.nextcloud.settings, { hashes: true, garbledUploads: 0 })
  app.emulators.google.settings.garbledUploads = 0
  app.emulators.dropbox.settings.garbledUploads = 0
})

interface Verification {
  readonly verdict: string
  readonly reason?: string
  readonly size: number
  readonly algorithm?: string
  readonly vendor_hash?: string
  readonly our_hash?: string
}

const driveAt = (provider: string) => driveOf('ann', () => ({ app, id: ids[provider] ?? '' }))

function put(provider: string, name: string, body: Uint8Array, query: Record<string, string> = {}) {
  const { call } = driveAt(provider)
  return call(`/content?${new URLSearchParams({ name, ...query })}`, {
    method: 'PUT',
    body: body as BodyInit,
  })
}

async function verified(answer: Response): Promise<Verification> {
  const item = (await answer.json()) as { verification: Verification }
  expect(answer.status).toBe(201)
  return item.verification
}

const hex = (algorithm: string) => (bytes: Uint8Array) =>
  createHash(algorithm).update(bytes).digest('hex')

function dropboxHash(bytes: Uint8Array): string {
  const whole = createHash('sha256')
  for (let at = 0; at < bytes.length; at += 4 * MIB) {
    whole.update(
      createHash('sha256')
        .update(bytes.subarray(at, at + 4 * MIB))
        .digest(),
    )
  }
  return whole.digest('hex')
}

describe('an upload in one body', () => {
  it.each([
    ['google_drive', 'md5', hex('md5'), [0, 5, 3 * MIB + 7]],
    ['dropbox', 'dropbox', dropboxHash, [0, 5, 8 * MIB, 8 * MIB + 1, 50 * MIB + 7]],
    ['nextcloud', 'sha256', hex('sha256'), [0, 5, 9 * MIB + 7]],
    ['r2', 'md5', hex('md5'), [0, 5, 3 * MIB + 7]],
  ] as const)('to %s is verified by %s', async (provider, algorithm, hashOf, sizes) => {
    for (const size of sizes) {
      const bytes = randomBytes(size)
      const hash = hashOf(bytes)
      const verification = await verified(await put(provider, `v-${size}.bin`, bytes))
      expect(verification).toEqual({
        verdict: 'verified',
        size,
        algorithm,
        vendor_hash: hash,
        our_hash: hash,
      })
    }
  })

  it.each([
    ['e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', Buffer.alloc(0)],
    ['9595c9df90075148eb06860365df33584b75bff782a510c6cd4883a419833d50', Buffer.from('hello')],
    ['c7e946d101855255d919ef0c70718633adf77d3dfb3adeeecf5d0cb4e951be58', Buffer.alloc(4 * MIB)],
    ['14a4d47f23a30177885d9820122f17d2d3a55fe63f7f5c27b95f689e0b2accd6', Buffer.alloc(4 * MIB + 1)],
    ['03ae066c707c588592d9e27aa2444ca98423e0999024f1ceaa11a153790b37de', Buffer.alloc(8 * MIB)],
  ])('has Dropbox’s own hash %s', async (hash, bytes) => {
    const name = `vector-${bytes.length}.bin`
    expect((await verified(await put('dropbox', name, bytes))).our_hash).toBe(hash)
  })

  it('of QuickXor is not compared: only the vendor’s hash is shown', async () => {
    const bytes = randomBytes(MIB)
    const verification = await verified(await put('onedrive', 'q.bin', bytes))
    expect(verification).toEqual({
      verdict: 'unverified',
      reason: 'hash_not_computed',
      size: bytes.length,
      algorithm: 'quickxor',
      vendor_hash: expect.stringMatching(/^[A-Za-z0-9+/]{27}=$/) as string,
    })
  })

  it('to a server that gives no hash says so', async () => {
    const bytes = randomBytes(100_000)
    const none = { verdict: 'unverified', reason: 'vendor_gives_no_hash', size: bytes.length }
    expect(await verified(await put('webdav', 'plain.bin', bytes))).toEqual(none)
    app.emulators.nextcloud.settings.hashes = false
    expect(await verified(await put('nextcloud', 'old.bin', bytes))).toEqual(none)
  })

  it('that the vendor gets in parts, and hashes by the part, is unverified', async () => {
    const bytes = randomBytes(12 * MIB)
    expect(await verified(await put('nextcloud', 'parts.bin', bytes))).toEqual({
      verdict: 'unverified',
      reason: 'sent_in_several_requests',
      size: bytes.length,
    })
  })

  it('of an Office file into a library is known to be rewritten', async () => {
    const { walk } = driveAt('microsoft_365')
    const library = await walk('SharePoint', 'Regatta 2026', 'Documents')
    const bytes = randomBytes(200_000)
    const parent = { parent_id: library.id }
    const verification = await verified(await put('microsoft_365', 'crew.docx', bytes, parent))
    expect(verification).toMatchObject({ verdict: 'rewritten_by_vendor', algorithm: 'quickxor' })
    expect(verification.size).toBeGreaterThan(bytes.length)
    const other = await verified(await put('microsoft_365', 'crew.pdf', bytes, parent))
    expect(other).toMatchObject({ verdict: 'unverified', reason: 'hash_not_computed' })
  })

  it.each(['google_drive', 'dropbox'])(
    'to %s is verified though its answer is lost',
    async (to) => {
      const match =
        to === 'dropbox'
          ? { host: 'content.dropboxapi.com' }
          : { host: 'www.googleapis.com', method: 'PUT' }
      app.emulators.trouble.add({ match, fault: { kind: 'drop' } })
      const bytes = randomBytes(3 * MIB)
      expect(await verified(await put(to, 'unheard.bin', bytes))).toMatchObject({
        verdict: 'verified',
      })
    },
  )
})

describe('a vendor that stores other bytes than were sent', () => {
  const names = {
    google_drive: () => app.emulators.google.children(ANN, 'root').map(({ name }) => name),
    dropbox: () => app.emulators.dropbox.children(MIA, 'root').map(({ name }) => name),
    nextcloud: () => app.emulators.nextcloud.children('mia', '/').map(({ name }) => name),
  }
  const garble = {
    google_drive: () => (app.emulators.google.settings.garbledUploads = 1),
    dropbox: () => (app.emulators.dropbox.settings.garbledUploads = 1),
    nextcloud: () => (app.emulators.nextcloud.settings.garbledUploads = 1),
  }

  it.each(['google_drive', 'dropbox', 'nextcloud'] as const)(
    'is 502 at %s, and nothing stays there',
    async (provider) => {
      for (const conflict of ['fail', 'rename']) {
        garble[provider]()
        const name = `wrong-${conflict}.bin`
        const answer = await put(provider, name, randomBytes(2 * MIB), { conflict })
        expect(await problem(answer)).toMatchObject({
          status: 502,
          code: 'provider_unavailable',
          detail: 'The provider stored other bytes than were sent.',
        })
        expect(names[provider]()).not.toContain(name)
        // The name is free for the next try.
        const again = await verified(await put(provider, name, randomBytes(10), { conflict }))
        expect(again.verdict).toBe('verified')
      }
    },
  )

  it.each(['google_drive', 'dropbox', 'nextcloud'] as const)(
    'keeps what it has replaced at %s: its owner can restore the version before',
    async (provider) => {
      const name = 'kept.bin'
      await verified(await put(provider, name, randomBytes(1000)))
      garble[provider]()
      const answer = await put(provider, name, randomBytes(1000), { conflict: 'replace' })
      expect((await problem(answer)).status).toBe(502)
      expect(names[provider]().filter((one) => one === name)).toHaveLength(1)
    },
  )
})
