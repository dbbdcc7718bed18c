// Uploads in several requests, at every vendor: cut, with lost answers, expired, or given up: one file with the right bytes, or none.
import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { defaultSettings } from '../emulators/nextcloud-settings.ts'
import type { TroubleRule } from '../emulators/trouble.ts'
import { endThrottling, startSlipway, type Slipway } from '../harness.ts'
import { tusOf, type TusUpload } from '../resumed-upload.ts'
import { openDrive, VENDOR_DRIVES, type OpenDrive } from '../vendor-drives.ts'

const KIB = 1024
const MIB = 1024 * KIB
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

interface Kind {
  /** Bytes of a PATCH that the vendor takes, and of one that is smaller than that. */
  readonly step: number
  /** What an upload asks the vendor for, in its order. */
  readonly requests: Readonly<Record<string, TroubleRule['match']>>
  /** Lets the vendor's session be gone. Absent where there is none. */
  readonly expire?: (app: Slipway) => void
}

const graph: Kind = {
  step: 320 * KIB,
  requests: {
    opening: { host: 'graph.microsoft.com', method: 'POST', path: /\/createUploadSession$/ },
    bytes: { host: 'contoso-my.sharepoint.com', method: 'PUT' },
  },
  expire: (app) => void (app.emulators.microsoft.settings.expiredSessions = 1),
}
const KINDS: Readonly<Record<string, Kind>> = {
  google_drive: {
    step: 256 * KIB,
    requests: {
      opening: { host: 'www.googleapis.com', path: /^\/upload\/.*\/files(?:\/[^/]+)?$/ },
      bytes: { host: 'www.googleapis.com', method: 'PUT' },
    },
    expire: (app) => void (app.emulators.google.settings.expiredSessions = 1),
  },
  onedrive: graph,
  microsoft_365: graph,
  dropbox: {
    step: 100 * KIB,
    requests: {
      start: { path: '/2/files/upload_session/start' },
      append: { path: '/2/files/upload_session/append_v2' },
      finish: { path: '/2/files/upload_session/finish' },
    },
    expire: (app) => void (app.emulators.dropbox.settings.lostSessions = 1),
  },
  nextcloud: {
    step: 5 * MIB,
    requests: {
      folder: { host: 'nextcloud', method: 'MKCOL' },
      bytes: { host: 'nextcloud', method: 'PUT' },
      move: { host: 'nextcloud', method: 'MOVE' },
    },
    expire: ({ emulators }) => {
      emulators.nextcloud.settings.now = () => Date.now() + 25 * 3600_000
    },
  },
  webdav: {
    step: 100 * KIB,
    requests: {
      bytes: { host: 'dav-server', method: 'PUT' },
      move: { host: 'dav-server', method: 'MOVE' },
    },
  },
}

let app: Slipway
beforeAll(async () => {
  // Each request is served by another isolate than the one before: what is kept has to be enough.
  app = await startSlipway({ places: 2 })
})
afterAll(() => app.close())
beforeEach(async () => {
  app.emulators.trouble.clear()
  Object.assign(app.emulators.nextcloud.settings, defaultSettings())
  await endThrottling(app)
})

