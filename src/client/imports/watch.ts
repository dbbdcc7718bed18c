// Follows an import to its end: by server-sent events where they arrive, else by asking again and again.
import { pause } from '../connect/popup.ts'
import { cancelled, toError } from '../error.ts'
import { withQuery, type Http } from '../http.ts'
import type { ImportDetails, ImportFile, ImportStatus } from '../views.ts'
import { readEvents } from './event-stream.ts'

/** What happened: the import's counts have changed, some files have, or it is over. */
export type ImportEvent =
  | { readonly type: 'import'; readonly import: ImportDetails }
  | { readonly type: 'items'; readonly items: readonly ImportFile[] }
  | { readonly type: 'end'; readonly status: ImportStatus }

/** Milliseconds without a sign of life, comments included, after which a stream counts as held back on its way. */
const SILENCE_MS = 30_000
/** Milliseconds between two questions, where there are no events, and before a stream is opened anew. */
const POLL_MS = 2000
/** Streams in a row that brought nothing, after which there are none to be had. */
const DEAD_STREAMS = 2
const OVER: readonly ImportStatus[] = ['completed', 'cancelled', 'failed']

export const importPath = (id: string) => `/api/imports/${encodeURIComponent(id)}`

/**
 * Ends after the `end` event. Throws SlipwayError, `cancelled` after `signal`; a network that fails is waited for.
 * @param after a `version` of the import: what changed up to it is known
 */
export async function* watchImport(
  http: Http,
  id: string,
  signal: AbortSignal | undefined,
  after?: number,
): AsyncGenerator<ImportEvent, void, void> {
  let last = after?.toString()
  for (let dead = 0; dead < DEAD_STREAMS;) {
    let isOpened = false
    const stream = openStream(http, id, last, signal, () => (isOpened = true))
    let isAlive = false
    for await (const { name, data, id: position } of stream) {
      isAlive = true
      last = position ?? last
      const event = toEvent(name, data)
      if (event === undefined) continue
      yield event
      if (event.type === 'end') return
    }
    await pause(POLL_MS, signal)
    if (signal?.aborted) throw cancelled()
    // Where nothing was opened, it may be the network that failed, or the service: then other questions fail as well.
    if (isAlive) dead = 0
    else if (isOpened || (await isAnswered(http, id, signal))) dead += 1
  }
  yield* poll(http, id, signal)
}

/** What arrives of a stream; nothing of one that cannot be opened now, or that does not come through. */
async function* openStream(
  http: Http,
  id: string,
  last: string | undefined,
  signal: AbortSignal | undefined,
  onOpened: () => void,
) {
  const silence = new AbortController()
  let timer = setTimeout(() => silence.abort(), SILENCE_MS)
  try {
    const response = await http.send(`${importPath(id)}/events`, {
      headers: { accept: 'text/event-stream', ...(last && { 'last-event-id': last }) },
      signal: signal ? AbortSignal.any([signal, silence.signal]) : silence.signal,
    })
    onOpened()
    if (response.body === null) return
    for await (const event of readEvents(response.body)) {
      clearTimeout(timer)
      timer = setTimeout(() => silence.abort(), SILENCE_MS)
      yield event
    }
  } catch (error) {
    if (signal?.aborted) throw cancelled()
    const { status } = toError(error)
    if (status >= 400 && status < 500 && status !== 429) throw error
  } finally {
    clearTimeout(timer)
    silence.abort()
  }
}

const isAnswered = (http: Http, id: string, signal: AbortSignal | undefined) =>
  http.call(importPath(id), { signal }).then(
    () => true,
    () => false,
  )

function toEvent(name: string, data: string): ImportEvent | undefined {
  if (!['import', 'items', 'end'].includes(name)) return undefined
  const value = JSON.parse(data) as never
  if (name === 'import') return { type: 'import', import: value }
  if (name === 'items') return { type: 'items', items: (value as { items: ImportFile[] }).items }
  return { type: 'end', status: (value as { status: ImportStatus }).status }
}

interface Page extends ImportDetails {
  readonly items: readonly ImportFile[]
  readonly next_cursor: string | null
}

async function* poll(
  http: Http,
  id: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<ImportEvent, void, void> {
  const shown = new Map<string, string>()
  for (let version = -1; ; await pause(POLL_MS, signal)) {
    if (signal?.aborted) throw cancelled()
    const found = await http.call<Page>(importPath(id), { signal }).catch(passing)
    if (found === undefined || found.version === version) continue
    const { items, next_cursor: next, ...details } = found
    yield { type: 'import', import: details }
    let isWhole = true
    for (let page = { items, next_cursor: next as string | null }; ;) {
      const news = page.items.filter((item) => shown.get(item.id) !== JSON.stringify(item))
      for (const item of news) shown.set(item.id, JSON.stringify(item))
      if (news.length > 0) yield { type: 'items', items: news }
      if (page.next_cursor === null) break
      const path = withQuery(`${importPath(id)}/items`, { cursor: page.next_cursor })
      const more = await http.call<Page>(path, { signal }).catch(passing)
      if (more === undefined) {
        isWhole = false
        break
      }
      page = more
    }
    // What is missing comes with the next question.
    if (!isWhole) continue
    version = details.version
    if (OVER.includes(details.status)) return yield { type: 'end', status: details.status }
  }
}

/** A failure that passes by itself; any other is thrown. */
function passing(error: unknown): undefined {
  const { status } = toError(error)
  if (status === 0 || status === 429 || status >= 500) return undefined
  throw error
}
