// Reads and makes users. A user row exists from the first thing that is stored or sealed for that user.
import { eq } from 'drizzle-orm'
import { randomToken } from '../crypto/random.ts'
import type { Db } from '../db/client.ts'
import { users, type User } from './schema.ts'

/** Rows read by the work of one request, which has a database client of its own: what is sealed asks for the salt again and again. */
const read = new WeakMap<Db, Map<string, User>>()

export async function findUser(db: Db, userId: string): Promise<User | undefined> {
  const known = read.get(db)?.get(userId)
  if (known !== undefined) return known
  const user = await db.select().from(users).where(eq(users.id, userId)).get()
  if (user !== undefined) rememberUser(db, user)
  return user
}

export function rememberUser(db: Db, user: User): void {
  const rows = read.get(db) ?? new Map<string, User>()
  rows.set(user.id, user)
  read.set(db, rows)
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