for (const vendor of VENDOR_DRIVES) {
  const { provider, writing } = vendor
  const kind = KINDS[provider]
  if (writing === undefined || kind === undefined) continue
  const { step } = kind

  describe(provider, () => {
    let drive: OpenDrive
    let before: string[]
    beforeAll(async () => {
      drive = await openDrive(app, 'ann', vendor)
    })
    beforeEach(() => {
      before = writing.open(app)
    })
    const left = () => writing.open(app).filter((one) => !before.includes(one))

    const begin = (name: string, size: number, conflict = 'fail'): Promise<TusUpload> =>
      tusOf(app, 'ann').create(size, {
        filename: name,
        connection_id: drive.id,
        parent_id: drive.home,
        conflict,
      })
    const put = async (name: string, bytes: Uint8Array) => {
      const query = new URLSearchParams({ parent_id: drive.home, name })
      const body = bytes as BodyInit
      expect((await drive.call(`/content?${query}`, { method: 'PUT', body })).status).toBe(201)
    }
    /** What is there under a name that begins like this: the SHA-256 of each, the oldest name first. */
    const stored = async (stem: string) => {
      const items = (await drive.listAll(drive.home)).filter(({ name }) => name.startsWith(stem))
      items.sort((one, other) => one.name.length - other.name.length)
      return Promise.all(items.map(({ id }) => hashOf(id)))
    }
    const hashOf = async (item: string | undefined) => {
      const content = await drive.call(`/items/${item}/content`)
      return sha256(new Uint8Array(await content.arrayBuffer()))
    }

    it.each([
      ['two requests', 2],
      ['three requests', 3],
    ])('takes a small file in %s', async (what, count) => {
      const bytes = randomBytes((count - 1) * step + 1000)
      const name = `${provider} in ${what}.bin`
      const upload = await begin(name, bytes.length)
      await upload.finish(bytes, step)
      expect(await upload.head()).toEqual({ status: 200, offset: bytes.length })
      expect(await stored(name)).toEqual([sha256(bytes)])
      expect(left()).toEqual([])
    })

    it('takes a small file in one request', async () => {
      const bytes = randomBytes(5000)
      const name = `${provider} in one.bin`
      const upload = await begin(name, bytes.length)
      expect((await upload.patch(0, bytes)).status).toBe(204)
      expect(await stored(name)).toEqual([sha256(bytes)])
      expect(left()).toEqual([])
    })

    it.each([0, 1])('goes on after %i whole requests where the sender went away', async (whole) => {
      const name = `${provider} left after ${whole}.bin`
      const bytes = randomBytes((whole + 3) * step + 1000)
      const upload = await begin(name, bytes.length)
      for (let count = 0; count < whole; count += 1) {
        const offset = count * step
        const answer = await upload.patch(offset, bytes.subarray(offset, offset + step))
        expect(answer.status).toBe(204)
      }
      const from = whole * step
      await upload.patchAndGo(from, bytes.subarray(from, from + 2 * step), step + 1000)
      const { status, offset } = await upload.head()
      expect(status).toBe(200)
      expect(offset % step).toBe(0)
      expect(offset).toBeGreaterThanOrEqual(from)
      expect(offset).toBeLessThanOrEqual(from + step)
      await upload.finish(bytes, step)
      expect(await stored(name)).toEqual([sha256(bytes)])
      expect(left()).toEqual([])
    })

    describe.each(['fail', 'rename', 'replace'])('conflict=%s', (conflict) => {
      const cases = Object.entries(kind.requests).flatMap(([what, match]) =>
        // Bytes go out in two requests.
        (what === 'bytes' && provider !== 'webdav' ? [0, 1] : [0]).flatMap((skip) =>
          (['drop', 'reset'] as const).map((fault) => [what, skip, fault, match] as const),
        ),
      )
      it.each(cases)('survives: %s %i, %s', async (what, skip, fault, match) => {
        const name = `${provider} ${conflict} ${what} ${skip} ${fault}`
        const size = (what === 'append' ? 2 : 1) * step + 1000
        const [old, bytes] = [randomBytes(size), randomBytes(size)]
        if (conflict !== 'fail') await put(`${name}.bin`, old)
        const counter = app.emulators.trouble.add({ match, skip, fault: { kind: fault } })
        const upload = await begin(`${name}.bin`, size, conflict)
        await upload.finish(bytes, step)
        expect(counter.hits).toBe(1)
        expect(await upload.head()).toEqual({ status: 200, offset: size })
        const hashes = conflict === 'rename' ? [sha256(old), sha256(bytes)] : [sha256(bytes)]
        expect(await stored(name)).toEqual(hashes)
        expect(await hashOf(await upload.item())).toBe(sha256(bytes))
        // A session whose address was lost cannot be cancelled: it ends by itself.
        expect(left()).toHaveLength(what === 'opening' && fault === 'drop' ? 1 : 0)
      })

      it('finds out that one request was enough, though its answer was lost', async () => {
        const name = `${provider} ${conflict} at once`
        const [old, bytes] = [randomBytes(5000), randomBytes(5000)]
        if (conflict !== 'fail') await put(`${name}.bin`, old)
        const upload = await begin(`${name}.bin`, bytes.length, conflict)
        app.emulators.trouble.add({ match: writing.bytes, fault: { kind: 'drop' } })
        await upload.finish(bytes, step)
        const hashes = conflict === 'rename' ? [sha256(old), sha256(bytes)] : [sha256(bytes)]
        expect(await stored(name)).toEqual(hashes)
        expect(await hashOf(await upload.item())).toBe(sha256(bytes))
        expect(left()).toEqual([])
      })
    })

    it('leaves nothing behind that was given up', async () => {
      const bytes = randomBytes(2 * step)
      const name = `${provider} given up.bin`
      const early = await begin(name, bytes.length)
      expect((await early.terminate()).status).toBe(204)
      const upload = await begin(name, bytes.length)
      expect((await upload.patch(0, bytes.subarray(0, step))).status).toBe(204)
      expect((await upload.terminate()).status).toBe(204)
      expect((await upload.head()).status).toBe(404)
      expect(left()).toEqual([])
      expect(writing.names(app)).not.toContain(name)
    })

    // Plain WebDAV has no session that could.
    const { expire } = kind
    if (expire === undefined) return
    it('says that a session has expired, and takes a new upload', async () => {
      const bytes = randomBytes(step + 1000)
      const name = `${provider} expired.bin`
      const upload = await begin(name, bytes.length)
      expect((await upload.patch(0, bytes.subarray(0, step))).status).toBe(204)
      expire(app)
      const refused = await upload.patch(step, bytes.subarray(step))
      expect([refused.status, await refused.json()]).toMatchObject([
        502,
        { code: 'provider_unavailable' },
      ])
      expect((await upload.head()).status).toBe(404)
      Object.assign(app.emulators.nextcloud.settings, defaultSettings())
      const next = await begin(name, bytes.length)
      await next.finish(bytes, step)
      expect(await stored(name)).toEqual([sha256(bytes)])
      expect(left()).toEqual([])
    })
  })
}
