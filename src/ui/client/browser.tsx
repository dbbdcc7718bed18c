// The file browser: one folder of one connection, or what a search in it found, and everything that can be done with it.
import {
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  useSyncExternalStore,
  type RefObject,
} from 'hono/jsx/dom'
import { toError, type ApiError, type Connection, type Item, type Provider } from './api.ts'
import { useConnector } from './connector.tsx'
import { DropZone } from './drop-zone.tsx'
import { Failure } from './failure.tsx'
import { BrowserHead } from './files/browser-head.tsx'
import { downloadAll } from './files/download-all.ts'
import { FileGrid, type MenuPlace } from './files/file-grid.tsx'
import type { RowAct } from './files/file-row.tsx'
import { deleteItems, moveItems, renameItem } from './files/folder-actions.ts'
import { EmptyNote, MoreNote, Skeleton } from './files/folder-notes.tsx'
import { JobList } from './files/job-list.tsx'
import { viewOf } from './files/kept-views.ts'
import { usePosition } from './files/position.ts'
import { RowMenu, type MenuAct } from './files/row-menu.tsx'
import { useQuery } from './files/search-box.tsx'
import { NOTHING, rename, type Selection } from './files/selection.ts'
import { isDownloadable, isFree, SelectionBar } from './files/selection-bar.tsx'
import { Toolbar } from './files/toolbar.tsx'
import { uploadEntries, uploadFiles } from './files/upload-folder.ts'
import { rescueFocus } from './focus.ts'
import { FolderDialog, type Question } from './folder-dialogs.tsx'
import { warn } from './toasts.ts'

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
  const { capabilities } = provider
  const query = useQuery()
  const isSearch = query !== '' && capabilities['search'] === true
  const view = viewOf(connection, folder, isSearch ? query : '')
  const state = useSyncExternalStore(view.watch, view.get)
  const [selection, setSelection] = useState<Selection>(NOTHING)
  const [question, setQuestion] = useState<Question | undefined>(undefined)
  const [menu, setMenu] = useState<{ item: Item; at: MenuPlace } | undefined>(undefined)
  const [refusal, setRefusal] = useState<ApiError | undefined>(undefined)
  const focusGrid = useRef<() => void>(() => undefined) as RefObject<() => void>
  const { active, setActive } = usePosition(view, state.isOpen, focusGrid)

  useLayoutEffect(() => {
    setSelection(NOTHING)
    setQuestion(undefined)
    setMenu(undefined)
    setRefusal(undefined)
    view.open()
  }, [view])

  const folderName = folder === 'root' ? title : (state.folder?.name ?? '…')
  const name = isSearch ? `“${query}” in ${title}` : folderName
  useEffect(() => {
    document.title = `${name} – Slipway`
  }, [name])
  const failure = refusal ?? state.failure
  useEffect(() => {
    if (state.isOpen || failure !== undefined) rescueFocus()
  }, [state.isOpen, failure])

  const connector = useConnector({
    onConnected: () => {
      setRefusal(undefined)
      view.refresh()
      void onChange()
    },
    onFailed: (error) => setRefusal(toError(error)),
  })
  const reconnect = account && (() => connector.connect(provider, account))
  const grant = account && ((scope: string) => connector.grant(provider, account, scope))

  const chosen = state.items.filter(({ id }) => selection.ids.has(id))
  /** What an act on one item means: if it is one of the chosen, all of them. */
  const meant = (item: Item) => (selection.ids.has(item.id) ? chosen : [item])
  const place = { connection, view }
  /** After an answer the dialog goes, and its items perhaps too: the person is in the list again. */
  const answered = () => {
    setQuestion(undefined)
    setTimeout(() => focusGrid.current?.())
  }
  const onRename = (item: Item, to: string) => {
    answered()
    if (to === item.name) return
    renameItem(
      place,
      item,
      to,
      (now) => {
        setSelection((before) => rename(before, item.id, now.id))
        setActive((before) => (before === item.id ? now.id : before))
      },
      ({ error }) => setQuestion({ kind: 'rename', item, refused: { name: to, error } }),
    )
  }
  const ask = (act: MenuAct, items: readonly Item[]) => {
    const [item] = items
    if (item === undefined) return
    switch (act) {
      case 'rename':
        if (capabilities['update'] && isFree(item)) setQuestion({ kind: 'rename', item })
        return
      case 'delete': {
        const free = items.filter(isFree)
        if (capabilities['remove'] && free.length > 0) setQuestion({ kind: 'delete', items: free })
        return
      }
      case 'move': {
        const free = items.filter(isFree)
        if (capabilities['update'] && free.length > 0) setQuestion({ kind: 'move', items: free })
        return
      }
      case 'import':
        return setQuestion({ kind: 'import', items })
      case 'download': {
        const files = items.filter(isDownloadable)
        const isChoice = items.length === 1 && (item.exportable_as?.length ?? 0) > 1
        if (isChoice) setQuestion({ kind: 'download', item })
        else void downloadAll(connection, files)
        if (files.length < items.length) {
          warn(`Only files are downloaded: ${items.length - files.length} left out.`)
        }
        return
      }
      case 'open':
        location.hash = `/${encodeURIComponent(connection)}/${encodeURIComponent(item.id)}`
    }
  }
  const onAct = (act: Exclude<RowAct, 'select'>, item: Item, at: MenuPlace) => {
    if (act === 'menu') return setMenu({ item, at })
    ask(act, act === 'delete' && !isButton(at) ? meant(item) : [item])
  }

  const isEmpty = state.isOpen && state.items.length === 0 && !state.hasMore
  return (
    <main class="wrap browser">
      <BrowserHead
        connection={connection}
        title={title}
        name={name}
        folder={folder}
        path={state.folder?.path ?? []}
        isSearch={isSearch}
        account={account}
      />
      <Toolbar
        connection={connection}
        folder={folder}
        title={title}
        query={query}
        isSearch={isSearch}
        capabilities={capabilities}
        onFiles={(files) => uploadFiles(files, connection, folder)}
        onNewFolder={() => setQuestion({ kind: 'folder' })}
        onRefresh={view.refresh}
      />
      {failure && (
        <Failure error={failure} onRetry={view.refresh} onReconnect={reconnect} onGrant={grant} />
      )}
      <JobList connection={connection} onReconnect={reconnect} onGrant={grant} />
      <DropZone
        enabled={capabilities['upload'] === true && !isSearch}
        onFiles={(files) => uploadFiles(files, connection, folder)}
        onEntries={(entries) => uploadEntries(entries, connection, folder)}
      >
        <p class="visually-hidden" id="files-keys">
          Arrow keys go from item to item. Space selects, Shift and an arrow key select several,
          Enter opens, F2 renames, Delete deletes.
        </p>
        {!state.isOpen && failure === undefined && <Skeleton />}
        {isEmpty && (
          <EmptyNote query={isSearch ? query : ''} canUpload={capabilities['upload'] === true} />
        )}
        {state.items.length > 0 && (
          <FileGrid
            key={isSearch ? query : folder}
            connection={connection}
            label={isSearch ? `Results for ${query}` : `Items in ${name}`}
            view={view}
            state={state}
            canUpdate={capabilities['update'] === true}
            canRemove={capabilities['remove'] === true}
            showsPlace={isSearch}
            selection={selection}
            active={active}
            onSelect={setSelection}
            onActive={setActive}
            onAct={onAct}
            focus={focusGrid}
          />
        )}
        {state.isOpen && <MoreNote state={state} onMore={view.more} />}
      </DropZone>
      <SelectionBar
        items={chosen}
        hasMore={state.hasMore}
        canUpdate={capabilities['update'] === true}
        canRemove={capabilities['remove'] === true}
        onAct={(act) => ask(act, chosen)}
        onClear={() => {
          setSelection(NOTHING)
          focusGrid.current?.()
        }}
      />
      {menu && (
        <RowMenu
          items={meant(menu.item)}
          at={menu.at}
          canUpdate={capabilities['update'] === true}
          canRemove={capabilities['remove'] === true}
          onAct={(act) => ask(act, meant(menu.item))}
          onClose={() => setMenu(undefined)}
        />
      )}
      {connector.dialog}
      {question && (
        <FolderDialog
          question={question}
          connection={connection}
          folder={isSearch ? 'root' : folder}
          source={isSearch ? undefined : folder}
          canCreateFolder={capabilities['create_folder'] === true}
          isBuiltIn={provider.auth === 'builtin'}
          onFolder={(made) => {
            setQuestion(undefined)
            view.add(made)
          }}
          onReconnect={reconnect}
          onRename={onRename}
          onDelete={(items) => {
            answered()
            setSelection(NOTHING)
            deleteItems(place, items)
          }}
          onMove={(items, target) => {
            answered()
            setSelection(NOTHING)
            moveItems(place, items, target, !isSearch)
          }}
          onClose={() => setQuestion(undefined)}
        />
      )}
    </main>
  )
}

const isButton = (at: MenuPlace) => at instanceof HTMLElement && at.matches('button')
