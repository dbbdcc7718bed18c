// A consumer that dies at any operation of an import, before it, in it or after it: the import is completed all the same, each file once and right.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  countAll,
  expectCharged,
  expectImported,
  expectNothingLoose,
  expectOriginals,
  openUploads,
  type ExpectedFile,
} from '../import-judge.ts'
import { findItem, passTime, startImport, stateOf, until } from '../imports.ts'
import { rows, startSlipway, type Slipway } from '../harness.ts'
import { connectTree, exportTree, largeTree, mixedTree, type Tree } from '../mortal-trees.ts'
import { createMortal, type DeathPoint, type Life, type Phase } from '../mortal.ts'

/** Imports at once: the queue has them one after the other, but a test has more to do than that. */
const LANES = 3
const mortal = createMortal({ isHeld: true })
let app: Slipway

beforeAll(async () => {
  app = await startSlipway({ mortal })
})
afterAll(() => app.close())

/** Whose imports were right, and what they have. */
const judged = new Map<string, readonly ExpectedFile[]>()

/** Lets an import of its own user come to its end, whoever dies on the way, and judges it. Returns what its consumers did. */
async function live(
  tree: Tree,
  user: string,
  points: readonly DeathPoint[],
): Promise<readonly Life[]> {
  const { id: connection_id } = await connectTree(app, user, tree)
  const item = await findItem(app, user, connection_id, tree.name)
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
  judged.set(user, tree.files)
  return mortal.livesOf(id)
}

/** Moves the clock on whenever nobody is at work. */
async function comeToEnd(id: string): Promise<void> {
  for (let rounds = 0; rounds < 20; rounds++) {
    let idle = 0
    await until(() => {
      idle = mortal.isAtWork(id) ? 0 : idle + 1
      return idle > 4
    }, `an end of the slice of ${id}`)
    const { status } = await stateOf(app, id)
    if (status !== 'running' && status !== 'paused') return
    await passTime(app, id)
    await app.runCron('* * * * *')
  }
  throw new Error(`no end of ${id}`)
}

/** What takes its time: it may be cut in the middle. */
const SENDING = /^(?:r2 (?:put|uploadPart|complete)|queue)/

/** After each operation that these lives were made of: dying before one is dying after the one before it. */
function pointsOf(lives: readonly Life[]): DeathPoint[] {
  return lives.flatMap(({ steps }) =>
    steps.flatMap(({ label, nth }) => {
      const phases: Phase[] = ['after']
      if (SENDING.test(label)) phases.push('during')
      return phases.map((phase) => ({ label, nth, phase }))
    }),
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

/** What was died at before: another tree need not do it again. */
const known = new Set<string>()

/** Imports the tree undisturbed, and then anew for each point. Returns how many points were met. */
async function dieAtEach(tree: Tree, isWorth: (point: DeathPoint) => boolean): Promise<number> {
  const lives = await live(tree, `alive ${tree.name}`, [])
  const points = pointsOf(lives).filter(isWorth)
  for (const { label } of points) known.add(label)
  const wrong: string[] = []
  let met = 0
  await inLanes(points, async (point, at) => {
    const where = `${at} ${point.phase} ${point.label} (${point.nth})`
    try {
      const own = await live(tree, `${tree.name} ${at}`, [point])
      if (own.some(({ how }) => how === 'died')) met++
      // How many files are settled at once depends on how fast they come: the second time may not be met.
      else if (point.nth === 1) wrong.push(`${where}: nobody came to it`)
    } catch (error) {
      wrong.push(`${where}: ${error instanceof Error ? error.message : String(error)}`)
    }
  })
  expect(wrong).toEqual([])
  return met
}

describe('a death at any operation of the import', () => {
  it('of a folder of several kinds of files', async () => {
    expect(await dieAtEach(await mixedTree(app), () => true)).toBeGreaterThan(50)
  }, 600_000)

  it('of another vendor’s exports: what it asks for besides', async () => {
    const isNew = ({ label }: DeathPoint) => !known.has(label)
    expect(await dieAtEach(exportTree(app), isNew)).toBeGreaterThan(8)
  }, 300_000)

  it('of a file that goes in parts: the first, one in the middle, the last, and the end', async () => {
    const isWorth = ({ label, nth }: DeathPoint) =>
      /^r2 (?:createMultipart|uploadPart (?:1|7|14)$|complete)/.test(label) ||
      (/^d1 update "import_items" set "copy_enc"/.test(label) && [2, 15].includes(nth))
    expect(await dieAtEach(await largeTree(app), isWorth)).toBeGreaterThan(8)
  }, 300_000)

  it('leaves nothing loose, and charges to the byte', async () => {
    await countAll(app)
    await expectNothingLoose(app)
    for (const [user, files] of judged) await expectCharged(app, user, files)
  }, 120_000)
})

it('a death at any operation of the clock loses no import that is due', async () => {
  const tree = await mixedTree(app)
  const { id: connection_id } = await connectTree(app, 'clock', tree)
  const item = await findItem(app, 'clock', connection_id, tree.name)
  const id = await startImport(app, 'clock', { connection_id, items: [{ id: item }] })
  mortal.plan(id)
  await comeToEnd(id)
  const clock = '* * * * *'
  const runDue = async (...points: DeathPoint[]) => {
    const due = `UPDATE imports SET status = 'paused', pause_reason = 'throttled', resume_at = 1 WHERE id = ?`
    await rows(app, due, id)
    const before = mortal.livesOf(clock).length
    mortal.plan(clock, ...points)
    await app.runCron(clock)
    return until(() => {
      const life = mortal.livesOf(clock)[before]
      return life?.how === 'at work' ? undefined : life
    }, 'the end of the clock')
  }
  const points = pointsOf([await runDue()])
  expect(points.length).toBeGreaterThan(5)
  await comeToEnd(id)
  for (const point of points) {
    expect((await runDue(point)).how, JSON.stringify(point)).toBe('died')
    await comeToEnd(id)
    expect((await stateOf(app, id)).status, JSON.stringify(point)).toBe('completed')
  }
})
