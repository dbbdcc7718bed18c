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
  const [busy, setBusy] = useState<string | undefined>(undefined)
  const [asked, setAsked] = useState<Asked | undefined>(undefined)

  const consent = (provider: Provider, options: ConnectOptions) => {
    const connected = () => onConnected(provider)
    setBusy(provider.id)
    slipway
      .connect(provider.id, { ...options, onLate: connected })
      .then(connected)
      .catch(onFailed)
      .finally(() => setBusy(undefined))
  }
  return {
    /** The id of the provider whose popup is open. */
    busy,
    /** Connects another account, or renews the named one in place. Call it directly in a click handler. */
    connect: (provider: Provider, connection?: Connection) => {
      if (provider.auth === 'oauth2') consent(provider, { connectionId: connection?.id })
      else setAsked({ provider, connection })
    },
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
