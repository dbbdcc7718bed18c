// Reads and makes users. A user row exists from the first thing that is stored or sealed for that user.
import { eq } from 'drizzle-orm'
import { randomToken } from '../crypto/random.ts'
import type { Db } from '../db/client.ts'
import { users, type User } from './schema.ts'

export async function findUser(db: Db, userId: string): Promise<User | undefined> {
  return db.select().from(users).where(eq(users.id, userId)).get()
}

/** The user's row, made with a fresh salt when there is none. Two calls at once agree on one salt. */
export async function ensureUser(db: Db, userId: string, now: number): Promise<User> {
  const known = await findUser(db, userId)
  if (known !== undefined) return known
  await db
    .insert(users)
    .values({ id: userId, salt: randomToken(), createdAt: now })
    .onConflictDoNothing()
  const made = await findUser(db, userId)
  if (made === undefined) throw new Error('the user row was not made')
  return made
}
