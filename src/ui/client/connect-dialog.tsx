// Connects a user's own server, or renews a connection to it: by signing in there where it offers that, else with a password.
import { useState } from 'hono/jsx/dom'
import type { Connection, Provider } from './api.ts'
import { Dialog } from './dialog.tsx'
import type { Values } from './form.tsx'
import { LoginForm } from './login-form.tsx'
import { PasswordForm } from './password-form.tsx'

interface ConnectDialogProps {
  readonly provider: Provider
  /** The one that is renewed: what is known of it is filled in. */
  readonly connection: Connection | undefined
  readonly onClose: () => void
  readonly onDone: () => void
}

export function ConnectDialog({ provider, connection, onClose, onDone }: ConnectDialogProps) {
  const canSignIn = provider.auth === 'login_flow'
  const [known, setKnown] = useState(knownOf(provider, connection))
  const [signsIn, setSignsIn] = useState(canSignIn)
  const change = (values: Values) => {
    setKnown({ ...known, ...values })
    setSignsIn(!signsIn)
  }
  const common = { provider, connection, known, onClose, onDone }
  return (
    <Dialog
      title={`${connection === undefined ? 'Connect' : 'Reconnect'} ${provider.label}`}
      onClose={onClose}
    >
      {signsIn ? (
        <LoginForm
          {...common}
          alternative={{ label: 'Use an app password instead', onChoose: change }}
        />
      ) : (
        <PasswordForm
          {...common}
          alternative={
            canSignIn ? { label: 'Sign in at the server instead', onChoose: change } : undefined
          }
        />
      )}
    </Dialog>
  )
}

/** What of the form's fields the connection tells. */
function knownOf({ form_fields }: Provider, connection: Connection | undefined): Values {
  const all: Readonly<Record<string, unknown>> = { ...connection }
  const told = form_fields.map(({ name }): readonly [string, unknown] => [name, all[name]])
  return Object.fromEntries(
    told.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}
