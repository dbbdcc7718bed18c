// The home page: a card for each provider with the accounts that are connected there.
import { useState } from 'hono/jsx/dom'
import {
  call,
  connectionPath,
  toError,
  type ApiError,
  type Connection,
  type Provider,
} from './api.ts'
import { connectInPopup } from './connect.ts'
import { ConfirmDialog, FormDialog } from './dialog.tsx'

interface HomeProps {
  readonly providers: readonly Provider[]
  readonly connections: readonly Connection[]
  readonly onChange: () => Promise<void>
  readonly onNotice: (notice: Notice) => void
}

export interface Notice {
  readonly kind: 'good' | 'bad'
  readonly text: string
}

export function Home({ providers, connections, onChange, onNotice }: HomeProps) {
  const [busy, setBusy] = useState<string | undefined>(undefined)
  const [form, setForm] = useState<Provider | undefined>(undefined)
  const [leaving, setLeaving] = useState<Connection | undefined>(undefined)

  const connect = (provider: Provider, connection?: Connection) => {
    if (provider.auth === 'password') {
      setForm(provider)
      return
    }
    setBusy(provider.id)
    connectInPopup(provider.id, connection?.id)
      .then(async () => {
        await onChange()
        onNotice({ kind: 'good', text: `${provider.label} is connected.` })
      })
      .catch((error: unknown) => onNotice({ kind: 'bad', text: toError(error).message }))
      .finally(() => setBusy(undefined))
  }

  const disconnect = (connection: Connection) => {
    setLeaving(undefined)
    call(connectionPath(connection.id), 'DELETE')
      .then(async () => {
        await onChange()
        onNotice({ kind: 'good', text: `${connection.label} is disconnected.` })
      })
      .catch((error: unknown) => onNotice({ kind: 'bad', text: toError(error).message }))
  }

  return (
    <main class="wrap">
      <h1>Your drives</h1>
      <ul class="cards">
        {providers.map((provider) => (
          <Card
            key={provider.id}
            provider={provider}
            connections={connections.filter((one) => one.provider === provider.id)}
            busy={busy === provider.id}
            onConnect={connect}
            onDisconnect={setLeaving}
          />
        ))}
      </ul>
      {form && (
        <PasswordForm
          provider={form}
          onClose={() => setForm(undefined)}
          onDone={async () => {
            const { label } = form
            setForm(undefined)
            await onChange()
            onNotice({ kind: 'good', text: `${label} is connected.` })
          }}
        />
      )}
      {leaving && (
        <ConfirmDialog
          title={`Disconnect ${leaving.label}?`}
          text="Its sign-in is deleted here and ended at the provider where that is possible. The files stay where they are."
          action="Disconnect"
          onConfirm={() => disconnect(leaving)}
          onClose={() => setLeaving(undefined)}
        />
      )}
    </main>
  )
}

interface CardProps {
  readonly provider: Provider
  readonly connections: readonly Connection[]
  readonly busy: boolean
  readonly onConnect: (provider: Provider, connection?: Connection) => void
  readonly onDisconnect: (connection: Connection) => void
}

function Card({ provider, connections, busy, onConnect, onDisconnect }: CardProps) {
  const builtIn = provider.auth === 'builtin'
  return (
    <li class="card" data-provider={provider.id}>
      <header>
        <span class="badge" aria-hidden="true">
          {provider.label.slice(0, 1)}
        </span>
        <h2>{provider.label}</h2>
      </header>
      {connections.map((connection) => (
        <div class="account" key={connection.id} data-connection={connection.id}>
          <div class="row">
            <span>{connection.account_email ?? connection.account_name ?? connection.label}</span>
            <StatusPill status={connection.status} />
          </div>
          {connection.server_url !== null && (
            <span class="muted small">{connection.server_url}</span>
          )}
          <div class="row">
            {connection.status !== 'REQUIRES_REAUTH' ? (
              <a class="button main" href={`#/${encodeURIComponent(connection.id)}/root`}>
                Browse
              </a>
            ) : (
              <button class="main" disabled={busy} onClick={() => onConnect(provider, connection)}>
                Reconnect
              </button>
            )}
            <button onClick={() => onDisconnect(connection)}>Disconnect</button>
          </div>
        </div>
      ))}
      <div class="row grow">
        {builtIn && (
          <a class="button main" href={`#/${provider.id}/root`}>
            Browse
          </a>
        )}
        {!builtIn && provider.configured && (
          <button
            class={connections.length === 0 ? 'main' : ''}
            disabled={busy}
            onClick={() => onConnect(provider)}
          >
            {busy
              ? 'Waiting for sign-in…'
              : connections.length === 0
                ? 'Connect'
                : 'Connect another'}
          </button>
        )}
        {!provider.configured && <span class="muted small">Not set up by the operator yet.</span>}
      </div>
    </li>
  )
}

const PILLS = {
  ACTIVE: { kind: 'good', text: 'Connected' },
  REQUIRES_REAUTH: { kind: 'warn', text: 'Sign in again' },
  ERROR: { kind: 'warn', text: 'Has trouble, will be retried' },
} as const

function StatusPill({ status }: { readonly status: Connection['status'] }) {
  const { kind, text } = PILLS[status]
  return <span class={`pill ${kind}`}>{text}</span>
}

function PasswordForm(props: {
  readonly provider: Provider
  readonly onClose: () => void
  readonly onDone: () => Promise<void>
}) {
  const { provider, onClose, onDone } = props
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<ApiError | undefined>(undefined)
  const submit = (values: Record<string, string>) => {
    setBusy(true)
    setFailure(undefined)
    call('/api/cloud/connections/webdav', 'POST', { provider: provider.id, ...values })
      .then(onDone)
      .catch((error: unknown) => setFailure(toError(error)))
      .finally(() => setBusy(false))
  }
  const byField = Object.fromEntries(
    (failure?.errors ?? []).map(({ field, message }) => [field.replace(/^body\./, ''), message]),
  )
  return (
    <FormDialog
      title={`Connect ${provider.label}`}
      fields={provider.form_fields}
      action="Connect"
      busy={busy}
      error={failure?.message}
      fieldErrors={byField}
      onSubmit={submit}
      onClose={onClose}
    />
  )
}
