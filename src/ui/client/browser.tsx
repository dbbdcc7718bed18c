// The file browser: one folder of one connection, with uploads, downloads, new folders, rename and delete.
import { useEffect, useRef, useState } from 'hono/jsx/dom'
import {
  listItems,
  toError,
  type ApiError,
  type Connection,
  type Listing,
  type Provider,
} from './api.ts'
import { useConnector } from './connector.tsx'
import { DropZone } from './drop-zone.tsx'
import { Failure } from './failure.tsx'
import { FileTable } from './file-table.tsx'
import { rescueFocus } from './focus.ts'
import { FolderDialog, type Question } from './folder-dialogs.tsx'
import { ImportDialog } from './imports/import-dialog.tsx'
import { addUploads, watchArrivals } from './uploads.ts'

interface BrowserProps {
  readonly connection: string
  readonly folder: string
  readonly title: string
  readonly provider: Provider
  /** The connection itself; what is built in has none. */
  readonly account: Connection | undefined
  readonly onChange: () => Promise<void>
}

export function Browser(props: BrowserProps) {
  const { connection, folder, title, provider, account, onChange } = props
  const [listing, setListing] = useState<Listing | undefined>(undefined)
  const [failure, setFailure] = useState<ApiError | undefined>(undefined)
  const [question, setQuestion] = useState<Question | undefined>(undefined)
  const [busy, setBusy] = useState(false)
  const [isImporting, setImporting] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  // Only the newest question to the API may change what is shown: an older answer can come later, or be of another folder.
  const newest = useRef(0)
  const { capabilities } = provider

  const ask = (cursor: string | null, fresh: boolean, before: Listing | undefined) => {
    const turn = (newest.current ?? 0) + 1
    newest.current = turn
    setBusy(true)
    setFailure(undefined)
    listItems(connection, folder, cursor, fresh)
      .then((page) => {
        if (newest.current !== turn) return
        setListing({ ...page, items: [...(before?.items ?? []), ...page.items] })
        setBusy(false)
      })
      .catch((error: unknown) => {
        if (newest.current !== turn) return
        setFailure(toError(error))
        setBusy(false)
      })
  }
  const refresh = () => ask(null, true, undefined)

  useEffect(() => {
    setListing(undefined)
    setQuestion(undefined)
    ask(null, false, undefined)
    const stop = watchArrivals((where, into) => {
      if (where === connection && into === folder) refresh()
    })
    return () => {
      newest.current = (newest.current ?? 0) + 1
      stop()
    }
  }, [connection, folder])

  const name = folder === 'root' ? title : (listing?.folder.name ?? '…')
  useEffect(() => {
    document.title = `${name} – Slipway`
  }, [name])
  useEffect(() => {
    if (listing !== undefined || failure !== undefined) rescueFocus()
  }, [listing, failure])

  const connector = useConnector({
    onConnected: () => {
      refresh()
      void onChange()
    },
    onFailed: (error) => setFailure(toError(error)),
  })
  const send = (files: readonly File[]) => addUploads(files, connection, folder)

  return (
    <main class="wrap">
      <nav aria-label="Folders">
        <ol class="crumbs">
          <li>
            <a href="#/">Drives</a>
          </li>
          {(listing?.folder.path ?? []).map((crumb, at) => (
            <li key={crumb.id}>
              <a href={`#/${encodeURIComponent(connection)}/${encodeURIComponent(crumb.id)}`}>
                {at === 0 ? title : crumb.name}
              </a>
            </li>
          ))}
        </ol>
      </nav>
      <h1 tabIndex={-1}>{name}</h1>
      <div class="toolbar">
        {capabilities['upload'] && (
          <button class="main" onClick={() => input.current?.click()}>
            Upload files
          </button>
        )}
        {capabilities['create_folder'] && (
          <button onClick={() => setQuestion({ kind: 'folder' })}>New folder</button>
        )}
        {listing && listing.items.length > 0 && (
          <button onClick={() => setImporting(true)}>Import</button>
        )}
        <button onClick={refresh}>Refresh</button>
        {capabilities['upload'] && (
          <input
            ref={input}
            type="file"
            multiple
            class="visually-hidden"
            aria-label="Files to upload"
            tabIndex={-1}
            onChange={(event: Event) => {
              const chosen = event.target as HTMLInputElement
              send([...(chosen.files ?? [])])
              chosen.value = ''
            }}
          />
        )}
      </div>
      {failure && (
        <Failure
          error={failure}
          onRetry={refresh}
          onReconnect={account && (() => connector.connect(provider, account))}
        />
      )}
      <DropZone enabled={capabilities['upload'] === true} onFiles={send}>
        {listing === undefined && failure === undefined && <p class="loading">Loading…</p>}
        {listing && (
          <FileTable
            connection={connection}
            listing={listing}
            capabilities={capabilities}
            busy={busy}
            onMore={() => ask(listing.next_cursor, false, listing)}
            onQuestion={setQuestion}
          />
        )}
      </DropZone>
      {connector.dialog}
      {isImporting && listing && (
        <ImportDialog
          connection={connection}
          items={listing.items}
          onReconnect={account && (() => connector.connect(provider, account))}
          onClose={() => setImporting(false)}
        />
      )}
      {question && (
        <FolderDialog
          key={question.kind === 'folder' ? 'folder' : `${question.kind} ${question.item.id}`}
          question={question}
          connection={connection}
          folder={folder}
          onDone={() => {
            setQuestion(undefined)
            refresh()
          }}
          onClose={() => setQuestion(undefined)}
        />
      )}
    </main>
  )
}
