// One import with all its files.
import { useEffect } from 'hono/jsx/dom'
import type { ImportDetails } from '../api.ts'
import { Failure } from '../failure.tsx'
import { formatTime } from '../format.ts'
import { nameOf, type PageProps } from '../loaded.ts'
import { RowsSkeleton } from '../skeleton.tsx'
import { ImportFiles } from './import-files.tsx'
import { ImportProgress } from './import-progress.tsx'
import { explainReason, isOver, plural, statusWords } from './import-words.ts'
import { useFiles } from './use-files.ts'
import { useImport } from './use-import.ts'
import { useRenewal } from './use-renewal.tsx'

interface ImportPageProps extends PageProps {
  readonly id: string
}

export function ImportPage({ id, loaded, onChange }: ImportPageProps) {
  const files = useFiles(id)
  const { view, failure, round, reload, adopt } = useImport(id, files.apply)
  const renewal = useRenewal(loaded, onChange)
  const source = view === undefined ? '…' : nameOf(loaded, view.provider, view.connection_id)
  const title = view === undefined ? 'Import' : `Import from ${source}`
  useEffect(() => {
    document.title = `${title} – Slipway`
  }, [title])
  useEffect(() => {
    if (round > 0) files.reload()
  }, [round])

  return (
    <main class="wrap">
      <nav aria-label="Breadcrumb">
        <ol class="crumbs">
          <li>
            <a href="#/-/imports">Imports</a>
          </li>
        </ol>
      </nav>
      <h1 tabIndex={-1} class="ellipsis" title={title}>
        {title}
      </h1>
      {failure && <Failure error={failure} onRetry={reload} />}
      {view === undefined && failure === undefined && <RowsSkeleton />}
      {view && (
        <>
          <p class="visually-hidden" role="status">
            {statusWords(view).text}
          </p>
          <p class="muted small">{factsOf(view)}</p>
          <div class="card">
            <ImportProgress
              view={view}
              onReconnect={renewal.of(view.connection_id)}
              onChange={adopt}
            />
          </div>
          {view.failed_folders.length > 0 && <FailedFolders folders={view.failed_folders} />}
          <h2 class="section">Files</h2>
          <ImportFiles view={view} files={files} />
          {isOver(view) && view.counts.imported > 0 && (
            <p>
              <a class="button" href="#/-/documents">
                To your documents
              </a>
            </p>
          )}
        </>
      )}
      {renewal.dialog}
    </main>
  )
}

function factsOf({ created_at, category, keep_original, chunks }: ImportDetails): string {
  return [
    `Started ${formatTime(created_at)}`,
    category === null ? '' : `category ${category}`,
    keep_original ? 'originals are kept' : '',
    chunks === 0 ? '' : `${chunks} ${plural(chunks, 'passage')}`,
  ]
    .filter((part) => part !== '')
    .join(' · ')
}

function FailedFolders({ folders }: { readonly folders: ImportDetails['failed_folders'] }) {
  return (
    <div class="notice warn">
      <div>
        <p>These folders could not be looked into:</p>
        <ul>
          {folders.map(({ item_id, path, reason }) => (
            <li key={item_id}>
              <strong>{path === '' ? 'One that was selected' : path}</strong>{' '}
              {explainReason(reason)}
            </li>
          ))}
        </ul>
      </div>
    </div>
  )
}
