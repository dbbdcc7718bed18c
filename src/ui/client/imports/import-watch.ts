// Follows one import for as long as somebody is interested in it.
import { slipway, toError, type ApiError, type ImportDetails, type ImportFile } from '../api.ts'

interface ImportWatcher {
  readonly onImport: (view: ImportDetails) => void
  /** Files that have changed. */
  readonly onFiles?: (files: readonly ImportFile[]) => void
  /** It cannot be followed any more. */
  readonly onFailed?: (error: ApiError) => void
}

/** Tells of every change after a version, until the import is over or cannot be had. Returns how to stop. */
export function watchImport(id: string, after: number, watcher: ImportWatcher): () => void {
  const stop = new AbortController()
  follow(id, after, watcher, stop.signal).catch((error: unknown) => {
    if (!stop.signal.aborted) watcher.onFailed?.(toError(error))
  })
  return () => stop.abort()
}

async function follow(
  id: string,
  after: number,
  { onImport, onFiles }: ImportWatcher,
  signal: AbortSignal,
): Promise<void> {
  for await (const event of slipway.imports.watch(id, { signal, after })) {
    if (signal.aborted) return
    if (event.type === 'import') onImport(event.import)
    if (event.type === 'items') onFiles?.(event.items)
  }
}
