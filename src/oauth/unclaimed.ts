// Credentials that waited for their owner in vain: ended at the vendor before they are forgotten here.
import { and, eq, isNotNull, lt, ne, notInArray } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { discardLogin, isLogin } from '../connections/login-flow.ts'
import { changes } from '../db/client.ts'
import { deletions } from '../users/schema.ts'
import { openPending } from './attempts.ts'
import { endUnwanted, findOAuthProvider } from './prove.ts'
import { attempts, type Attempt } from './schema.ts'

/** Attempts per run of the clock. */
const BATCH = 20

/** Returns how many were ended. A vendor that fails keeps what it has: it was tried. */
export async function revokeUnclaimed(services: Services): Promise<number> {
  const expired = await services.db
    .select()
    .from(attempts)
    .where(
      and(
        isNotNull(attempts.pendingEnc),
        lt(attempts.expiresAt, services.now()),
        // Where storing had begun, the credentials may be in use.
        ne(attempts.status, 'claiming'),
        // The deletion of a user tries more often.
        notInArray(attempts.userId, services.db.select({ id: deletions.userId }).from(deletions)),
      ),
    )
    .limit(BATCH)
  for (const attempt of expired) {
    if (await forget(services, attempt))
      await endUnclaimed(services, attempt).catch(() => undefined)
  }
  return expired.length
}

/** False when somebody else was quicker. */
async function forget({ db }: Services, { id, pendingEnc }: Attempt): Promise<boolean> {
  const result = await db
    .update(attempts)
    .set({ status: 'failed', pendingEnc: null, claimHash: null })
    .where(and(eq(attempts.id, id), eq(attempts.pendingEnc, pendingEnc ?? '')))
  return changes(result) > 0
}

/** Ends at the vendor what waits in an attempt. Throws where it does not open, or the vendor cannot be told. */
export async function endUnclaimed(services: Services, attempt: Attempt): Promise<void> {
  if (isLogin(attempt)) return discardLogin(services, attempt)
  const pending = await openPending(services, attempt)
  const provider = findOAuthProvider(services, attempt.provider)
  await endUnwanted(services, provider, { ...pending, userId: attempt.userId })
}
