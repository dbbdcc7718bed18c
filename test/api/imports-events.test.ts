// What a watcher hears of an import: server-sent events, from the first to the end, and on from where the connection broke.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectWebdav } from '../connect.ts'
import { rows, startSlipway, type Slipway } from '../harness.ts'
import { insertFiles, insertImport } from '../import-rows.ts'
import { findItem, startImport, until } from '../imports.ts'

let app: Slipway
beforeAll(async () => {
  app = await startSlipway()
})
afterAll(() => app.close())

interface ServerEvent {
  readonly event: string
  readonly data: {
    readonly status?: string
    readonly version?: number
    readonly counts?: Readonly<Record<string, number>>
    readonly items?: readonly { readonly name: string; readonly state: string }[]
  }
  /** The id that a client has after this event. */
  readonly lastEventId: string
}

/** A client as the HTML standard has it: reads events until one that is asked for. */
async function listen(response: Response): Promise<{
  until: (is: (event: ServerEvent) => boolean) => Promise<ServerEvent[]>
  leave: () => Promise<void>
  text: () => string
}> {
  const reader = response.body?.getReader()
  if (reader === undefined) throw new Error('no body')
  const decoder = new TextDecoder()
  let text = ''
  let read = 0
  let lastEventId = ''
  const parse = (block: string): ServerEvent | undefined => {
    const fields = new Map(
      block.split('\n').map((line): [string, string] => {
        const colon = line.indexOf(':')
        return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')]
      }),
    )
    lastEventId = fields.get('id') ?? lastEventId
    const data = fields.get('data')
    if (data === undefined) return undefined
    const event = fields.get('event') ?? 'message'
    return { event, data: JSON.parse(data) as ServerEvent['data'], lastEventId }
  }
  return {
    until: async (is) => {
      const heard: ServerEvent[] = []
      for (;;) {
        for (let end = text.indexOf('\n\n', read); end >= 0; end = text.indexOf('\n\n', read)) {
          const event = parse(text.slice(read, end))
          read = end + 2
          if (event === undefined) continue
          heard.push(event)
          if (is(event)) return heard
        }
        const { done, value } = await reader.read()
        if (done) throw new Error(`the stream ended after ${JSON.stringify(heard.at(-1))}`)
        text += decoder.decode(value, { stream: true })
      }
    },
    leave: () => reader.cancel(),
    text: () => text,
  }
}

const watch = async (
  user: string,
  id: string,
  query = '',
  headers: Record<string, string> = {},
) => {
  const response = await app.as(user)(`/api/imports/${id}/events${query}`, { headers })
  expect(response.status).toBe(200)
  return listen(response)
}
/** As an engine does it: the version first, the files with it. */
async function change(id: string, sql: string, ...values: unknown[]): Promise<void> {
  await rows(app, 'UPDATE imports SET version = version + 1 WHERE id = ?', id)
  const version = '(SELECT version FROM imports WHERE id = import_id)'
  await rows(
    app,
    `UPDATE import_items SET changed_at = ${version}, ${sql} AND import_id = ?`,
    ...values,
    id,
  )
}
const finish = (id: string) =>
  rows(app, "UPDATE imports SET status = 'completed', version = version + 1 WHERE id = ?", id)
const isEnd = ({ event }: ServerEvent) => event === 'end'
const namesOf = (events: readonly ServerEvent[]) =>
  events.flatMap(({ data }) => data.items?.map(({ name }) => name) ?? [])

