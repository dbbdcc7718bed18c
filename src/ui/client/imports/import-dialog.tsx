// Imports a selection: what it would bring, how it is to be done, then its progress. Closed, it goes on.
import { useEffect, useRef, useState } from 'hono/jsx/dom'
import type { ImportOrder } from '../../../client/imports/imports.ts'
import {
  slipway,
  toError,
  type ApiError,
  type Import,
  type ImportPreview,
  type Item,
} from '../api.ts'
import { Dialog } from '../dialog.tsx'
import { say } from '../toasts.ts'
import { followImport, importPlace } from './follow.ts'
import { ImportForm, type Wishes } from './import-form.tsx'
import { ImportFiles } from './import-files.tsx'
import { ImportProgress } from './import-progress.tsx'
import { isOver } from './import-words.ts'
import { useFiles } from './use-files.ts'
import { useImport } from './use-import.ts'

/** Items that one order may name. */
const MOST = 1000

interface ImportDialogProps {
  /** A connection's id, or a built-in provider's. */
  readonly connection: string
  readonly items: readonly Pick<Item, 'id' | 'name'>[]
  /** Where the drive can be renewed on the spot. */
  readonly onReconnect?: (() => void) | undefined
  readonly onClose: () => void
}

export function ImportDialog({ connection, items, onReconnect, onClose }: ImportDialogProps) {
  const [started, setStarted] = useState<Import | undefined>(undefined)
  const only = items.length === 1 ? items[0]?.name : undefined
  const title = `Import ${only ?? `${items.length} items`}`
  if (started !== undefined) {
    return <Running first={started} title={title} onReconnect={onReconnect} onClose={onClose} />
  }
  if (items.length > MOST) {
    return (
      <Dialog title={title} onClose={onClose}>
        <p role="alert">At most 1,000 at once: choose the folder itself instead.</p>
        <div class="row end">
          <button autofocus onClick={onClose}>
            Close
          </button>
        </div>
      </Dialog>
    )
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
  readonly onStarted: (view: Import) => void
}

function Ask({ connection, items, onReconnect, onStarted, onClose }: AskProps) {
  const [preview, setPreview] = useState<ImportPreview | undefined>(undefined)
  const [failure, setFailure] = useState<ApiError | undefined>(undefined)
  /** What the start that has failed was to be. */
  const [refused, setRefused] = useState<Wishes | undefined>(undefined)
  const [busy, setBusy] = useState(false)

  const order = (wishes: Wishes): ImportOrder => ({
    connection_id: connection,
    items,
    ...wishes,
  })
  const [round, setRound] = useState(0)
  useEffect(() => {
    const stop = new AbortController()
    const { signal } = stop
    setFailure(undefined)
    slipway.imports
      .preview(order({}), { signal })
      .then((found) => !signal.aborted && setPreview(found))
      .catch((error: unknown) => !signal.aborted && setFailure(toError(error)))
    return () => stop.abort()
  }, [round])

  // A click repeated after a lost answer makes no second import.
  const key = useRef({ of: '', value: '' })
  const start = (wishes: Wishes) => {
    if (busy) return
    setBusy(true)
    setFailure(undefined)
    setRefused(undefined)
    const of = JSON.stringify(wishes)
    if (key.current?.of !== of) key.current = { of, value: crypto.randomUUID() }
    slipway.imports
      .start(order(wishes), { idempotencyKey: key.current.value })
      .then(onStarted)
      .catch((error: unknown) => {
        setFailure(toError(error))
        setRefused(wishes)
        setBusy(false)
      })
  }
  return (
    <ImportForm
      preview={preview}
      failure={failure}
      busy={busy}
      onRetry={() => (refused === undefined ? setRound(round + 1) : start(refused))}
      triesByItself={refused === undefined}
      onReconnect={onReconnect}
      onStart={start}
      onClose={onClose}
    />
  )
}

interface RunningProps extends Pick<ImportDialogProps, 'onReconnect' | 'onClose'> {
  readonly first: Import
  readonly title: string
}

function Running({ first, title, onReconnect, onClose }: RunningProps) {
  const files = useFiles(first.id)
  const { view, adopt } = useImport(first.id, files.apply)
  const shown = view ?? first
  const isPaused = shown.pause_reason === 'user'
  const close = () => {
    if (!isOver(shown)) {
      say(isPaused ? 'The import stays paused.' : 'The import goes on.', {
        href: importPlace(first.id),
        label: 'Show the import',
      })
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
          {isOver(shown) ? 'Done' : isPaused ? 'Close' : 'Close, it goes on'}
        </button>
      </div>
    </Dialog>
  )
}
