// The questions about one document: its name and category, and whether to delete it.
import { useState } from 'hono/jsx/dom'
import { slipway, toError, type ApiError, type DocumentView } from '../api.ts'
import { ConfirmDialog, FormDialog } from '../dialog.tsx'

interface EditDialogProps {
  readonly document: DocumentView
  readonly onDone: (document: DocumentView) => void
  readonly onClose: () => void
}

export function EditDialog({ document, onDone, onClose }: EditDialogProps) {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<ApiError | undefined>(undefined)
  const save = ({ filename = '', category = '' }: Readonly<Record<string, string>>) => {
    setBusy(true)
    setError(undefined)
    slipway.documents
      .update(document.id, { filename, category: category.trim() === '' ? null : category })
      .then(onDone)
      .catch((cause: unknown) => {
        setBusy(false)
        setError(toError(cause))
      })
  }
  return (
    <FormDialog
      title={`Rename or move ${document.filename}`}
      fields={[
        { name: 'filename', label: 'Name', type: 'text', required: true, value: document.filename },
        {
          name: 'category',
          label: 'Category (empty for none)',
          type: 'text',
          required: false,
          value: document.category ?? '',
        },
      ]}
      action="Save"
      busy={busy}
      error={error}
      onSubmit={save}
      onClose={onClose}
    />
  )
}

interface DeleteDialogProps {
  readonly document: DocumentView
  readonly onConfirm: () => void
  readonly onClose: () => void
}

export function DeleteDialog({ document, onConfirm, onClose }: DeleteDialogProps) {
  const fate =
    document.source === null
      ? 'Its file is deleted from where it is stored.'
      : 'The file that it was imported from stays where it is.'
  return (
    <ConfirmDialog
      title={`Delete ${document.filename}?`}
      text={`It is not found any more. ${fate}`}
      action="Delete"
      onConfirm={onConfirm}
      onClose={onClose}
    />
  )
}
