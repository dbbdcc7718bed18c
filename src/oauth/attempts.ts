// Connect attempts in D1 and their secrets in KV. Every change of status is a compare-and-swap, so each step happens once.
import { and, eq, inArray, isNull, lt, sql } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { randomId, randomToken, sha256 } from '../crypto/random.ts'
import { open, seal } from '../crypto/seal.ts'
import { changes } from '../db/client.ts'
import { Problem } from '../problems/problem.ts'
import type { Account } from '../providers/contract.ts'
import type { Credentials } from '../connections/schema.ts'
import { ensureUser } from '../users/store.ts'
import { superfluousAttempts } from '../limits/open-things.ts'
import { attempts, type Attempt } from './schema.ts'

/** Seconds an attempt lives. */
export const ATTEMPT_TTL_S = 30 * 60
/** Milliseconds that unclaimed credentials wait. */
const CLAIM_TTL_MS = 10 * 60_000

export type CallbackMode = 'redirect' | 'popup'

/** What KV holds, sealed, under the hash of `state`. */
export interface FlowState {
  readonly attemptId: string
  readonly userId: string
  readonly provider: string
  readonly verifier: string
  readonly redirectUri: string
  readonly mode: CallbackMode
  readonly returnTo: string
  /** The connection to renew in place. */
  readonly connectionId: string | null
  readonly scopes: readonly string[]
}

/** What waits, sealed in D1, for its owner to claim it. */
export interface PendingConnection {
  readonly account: Account
  readonly scopes: readonly string[]
  readonly credentials: Credentials
  readonly grantExpiresAt?: number | undefined
  readonly connectionId: string | null
}

export interface StartedAttempt {
  readonly id: string
  readonly state: string
  /** The binding cookie's value. */
  readonly binding: string
  readonly expiresAt: number
}

export async function startAttempt(
  services: Services,
  flow: Omit<FlowState, 'attemptId'>,
): Promise<StartedAttempt> {
  const now = services.now()
  const user = await ensureUser(services.db, flow.userId, now)
  const id = randomId()
  const state = randomToken()
  const binding = randomToken()
  const stateHash = await sha256(state)
  const expiresAt = now + ATTEMPT_TTL_S * 1000
  const context = { userId: user.id, salt: user.salt, record: id, field: 'state' }
  const sealed = await seal(services.keyring, context, { ...flow, attemptId: id })
  await services.state.put(stateKey(stateHash), sealed, { expirationTtl: ATTEMPT_TTL_S })
  const row = {
    id,
    userId: flow.userId,
    provider: flow.provider,
    status: 'pending' as const,
    stateHash,
    bindingHash: await sha256(binding),
    connectionId: flow.connectionId,
    createdAt: now,
    expiresAt,
  }
  try {
    await insertAttempt(services, row)
  } catch (error) {
    // Nobody would find it any more.
    await forgetState(services, row)
    throw error
  }
  return { id, state, binding, expiresAt }
}

/**
 * Notes a new attempt. A user who has too many open loses the oldest: whoever clicks now is not held up by what was left behind. What
 * waits sealed in those is `revokeUnclaimed`'s.
 */
export async function insertAttempt(
  { db, now, settings }: Pick<Services, 'db' | 'now' | 'settings'>,
  row: typeof attempts.$inferInsert,
): Promise<void> {
  const most = settings.openLimits.attempts
  await db.batch([
    db
      .update(attempts)
      .set({
        status: 'failed',
        errorCode: 'invalid_state',
        errorDetail: 'Other sign-ins were begun meanwhile, more than may be open at once.',
        claimHash: null,
        expiresAt: now() - 1,
      })
      .where(sql`${attempts.id} IN (${superfluousAttempts(row.userId, most, now())})`),
    db.insert(attempts).values(row),
  ])
}

/** Takes away what KV holds of an attempt, if it still does. */
export async function forgetState(
  { state }: Pick<Services, 'state'>,
  { stateHash }: Pick<Attempt, 'stateHash'>,
): Promise<void> {
  await state.delete(stateKey(stateHash))
}

const stateKey = (stateHash: string) => `oauth-state:${stateHash}`

export async function findAttemptByState(
  services: Services,
  state: string,
): Promise<Attempt | undefined> {
  return services.db
    .select()
    .from(attempts)
    .where(eq(attempts.stateHash, await sha256(state)))
    .get()
}

