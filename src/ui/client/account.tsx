// One connected account on its card: how it fares, what should be done about it, and what a check finds.
import { useEffect, useState } from 'hono/jsx/dom'
import { call, connectionPath, toError, type Connection, type Health } from './api.ts'
import { formatClock, formatDate } from './format.ts'
import { PencilIcon } from './icons.tsx'
import { QuotaBar } from './quota-bar.tsx'

interface AccountProps {
  readonly connection: Connection
  /** Whether a popup of its provider is open. */
  readonly busy: boolean
  readonly onReconnect: () => void
  /** Adds a permission: the request that asks for it. */
  readonly onExtend: (initiateUrl: string) => void
  readonly onChecked: () => void
  readonly onRename: () => void
  readonly onDisconnect: () => void
}

export function Account(props: AccountProps) {
  const { connection, busy, onReconnect, onExtend, onChecked, onRename, onDisconnect } = props
  const [health, setHealth] = useState<Health | undefined>(undefined)
  const [outcome, setOutcome] = useState('')
  const [checking, setChecking] = useState(false)
  const ended = connection.status === 'REQUIRES_REAUTH'
  const name = connection.label
  const account = connection.account_email ?? connection.account_name

  const check = () => {
    setChecking(true)
    setOutcome('')
    call<Health>(`${connectionPath(connection.id)}/check`, 'POST')
      .then((found) => {
        setHealth(found)
        const works = found.limitations.length === 0 ? 'everything works' : 'it works, with limits'
        setOutcome(`Checked at ${formatClock(new Date())}: ${works}.`)
      })
      .catch((error: unknown) => {
        setHealth(undefined)
        setOutcome(toError(error).message)
      })
      .finally(() => {
        setChecking(false)
        onChecked()
      })
  }
  const granted = connection.scopes.join(' ')
  useEffect(() => {
    // What had been found to be missing may have been added.
    if (health !== undefined) check()
  }, [granted])

  return (
    <div class="account" data-connection={connection.id}>
      <div class="account-head">
        <span class="ellipsis" title={name}>
          {name}
        </span>
        <StatusPill status={connection.status} />
        <button class="plain push" aria-label={`Rename ${name}`} title="Rename" onClick={onRename}>
          <PencilIcon />
        </button>
      </div>
      {account !== null && account !== name && (
        <span class="muted small ellipsis" title={account}>
          {account}
        </span>
      )}
      {connection.server_url !== null && (
        <span class="muted small ellipsis" title={connection.server_url}>
          {connection.server_url}
        </span>
      )}
      <QuotaBar quota={health?.quota ?? connection.quota} name={name} />
      <Throttled until={connection.throttled_until} />
      {connection.warning && (
        <div class="notice warn small">
          <span>
            {connection.warning.message} Access ends on {formatDate(connection.warning.ends_at)}.
          </span>
          <button disabled={busy} aria-label={`Reconnect ${name} in time`} onClick={onReconnect}>
            Reconnect
          </button>
        </div>
      )}
      <p class="small" role="status">
        {checking ? 'Checking…' : outcome}
      </p>
      {health && health.limitations.length > 0 && (
        <ul class="limitations small" aria-label={`What ${name} does not allow`}>
          {health.limitations.map(({ scope, message, initiate_url }) => (
            <li key={scope}>
              <span>{message}</span>
              <button
                disabled={busy}
                aria-label={`Add the permission: ${message}`}
                onClick={() => onExtend(initiate_url)}
              >
                Add the permission
              </button>
            </li>
          ))}
        </ul>
      )}
      <div class="row">
        {ended ? (
          <button
            class="main"
            disabled={busy}
            aria-label={`Reconnect ${name}`}
            onClick={onReconnect}
          >
            Reconnect
          </button>
        ) : (
          <>
            <a
              class="button main"
              href={`#/${encodeURIComponent(connection.id)}/root`}
              aria-label={`Browse ${name}`}
            >
              Browse
            </a>
            <button
              aria-label={`Check ${name}`}
              aria-disabled={checking ? 'true' : undefined}
              onClick={() => !checking && check()}
            >
              Check
            </button>
          </>
        )}
        <button aria-label={`Disconnect ${name}`} onClick={onDisconnect}>
          Disconnect
        </button>
      </div>
    </div>
  )
}

/** Goes away when the time has come. */
function Throttled({ until }: { readonly until: string | null }) {
  const [, setPassed] = useState<string | null>(null)
  const end = until === null ? 0 : Date.parse(until)
  useEffect(() => {
    if (end <= Date.now()) return
    const timer = setTimeout(() => setPassed(until), end - Date.now())
    return () => clearTimeout(timer)
  }, [until])
  if (end <= Date.now()) return null
  return <p class="muted small">The provider asked to wait until {formatClock(new Date(end))}.</p>
}

const PILLS = {
  ACTIVE: { kind: 'good', text: 'Connected' },
  REQUIRES_REAUTH: { kind: 'warn', text: 'Sign in again' },
  ERROR: { kind: 'warn', text: 'Has trouble, will be retried' },
} as const

/** In the user's words. */
export function StatusPill({ status }: { readonly status: Connection['status'] }) {
  const { kind, text } = PILLS[status]
  return <span class={`pill ${kind}`}>{text}</span>
}
