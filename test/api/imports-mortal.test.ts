// A consumer that dies at any operation of an import, before it, in it or after it: the import is completed all the same, each file once and right.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect, connectWebdav } from '../connect.ts'
import {
  expectImported,
  expectNothingLoose,
  expectOriginals,
  objectsOf,
  openUploads,
  type ExpectedFile,
} from '../import-judge.ts'
import { findItem, passTime, startImport, stateOf, until } from '../imports.ts'
import { rows, startSlipway, type Slipway } from '../harness.ts'
import { createMortal, type DeathPoint, type Life, type Phase } from '../mortal.ts'
import { sha256 } from '../sha256.ts'

/** Imports at once. */
const LANES = 8
const MIB = 2 ** 20

const mortal = createMortal({ isHeld: true })
let app: Slipway

interface Tree {
  readonly connect: (user: string) => Promise<{ readonly id: string }>
  /** The folder, by the connection that sees it. */
  readonly folder: (user: string, connectionId: string) => Promise<string>
  readonly files: ExpectedFile[]
}

const TEXTS = {
  'notes.txt': 'The tide table of the northern harbour says when the ferry leaves.\n',
  'guide.md':
    '# Rigging\n\nThe bowline holds under load.\n\n## Sails\n\nReef before the squall comes.\n',
  'below.txt': 'Nine lanterns light the pier below the customs house.\n',
}
const PHRASES: Readonly<Record<string, string>> = {
  'notes.txt': 'northern harbour',
  'guide.md': 'before the squall',
  'below.txt': 'nine lanterns',
}

const expectedText = ([name, text]: [string, string]): ExpectedFile => ({
  name,
  sha256: sha256(Buffer.from(text)),
  size: Buffer.byteLength(text),
  phrase: PHRASES[name] ?? '',
})

/** A folder of three texts, one of them further down, and what no text can be read from. */
const TREES: Readonly<Record<string, Tree>> = {
  webdav: {
    connect: (user) => connectWebdav(app, user),
    folder: (user, id) => findItem(app, user, id, 'Import'),
    files: [],
  },
  google_drive: {
    connect: (user) => connect(app, user, 'google_drive'),
    folder: (user, id) => findItem(app, user, id, 'Import'),
    files: [],
  },
}

beforeAll(async () => {
  app = await startSlipway({ mortal })
  const { dav, google } = app.emulators
  const ann = 'ann@example.com'
  const folder = google.addFolder(ann, 'root', 'Import')
  const below = google.addFolder(ann, folder, 'Below')
  for (const [name, text] of Object.entries(TEXTS)) {
    dav.addFile('mia', `/Import/${name === 'below.txt' ? 'Below/' : ''}${name}`, text)
    google.addFile(ann, name === 'below.txt' ? below : folder, name, text)
  }
  dav.addFile('mia', '/Import/data.bin', 12 * MIB)
  google.addFile(ann, folder, 'data.bin', 12 * MIB)
  const data = {
    name: 'data.bin',
    size: 12 * MIB,
    sha256: await dav.sha256('mia', '/Import/data.bin'),
  }
  for (const tree of Object.values(TREES)) {
    tree.files.push(...Object.entries(TEXTS).map(expectedText), data)
  }
})
afterAll(() => app.close())

/** Lets an import of its own user come to its end, whoever dies on the way, and judges it. Returns what its consumers did. */
async function live(
  tree: Tree,
  user: string,
  points: readonly DeathPoint[],
): Promise<readonly Life[]> {
  const { id: connection_id } = await tree.connect(user)
  const item = await tree.folder(user, connection_id)
  const id = await startImport(app, user, {
    connection_id,
    items: [{ id: item }],
    keep_original: true,
  })
  mortal.plan(id, ...points)
  await comeToEnd(id)
  const where = JSON.stringify(points)
  expect(await stateOf(app, id), where).toMatchObject({ status: 'completed' })
  await expectImported(app, user, id, tree.files)
  await expectOriginals(app, user, tree.files)
  expect(await openUploads(app, mortal.livesOf(id)), where).toEqual([])
  // They take room on the disk.
  await app.bucket.delete((await objectsOf(app, user)).map(({ key }) => key))
  return mortal.livesOf(id)
}

/** Moves the clock on whenever nobody is at work. */
async function comeToEnd(id: string): Promise<void> {
  let idle = 0
  await until(
    async () => {
      idle = mortal.isAtWork(id) ? 0 : idle + 1
      const { status } = await stateOf(app, id)
      if (status !== 'running' && status !== 'paused') return idle > 0
      if (idle < 5) return false
      idle = 0
      await passTime(app, id)
      await app.runCron('* * * * *')
      return false
    },
    `the end of ${id}`,
    60,
  )
}

/** Before, in and after each operation that these lives were made of. */
function pointsOf(lives: readonly Life[]): DeathPoint[] {
  const phases: readonly Phase[] = ['before', 'during', 'after']
  return lives.flatMap(({ steps }) =>
    steps.flatMap(({ label, nth }) =>
      phases
        // What only reads leaves nothing behind: dying in it is dying before it.
        .filter(
          (phase) =>
            phase !== 'during' ||
            !/^(?:d1 select|r2 (?:get|head)|kv|fetch (?:GET|PROPFIND))/.test(label),
        )
        .map((phase) => ({ label, nth, phase })),
    ),
  )
}

/** Several at once, in this order. */
async function inLanes<T>(all: readonly T[], work: (one: T, at: number) => Promise<void>) {
  let next = 0
  const lane = async () => {
    for (let at = next++; at < all.length; at = next++) await work(all[at] as T, at)
  }
  await Promise.all(Array.from({ length: LANES }, lane))
}

describe.each(Object.keys(TREES))('an import from %s', (provider) => {
  it('survives a death at any operation', async () => {
    const tree = TREES[provider] as Tree
    const lives = await live(tree, `alive ${provider}`, [])
    const points = pointsOf(lives)
    const missed: DeathPoint[] = []
    await inLanes(points, async (point, at) => {
      const own = await live(tree, `${provider} ${at}`, [point])
      if (!own.some(({ how }) => how === 'died')) missed.push(point)
    })
    expect(missed).toEqual([])
    expect(points.length).toBeGreaterThan(100)
  }, 180_000)

  it('leaves nothing loose', async () => {
    await rows(app, 'UPDATE storage_holds SET expires_at = 1')
    await app.runCron()
    await expectNothingLoose(app)
  })
})
