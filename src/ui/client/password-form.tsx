// The form of a provider that is connected with a user name and a password; its fields are the API's.
import { useState } from 'hono/jsx/dom'
import type { PasswordFields } from '../../client/slipway.ts'
import { slipway, type ApiError, type Connection, type Provider } from './api.ts'
import { explain } from './connect.ts'
import { Form, type FormProps, type Values } from './form.tsx'

interface PasswordFormProps extends Pick<FormProps, 'alternative' | 'onClose'> {
  readonly provider: Provider
  /** The one that is renewed in place. */
  readonly connection: Connection | undefined
  /** What is known of the fields already. */
  readonly known: Values
  readonly onDone: () => void
}

export function PasswordForm(props: PasswordFormProps) {
  const { provider, connection, known, onDone, ...form } = props
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<ApiError | undefined>(undefined)
  const submit = (values: Values) => {
    setBusy(true)
    setError(undefined)
    const target = connection === undefined ? {} : { connection_id: connection.id }
    const fields = { ...target, ...values } as unknown as PasswordFields
    slipway.connectWithPassword(provider.id, fields).then(onDone, (cause: unknown) => {
      setBusy(false)
      setError(explain(cause))
    })
  }
  return (
    <Form
      {...form}
      fields={provider.form_fields.map((field) => ({ ...field, value: known[field.name] ?? '' }))}
      action={connection === undefined ? 'Connect' : 'Reconnect'}
      busy={busy}
      error={error}
      onSubmit={submit}
    />
  )
}
