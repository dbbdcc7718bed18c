// The drives that the user has connected, and those that could be.
import type { Http } from './http.ts'
import { connectionPath, CONNECTIONS } from './paths.ts'
import { pagesOf, type Pages } from './pages.ts'
import { withQuery } from './http.ts'
import type { Connection, Health, Provider } from './views.ts'

export interface ConnectionPage {
  readonly connections: readonly Connection[]
  readonly next_cursor: string | null
}

export interface Connections {
  readonly list: () => Pages<ConnectionPage, Connection>
  readonly get: (id: string) => Promise<Connection>
  readonly rename: (id: string, label: string) => Promise<Connection>
  /** Asks the drive itself whether the connection works, what room there is, and what its permissions do not allow. */
  readonly check: (id: string) => Promise<Health>
  /** Gets a new token from the vendor now, which happens by itself otherwise. */
  readonly refresh: (id: string) => Promise<Connection>
}

export function createConnections(http: Http): Connections {
  return {
    list: () =>
      pagesOf(
        (cursor) => http.call<ConnectionPage>(withQuery(CONNECTIONS, { cursor })),
        ({ connections }) => connections,
      ),
    get: (id) => http.call(connectionPath(id)),
    rename: (id, label) => http.call(connectionPath(id), { method: 'PATCH', body: { label } }),
    check: (id) => http.call(`${connectionPath(id)}/check`, { method: 'POST' }),
    refresh: (id) => http.call(`${connectionPath(id)}/refresh`, { method: 'POST' }),
  }
}

/** Every kind of drive, whether it is set up or not. */
export async function listProviders(http: Http): Promise<readonly Provider[]> {
  const { providers } = await http.call<{ providers: readonly Provider[] }>('/api/cloud/providers')
  return providers
}
