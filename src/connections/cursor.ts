// Page cursors leave the Worker sealed and bound to what they were made for: another connection, folder or query opens none.
import type { Services } from '../app-context.ts'
import { open, seal } from '../crypto/seal.ts'
import { invalidField } from '../problems/problem.ts'
import { ensureUser } from '../users/store.ts'

/** @param scope what the cursor is good for: route, connection, folder, query. */
export async function sealCursor(
  services: Services,
  userId: string,
  scope: readonly string[],
  value: unknown,
): Promise<string> {
  const user = await ensureUser(services.db, userId, services.now())
  return seal(services.keyring, cursorContext(user, scope), value)
}

/** Opens a cursor of the same scope; anything else is `invalid_request` on `query.cursor`. */
export async function openCursor<T>(
  services: Services,
  userId: string,
  scope: readonly string[],
  cursor: string,
): Promise<T> {
  const user = await ensureUser(services.db, userId, services.now())
  try {
    return (await open<T>(services.keyring, cursorContext(user, scope), cursor)).value
  } catch {
    throw invalidField('query.cursor', 'is not a cursor of this listing')
  }
}

const cursorContext = (user: { id: string; salt: string }, scope: readonly string[]) => ({
  userId: user.id,
  salt: user.salt,
  record: JSON.stringify(scope),
  field: 'cursor',
})
