// The file browser: one folder of one connection, with uploads, downloads, new folders, rename and delete.
import { useEffect, useRef, useState } from 'hono/jsx/dom'
import {
  call,
  connectionPath,
  itemPath,
  listItems,
  toError,
  type ApiError,
  type Item,
  type Listing,
  type Provider,
} from './api.ts'
import { ConfirmDialog, FormDialog } from './dialog.tsx'
import { FileTable } from './file-table.tsx'
import { UploadList } from './upload-list.tsx'

interface BrowserProps {
  readonly connection: string
  readonly folder: string
  readonly title: string
  readonly provider: Provider
}

type Asking =
  | { readonly kind: 'folder' }
  | { readonly kind: 'rename'; readonly item: Item }
  | { readonly kind: 'delete'; readonly item: Item }

export function Browser({ connection, folder, title, provider }: BrowserProps) {
  const [listing, setListing] = useState<Listing | undefined>(undefined)
  const [failure, setFailure] = useState<ApiError | undefined>(undefined)
  const [asking, setAsking] = useState<Asking | undefined>(undefined)
  const [formError, setFormError] = useState<ApiError | undefined>(undefined)
  const [files, setFiles] = useState<readonly File[]>([])
  const [over, setOver] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  // An answer for a folder that was left meanwhile is not shown.
  const shown = useRef('')
  const { capabilities } = provider

  const load = (fresh: boolean) => {
    const place = `${connection} ${folder}`
    shown.current = place
    setFailure(undefined)
    return listItems(connection, folder, null, fresh)
      .then((page) => {
        if (shown.current === place) setListing(page)
      })
      .catch((error: unknown) => {
        if (shown.current === place) setFailure(toError(error))
      })
  }
  const loadMore = () => {
    if (listing === undefined || listing.next_cursor === null) return
    listItems(connection, folder, listing.next_cursor, false)
      .then((page) => setListing({ ...page, items: [...listing.items, ...page.items] }))
      .catch((error: unknown) => setFailure(toError(error)))
  }
  useEffect(() => {
    setListing(undefined)
    void load(false)
  }, [connection, folder])

  const change = (work: Promise<unknown>) => {
    setFormError(undefined)
    work
      .then(() => {
        setAsking(undefined)
        return load(true)
      })
      .catch((error: unknown) => setFormError(toError(error)))
  }
  const submitName = (values: Record<string, string>) => {
    const name = values['name'] ?? ''
    if (asking?.kind === 'folder') {
      change(call(`${connectionPath(connection)}/folders`, 'POST', { parent_id: folder, name }))
    } else if (asking?.kind === 'rename') {
      change(call(itemPath(connection, asking.item.id), 'PATCH', { name }))
    }
  }
  const addFiles = (list: FileList | null | undefined) => {
    if (list && list.length > 0) setFiles([...list])
  }
  const drop = (event: DragEvent) => {
    event.preventDefault()
    setOver(false)
    addFiles(event.dataTransfer?.files)
  }

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
      <h1>{folder === 'root' ? title : (listing?.folder.name ?? '…')}</h1>
      <div class="toolbar">
        {capabilities['upload'] && (
          <button class="main" onClick={() => input.current?.click()}>
            Upload files
          </button>
        )}
        {capabilities['create_folder'] && (
          <button onClick={() => setAsking({ kind: 'folder' })}>New folder</button>
        )}
        <button onClick={() => void load(true)}>Refresh</button>
        <input
          ref={input}
          type="file"
          multiple
          class="visually-hidden"
          aria-label="Files to upload"
          tabIndex={-1}
          onChange={(event: Event) => {
            const chosen = event.target as HTMLInputElement
            addFiles(chosen.files)
            chosen.value = ''
          }}
        />
      </div>
      <UploadList
        connection={connection}
        folder={folder}
        files={files}
        onUploaded={() => void load(true)}
      />
      {failure && (
        <div class="notice bad" role="alert">
          <span>{failure.message}</span>
          {failure.code === 'reauth_required' ? (
            <a class="button" href="#/">
              Reconnect
            </a>
          ) : (
            <button onClick={() => void load(true)}>Retry</button>
          )}
        </div>
      )}
      <div
        class={over ? 'drop over' : 'drop'}
        onDragOver={(event: DragEvent) => {
          event.preventDefault()
          setOver(capabilities['upload'] === true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        {listing === undefined && failure === undefined && <p class="loading">Loading…</p>}
        {listing && (
          <FileTable
            connection={connection}
            listing={listing}
            capabilities={capabilities}
            onMore={loadMore}
            onRename={(item) => setAsking({ kind: 'rename', item })}
            onDelete={(item) => setAsking({ kind: 'delete', item })}
          />
        )}
      </div>
      {asking && asking.kind !== 'delete' && (
        <FormDialog
          key={asking.kind === 'rename' ? asking.item.id : 'new'}
          title={asking.kind === 'folder' ? 'New folder' : `Rename ${asking.item.name}`}
          fields={[
            {
              name: 'name',
              label: 'Name',
              type: 'text',
              required: true,
              ...(asking.kind === 'rename' ? { value: asking.item.name } : {}),
            },
          ]}
          action={asking.kind === 'folder' ? 'Create' : 'Rename'}
          busy={false}
          error={formError?.message}
          fieldErrors={{}}
          onSubmit={submitName}
          onClose={() => {
            setAsking(undefined)
            setFormError(undefined)
          }}
        />
      )}
      {asking?.kind === 'delete' && (
        <ConfirmDialog
          title={`Delete ${asking.item.name}?`}
          text={formError?.message ?? 'Where the provider has a bin, it goes there.'}
          action="Delete"
          onConfirm={() => change(call(itemPath(connection, asking.item.id), 'DELETE'))}
          onClose={() => {
            setAsking(undefined)
            setFormError(undefined)
          }}
        />
      )}
    </main>
  )
}