export async function findAttempt(services: Services, id: string): Promise<Attempt | undefined> {
  return services.db.select().from(attempts).where(eq(attempts.id, id)).get()
}

/** Moves an attempt on, unless somebody else has: the one who gets `true` goes on. */
export async function swapStatus(
  services: Services,
  id: string,
  from: Attempt['status'],
  to: Attempt['status'],
  set: Partial<
    Pick<
      Attempt,
      'claimHash' | 'pendingEnc' | 'connectionId' | 'errorCode' | 'errorDetail' | 'expiresAt'
    >
  > = {},
): Promise<boolean> {
  const result = await services.db
    .update(attempts)
    .set({ status: to, ...set })
    .where(and(eq(attempts.id, id), eq(attempts.status, from)))
  return changes(result) > 0
}

/** Takes the flow's secrets out of KV. KV may lag behind D1, so a miss is tried again briefly. */
export async function takeFlowState(
  services: Services,
  attempt: Attempt,
): Promise<FlowState | undefined> {
  const user = await ensureUser(services.db, attempt.userId, services.now())
  const key = stateKey(attempt.stateHash)
  for (const pause of [0, 150, 400, 900]) {
    if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause))
    const sealed = await services.state.get(key)
    if (sealed === null) continue
    services.background(services.state.delete(key))
    const context = { userId: user.id, salt: user.salt, record: attempt.id, field: 'state' }
    return (await open<FlowState>(services.keyring, context, sealed)).value
  }
  return undefined
}

/** Ends an attempt that is being exchanged or claimed. */
export async function failAttempt(services: Services, id: string, problem: Problem): Promise<void> {
  await services.db
    .update(attempts)
    .set({
      status: 'failed',
      errorCode: problem.code,
      errorDetail: problem.message,
      pendingEnc: null,
      claimHash: null,
    })
    .where(and(eq(attempts.id, id), inArray(attempts.status, ['exchanging', 'claiming'])))
}

/** Lets proven credentials wait for their owner; returns the one-use claim code. */
export async function awaitClaim(
  services: Services,
  attempt: Attempt,
  pending: PendingConnection,
): Promise<string> {
  const user = await ensureUser(services.db, attempt.userId, services.now())
  const secret = randomToken()
  const context = { userId: user.id, salt: user.salt, record: attempt.id, field: 'pending' }
  const waits = await swapStatus(services, attempt.id, 'exchanging', 'awaiting_claim', {
    claimHash: await sha256(secret),
    pendingEnc: await seal(services.keyring, context, pending),
    expiresAt: services.now() + CLAIM_TTL_MS,
  })
  // The attempt has ended meanwhile, with its connection or its user.
  if (!waits) throw new Problem('invalid_state')
  return `${attempt.id}.${secret}`
}

export async function openPending(
  services: Services,
  attempt: Attempt,
): Promise<PendingConnection> {
  const user = await ensureUser(services.db, attempt.userId, services.now())
  const context = { userId: user.id, salt: user.salt, record: attempt.id, field: 'pending' }
  if (attempt.pendingEnc === null) throw new Error('nothing waits to be claimed')
  return (await open<PendingConnection>(services.keyring, context, attempt.pendingEnc)).value
}

/**
 * Ends attempts that have expired, and removes them a day later. What still waits sealed in them is `revokeUnclaimed`'s: it has to be
 * ended at the vendor first. Returns how many rows were touched.
 */
export async function sweepAttempts(services: Pick<Services, 'db' | 'now'>): Promise<number> {
  const now = services.now()
  const [expired, removed] = await services.db.batch([
    services.db
      .update(attempts)
      .set({
        status: 'failed',
        errorCode: sql`coalesce(${attempts.errorCode}, 'invalid_state')`,
        // Where storing had begun, the credentials may be in use.
        pendingEnc: sql`case when ${attempts.status} = 'claiming' then null else ${attempts.pendingEnc} end`,
        claimHash: null,
      })
      .where(
        and(
          lt(attempts.expiresAt, now),
          inArray(attempts.status, ['pending', 'exchanging', 'awaiting_claim', 'claiming']),
        ),
      ),
    services.db
      .delete(attempts)
      .where(and(lt(attempts.expiresAt, now - 24 * 3600_000), isNull(attempts.pendingEnc))),
  ])
  return changes(expired) + changes(removed)
}
