// Credentials are sealed under a key of their user's own, and opened only for a call to the vendor.
import { and, eq } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { openKept, seal } from '../crypto/seal.ts'
import type { User } from '../users/schema.ts'
import { connections, type Connection, type Credentials } from './schema.ts'

export async function sealCredentials(
  { keyring }: Pick<Services, 'keyring'>,
  user: User,
  connectionId: string,
  credentials: Credentials,
): Promise<string> {
  return seal(keyring, credentialContext(user, connectionId), credentials)
}

/** What is still sealed with an old key is sealed with the newest on the way. */
export async function openCredentials(
  services: Pick<Services, 'keyring' | 'db' | 'background'>,
  user: User,
  connection: Connection,
): Promise<Credentials> {
  const context = credentialContext(user, connection.id)
  const { id, credentialsEnc: sealed } = connection
  return openKept<Credentials>(services, context, sealed, (credentialsEnc) =>
    services.db
      .update(connections)
      .set({ credentialsEnc })
      .where(and(eq(connections.id, id), eq(connections.credentialsEnc, sealed))),
  )
}

function credentialContext(user: User, connectionId: string) {
  return { userId: user.id, salt: user.salt, record: connectionId, field: 'credentials' }
}
