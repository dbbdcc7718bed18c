// Where uploads go, and what tests ask of each place afterwards: the files of a name by their hashes, and what is left over.
import { randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import type { TroubleRule } from './emulators/trouble.ts'
import type { Slipway } from './harness.ts'
import { sha256 } from './sha256.ts'
import { MIB, type TusUser } from './tus.ts'
import { VENDOR_DRIVES } from './vendor-drives.ts'

/** Sizes are bytes. */
export interface FileShape {
  /** What goes in a request of its own before, where a file that comes in one would go to the vendor in one. */
  readonly first: number
  /** The rest. */
  readonly size: number
  /** Of one request; where one takes all, the border of nothing. */
  readonly fragment: number
  /** Requests that carry bytes, when all of them come in one body. */
  readonly requests: number
}

export interface UploadPlace {
  readonly provider: string
  /** Bytes: every request but the last carries a multiple of this many. */
  readonly step: number
  /** A file of several of the vendor's requests, where it takes a body in several. */
  readonly shape: FileShape
  readonly connect: (app: Slipway, user: string) => Promise<{ readonly id: string }>
  /** The vendor's request that carries bytes. */
  readonly bytes: TroubleRule['match']
  readonly names: (app: Slipway, user: string) => Promise<string[]>
  /** SHA-256 of each file of this name. */
  readonly hashes: (app: Slipway, user: string, name: string) => Promise<string[]>
  /** Sessions and temporary files. */
  readonly open: (app: Slipway) => string[]
}

const inFragments = (fragment: number, first = 0): FileShape => ({
  first,
  size: 2 * fragment + 1000,
  fragment,
  requests: 3,
})
const IN_ONE: FileShape = { first: 0, size: 2 * MIB + 1000, fragment: MIB, requests: 1 }

type Hashes = UploadPlace['hashes']

const byId =
  (
    vendor: (app: Slipway) => {
      children: (account: string, parent: string) => { id: string; name: string }[]
      sha256: (id: string) => Promise<string>
    },
    account: string,
  ): Hashes =>
  (app, _, name) => {
    const found = vendor(app)
      .children(account, 'root')
      .filter((item) => item.name === name)
    return Promise.all(found.map(({ id }) => vendor(app).sha256(id)))
  }

const SHAPES: Readonly<Record<string, Pick<UploadPlace, 'step' | 'shape' | 'hashes'>>> = {
  google_drive: {
    step: 256 * 1024,
    shape: IN_ONE,
    hashes: byId((app) => app.emulators.google, 'ann@example.com'),
  },
  onedrive: {
    step: 320 * 1024,
    shape: inFragments(10 * MIB),
    hashes: byId((app) => app.emulators.microsoft, 'ann@contoso.com'),
  },
  dropbox: {
    step: 1,
    shape: inFragments(24 * MIB),
    hashes: byId((app) => app.emulators.dropbox, 'mia@example.com'),
  },
  nextcloud: {
    step: 5 * MIB,
    shape: inFragments(10 * MIB, 5 * MIB),
    hashes: async (app, _, name) => {
      const { nextcloud } = app.emulators
      const found = nextcloud.children('mia', '/').filter((item) => item.name === name)
      return Promise.all(found.map(() => nextcloud.sha256('mia', `/${name}`)))
    },
  },
  webdav: {
    step: 1,
    shape: IN_ONE,
    hashes: async (app, _, name) => {
      const { dav } = app.emulators
      const found = dav.list('mia', '/').filter((item) => item.name === name)
      return Promise.all(found.map(() => dav.sha256('mia', `/${name}`)))
    },
  },
}

const prefixOf = (user: string) => `files/${Buffer.from(user).toString('base64url')}/`

const R2: UploadPlace = {
  provider: 'r2',
  step: 5 * MIB,
  shape: inFragments(5 * MIB, 5 * MIB),
  connect: () => Promise.resolve({ id: 'r2' }),
  // There is no vendor, so nothing that a rule could match.
  bytes: { host: 'r2' },
  names: async (app, user) =>
    (await app.bucket.list()).objects
      .filter(({ key }) => key.startsWith(prefixOf(user)))
      .map(({ key }) => key.slice(prefixOf(user).length)),
  hashes: async (app, user, name) => {
    const hash = await app.objectHash(prefixOf(user) + name)
    return hash === undefined ? [] : [hash]
  },
  open: () => [],
}

/** Every kind of place, the default storage included. */
export const UPLOAD_PLACES: readonly UploadPlace[] = [
  ...VENDOR_DRIVES.flatMap(({ provider, connect, writing }) => {
    const shape = SHAPES[provider]
    if (shape === undefined || writing === undefined) return []
    const { bytes, names, open } = writing
    return [{ provider, connect, bytes, open, names: async (app: Slipway) => names(app), ...shape }]
  }),
  R2,
]

export function placeOf(provider: string): UploadPlace {
  const place = UPLOAD_PLACES.find((one) => one.provider === provider)
  if (place === undefined) throw new Error(`no place ${provider}`)
  return place
}

/** Keys of what is held until the rest of it comes. */
export async function staged(app: Slipway): Promise<string[]> {
  const { objects } = await app.bucket.list()
  return objects.map(({ key }) => key).filter((key) => key.startsWith('staging/'))
}

/** Exactly one file of this name, with these bytes, and nothing that was only needed on the way. */
export async function expectStored(
  app: Slipway,
  place: UploadPlace,
  user: string,
  name: string,
  bytes: Uint8Array,
): Promise<void> {
  expect(await place.hashes(app, user, name), `${place.provider} ${name}`).toEqual([sha256(bytes)])
  await expectNothingLeft(app, place)
}

/** No session, no temporary file, no piece. */
export async function expectNothingLeft(app: Slipway, place: UploadPlace): Promise<void> {
  expect(place.open(app)).toEqual([])
  expect(await staged(app)).toEqual([])
}

/** Begins an upload of the place's shape, and sends what goes before. Returns its path and all bytes. */
export async function beginShaped(
  user: TusUser,
  { shape }: UploadPlace,
  fields: Readonly<Record<string, string>>,
): Promise<{ readonly path: string; readonly bytes: Uint8Array; readonly rest: Uint8Array }> {
  const bytes = randomBytes(shape.first + shape.size)
  const path = await user.begin(bytes.length, fields)
  if (shape.first > 0) {
    const { status } = await user.patch(path, 0, bytes.subarray(0, shape.first))
    expect(status).toBe(204)
  }
  return { path, bytes, rest: bytes.subarray(shape.first) }
}
