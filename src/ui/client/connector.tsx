// Starts connecting in the way a provider asks for, on whichever page it is wanted: in a popup, or with a dialog of its own.
import { useState } from 'hono/jsx/dom'
import type { ConnectOptions } from '../../client/slipway.ts'
import { slipway, type Connection, type Provider } from './api.ts'
import { ConnectDialog } from './connect-dialog.tsx'

interface ConnectorOptions {
  readonly onConnected: (provider: Provider) => void
  readonly onFailed: (error: unknown) => void
}

interface Asked {
  readonly provider: Provider
  readonly connection: Connection | undefined
}

export function useConnector({ onConnected, onFailed }: ConnectorOptions) {
  const [busy, setBusy] = useState<readonly string[]>([])
  const [asked, setAsked] = useState<Asked | undefined>(undefined)

  const consent = (provider: Provider, options: ConnectOptions) => {
    const connected = () => onConnected(provider)
    setBusy((before) => [...before, provider.id])
    slipway
      .connect(provider.id, { ...options, onLate: connected })
      .then(connected)
      .catch(onFailed)
      .finally(() =>
        setBusy((before) => {
          const at = before.indexOf(provider.id)
          return before.filter((_, index) => index !== at)
        }),
      )
  }
  return {
    /** Whether a popup of this provider is open. */
    isBusy: (provider: string) => busy.includes(provider),
    /** Connects another account, or renews the named one in place. Call it directly in a click handler. */
    connect: (provider: Provider, connection?: Connection) => {
      if (provider.auth === 'oauth2') consent(provider, { connectionId: connection?.id })
      else setAsked({ provider, connection })
    },
    /** Adds a permission to the named one. Call it directly in a click handler. */
    grant: (provider: Provider, connection: Connection, scope: string) =>
      consent(provider, { connectionId: connection.id, scopes: [scope] }),
    /** Asks for consent as a given request says. Call it directly in a click handler. */
    consent: (provider: Provider, initiateUrl: string) => consent(provider, { initiateUrl }),
    /** To be put on the page. */
    dialog: asked && (
      <ConnectDialog
        provider={asked.provider}
        connection={asked.connection}
        onClose={() => setAsked(undefined)}
        onDone={() => {
          setAsked(undefined)
          onConnected(asked.provider)
        }}
      />
    ),
  }
}
