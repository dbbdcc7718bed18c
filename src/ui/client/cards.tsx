// The home page: a card for each provider with the accounts that are connected there.
import { useEffect, useState } from 'hono/jsx/dom'
import { Account } from './account.tsx'
import {
  call,
  connectionPath,
  toError,
  type Connection,
  type Provider,
  type StorageUsage,
} from './api.ts'
import { useConnector } from './connector.tsx'
import { ConfirmDialog } from './dialog.tsx'
import { rescueFocus } from './focus.ts'
import { formatQuota } from './format.ts'

interface HomeProps {
  readonly providers: readonly Provider[]
  readonly connections: readonly Connection[]
  readonly storage: StorageUsage
  readonly onChange: () => Promise<void>
  readonly onNotice: (notice: Notice) => void
}

export interface Notice {
  readonly kind: 'good' | 'bad'
  readonly text: string
}

export function Home({ providers, connections, storage, onChange, onNotice }: HomeProps) {
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

  const connector = useConnector({
    onConnected: ({ label }) => void announce(`${label} is connected.`),
    onFailed: fail,
  })

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
            storage={storage}
            busy={connector.busy === provider.id}
            onConnect={connector.connect}
            onExtend={connector.consent}
            onChecked={() => void onChange()}
            onDisconnect={setLeaving}
          />
        ))}
      </ul>
      {connector.dialog}
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
  readonly storage: StorageUsage
  readonly busy: boolean
  readonly onConnect: (provider: Provider, connection?: Connection) => void
  readonly onExtend: (provider: Provider, initiateUrl: string) => void
  readonly onChecked: () => void
  readonly onDisconnect: (connection: Connection) => void
}

function Card(props: CardProps) {
  const { provider, connections, busy, onConnect, onExtend, onChecked, onDisconnect } = props
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
          onExtend={(initiateUrl) => onExtend(provider, initiateUrl)}
          onChecked={onChecked}
          onDisconnect={() => onDisconnect(connection)}
        />
      ))}
      {none && <p class="muted small">{describe(provider)}</p>}
      {builtIn && (
        <p class="muted small">
          {formatQuota({ used: props.storage.used, total: props.storage.quota })}
        </p>
      )}
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
