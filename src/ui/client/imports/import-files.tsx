// The files of an import: each with its state, and the reason where one was left out or could not be read.
import { memo } from 'hono/jsx/dom'
import type { Import, ImportFile, ImportFileState } from '../api.ts'
import { Failure } from '../failure.tsx'
import { formatSize } from '../format.ts'
import { explainReason, STATE_WORDS } from './import-words.ts'
import type { useFiles } from './use-files.ts'

interface ImportFilesProps {
  readonly view: Import
  readonly files: ReturnType<typeof useFiles>
}

/** Those of which a page makes sense: files pass through the others in a moment. */
const FILTERS: readonly ImportFileState[] = ['waiting', 'imported', 'skipped', 'failed']

export function ImportFiles({ view, files }: ImportFilesProps) {
  const { state, setState, shown, failure, busy, more, reload } = files
  return (
    <div class="import-files">
      <div class="row chips" role="group" aria-label="Show files">
        <Chip
          name="All"
          count={view.counts.total}
          isOn={state === null}
          onPress={() => setState(null)}
        />
        {FILTERS.map((one) => (
          <Chip
            key={one}
            name={STATE_WORDS[one]}
            count={view.counts[one]}
            isOn={state === one}
            onPress={() => setState(one)}
          />
        ))}
      </div>
      {failure && <Failure error={failure} onRetry={reload} />}
      {shown === undefined && failure === undefined && <p class="loading">Loading…</p>}
      {shown?.items.length === 0 && (
        <p class="empty">{view.planned || state !== null ? 'No files.' : 'Looking for files…'}</p>
      )}
      {shown !== undefined && shown.items.length > 0 && (
        <ul class="rows" aria-label="Files of this import">
          {shown.items.map((file) => (
            <FileRow key={file.id} file={file} />
          ))}
        </ul>
      )}
      {shown?.cursor && (
        <p class="empty">
          <button aria-disabled={busy ? 'true' : undefined} onClick={more}>
            {busy ? 'Loading…' : 'Show more files'}
          </button>
        </p>
      )}
    </div>
  )
}

interface ChipProps {
  readonly name: string
  readonly count: number
  readonly isOn: boolean
  readonly onPress: () => void
}

function Chip({ name, count, isOn, onPress }: ChipProps) {
  return (
    <button class="chip" aria-pressed={isOn ? 'true' : 'false'} onClick={onPress}>
      {name} <span class="count">{count}</span>
    </button>
  )
}

const FileRow = memo(({ file }: { readonly file: ImportFile }) => {
  const { name, path, size, state, reason, web_url } = file
  const folder = path.slice(0, Math.max(0, path.length - name.length))
  return (
    <li data-file={name} data-state={state}>
      <span class="what">
        <span class="ellipsis" title={path === '' ? name : path}>
          {folder !== '' && <span class="muted">{folder}</span>}
          {name}
        </span>
        {reason !== null && (
          <span class={`small ${state === 'failed' ? 'error' : 'muted'}`}>
            {explainReason(reason)}
          </span>
        )}
      </span>
      <span class="muted small num">{formatSize(size)}</span>
      <span class={`state ${state}`}>{STATE_WORDS[state]}</span>
      {web_url !== null && reason !== null && (
        <a
          class="small"
          href={web_url}
          target="_blank"
          rel="noreferrer"
          aria-label={`Open ${name} at its source`}
        >
          Open
        </a>
      )}
    </li>
  )
})
