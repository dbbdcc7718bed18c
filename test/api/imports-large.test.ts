// 5,000 files in nested folders import completely and each right, in slices that stay far below what the platform allows, in memory that stays flat.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { sha256 } from '../sha256.ts'
import { connectWebdav } from '../connect.ts'
import { expectNothingLoose, searchNames } from '../import-judge.ts'
import { pauseFor, showImport, startImport, stateOf, until } from '../imports.ts'
import { rows, startSlipway, type Slipway } from '../harness.ts'
import { openHeap } from '../worker-heap.ts'
import { watchWorkerd } from '../workerd-process.ts'

const FILES = 5000
/** MiB of live memory by which the isolate may grow from the tenth part of the files to the end: nothing of a file is kept. */
const FLAT = 16
/** MiB by which the whole process may grow meanwhile, the database's own memory and what is not collected yet included. */
const PROCESS = 256
/** Of statements and subrequests of one invocation. */
const PLATFORM_LIMIT = 1000

/** Beginnings of names. */
const ODD = [
  'plain',
  'with blanks and  two',
  '100% "sure" #1 & 2?',
  'Grüße 🚢 + tea; (1)',
  'e\u0301tude in NFD',
  '\u00e9tude in NFC',
  "O'Brien's [draft] {x}",
  '日本語の名前',
  'dots...',
  '%2e%2F and ~ $ = , @ !',
]

let app: Slipway
const expected = new Map<string, string>()

/** Between 200 bytes and 20 kB, with a word that stands nowhere else. */
function textOf(at: number): string {
  const size = 200 + ((at * 7919) % 19_800)
  const line = `Record ${at} of the long register, where the beacon word${at}x is kept in its place.\n`
  return line.repeat(Math.ceil(size / line.length)).slice(0, Math.max(size, line.length))
}

beforeAll(async () => {
  app = await startSlipway({ isInspected: true })
  for (let at = 0; at < FILES; at++) {
    // Folders of up to about 40 files on four levels, some of them with odd names.
    const folder = at % 125
    const levels = [`Large`, `a ${folder % 5} #`, `b${folder % 25}`, `ç ${folder} %`]
    const path = levels.slice(0, 2 + (at % 3)).join('/')
    const name = `${ODD[at % ODD.length]} ${at}.txt`
    const text = textOf(at)
    app.emulators.dav.addFile('mia', `/${path}/${name}`, text)
    expected.set(`${path}/${name}`, sha256(Buffer.from(text)))
  }
})
afterAll(() => app.close())

interface SliceLine {
  readonly event: string
  readonly subrequests: number
  readonly statements: number
  readonly count: number
}

/** What each slice says of itself. */
const slices = (): SliceLine[] =>
  app.logs
    .flatMap((text) => text.split('\n'))
    .filter((line) => line.includes('"import_slice"'))
    .map((line) => JSON.parse(line) as SliceLine)

it('5,000 files', async () => {
  const user = 'ann'
  const { id: connection_id } = await connectWebdav(app, user)
  const listing = await app.as(user)(`/api/cloud/connections/${connection_id}/items`)
  const { items } = (await listing.json()) as { items: { id: string; name: string }[] }
  const folder = items.find(({ name }) => name === 'Large')?.id ?? ''
  const workerd = watchWorkerd()
  const heap = await openHeap(await app.inspector())
  const seen: { readonly done: number; readonly live: number; readonly resident: number }[] = []
  const started = Date.now()
  const id = await startImport(app, user, { connection_id, items: [{ id: folder }] })
  await until(
    async () => {
      // Whoever asks more often is what takes the time.
      await pauseFor(1000)
      const [{ done } = { done: 0 }] = await rows<{ done: number }>(
        app,
        `SELECT COUNT(*) AS done FROM import_items WHERE import_id = ? AND state = 'imported'`,
        id,
      )
      const live = await heap.live()
      if (live !== undefined) seen.push({ done, live, resident: workerd.resident() })
      return (await stateOf(app, id)).status !== 'running'
    },
    () => `the end, after ${seen.at(-1)?.done} files`,
    500,
  )
  const seconds = (Date.now() - started) / 1000
  heap.close()
  const later = seen.filter(({ done }) => done >= FILES / 10)
  const grown = (of: 'live' | 'resident') =>
    Math.max(...later.map((one) => one[of])) - (later[0]?.[of] ?? 0)
  const said = slices()
  const most = (name: 'subrequests' | 'statements') => Math.max(...said.map((line) => line[name]))
  process.stdout.write(
    `5,000 files in ${seconds.toFixed(1)} s (${(FILES / seconds).toFixed(0)} files/s), ${said.length} slices, ` +
      `at most ${most('subrequests')} subrequests and ${most('statements')} statements; ` +
      `live memory ${later[0]?.live.toFixed(1)} MiB and ${grown('live').toFixed(1)} more at most, workerd ${grown('resident').toFixed(0)} MiB more\n`,
  )
  expect(await showImport(app, user, id)).toMatchObject({
    status: 'completed',
    planned: true,
    counts: { imported: FILES, failed: 0, skipped: 0, waiting: 0, total: FILES },
  })
  const found = await rows<{ source_path: string; content_hash: string; owned: number }>(
    app,
    `SELECT source_path, content_hash, owns_object AS owned FROM documents WHERE user_id = ? AND text_status = 'indexed'`,
    user,
  )
  expect(found.length).toBe(FILES)
  const hashes = new Map(found.map((row) => [row.source_path, row.content_hash]))
  expect([...hashes].sort()).toEqual([...expected].sort())
  for (let at = 7; at < FILES; at += 499) {
    const names = await searchNames(app, user, `word${at}x`)
    expect(new Set(names)).toEqual(new Set([`${ODD[at % ODD.length]} ${at}.txt`]))
  }
  await expectNothingLoose(app)
  expect(said.length).toBeGreaterThan(5)
  expect(said.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThanOrEqual(FILES)
  expect(most('subrequests')).toBeLessThan(PLATFORM_LIMIT)
  expect(most('statements')).toBeLessThan(PLATFORM_LIMIT)
  expect(later.length).toBeGreaterThan(10)
  expect(grown('live')).toBeLessThan(FLAT)
  expect(grown('resident')).toBeLessThan(PROCESS)
}, 600_000)
