// Who is being deleted is refused, wherever somebody comes in a user's name: with a token, a signed URL, a vendor's redirect or a message.
import type { Db } from '../db/client.ts'
import { beingDeleted } from '../problems/being-deleted.ts'
import { findUser } from './store.ts'

/** Throws `forbidden` for a user who is being deleted. The row is read once in a request. */
export async function checkAccount(db: Db, userId: string): Promise<void> {
  const user = await findUser(db, userId)
  if (user !== undefined && user.deletingAt !== null) throw beingDeleted()
}
