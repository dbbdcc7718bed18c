// The form of a provider that is connected with a user name and a password; its fields are the API's.
import { useState } from 'hono/jsx/dom'
import { call, toError, type ApiError, type Connection, type Provider } from './api.ts'
import { FormDialog } from './dialog.tsx'

interface PasswordFormProps {
  readonly provider: Provider
  /** The one that is renewed: what is known of it is filled in. */
  readonly connection: Connection | undefined
  readonly onClose: () => void
  readonly onDone: () => void
}

export function PasswordForm({ provider, connection, onClose, onDone }: PasswordFormProps) {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<ApiError | undefined>(undefined)
  const submit = (values: Record<string, string>) => {
    setBusy(true)
    setError(undefined)
    call('/api/cloud/connections/webdav', 'POST', { provider: provider.id, ...values }).then(
      onDone,
      (cause: unknown) => {
        setBusy(false)
        setError(toError(cause))
      },
    )
  }
  const known: Readonly<Record<string, unknown>> = { ...connection }
  const fields = provider.form_fields.map((field) => {
    const value = known[field.name]
    return typeof value === 'string' ? { ...field, value } : field
  })
  return (
    <FormDialog
      title={`${connection === undefined ? 'Connect' : 'Reconnect'} ${provider.label}`}
      fields={fields}
      action={connection === undefined ? 'Connect' : 'Reconnect'}
      busy={busy}
      error={error}
      onSubmit={submit}
      onClose={onClose}
    />
  )
}
