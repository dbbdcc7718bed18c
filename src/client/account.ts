// The caller's own account at the API: settings, and the way out.
import type { Http } from './http.ts'
import type { User } from './views.ts'

const ME = '/api/users/me'

export interface DefaultStorage {
  /** A provider's id. */
  readonly backend: string
  /** Which of several connections; nothing for what is built in. */
  readonly connection_id?: string
  /** The folder in it; its top where it is left out. */
  readonly folder_id?: string
}

export interface Account {
  readonly get: () => Promise<User>
  /** Where new documents go. Those there are stay where they are. */
  readonly setDefaultStorage: (storage: DefaultStorage) => Promise<User>
  /**
   * Deletes the user with everything that is kept of them: connections are revoked, documents deleted. It cannot be undone. Resolves once
   * it has begun; from then on every other call throws `forbidden`.
   */
  readonly delete: () => Promise<void>
}

export function createAccount(http: Http): Account {
  return {
    get: () => http.call(ME),
    setDefaultStorage: (storage) =>
      http.call(`${ME}/default-storage`, { method: 'PATCH', body: storage }),
    delete: async () => {
      await http.call(ME, { method: 'DELETE' })
    },
  }
}
