// The documents: all of them, or those in whose text something was found.
import { useEffect, useRef, useState } from 'hono/jsx/dom'
import { slipway, type DocumentView } from '../api.ts'
import { Failure } from '../failure.tsx'
import { rescueFocus } from '../focus.ts'
import { plural } from '../imports/import-words.ts'
import { nameOf, type PageProps } from '../loaded.ts'
import { RowsSkeleton } from '../skeleton.tsx'
import { complain, say } from '../toasts.ts'
import { DeleteDialog, EditDialog } from './document-dialogs.tsx'
import { DocumentRow } from './document-row.tsx'
import { Found } from './result-row.tsx'
import { SearchBox } from './search-box.tsx'
import { useDocuments, type Shown } from './use-documents.ts'

interface DocumentsPageProps extends PageProps {
  readonly query: URLSearchParams
}

interface Asked {
  readonly kind: 'edit' | 'delete'
  readonly document: DocumentView
}

export function DocumentsPage({ query, loaded }: DocumentsPageProps) {
  const [q, setQ] = useState(query.get('q') ?? '')
  const [category, setCategory] = useState(query.get('category') ?? '')
  const [asked, setAsked] = useState<Asked | undefined>(undefined)
  const { shown, failure, busy, more, reload, change } = useDocuments(q, category)
  const categories = useRef(new Set<string>())
  for (const { document } of shown?.entries ?? []) {
    if (document.category !== null) categories.current?.add(document.category)
  }

  useEffect(() => {
    document.title = 'Documents – Slipway'
  }, [])
  // Back and forward, or a link to another search.
  useEffect(() => {
    setQ(query.get('q') ?? '')
    setCategory(query.get('category') ?? '')
  }, [query.toString()])
  useEffect(() => {
    const asks = new URLSearchParams()
    if (q !== '') asks.set('q', q)
    if (category !== '') asks.set('category', category)
    const rest = asks.toString()
    history.replaceState(null, '', `#/-/documents${rest === '' ? '' : `?${rest}`}`)
  }, [q, category])
  useEffect(rescueFocus, [shown?.entries.length])

  const remove = (gone: DocumentView) => {
    setAsked(undefined)
    change((entries) => entries.filter((entry) => entry.document.id !== gone.id))
    slipway.documents
      .remove(gone.id)
      .then(() => say(`${gone.filename} is deleted.`))
      .catch((error: unknown) => {
        // Meanwhile something else may be shown.
        reload()
        complain(error)
      })
  }
  const adopt = (news: DocumentView) => {
    setAsked(undefined)
    change((entries) =>
      entries.map((entry) =>
        entry.document.id === news.id ? { ...entry, document: news } : entry,
      ),
    )
  }
  const wrong = failure?.errors.find(({ field }) => field === 'query.q')
  const placeOf = ({ source, storage_backend, connection_id }: DocumentView) =>
    source === null
      ? nameOf(loaded, storage_backend, connection_id)
      : nameOf(loaded, source.provider, source.connection_id)

  return (
    <main class="wrap">
      <h1 tabIndex={-1}>Documents</h1>
      <SearchBox
        q={q}
        category={category}
        categories={[...(categories.current ?? [])].sort()}
        error={wrong && `Your search ${wrong.message}.`}
        onQuery={setQ}
        onCategory={setCategory}
      />
      <p class="muted small" role="status">
        {announce(shown, busy)}
      </p>
      {failure && wrong === undefined && <Failure error={failure} onRetry={reload} />}
      {shown === undefined && failure === undefined && <RowsSkeleton />}
      {shown?.entries.length === 0 && !failure && <Nothing shown={shown} />}
      {shown !== undefined && shown.entries.length > 0 && (
        <ul class="list" aria-label={shown.q === '' ? 'Documents' : 'Search results'}>
          {shown.entries.map(({ document, result }) => (
            <DocumentRow
              key={`${document.id} ${result?.passage.ordinal ?? ''}`}
              document={document}
              place={result?.source?.name ?? placeOf(document)}
              onEdit={(one) => setAsked({ kind: 'edit', document: one })}
              onDelete={(one) => setAsked({ kind: 'delete', document: one })}
            >
              {result && <Found passage={result.passage} />}
            </DocumentRow>
          ))}
        </ul>
      )}
      {shown?.cursor && (
        <p class="empty">
          <button aria-disabled={busy ? 'true' : undefined} onClick={more}>
            {busy ? 'Loading…' : 'Show more'}
          </button>
        </p>
      )}
      {asked?.kind === 'edit' && (
        <EditDialog document={asked.document} onDone={adopt} onClose={() => setAsked(undefined)} />
      )}
      {asked?.kind === 'delete' && (
        <DeleteDialog
          document={asked.document}
          onConfirm={() => remove(asked.document)}
          onClose={() => setAsked(undefined)}
        />
      )}
    </main>
  )
}

/** How many there are, for those who do not see the list change; nothing while it is being asked. */
function announce(shown: Shown | undefined, busy: boolean): string {
  if (shown === undefined || busy || shown.entries.length === 0) return ''
  const count = shown.entries.length
  const more = shown.cursor === null ? '' : ' or more'
  const what = shown.q.trim() === '' ? 'document' : 'passage'
  return `${count}${more} ${plural(count, what)}${what === 'passage' ? ' found' : ''}`
}

function Nothing({ shown }: { readonly shown: Shown }) {
  if (shown.q.trim() !== '') {
    return (
      <div class="empty">
        <p>Nothing was found for “{shown.q.trim()}”.</p>
        <p>Try fewer words, or the beginning of one with an asterisk: harb*</p>
      </div>
    )
  }
  if (shown.category !== '') {
    return <p class="empty">There are no documents in the category “{shown.category}”.</p>
  }
  return (
    <div class="empty">
      <p>You have no documents yet.</p>
      <p>
        Open a drive, select files or folders, and choose Import: what is in them can be found here.
      </p>
      <p>
        <a class="button main" href="#/">
          To your drives
        </a>
      </p>
    </div>
  )
}
