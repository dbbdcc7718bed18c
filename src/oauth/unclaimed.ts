// Credentials that waited for their owner in vain: ended at the vendor before they are forgotten here.
import { and, eq, isNotNull, lt } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { openPending, swapStatus } from './attempts.ts'
import { findOAuthProvider, revokeUnwanted } from './prove.ts'
import { attempts } from './schema.ts'

/** Attempts per run of the clock. */
const BATCH = 20

/** Returns how many were ended. */
export async function revokeUnclaimed(services: Services): Promise<number> {
  const expired = await services.db
    .select()
    .from(attempts)
    .where(
      and(
        eq(attempts.status, 'awaiting_claim'),
        lt(attempts.expiresAt, services.now()),
        isNotNull(attempts.pendingEnc),
      ),
    )
    .limit(BATCH)
  for (const attempt of expired) {
    const pending = await openPending(services, attempt).catch(() => undefined)
    const ended = { errorCode: 'invalid_state', pendingEnc: null, claimHash: null }
    if (!(await swapStatus(services, attempt.id, 'awaiting_claim', 'failed', ended))) continue
    if (pending === undefined) continue
    const provider = findOAuthProvider(services, attempt.provider)
    await revokeUnwanted(services, provider, { ...pending, userId: attempt.userId })
  }
  return expired.length
}
