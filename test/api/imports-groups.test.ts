// Many small files cost few requests and few statements; one that the database does not take keeps none of the others out.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { rows, startSlipway, type Slipway } from '../harness.ts'
import { expectImported } from '../import-judge.ts'
import { sceneAt } from '../import-scene.ts'
import { itemsOf, stateOf, until, untilStatus } from '../imports.ts'

const FILES = 60

let app: Slipway
beforeAll(async () => {
  app = await startSlipway()
})
afterAll(() => app.close())
beforeEach(() => app.emulators.reset())

interface SliceLine {
  readonly subrequests: number
  readonly statements: number
  readonly count: number
}

/** What the slices since `from` say of themselves. */
const slices = (from: number): SliceLine[] =>
  app.logs
    .slice(from)
    .flatMap((text) => text.split('\n'))
    .filter((line) => line.includes('"import_slice"'))
    .map((line) => JSON.parse(line) as SliceLine)

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

/** What the server was asked for about single files. */
const asked = (method: string) =>
  app.emulators.dav.requests.filter(
    (request) => request.method === method && request.target.endsWith('.txt'),
  ).length

describe('files of a WebDAV server', () => {
  it('are fetched in one request each, and settled many at once', async () => {
    const scene = await sceneAt(app, 'webdav', 'cheap', FILES)
    const from = app.logs.length
    const id = await scene.start()
    await untilStatus(app, id, 'completed')
    await until(() => slices(from).length > 0, 'what the slice says of itself')
    await expectImported(app, scene.user, id, scene.files)
    expect([asked('GET'), asked('PROPFIND')]).toEqual([FILES, 0])
    expect(sum(slices(from).map(({ count }) => count))).toBe(FILES)
    expect(sum(slices(from).map(({ statements }) => statements))).toBeLessThan(2 * FILES)
  })

  it.each(['weak', 'unquoted', 'none'] as const)(
    'are right with tags that are %s',
    async (etag) => {
      app.emulators.dav.settings.etag = etag
      const scene = await sceneAt(app, 'webdav', `tags-${etag}`, 5)
      const id = await scene.start()
      await untilStatus(app, id, 'completed')
      await expectImported(app, scene.user, id, scene.files)
      expect(asked('PROPFIND')).toBe(etag === 'none' ? 5 : 0)
      // In the version that was listed: another import finds nothing new.
      const again = await scene.start()
      await untilStatus(app, again, 'completed')
      const states = [...(await itemsOf(app, again)).values()].map(({ reason }) => reason)
      expect(states).toEqual(Array.from({ length: 5 }, () => 'duplicate'))
    },
  )

  it('that have changed since they were listed are brought in as they are', async () => {
    const scene = await sceneAt(app, 'webdav', 'changed', 8)
    const { dav, trouble } = app.emulators
    const renewed = new Set<string>()
    // The first file holds the others up until all of them are other files.
    trouble.add({
      match: { method: 'GET', path: /\/changed\/text-/ },
      times: 2,
      fault: { kind: 'slow', ms: 1000 },
    })
    const id = await scene.start()
    await until(async () => (await itemsOf(app, id)).size === 8, 'what was listed')
    for (const { name } of scene.files.slice(2)) {
      dav.addFile('mia', `/changed/${name}`, `Another text by now, of ${name}, told by heron.\n`)
      renewed.add(name)
    }
    await untilStatus(app, id, 'completed')
    const found = await rows<{ filename: string; text: string; source_version: string }>(
      app,
      `SELECT filename, text, source_version FROM documents JOIN chunks ON document_id = documents.id
       WHERE user_id = ?`,
      scene.user,
    )
    for (const { filename, text } of found) {
      expect([filename, text.includes('heron')]).toEqual([filename, renewed.has(filename)])
    }
    const again = await scene.start()
    await untilStatus(app, again, 'completed')
    const reasons = [...(await itemsOf(app, again)).values()].map(({ reason }) => reason)
    expect(reasons).toEqual(Array.from({ length: 8 }, () => 'duplicate'))
  })
})

describe('a file that the database does not take', () => {
  it('fails alone', async () => {
    const scene = await sceneAt(app, 'webdav', 'refused', 20)
    const poison = scene.files[7]?.name ?? ''
    await rows(
      app,
      `CREATE TRIGGER refuse BEFORE INSERT ON documents WHEN NEW.filename = '${poison}' AND NEW.user_id = 'refused'
       BEGIN SELECT RAISE(ABORT, 'not this one'); END`,
    )
    const id = await scene.start()
    await until(async () => {
      // As if all that it waits for had passed.
      await rows(app, 'UPDATE import_items SET not_before = 0 WHERE import_id = ?', id)
      await rows(app, 'UPDATE imports SET resume_at = MIN(resume_at, 1) WHERE id = ?', id)
      await app.runCron('* * * * *')
      return (await stateOf(app, id)).status === 'completed'
    }, 'the end')
    await rows(app, 'DROP TRIGGER refuse')
    expect((await itemsOf(app, id)).get(poison)).toMatchObject({
      state: 'failed',
      reason: 'interrupted',
    })
    const states = [...(await itemsOf(app, id)).values()].map(({ state }) => state)
    expect(states.filter((state) => state === 'imported').length).toBe(19)
  })
})
