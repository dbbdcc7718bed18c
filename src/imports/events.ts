// Server-sent events of one import (HTML Living Standard, section 9.2): what changed since the watcher last heard, until the import is over.
import type { Services } from '../app-context.ts'
import { errorNames, writeLog } from '../log.ts'
import { invalidField } from '../problems/problem.ts'
import type { ImportRow } from './schema.ts'
import {
  findImport,
  isOver,
  listChanged,
  listFailedFolders,
  wakeIfDue,
  type PlacedItem,
  type Seen,
} from './store.ts'
import { viewFile, viewWhole } from './view.ts'

/** Milliseconds between two looks at the import, and so between two events about it. */
const LOOK_MS = 1000
/** Milliseconds of silence after which a comment keeps proxies from closing the connection, and finds out whether anybody is there. */
const SILENCE_MS = 15_000
/** Milliseconds after which the stream ends and the watcher comes again. */
const LIFE_MS = 240_000
/** Statements after which it does so: the platform allows 1,000 in an invocation. */
const MAX_STATEMENTS = 900
/** Milliseconds before a watcher comes again. */
const RETRY_MS = 2000
/** Files of one event. */
const FILES = 200
/** Folders that could not be listed, in one event. */
const MAX_FOLDERS = 100

export interface Watched extends Seen {
  /** Whether the end was among it. */
  readonly hasEnd: boolean
}

/** Who comes for the first time has seen nothing. */
const NOTHING: Watched = { version: 0, row: Infinity, hasEnd: false }

/**
 * Reads an event's id: a version of the import, with `.` and a row where files of that version are still to come, or `.end`.
 * @param field where it stood
 */
export function readPosition(id: string | undefined, field: string): Watched {
  if (id === undefined || id === '') return NOTHING
  const match = /^(\d{1,15})(?:\.(\d{1,15}|end))?$/.exec(id)
  if (match === null) throw invalidField(field, 'is not the id of an event of an import')
  const [, version, row] = match
  const hasEnd = row === 'end'
  const isWhole = row === undefined || hasEnd
  return { version: Number(version), row: isWhole ? Infinity : Number(row), hasEnd }
}

/**
 * The stream of events, or 204 for a watcher that has heard everything: an EventSource comes again after each end, and only this
 * tells it not to.
 */
export function sendEvents(services: Services, found: ImportRow, seen: Watched): Response {
  if (seen.hasEnd && isOver(found) && seen.version >= found.version) {
    return new Response(null, { status: 204 })
  }
  const left = new AbortController()
  const events = watch(services, found, seen, left.signal)
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const next = await events.next().catch((error: unknown) => {
          const { requestId } = services
          const errors = errorNames(error)
          writeLog({ level: 'warn', event: 'background_failure', request_id: requestId, errors })
          return undefined
        })
        // A watcher that hears no end comes again, and goes on where it was.
        if (next === undefined || next.done === true) controller.close()
        else controller.enqueue(encoder.encode(next.value))
      },
      cancel: async () => {
        left.abort()
        await events.return()
      },
    },
    // Nothing is read before somebody takes it.
    { highWaterMark: 0 },
  )
  return new Response(body, {
    headers: {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    },
  })
}

/** Texts of events, one after the other, as fast as they are taken. */
async function* watch(
  services: Services,
  first: ImportRow,
  watched: Watched,
  left: AbortSignal,
): AsyncGenerator<string, void, void> {
  const { db, now, meter } = services
  const ends = now() + LIFE_MS
  const isSpent = () => now() >= ends || meter.statements >= MAX_STATEMENTS
  let found: ImportRow | undefined = first
  // An id of another import, or of a time that was taken back, says nothing.
  let seen: Seen = watched.version > first.version ? NOTHING : watched
  let shown = -1
  let lookedAt = now()
  let spokenAt = now()
  yield `retry: ${RETRY_MS}\n\n`
  while (found !== undefined && !left.aborted) {
    wakeIfDue(services, found)
    const isNews = found.version !== shown
    if (isNews || isBehind(seen, found)) {
      const files: PlacedItem[] = await listChanged(db, found.id, seen, FILES)
      const last = files.at(-1)
      seen =
        files.length === FILES && last !== undefined
          ? { version: last.changedAt, row: last.row }
          : { version: found.version, row: Infinity }
      // The id stands with what comes last: whoever has it has all that came before.
      const id = Number.isFinite(seen.row) ? `${seen.version}.${seen.row}` : `${seen.version}`
      if (isNews) {
        const folders = await listFailedFolders(db, found, MAX_FOLDERS)
        yield event('import', viewWhole(found, folders), files.length === 0 ? id : undefined)
      }
      if (files.length > 0) yield event('items', { items: files.map(viewFile) }, id)
      shown = found.version
      spokenAt = now()
    }
    if (isOver(found) && !isBehind(seen, found)) {
      yield event('end', { status: found.status }, `${found.version}.end`)
      return
    }
    if (isSpent()) return
    if (now() - spokenAt >= SILENCE_MS) {
      yield ': still here\n\n'
      spokenAt = now()
    }
    const rest = lookedAt + LOOK_MS - now()
    if (isBehind(seen, found) && rest > 0) continue
    await pause(rest, left)
    lookedAt = now()
    found = await findImport(db, first.userId, first.id)
  }
}

const isBehind = (seen: Seen, { version }: ImportRow) =>
  seen.version < version || Number.isFinite(seen.row)

function event(name: string, data: object, id?: string): string {
  // JSON has no line breaks of its own, so the data is one line.
  return `event: ${name}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`
}

/** Ends early, and without a timer, when the watcher has left. */
function pause(milliseconds: number, left: AbortSignal): Promise<void> {
  if (left.aborted || milliseconds <= 0) return Promise.resolve()
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      left.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, milliseconds)
    left.addEventListener('abort', end)
  })
}