describe('events of an import', () => {
  it('tells the whole at first, then each change, then the end', async () => {
    const id = await insertImport(app, 'eva', {}, [
      { name: 'a', state: 'waiting' },
      { name: 'b', state: 'waiting' },
    ])
    const response = await app.as('eva')(`/api/imports/${id}/events`)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
    const stream = await listen(response)
    const first = await stream.until(({ event }) => event === 'items')
    expect(stream.text()).toMatch(/^retry: \d+\n\n/)
    expect(first.map(({ event }) => event)).toEqual(['import', 'items'])
    const shown = await app.as('eva')(`/api/imports/${id}`)
    const { items, next_cursor, ...whole } = (await shown.json()) as Record<string, unknown>
    expect(next_cursor).toBe(null)
    expect(first[0]?.data).toEqual(whole)
    expect(first[1]?.data.items).toEqual(items)
    expect(first[1]?.lastEventId).toBe('1')

    await change(id, "state = 'imported', bytes_done = 100 WHERE name = 'b'")
    const second = await stream.until(({ lastEventId }) => lastEventId === '2')
    expect(second[0]?.data).toMatchObject({ version: 2, counts: { waiting: 1, imported: 1 } })
    expect(second[1]?.data.items).toMatchObject([{ name: 'b', state: 'imported', bytes_done: 100 }])
    // A change of the import alone.
    await rows(app, "UPDATE imports SET status = 'paused', version = 3 WHERE id = ?", id)
    const third = await stream.until(({ lastEventId }) => lastEventId === '3')
    expect(third.map(({ event, data }) => [event, data.status])).toEqual([['import', 'paused']])
    await finish(id)
    const last = await stream.until(isEnd)
    expect(last.map(({ event, data }) => [event, data.status])).toEqual([
      ['import', 'completed'],
      ['end', 'completed'],
    ])
    await expect(stream.until(isEnd)).rejects.toThrow('the stream ended')
  })

  it('gathers what changes within a second', async () => {
    const id = await insertImport(app, 'gus', {}, [{ name: 'a', state: 'waiting' }])
    const stream = await watch('gus', id)
    await stream.until(({ lastEventId }) => lastEventId === '1')
    const started = Date.now()
    for (let bytes = 1; bytes <= 40; bytes++) {
      await change(id, "bytes_done = ? WHERE name = 'a'", bytes)
    }
    await finish(id)
    const heard = await stream.until(isEnd)
    const events = heard.filter(({ event }) => event === 'import')
    expect(events.length).toBeLessThanOrEqual(2 + (Date.now() - started) / 1000)
    expect(events.at(-1)?.data).toMatchObject({ version: 42, bytes: { done: 40 } })
  })

  it('goes on where a connection broke, and misses nothing', async () => {
    const files = Array.from({ length: 50 }, (_, at) => ({ name: `f${at}`, state: 'waiting' }))
    const id = await insertImport(app, 'leo', {}, files)
    const before = await watch('leo', id)
    const heard = await before.until(({ lastEventId }) => lastEventId === '1')
    expect(namesOf(heard)).toHaveLength(50)
    await before.leave()
    // Meanwhile two files change, and one is found.
    await change(id, "state = 'imported' WHERE name = 'f3'")
    await change(id, "state = 'failed' WHERE name = 'f7'")
    await insertFiles(app, id, [{ name: 'new', state: 'waiting' }], 3)
    const header = { 'last-event-id': '1' }
    const after = await watch('leo', id, '?after=0', header)
    const events = await after.until(({ lastEventId }) => lastEventId === '3')
    expect(events.map(({ event }) => event)).toEqual(['import', 'items'])
    expect(namesOf(events)).toEqual(['f3', 'f7', 'new'])
    await after.leave()
    // Who has read the import begins at its version.
    const reader = await watch('leo', id, '?after=3')
    const nothing = await reader.until(({ lastEventId }) => lastEventId === '3')
    expect(nothing.map(({ event }) => event)).toEqual(['import'])
    await reader.leave()
  })

  it('tells many files in several events, each of which can be gone on from', async () => {
    const files = Array.from({ length: 1450 }, (_, at) => ({ name: `f${at}`, state: 'waiting' }))
    const id = await insertImport(app, 'max', {}, files.slice(0, 1000))
    await insertFiles(app, id, files.slice(1000), 2)
    await rows(app, "UPDATE imports SET status = 'completed', version = 2 WHERE id = ?", id)
    const all = await (await watch('max', id)).until(isEnd)
    expect(namesOf(all)).toEqual(files.map(({ name }) => name))
    const pages = all.filter(({ event }) => event === 'items')
    expect(pages.map(({ data }) => data.items?.length)).toEqual([...Array(7).fill(200), 50])
    let told = 0
    for (const page of pages) {
      told += page.data.items?.length ?? 0
      const rest = await watch('max', id, '', { 'last-event-id': page.lastEventId })
      expect(namesOf(await rest.until(isEnd))).toEqual(files.slice(told).map(({ name }) => name))
    }
  })

  it('tells a client that has heard the end not to come again', async () => {
    const id = await insertImport(app, 'ned', { status: 'cancelled' }, [
      { name: 'a', state: 'skipped' },
    ])
    const last = (await (await watch('ned', id)).until(isEnd)).at(-1)?.lastEventId ?? ''
    const again = (heard: string) =>
      app.as('ned')(`/api/imports/${id}/events`, { headers: { 'last-event-id': heard } })
    expect((await again(last)).status).toBe(204)
    // One that has not, does hear it.
    const rest = await (await listen(await again('1'))).until(isEnd)
    expect(rest.map(({ event }) => event)).toEqual(['import', 'end'])
    // What runs again has news.
    await rows(app, "UPDATE imports SET status = 'running', version = 2 WHERE id = ?", id)
    const news = await listen(await again(last))
    const [event] = await news.until(() => true)
    expect(event).toMatchObject({ event: 'import', data: { status: 'running' } })
    await news.leave()
  })

  it('starts over for an id that is not of this import’s past, and refuses what is no id', async () => {
    const id = await insertImport(app, 'oda', {}, [{ name: 'a', state: 'waiting' }])
    const stream = await watch('oda', id, '', { 'last-event-id': '99' })
    expect(namesOf(await stream.until(({ event }) => event === 'items'))).toEqual(['a'])
    await stream.leave()
    const wrong = async (query: string, headers: Record<string, string>) => {
      const answer = await app.as('oda')(`/api/imports/${id}/events${query}`, { headers })
      const { errors } = (await answer.json()) as { errors?: { field: string }[] }
      return [answer.status, errors?.[0]?.field]
    }
    expect(await wrong('', { 'last-event-id': '1.x' })).toEqual([422, 'header.Last-Event-ID'])
    expect(await wrong('?after=-1', {})).toEqual([422, 'query.after'])
    expect(await wrong('?since=1', {})).toEqual([422, 'query.since'])
  })

  it('is open to the console’s cookie, and to nobody else', async () => {
    const id = await insertImport(app, 'kim', { status: 'completed' })
    const cookie = `slipway_session=${await app.token('kim')}`
    const events = `${app.url}/api/imports/${id}/events`
    const own = await fetch(events, { headers: { cookie, connection: 'close' } })
    expect((await (await listen(own)).until(isEnd)).length).toBe(2)
    expect((await fetch(events)).status).toBe(401)
    const other = { cookie: `slipway_session=${await app.token('eve')}` }
    expect((await fetch(events, { headers: other })).status).toBe(404)
    const head = await app.as('kim')(`/api/imports/${id}/events`, { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
  })

  it('tells of an import that really runs, until each file has its end', async () => {
    const user = 'runa'
    for (let at = 0; at < 25; at++) {
      app.emulators.dav.addFile('mia', `/Runa/${at % 3}/note-${at}.txt`, `Note number ${at}.`)
    }
    app.emulators.dav.addFile('mia', '/Runa/sound.mp3', 3000)
    const { id: connection_id } = await connectWebdav(app, user)
    const items = [{ id: await findItem(app, user, connection_id, 'Runa') }]
    const id = await startImport(app, user, { connection_id, items })
    const heard = await (await watch(user, id)).until(isEnd)
    const ends = new Map(
      heard.flatMap(({ data }) => data.items ?? []).map((file) => [file.name, file]),
    )
    const shown = await app.as(user)(`/api/imports/${id}/items`)
    const { items: files } = (await shown.json()) as { items: { name: string }[] }
    expect(files).toHaveLength(26)
    for (const file of files) expect(ends.get(file.name)).toEqual(file)
    expect(heard.filter(({ event }) => event === 'import').at(-1)?.data).toMatchObject({
      status: 'completed',
      planned: true,
      counts: { imported: 25, skipped: 1, total: 26 },
      folders: { open: 0, listed: 4, failed: 0 },
      chunks: 25,
    })
  })

  it('tells that what was begun waits again, when the import has to pause', async () => {
    const { dav, trouble } = app.emulators
    for (let at = 0; at < 12; at++) dav.addFile('mia', `/Slow/${at}.txt`, `Note ${at}.`)
    const { id: connection_id } = await connectWebdav(app, 'pia')
    const items = [{ id: await findItem(app, 'pia', connection_id, 'Slow') }]
    // The first downloads take long; then the server has had enough.
    const match = { method: 'GET', path: /\/Slow\// }
    trouble.add({ match, times: 4, fault: { kind: 'slow', ms: 4000 } })
    trouble.add({
      match,
      times: 100,
      fault: { kind: 'status', status: 429, headers: { 'retry-after': '600' } },
    })
    const id = await startImport(app, 'pia', { connection_id, items })
    const begun = "SELECT id FROM import_items WHERE import_id = ? AND state = 'downloading'"
    await until(async () => (await rows(app, begun, id)).length > 0, 'the first download')
    const stream = await watch('pia', id)
    const heard = await stream.until(({ data }) => data.status === 'paused')
    const version = heard.at(-1)?.data.version
    if (heard.at(-1)?.lastEventId !== `${version}`) {
      heard.push(...(await stream.until(({ lastEventId }) => lastEventId === `${version}`)))
    }
    await stream.leave()
    trouble.clear()
    const files = heard.flatMap(({ data }) => data.items ?? [])
    expect(files.some(({ state }) => state === 'downloading')).toBe(true)
    const last = new Map(files.map(({ name, state }) => [name, state]))
    const shown = await app.as('pia')(`/api/imports/${id}/items`)
    const { items: now } = (await shown.json()) as { items: { name: string; state: string }[] }
    expect(now.some(({ state }) => state === 'waiting')).toBe(true)
    expect(Object.fromEntries(last)).toEqual(
      Object.fromEntries(now.map(({ name, state }) => [name, state])),
    )
  })

  it('stops looking when the client leaves', async () => {
    // Whoever looks at a paused import whose time has come wakes it: so it shows that somebody looks.
    const left = await insertImport(app, 'lou', {
      status: 'paused',
      pause_reason: 'provider_unavailable',
      resume_at: Date.now() + 3_600_000,
    })
    const stays = await insertImport(app, 'lou')
    const leaving = await watch('lou', left)
    const staying = await watch('lou', stays)
    await leaving.until(({ lastEventId }) => lastEventId === '1')
    await staying.until(({ lastEventId }) => lastEventId === '1')
    await leaving.leave()
    let version = 1
    /** Long enough for every watcher to have looked: this one has, so many times. */
    const looks = async (times: number) => {
      for (let time = 0; time < times; time++) {
        await rows(app, 'UPDATE imports SET version = ? WHERE id = ?', ++version, stays)
        await staying.until(({ lastEventId }) => lastEventId === `${version}`)
      }
    }
    // That nobody listens any more is found out by speaking: at the latest with the comment that breaks a silence.
    for (let words = 2; words < 5; words++) {
      await rows(app, 'UPDATE imports SET version = ? WHERE id = ?', words, left)
      await looks(2)
    }
    await rows(app, 'UPDATE imports SET resume_at = 1 WHERE id = ?', left)
    await looks(4)
    const [row] = await rows(app, 'SELECT status FROM imports WHERE id = ?', left)
    expect(row).toEqual({ status: 'paused' })
    await staying.leave()
  })
})
