// One document in a list: what it is, where it comes from, what keeps it from being found or had, and what can be done with it.
import { memo, type Child } from 'hono/jsx/dom'
import type { DocumentView } from '../api.ts'
import { formatDate, formatSize } from '../format.ts'
import { BinIcon, DownloadIcon, FileIcon, PencilIcon } from '../icons.tsx'
import { explainReason } from '../imports/import-words.ts'
import { contentOf, textOf } from './document-paths.ts'

interface DocumentRowProps {
  readonly document: DocumentView
  /** What the user calls the place that it comes from, or lies in. */
  readonly place: string
  /** What was found in it. */
  readonly children?: Child
  readonly onEdit: (document: DocumentView) => void
  readonly onDelete: (document: DocumentView) => void
}

export const DocumentRow = memo((props: DocumentRowProps) => {
  const { document, place, children, onEdit, onDelete } = props
  const { filename, size, category, source, text } = document
  const facts = [
    source === null ? `Uploaded to ${place}` : `From ${place}`,
    formatSize(size),
    formatDate(document.imported_at ?? document.created_at),
  ]
  const path = source?.path ?? ''
  return (
    <li class="card document" data-document={filename}>
      <div class="document-head">
        <FileIcon />
        <h2 class="ellipsis" title={path === '' ? filename : path}>
          {filename}
        </h2>
        {category !== null && (
          <span class="pill plain ellipsis" title={category}>
            {category}
          </span>
        )}
      </div>
      {children}
      <p class="muted small">{facts.join(' · ')}</p>
      <Trouble document={document} />
      <div class="row">
        {source?.url && (
          <a
            class="button"
            href={source.url}
            target="_blank"
            rel="noreferrer"
            aria-label={`Open source of ${filename} at ${place}`}
          >
            Open source
          </a>
        )}
        {text?.status === 'indexed' && (
          <a
            class="button"
            href={textOf(document)}
            target="_blank"
            rel="noreferrer"
            aria-label={`Show text of ${filename}`}
          >
            Show text
          </a>
        )}
        <span class="row push acts">
          {document.reachable && document.status === 'stored' && (
            <a
              class="button plain"
              href={contentOf(document)}
              download
              aria-label={`Download ${filename}`}
              title="Download"
            >
              <DownloadIcon />
            </a>
          )}
          <button
            class="plain"
            aria-label={`Rename or move ${filename}`}
            title="Rename or move"
            onClick={() => onEdit(document)}
          >
            <PencilIcon />
          </button>
          <button
            class="plain danger"
            aria-label={`Delete ${filename}`}
            title="Delete"
            onClick={() => onDelete(document)}
          >
            <BinIcon />
          </button>
        </span>
      </div>
    </li>
  )
})

function Trouble({ document }: { readonly document: DocumentView }) {
  const { reachable, status, text, connection_id, source } = document
  if (status === 'pending') return <p class="small warned">Its bytes are still on their way.</p>
  return (
    <>
      {!reachable && (
        <p class="small warned">
          Its file cannot be had: the drive is no longer connected, or wants you to sign in again.{' '}
          <a href="#/">{connection_id === null ? 'To your drives' : 'Reconnect'}</a>
        </p>
      )}
      {text !== null && text.status !== 'indexed' && (
        <p class="small warned">It cannot be searched. {explainReason(text.reason)}</p>
      )}
      {text === null && source === null && (
        <p class="muted small">Only stored: its text is not searched.</p>
      )}
    </>
  )
}
