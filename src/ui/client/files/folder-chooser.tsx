// Asks for a folder: one after the other, each looked into only when it is opened, and a new one where it is missing.
import { useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore } from 'hono/jsx/dom'
import { call, connectionPath, toError, type ApiError, type Item } from '../api.ts'
import { Dialog } from '../dialog.tsx'
import { Form } from '../form.tsx'
import { FolderIcon } from '../icons.tsx'
import type { Target } from './folder-actions.ts'
import { viewOf } from './kept-views.ts'

interface FolderChooserProps {
  readonly title: string
  /** What the button says that takes the folder which is open. */
  readonly action: string
  readonly connection: string
  /** Where it begins. */
  readonly folder: string
  /** One that cannot be the answer. */
  readonly except?: string | undefined
  /** Those that cannot even be looked into. */
  readonly closed?: readonly Item[]
  readonly canCreateFolder: boolean
  readonly onChoose: (folder: Target) => void
  readonly onClose: () => void
}

export function FolderChooser(props: FolderChooserProps) {
  const { title, action, connection, folder, except, closed = [] } = props
  const { canCreateFolder, onChoose, onClose } = props
  const [place, setPlace] = useState(folder)
  const [isNew, setIsNew] = useState(false)
  const view = viewOf(connection, place, '')
  const state = useSyncExternalStore(view.watch, view.get)
  useEffect(() => view.open(), [view])
  const folders = state.items.filter((item) => item.is_folder)
  // Where the first pages hold nothing but files, the folders may come later.
  useEffect(() => {
    if (folders.length === 0 && state.hasMore && state.moreFailure === undefined) view.more()
  }, [state])

  const shut = new Set(closed.map(({ id }) => id))
  const failure = state.failure ?? state.moreFailure
  const name = state.folder?.name ?? '…'
  return (
    <Dialog title={isNew ? 'New folder' : title} onClose={onClose}>
      {isNew ? (
        <NewFolder
          connection={connection}
          parent={place}
          onDone={(made) => {
            view.add(made)
            setIsNew(false)
            setPlace(made.id)
          }}
          onClose={() => setIsNew(false)}
        />
      ) : (
        <div class="move">
          <nav aria-label="Where to">
            <ol class="crumbs">
              {(state.folder?.path ?? []).map((crumb) => (
                <li key={crumb.id}>
                  <button class="plain link" onClick={() => setPlace(crumb.id)}>
                    <bdi>{crumb.name}</bdi>
                  </button>
                </li>
              ))}
              <li aria-current="true">
                <bdi>{name}</bdi>
              </li>
            </ol>
          </nav>
          <FolderList
            key={place}
            folders={folders}
            shut={shut}
            onOpen={setPlace}
            onUp={() => {
              const above = state.folder?.path.at(-1)
              if (above !== undefined) setPlace(above.id)
            }}
          />
          <p class="muted small" role="status">
            {state.isBusy
              ? 'Loading…'
              : folders.length === 0 && failure === undefined
                ? 'No folders in here.'
                : ''}
          </p>
          {failure && (
            <p class="error" role="alert">
              {failure.message}
            </p>
          )}
          <div class="row">
            {failure && (
              <button onClick={() => (state.isOpen ? view.more() : view.refresh())}>Retry</button>
            )}
            {state.hasMore && !state.isBusy && !failure && folders.length > 0 && (
              <button onClick={() => view.more()}>More folders</button>
            )}
            {canCreateFolder && <button onClick={() => setIsNew(true)}>New folder</button>}
          </div>
          <div class="row end">
            <button onClick={onClose}>Cancel</button>
            <button
              class="main"
              disabled={place === except || !state.isOpen}
              onClick={() => onChoose({ id: place, name })}
            >
              {action}
            </button>
          </div>
        </div>
      )}
    </Dialog>
  )
}

interface FolderListProps {
  readonly folders: readonly Item[]
  readonly shut: ReadonlySet<string>
  readonly onOpen: (folder: string) => void
  readonly onUp: () => void
}

/** One stop of the Tab key; the arrows go from folder to folder. */
function FolderList({ folders, shut, onOpen, onUp }: FolderListProps) {
  const list = useRef<HTMLUListElement>(null)
  const [active, setActive] = useState(0)
  const isEmpty = folders.length === 0
  useLayoutEffect(() => {
    if (document.activeElement === document.body || document.activeElement?.closest('.move')) {
      list.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus()
    }
  }, [isEmpty])
  if (isEmpty) return null
  const onKeyDown = (event: KeyboardEvent) => {
    const last = folders.length - 1
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: Math.min(active + 1, last),
      ArrowUp: Math.max(active - 1, 0),
      Home: 0,
      End: last,
    }
    const to = steps[event.key]
    if (to !== undefined) {
      event.preventDefault()
      list.current?.querySelectorAll('button')[to]?.focus()
    }
    if (event.key === 'ArrowLeft' || event.key === 'Backspace') onUp()
    if (event.key === 'ArrowRight') (event.target as HTMLElement).click()
  }
  return (
    <ul ref={list} class="folders" aria-label="Folders" onKeyDown={onKeyDown}>
      {folders.map((folder, at) => (
        <li key={folder.id}>
          <button
            class="plain wide"
            title={folder.name}
            aria-disabled={shut.has(folder.id) ? 'true' : undefined}
            tabIndex={at === active ? 0 : -1}
            autofocus={at === 0}
            onFocus={() => setActive(at)}
            onClick={() => !shut.has(folder.id) && onOpen(folder.id)}
          >
            <FolderIcon />
            <bdi class="ellipsis">{folder.name}</bdi>
          </button>
        </li>
      ))}
    </ul>
  )
}

interface NewFolderProps {
  readonly connection: string
  readonly parent: string
  readonly onDone: (made: Item) => void
  readonly onClose: () => void
}

function NewFolder({ connection, parent, onDone, onClose }: NewFolderProps) {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<ApiError | undefined>(undefined)
  return (
    <Form
      fields={[{ name: 'name', label: 'Name', type: 'text', required: true }]}
      action="Create"
      busy={busy}
      error={error}
      onSubmit={({ name = '' }) => {
        setBusy(true)
        setError(undefined)
        call<Item>(`${connectionPath(connection)}/folders`, 'POST', {
          parent_id: parent,
          name,
        }).then(onDone, (cause: unknown) => {
          setBusy(false)
          setError(toError(cause))
        })
      }}
      onClose={onClose}
    />
  )
}
