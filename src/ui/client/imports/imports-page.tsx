// All imports, the newest first, each with how far it is and what can be done about it.
import { useEffect, useRef, useState } from 'hono/jsx/dom'
import { slipway, toError, type ApiError, type Import } from '../api.ts'
import { Failure } from '../failure.tsx'
import { rescueFocus } from '../focus.ts'
import { formatTime } from '../format.ts'
import { nameOf, type PageProps } from '../loaded.ts'
import { RowsSkeleton } from '../skeleton.tsx'
import { usePolling } from '../use-polling.ts'
import { importPlace } from './follow.ts'
import { ImportProgress } from './import-progress.tsx'
import { isOver } from './import-words.ts'
import { useRenewal } from './use-renewal.tsx'

/** Milliseconds between two looks while something is under way. */
const LOOK_MS = 2500

interface Shown {
  readonly imports: readonly Import[]
  readonly cursor: string | null
}

export function ImportsPage({ loaded, onChange }: PageProps) {
  const [shown, setShown] = useState<Shown | undefined>(undefined)
  const [failure, setFailure] = useState<ApiError | undefined>(undefined)
  const [busy, setBusy] = useState(false)
  const isGone = useRef(false)
  const renewal = useRenewal(loaded, onChange)

  const ask = async (cursor: string | null) => {
    setBusy(true)
    try {
      const page = await slipway.imports.list({ limit: 20 }).page(cursor)
      if (isGone.current) return
      setShown((old) => join(old, page.imports, page.next_cursor, cursor !== null))
      setFailure(undefined)
    } catch (error) {
      if (!isGone.current) setFailure(toError(error))
    } finally {
      if (!isGone.current) setBusy(false)
    }
  }
  useEffect(() => {
    document.title = 'Imports – Slipway'
    void ask(null)
    return () => {
      isGone.current = true
    }
  }, [])
  useEffect(rescueFocus, [shown?.imports.length])
  usePolling(() => ask(null), LOOK_MS, shown?.imports.some((one) => !isOver(one)) === true)

  const adopt = (news: Import) =>
    setShown(
      (old) =>
        old && { ...old, imports: old.imports.map((one) => (one.id === news.id ? news : one)) },
    )

  return (
    <main class="wrap">
      <h1 tabIndex={-1}>Imports</h1>
      {failure && <Failure error={failure} onRetry={() => void ask(null)} />}
      {shown === undefined && failure === undefined && <RowsSkeleton />}
      {shown?.imports.length === 0 && <NoImports />}
      {shown !== undefined && shown.imports.length > 0 && (
        <ul class="list" aria-label="Imports">
          {shown.imports.map((view) => {
            const source = nameOf(loaded, view.provider, view.connection_id)
            const when = formatTime(view.created_at)
            return (
              <li key={view.id} class="card" data-import={view.id} data-status={view.status}>
                <h2 class="ellipsis" title={source}>
                  <a href={importPlace(view.id)}>
                    {source}
                    <span class="visually-hidden">, {when}</span>
                  </a>
                </h2>
                <p class="muted small">
                  {when}
                  {view.category !== null && ` · ${view.category}`}
                </p>
                <ImportProgress
                  view={view}
                  name={`${source}, ${when}`}
                  onReconnect={renewal.of(view.connection_id)}
                  onChange={adopt}
                />
              </li>
            )
          })}
        </ul>
      )}
      {shown?.cursor && (
        <p class="empty">
          <button
            aria-disabled={busy ? 'true' : undefined}
            onClick={() => !busy && void ask(shown.cursor)}
          >
            {busy ? 'Loading…' : 'Show older imports'}
          </button>
        </p>
      )}
      {renewal.dialog}
    </main>
  )
}

function NoImports() {
  return (
    <div class="empty">
      <p>Nothing has been imported yet.</p>
      <p>
        Open a drive, select files or folders, and choose Import: their text can be searched then.
      </p>
      <p>
        <a class="button main" href="#/">
          To your drives
        </a>
      </p>
    </div>
  )
}

/** The newest page takes the place of what is known of it; older ones stand behind. */
function join(
  old: Shown | undefined,
  page: readonly Import[],
  cursor: string | null,
  isOlder: boolean,
): Shown {
  if (old === undefined) return { imports: page, cursor }
  const news = new Map(page.map((view) => [view.id, view]))
  const kept = old.imports.map((view) => news.get(view.id) ?? view)
  const known = new Set(kept.map(({ id }) => id))
  const added = page.filter(({ id }) => !known.has(id))
  return isOlder
    ? { imports: [...kept, ...added], cursor }
    : { imports: [...added, ...kept], cursor: old.cursor }
}
