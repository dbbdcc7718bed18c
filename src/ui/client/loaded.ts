// What the console knows of its user: needed by every page.
import type { Connection, Provider, StorageUsage } from './api.ts'

/** Who is signed in. */
export interface Me {
  readonly user_id: string
  readonly email: string | null
  readonly storage: StorageUsage
  readonly default_storage: {
    readonly backend: string
    readonly connection_id: string | null
    readonly folder_id: string | null
  }
}

/** What every page may need. */
export interface Loaded {
  readonly me: Me
  readonly providers: readonly Provider[]
  readonly connections: readonly Connection[]
}

export interface PageProps {
  readonly loaded: Loaded
  /** Looks everything up anew. */
  readonly onChange: () => Promise<void>
}

/** What the user calls a drive; one that is gone is called by its provider. */
export function nameOf(
  { providers, connections }: Loaded,
  provider: string,
  id: string | null,
): string {
  const connection = connections.find((one) => one.id === id)
  if (connection !== undefined) return connection.label
  return providers.find((one) => one.id === provider)?.label ?? provider
}
