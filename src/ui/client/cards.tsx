// The home page: a card for each provider with the accounts that are connected there; what is not set up stands apart.
import { useEffect, useState } from 'hono/jsx/dom'
import { Account } from './account.tsx'
import { call, connectionPath, type Connection, type Provider } from './api.ts'
import { useConnector } from './connector.tsx'
import { ConfirmDialog } from './dialog.tsx'
import { rescueFocus } from './focus.ts'
import type { PageProps } from './loaded.ts'
import { QuotaBar } from './quota-bar.tsx'
import { RenameDialog } from './rename-dialog.tsx'
import { complain, say } from './toasts.ts'

interface Question {
  readonly kind: 'rename' | 'disconnect'
  readonly connection: Connection
}

export function Home({ loaded, onChange }: PageProps) {
  const { providers, connections, me } = loaded
  const [question, setQuestion] = useState<Question | undefined>(undefined)

  useEffect(() => {
    document.title = 'Your drives – Slipway'
  }, [])
  useEffect(rescueFocus, [connections])

  const announce = async (text: string) => {
    await onChange()
    say(text)
  }
  const connector = useConnector({
    onConnected: ({ label }) => void announce(`${label} is connected.`),
    onFailed: complain,
  })
  const disconnect = (connection: Connection) => {
    setQuestion(undefined)
    call(connectionPath(connection.id), 'DELETE')
      .then(() => announce(`${connection.label} is disconnected.`))
      .catch(complain)
  }
  // Whoever has connected it before still has to be able to see it.
  const isOffered = ({ id, auth, configured }: Provider) =>
    auth === 'builtin' || configured || connections.some(({ provider }) => provider === id)
  const missing = providers.filter((provider) => !isOffered(provider))

  return (
    <main class="wrap">
      <h1 tabIndex={-1}>Your drives</h1>
      {connections.length === 0 && <Welcome />}
      <ul class="cards">
        {providers.filter(isOffered).map((provider) => (
          <Card
            key={provider.id}
            provider={provider}
            connections={connections.filter((one) => one.provider === provider.id)}
            storage={{ used: me.storage.used, total: me.storage.quota }}
            busy={connector.isBusy(provider.id)}
            onConnect={connector.connect}
            onExtend={connector.consent}
            onChecked={() => void onChange()}
            onQuestion={setQuestion}
          />
        ))}
      </ul>
      {missing.length > 0 && <NotSetUp providers={missing} />}
      {connector.dialog}
      {question?.kind === 'rename' && (
        <RenameDialog
          connection={question.connection}
          onDone={() => {
            setQuestion(undefined)
            void onChange()
          }}
          onClose={() => setQuestion(undefined)}
        />
      )}
      {question?.kind === 'disconnect' && (
        <ConfirmDialog
          title={`Disconnect ${question.connection.label}?`}
          text="Its sign-in is deleted here and ended at the provider where that is possible. The files stay where they are."
          action="Disconnect"
          onConfirm={() => disconnect(question.connection)}
          onClose={() => setQuestion(undefined)}
        />
      )}
    </main>
  )
}

function Welcome() {
  return (
    <section class="card welcome" aria-labelledby="welcome">
      <h2 id="welcome">Welcome. Connect your first drive.</h2>
      <ol>
        <li>Choose Connect below and sign in at the provider. Your password stays there.</li>
        <li>Browse, upload and download as if all drives were one.</li>
        <li>
          Import files to search what is in them, under <a href="#/-/documents">Documents</a>.
        </li>
      </ol>
    </section>
  )
}

function NotSetUp({ providers }: { readonly providers: readonly Provider[] }) {
  return (
    <section class="not-set-up" aria-labelledby="not-set-up">
      <h2 id="not-set-up">Not available yet</h2>
      <p class="muted">
        Ask your administrator to set {providers.length === 1 ? 'this' : 'these'} up.
      </p>
      <ul class="row">
        {providers.map(({ id, label }) => (
          <li key={id} data-provider={id}>
            <Badge label={label} /> {label}
          </li>
        ))}
      </ul>
    </section>
  )
}

function Badge({ label }: { readonly label: string }) {
  return (
    <span class="badge" aria-hidden="true">
      {label.slice(0, 1)}
    </span>
  )
}

interface CardProps {
  readonly provider: Provider
  readonly connections: readonly Connection[]
  readonly storage: { readonly used: number; readonly total: number | null }
  readonly busy: boolean
  readonly onConnect: (provider: Provider, connection?: Connection) => void
  readonly onExtend: (provider: Provider, initiateUrl: string) => void
  readonly onChecked: () => void
  readonly onQuestion: (question: Question) => void
}

function Card(props: CardProps) {
  const { provider, connections, busy, onConnect, onExtend, onChecked, onQuestion } = props
  const builtIn = provider.auth === 'builtin'
  const none = connections.length === 0
  const act = busy ? 'Waiting for sign-in…' : none ? 'Connect' : 'Connect another'
  return (
    <li class="card" data-provider={provider.id}>
      <header>
        <Badge label={provider.label} />
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
          onRename={() => onQuestion({ kind: 'rename', connection })}
          onDisconnect={() => onQuestion({ kind: 'disconnect', connection })}
        />
      ))}
      {none && (
        <p class="muted small">
          {builtIn ? 'Built in: ready without connecting.' : 'Not connected yet.'}
        </p>
      )}
      {builtIn && <QuotaBar quota={props.storage} name={provider.label} />}
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
            aria-label={`${act} ${provider.label}`}
            onClick={() => onConnect(provider)}
          >
            {act}
          </button>
        )}
      </div>
    </li>
  )
}
