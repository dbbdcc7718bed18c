// The home page: a card for each provider with the accounts that are connected there.
import { useEffect, useState } from 'hono/jsx/dom'
import { call, connectionPath, toError, type Connection, type Provider } from './api.ts'
import { connectInPopup } from './connect.ts'
import { ConfirmDialog } from './dialog.tsx'
import { rescueFocus } from './focus.ts'
import { PasswordForm } from './password-form.tsx'

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

interface Form {
  readonly provider: Provider
  /** The one that is renewed, when it is not a new one. */
  readonly connection: Connection | undefined
}

export function Home({ providers, connections, onChange, onNotice }: HomeProps) {
  const [busy, setBusy] = useState<string | undefined>(undefined)
  const [form, setForm] = useState<Form | undefined>(undefined)
  const [leaving, setLeaving] = useState<Connection | undefined>(undefined)

  useEffect(() => {
    document.title = 'Your drives – Slipway'
  }, [])
  useEffect(rescueFocus, [connections])

  const fail = (error: unknown) => onNotice({ kind: 'bad', text: toError(error).message })
  const announce = async (text: string) => {
    await onChange()
    onNotice({ kind: 'good', text })
  }

  const connect = (provider: Provider, connection?: Connection) => {
    if (provider.auth === 'password') {
      setForm({ provider, connection })
      return
    }
    const connected = () => announce(`${provider.label} is connected.`)
    setBusy(provider.id)
    connectInPopup(provider.id, {
      connectionId: connection?.id,
      onLate: () => void connected(),
    })
      .then(connected)
      .catch(fail)
      .finally(() => setBusy(undefined))
  }

  const disconnect = (connection: Connection) => {
    setLeaving(undefined)
    call(connectionPath(connection.id), 'DELETE')
      .then(() => announce(`${connection.label} is disconnected.`))
      .catch(fail)
  }

  return (
    <main class="wrap">
      <h1 tabIndex={-1}>Your drives</h1>
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
          provider={form.provider}
          connection={form.connection}
          onClose={() => setForm(undefined)}
          onDone={() => {
            setForm(undefined)
            void announce(`${form.provider.label} is connected.`)
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
  const none = connections.length === 0
  return (
    <li class="card" data-provider={provider.id}>
      <header>
        <span class="badge" aria-hidden="true">
          {provider.label.slice(0, 1)}
        </span>
        <h2>{provider.label}</h2>
      </header>
      {connections.map((connection) => (
        <Account
          key={connection.id}
          connection={connection}
          busy={busy}
          onReconnect={() => onConnect(provider, connection)}
          onDisconnect={() => onDisconnect(connection)}
        />
      ))}
      {none && <p class="muted small">{describe(provider)}</p>}
      <div class="row grow">
        {builtIn && (
          <a
            class="button main"
            href={`#/${provider.id}/root`}
            aria-label={`Browse ${provider.label}`}
          >
            Browse
          </a>
        )}
        {!builtIn && provider.configured && (
          <button
            class={none ? 'main' : ''}
            disabled={busy}
            aria-label={
              busy ? undefined : `${none ? 'Connect' : 'Connect another'} ${provider.label}`
            }
            onClick={() => onConnect(provider)}
          >
            {busy ? 'Waiting for sign-in…' : none ? 'Connect' : 'Connect another'}
          </button>
        )}
      </div>
    </li>
  )
}

function describe(provider: Provider): string {
  if (provider.auth === 'builtin') return 'Built in: ready without connecting.'
  return provider.configured ? 'Not linked yet.' : 'Not set up by the operator yet.'
}

interface AccountProps {
  readonly connection: Connection
  readonly busy: boolean
  readonly onReconnect: () => void
  readonly onDisconnect: () => void
}

function Account({ connection, busy, onReconnect, onDisconnect }: AccountProps) {
  const name = connection.account_email ?? connection.account_name ?? connection.label
  const place = `#/${encodeURIComponent(connection.id)}/root`
  return (
    <div class="account" data-connection={connection.id}>
      <div class="row">
        <span class="ellipsis" title={name}>
          {name}
        </span>
        <StatusPill status={connection.status} />
      </div>
      {connection.server_url !== null && (
        <span class="muted small ellipsis" title={connection.server_url}>
          {connection.server_url}
        </span>
      )}
      <div class="row">
        {connection.status !== 'REQUIRES_REAUTH' ? (
          <a class="button main" href={place} aria-label={`Browse ${name}`}>
            Browse
          </a>
        ) : (
          <button
            class="main"
            disabled={busy}
            aria-label={`Reconnect ${name}`}
            onClick={onReconnect}
          >
            Reconnect
          </button>
        )}
        <button aria-label={`Disconnect ${name}`} onClick={onDisconnect}>
          Disconnect
        </button>
      </div>
    </div>
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
