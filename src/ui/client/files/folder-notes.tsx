// What is shown where there are no rows: before they come, when there are none, and when more of them do not come.
import { FolderIcon } from '../icons.tsx'
import type { ViewState } from './folder-view.ts'

const ROWS = 6

export function Skeleton() {
  return (
    <div>
      <p class="visually-hidden" role="status">
        Loading…
      </p>
      <div class="file-grid" aria-hidden="true">
        {Array.from({ length: ROWS }, (_, at) => (
          <div key={at} class="ghost">
            <span />
            <span />
          </div>
        ))}
      </div>
    </div>
  )
}

interface EmptyNoteProps {
  /** What was searched for; empty in a folder. */
  readonly query: string
  readonly canUpload: boolean
}

export function EmptyNote({ query, canUpload }: EmptyNoteProps) {
  return (
    <div class="empty">
      <FolderIcon />
      {query === '' ? (
        <>
          <p>This folder is empty.</p>
          {canUpload && <p class="small">Drop files or folders here to upload them.</p>}
        </>
      ) : (
        <>
          <p>Nothing found for “{query}”.</p>
          <p class="small">Try a shorter word, or a part of the name.</p>
        </>
      )}
    </div>
  )
}

interface MoreNoteProps {
  readonly state: ViewState
  readonly onMore: () => void
}

/** The rest comes by itself; the button is there for whoever does not scroll, and where it did not come. */
export function MoreNote({ state, onMore }: MoreNoteProps) {
  const { hasMore, isBusy, moreFailure } = state
  if (!hasMore) return null
  return (
    <div class="more">
      {moreFailure && (
        <p class="error" role="alert">
          The rest of the list did not come: {moreFailure.message}
        </p>
      )}
      <button aria-disabled={isBusy ? 'true' : undefined} onClick={() => !isBusy && onMore()}>
        {isBusy ? 'Loading…' : moreFailure ? 'Retry' : 'Load more'}
      </button>
    </div>
  )
}
