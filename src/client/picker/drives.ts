// The drives that a person can look into, and those that could be connected.
import type { Connection, Provider, Slipway } from '../slipway.ts'
import type { Option } from './list.ts'

/** A connection, or a built-in drive, which needs none. */
export interface Drive {
  /** What the API calls it: a connection's id, or the provider's. */
  readonly id: string
  readonly label: string
  readonly provider: Provider
  readonly connection: Connection | undefined
}

export interface Drives {
  readonly drives: readonly Drive[]
  /** What could be connected besides. */
  readonly providers: readonly Provider[]
}

export async function loadDrives(client: Slipway): Promise<Drives> {
  const [providers, connections] = await Promise.all([
    client.providers(),
    client.connections.list().all(),
  ])
  const drives = providers.flatMap((provider): Drive[] => {
    if (provider.auth === 'builtin') {
      return [{ id: provider.id, label: provider.label, provider, connection: undefined }]
    }
    return connections
      .filter((connection) => connection.provider === provider.id)
      .map((connection) => {
        const { id, label } = connection
        const name = label === provider.label ? label : `${provider.label} – ${label}`
        return { id, label: name, provider, connection }
      })
  })
  const open = providers.filter(({ auth, configured }) => configured && auth !== 'builtin')
  return { drives, providers: open }
}

export function driveOption({ id, label, connection }: Drive): Option {
  const note = connection?.status === 'REQUIRES_REAUTH' ? 'Has to be reconnected' : ''
  return { key: id, name: label, note, icon: 'drive', isSelected: undefined }
}
