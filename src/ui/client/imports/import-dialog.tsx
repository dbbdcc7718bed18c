// Imports a selection: what it would bring, how it is to be done, then its progress. Closed, it goes on.
import { useEffect, useState } from 'hono/jsx/dom'
import { toError, type ApiError, type Item } from '../api.ts'
import { Dialog } from '../dialog.tsx'
import { say } from '../toasts.ts'
import { followImport, importPlace } from './follow.ts'
import {
  isOver,
  orderImport,
  previewImport,
  type ImportOrder,
  type ImportView,
  type Preview,
} from './import-calls.ts'
import { ImportForm, type Wishes } from './import-form.tsx'
import { ImportFiles } from './import-files.tsx'
import { ImportProgress } from './import-progress.tsx'
import { useFiles } from './use-files.ts'
import { useImport } from './use-import.ts'

interface ImportDialogProps {
  /** A connection's id, or a built-in provider's. */
  readonly connection: string
  readonly items: readonly Pick<Item, 'id' | 'name'>[]
  /** Where the drive can be renewed on the spot. */
  readonly onReconnect?: (() => void) | undefined
  readonly onClose: () => void
}

export function ImportDialog({ connection, items, onReconnect, onClose }: ImportDialogProps) {
  const [started, setStarted] = useState<ImportView | undefined>(undefined)
  const only = items.length === 1 ? items[0]?.name : undefined
  const title = `Import ${only ?? `${items.length} items`}`
  if (started !== undefined) {
    return <Running first={started} title={title} onReconnect={onReconnect} onClose={onClose} />
  }
  return (
    <Dialog title={title} isWide onClose={onClose}>
      <Ask
        connection={connection}
        items={items}
        onReconnect={onReconnect}
        onStarted={setStarted}
        onClose={onClose}
      />
    </Dialog>
  )
}

interface AskProps extends ImportDialogProps {
  readonly onStarted: (view: ImportView) => void
}

function Ask({ connection, items, onReconnect, onStarted, onClose }: AskProps) {
  const [preview, setPreview] = useState<Preview | undefined>(undefined)
  const [failure, setFailure] = useState<ApiError | undefined>(undefined)
  const [busy, setBusy] = useState(false)

  const order = (wishes: Wishes): ImportOrder => ({
    connection_id: connection,
    items: items.map(({ id }) => ({ id })),
    ...wishes,
  })
  const look = () => {
    setFailure(undefined)
    return previewImport(order({ on_duplicate: 'skip', keep_original: false }))
  }
  const lookAgain = () => {
    look()
      .then(setPreview)
      .catch((error: unknown) => setFailure(toError(error)))
  }
  useEffect(() => {
    let isGone = false
    look()
      .then((found) => !isGone && setPreview(found))
      .catch((error: unknown) => !isGone && setFailure(toError(error)))
    return () => {
      isGone = true
    }
  }, [])

  const start = (wishes: Wishes) => {
    if (busy) return
    setBusy(true)
    setFailure(undefined)
    orderImport(order(wishes))
      .then(onStarted)
      .catch((error: unknown) => {
        setFailure(toError(error))
        setBusy(false)
      })
  }
  return (
    <ImportForm
      preview={preview}
      failure={failure}
      busy={busy}
      onRetry={lookAgain}
      onReconnect={onReconnect}
      onStart={start}
      onClose={onClose}
    />
  )
}

interface RunningProps extends Pick<ImportDialogProps, 'onReconnect' | 'onClose'> {
  readonly first: ImportView
  readonly title: string
}

function Running({ first, title, onReconnect, onClose }: RunningProps) {
  const files = useFiles(first.id)
  const { view, adopt } = useImport(first.id, files.apply)
  const shown = view ?? first
  const close = () => {
    if (!isOver(shown)) {
      say('The import goes on.', { href: importPlace(first.id), label: 'Show the import' })
      followImport(shown)
    }
    onClose()
  }
  return (
    <Dialog title={title} isWide onClose={close}>
      <p class="visually-hidden" role="status">
        {isOver(shown) ? 'The import is over.' : 'The import has begun.'}
      </p>
      <ImportProgress view={shown} onReconnect={onReconnect} onChange={adopt} />
      <ImportFiles view={shown} files={files} />
      <div class="row end">
        <a class="button" href={importPlace(first.id)} onClick={onClose}>
          Open its page
        </a>
        <button class="main" onClick={close}>
          {isOver(shown) ? 'Done' : 'Close, it goes on'}
        </button>
      </div>
    </Dialog>
  )
}
