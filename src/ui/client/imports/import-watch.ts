// Follows one import: by server-sent events, and by asking now and then where those do not come through.
import { toError, type ApiError } from '../api.ts'
import {
  eventsPath,
  getImport,
  isOver,
  listFiles,
  type ImportFile,
  type WholeImport,
} from './import-calls.ts'

interface ImportWatcher {
  readonly onImport: (view: WholeImport) => void
  /** Files that have changed. */
  readonly onFiles?: (files: readonly ImportFile[]) => void
  /** It cannot be followed any more. */
  readonly onFailed?: (error: ApiError) => void
}

/** Milliseconds between two questions. */
const ASK_MS = 2500
/** Events that could not be had in a row, before it is asked instead: a proxy may hold them back. */
const MOST_ERRORS = 3
/** Milliseconds in which the first event has to come: the server sends one at once. */
const FIRST_MS = 8000

/**
 * Tells of every change from a version on, until the import is over, or cannot be had: then it must be begun anew. Returns how to stop.
 */
export function watchImport(id: string, after: number, watcher: ImportWatcher): () => void {
  const stop = new AbortController()
  let errors = 0
  let version = after
  const source = new EventSource(eventsPath(id, after))
  const data = <T>(event: Event) => JSON.parse((event as MessageEvent<string>).data) as T
  const fallBack = () => {
    if (stop.signal.aborted || source.readyState === EventSource.CLOSED) return
    source.close()
    void ask(id, version, watcher, stop.signal)
  }
  const silence = setTimeout(fallBack, FIRST_MS)
  const heard = () => {
    clearTimeout(silence)
    errors = 0
  }
  source.addEventListener('import', (event) => {
    heard()
    const view = data<WholeImport>(event)
    version = view.version
    watcher.onImport(view)
  })
  source.addEventListener('items', (event) => {
    heard()
    watcher.onFiles?.(data<{ items: readonly ImportFile[] }>(event).items)
  })
  source.addEventListener('end', () => {
    clearTimeout(silence)
    source.close()
  })
  source.addEventListener('error', () => {
    if (stop.signal.aborted) return
    if (source.readyState === EventSource.CLOSED) {
      // Refused, or there is nothing more to come: the question tells which.
      clearTimeout(silence)
      void ask(id, version, watcher, stop.signal)
    } else if (++errors >= MOST_ERRORS) {
      clearTimeout(silence)
      fallBack()
    }
  })
  return () => {
    clearTimeout(silence)
    stop.abort()
    source.close()
  }
}

async function ask(
  id: string,
  after: number,
  watcher: ImportWatcher,
  stopped: AbortSignal,
): Promise<void> {
  let version = after
  let isFirst = true
  while (!stopped.aborted) {
    try {
      const view = await getImport(id)
      // What changed is not told apart here: the newest page of files stands for it.
      if (isFirst || view.version !== version) {
        const { items } = await listFiles(id, null, null)
        if (stopped.aborted) return
        watcher.onImport(view)
        watcher.onFiles?.(items)
      }
      version = view.version
      isFirst = false
      if (isOver(view)) return
    } catch (error) {
      const problem = toError(error)
      if (stopped.aborted) return
      // A network that fails comes back; what the API refuses it will refuse again.
      if (problem.code !== 'network') {
        watcher.onFailed?.(problem)
        return
      }
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_MS))
  }
}
