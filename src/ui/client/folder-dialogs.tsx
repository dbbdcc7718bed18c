// The questions of the file browser: a new folder's name, an item's new name, whether to delete, in which format to download.
import { useState } from 'hono/jsx/dom'
import { call, connectionPath, itemPath, toError, type ApiError, type Item } from './api.ts'
import { ConfirmDialog, FormDialog } from './dialog.tsx'
import { FormatDialog } from './format-dialog.tsx'

export type Question =
  | { readonly kind: 'folder' }
  | { readonly kind: 'rename'; readonly item: Item }
  | { readonly kind: 'delete'; readonly item: Item }
  | { readonly kind: 'download'; readonly item: Item }

interface FolderDialogProps {
  readonly question: Question
  readonly connection: string
  readonly folder: string
  readonly onDone: () => void
  readonly onClose: () => void
}

export function FolderDialog(props: FolderDialogProps) {
  const { question, connection, folder, onDone, onClose } = props
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<ApiError | undefined>(undefined)

  const run = (work: Promise<unknown>) => {
    setBusy(true)
    setError(undefined)
    work.then(onDone, (cause: unknown) => {
      setBusy(false)
      setError(toError(cause))
    })
  }

  if (question.kind === 'download') {
    return <FormatDialog connection={connection} item={question.item} onClose={onClose} />
  }
  if (question.kind === 'delete') {
    const { item } = question
    return (
      <ConfirmDialog
        title={`Delete ${item.name}?`}
        text="Where the provider has a bin, it goes there."
        action="Delete"
        busy={busy}
        error={error?.message}
        onConfirm={() => run(call(itemPath(connection, item.id), 'DELETE'))}
        onClose={onClose}
      />
    )
  }
  const old = question.kind === 'rename' ? question.item : undefined
  const submit = ({ name = '' }: Readonly<Record<string, string>>) =>
    run(
      old === undefined
        ? call(`${connectionPath(connection)}/folders`, 'POST', { parent_id: folder, name })
        : call(itemPath(connection, old.id), 'PATCH', { name }),
    )
  return (
    <FormDialog
      title={old === undefined ? 'New folder' : `Rename ${old.name}`}
      fields={[
        { name: 'name', label: 'Name', type: 'text', required: true, value: old?.name ?? '' },
      ]}
      action={old === undefined ? 'Create' : 'Rename'}
      busy={busy}
      error={error}
      onSubmit={submit}
      onClose={onClose}
    />
  )
}
