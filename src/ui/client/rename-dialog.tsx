// Asks what the user wants to call a connection.
import { useState } from 'hono/jsx/dom'
import { call, connectionPath, toError, type ApiError, type Connection } from './api.ts'
import { FormDialog } from './dialog.tsx'

interface RenameDialogProps {
  readonly connection: Connection
  readonly onDone: () => void
  readonly onClose: () => void
}

export function RenameDialog({ connection, onDone, onClose }: RenameDialogProps) {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<ApiError | undefined>(undefined)
  const save = ({ label = '' }: Readonly<Record<string, string>>) => {
    setBusy(true)
    setError(undefined)
    call(connectionPath(connection.id), 'PATCH', { label })
      .then(onDone)
      .catch((cause: unknown) => {
        setBusy(false)
        setError(toError(cause))
      })
  }
  return (
    <FormDialog
      title={`Rename ${connection.label}`}
      fields={[
        { name: 'label', label: 'Name', type: 'text', required: true, value: connection.label },
      ]}
      action="Rename"
      busy={busy}
      error={error}
      onSubmit={save}
      onClose={onClose}
    />
  )
}
