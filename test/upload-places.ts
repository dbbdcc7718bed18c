// Where uploads go, and what tests ask of each place afterwards: the files of a name by their hashes, and what is left over.
import { expect } from 'vitest'
import { sha256 } from './conformance/provider.ts'
import type { TroubleRule } from './emulators/trouble.ts'
import type { Slipway } from './harness.ts'
import { MIB } from './tus.ts'
import { VENDOR_DRIVES } from './vendor-drives.ts'

export interface UploadPlace {
  readonly provider: string
  /** Bytes: every request but the last carries a multiple of this many. */
  readonly step: number
  /** Bytes of one request at the vendor. */
  readonly fragment: number
  /** Whether several requests are put together in R2 first. */
  readonly isStaged: boolean
  readonly connect: (app: Slipway, user: string) => Promise<{ readonly id: string }>
  /** The vendor's request that carries bytes. */
  readonly bytes: TroubleRule['match']
  readonly names: (app: Slipway, user: string) => Promise<string[]>
  /** SHA-256 of each file of this name. */
  readonly hashes: (app: Slipway, user: string, name: string) => Promise<string[]>
  /** Sessions and temporary files. */
  readonly open: (app: Slipway) => string[]
}

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

const SHAPES: Readonly<
  Record<string, Pick<UploadPlace, 'step' | 'fragment' | 'isStaged' | 'hashes'>>
> = {
  google_drive: {
    step: 256 * 1024,
    fragment: MIB,
    isStaged: false,
    hashes: byId((app) => app.emulators.google, 'ann@example.com'),
  },
  onedrive: {
    step: 320 * 1024,
    fragment: 10 * MIB,
    isStaged: false,
    hashes: byId((app) => app.emulators.microsoft, 'ann@contoso.com'),
  },
  dropbox: {
    step: 1,
    fragment: 24 * MIB,
    isStaged: false,
    hashes: byId((app) => app.emulators.dropbox, 'mia@example.com'),
  },
  nextcloud: {
    step: 5 * MIB,
    fragment: 10 * MIB,
    isStaged: false,
    hashes: async (app, _, name) => {
      const { nextcloud } = app.emulators
      const found = nextcloud.children('mia', '/').filter((item) => item.name === name)
      return Promise.all(found.map(() => nextcloud.sha256('mia', `/${name}`)))
    },
  },
  webdav: {
    step: 1,
    fragment: MIB,
    isStaged: true,
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
  step: 1,
  fragment: MIB,
  isStaged: true,
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
