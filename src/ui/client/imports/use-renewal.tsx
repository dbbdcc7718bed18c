// Reconnects the drive of an import from where the import is shown; it goes on by itself then.
import { useConnector } from '../connector.tsx'
import type { Loaded } from '../loaded.ts'
import { complain, say } from '../toasts.ts'

export function useRenewal({ providers, connections }: Loaded, onChange: () => Promise<void>) {
  const connector = useConnector({
    onConnected: ({ label }) => {
      say(`${label} is connected.`)
      void onChange()
    },
    onFailed: complain,
  })
  return {
    /** Undefined where there is no such connection (any more). Call what it returns directly in a click handler. */
    of: (id: string): (() => void) | undefined => {
      const connection = connections.find((one) => one.id === id)
      const provider = providers.find((one) => one.id === connection?.provider)
      if (connection === undefined || provider === undefined) return undefined
      return () => connector.connect(provider, connection)
    },
    /** To be put on the page. */
    dialog: connector.dialog,
  }
}
