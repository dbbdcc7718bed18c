// What the console knows of its user: needed by every page.
import type { Connection, Provider, User } from './api.ts'

/** What every page may need. */
export interface Loaded {
  /** Who is signed in. */
  readonly me: User
  readonly providers: readonly Provider[]
  readonly connections: readonly Connection[]
}

export interface PageProps {
  readonly loaded: Loaded
  /** Looks everything up anew. */
  readonly onChange: () => Promise<void>
  /** The account is being deleted: there is nothing here for the user any more. */
  readonly onLeave: () => void
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
