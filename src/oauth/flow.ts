// The authorization code flow from the first click to the stored connection; credentials are stored only for their owner.
import type { Services } from '../app-context.ts'
import { randomToken, equalHashes, sha256 } from '../crypto/random.ts'
import { saveConnection } from '../connections/save.ts'
import { checkTarget, getConnection } from '../connections/store.ts'
import type { Connection } from '../connections/schema.ts'
import { mapUrl } from '../net/origins.ts'
import { isRefusedByDeletion } from '../problems/being-deleted.ts'
import { invalidField, Problem } from '../problems/problem.ts'
import { toProblem } from '../problems/respond.ts'
import { getProvider } from '../providers/registry.ts'
import {
  awaitClaim,
  failAttempt,
  findAttempt,
  findAttemptByState,
  openPending,
  startAttempt,
  swapStatus,
  takeFlowState,
  type CallbackMode,
  type FlowState,
  type PendingConnection,
  type StartedAttempt,
} from './attempts.ts'
import {
  asOAuthProvider,
  authorizationUrl,
  pkceChallenge,
  scopesToAsk,
  type OAuthProvider,
} from './client.ts'
import { findOAuthProvider, proveAccount, revokeUnwanted } from './prove.ts'
import type { Attempt } from './schema.ts'

export interface InitiateRequest {
  readonly userId: string
  readonly providerId: string
  readonly mode: CallbackMode
  readonly returnTo: string
  readonly connectionId?: string | undefined
  readonly loginHint?: string | undefined
  readonly scopes: readonly string[]
  /** The path that the vendor sends the browser back to; it is registered there. `oauth/callback/{provider}` if left out. */
  readonly callbackPath?: string | undefined
}

/** Starts an attempt; the URL is the one to show a browser. */
export async function initiate(
  services: Services,
  request: InitiateRequest,
): Promise<StartedAttempt & { readonly authorizationUrl: string }> {
  const provider = findOAuthProvider(services, request.providerId)
  const settings = services.settings.providerSettings(provider.id)
  const target = await reconnectTarget(services, provider, request)
  const returnTo = checkReturnTo(services, request.returnTo)
  const additional = [...(target === undefined ? [] : grantedBefore(target)), ...request.scopes]
  const scopes = scopesToAsk(provider, settings, additional)
  const path = request.callbackPath ?? `/api/cloud/oauth/callback/${provider.id}`
  const redirectUri = services.settings.publicUrl + path
  const verifier = randomToken()
  const started = await startAttempt(services, {
    userId: request.userId,
    provider: provider.id,
    verifier,
    redirectUri,
    mode: request.mode,
    returnTo,
    connectionId: target?.id ?? null,
    scopes,
  })
  const url = authorizationUrl(provider, settings, {
    redirectUri,
    state: started.state,
    challenge: await pkceChallenge(verifier),
    scopes,
    loginHint: request.loginHint ?? target?.accountEmail ?? undefined,
  })
  return { ...started, authorizationUrl: mapUrl(services.settings.originMap, url).href }
}

/** What was added to a connection once is asked for again, else a reconnect would take it away. */
const grantedBefore = (connection: Connection) => connection.scopes

async function reconnectTarget(
  services: Services,
  provider: OAuthProvider,
  { userId, connectionId }: InitiateRequest,
): Promise<Connection | undefined> {
  if (connectionId === undefined) return undefined
  const connection = await getConnection(services.db, userId, connectionId)
  if (connection.provider !== provider.id) {
    throw invalidField('query.connection_id', 'belongs to another provider')
  }
  return connection
}

/** `return_to` below an allowed origin, compared exactly (spec: origins in FRONTEND_ORIGINS). */
function checkReturnTo({ settings }: Services, returnTo: string): string {
  const base = `${settings.frontendUrl}/`
  if (!URL.canParse(returnTo, base)) throw invalidField('query.return_to', 'is not a URL')
  const url = new URL(returnTo, base)
  if (!settings.frontendOrigins.includes(url.origin)) {
    throw invalidField('query.return_to', 'must be on an origin in FRONTEND_ORIGINS')
  }
  return url.href
}

export interface CallbackRequest {
  readonly providerId: string
  /** Where the browser came: the redirect URI of this route. */
  readonly redirectUri: string
  readonly state: string | undefined
  readonly code: string | undefined
  readonly error: string | undefined
  readonly errorDescription: string | undefined
  readonly issuer: string | undefined
  /** The value of the binding cookie named after an attempt. */
  readonly binding: (attemptId: string) => string | undefined
}

/** How a callback ended; every one of them goes back to the front end by the attempt's mode. */
export type Outcome = { readonly flow: FlowState; readonly attemptId: string } & (
  | { readonly kind: 'connected'; readonly connection: Connection }
  | { readonly kind: 'claim'; readonly code: string }
  | { readonly kind: 'failed'; readonly problem: Problem }
)

/** Handles the vendor's redirect. Throws `invalid_state` when there is no attempt it could belong to. */
export async function finish(services: Services, callback: CallbackRequest): Promise<Outcome> {
  const { attempt, flow } = await claimAttempt(services, callback)
  const result = { flow, attemptId: attempt.id }
  let pending: PendingConnection | undefined
  try {
    pending = await proveAccount(services, flow, callback)
    const cookie = callback.binding(attempt.id)
    if (cookie !== undefined && equalHashes(await sha256(cookie), attempt.bindingHash)) {
      const connection = await connectAttempt(services, attempt, 'exchanging', pending)
      return { ...result, kind: 'connected', connection }
    }
    // Not the browser that started it, as far as we can tell: the owner must say so himself.
    return { ...result, kind: 'claim', code: await awaitClaim(services, attempt, pending) }
  } catch (error) {
    const problem = toProblem(error)
    if (pending !== undefined) endRefused(services, attempt, pending, error)
    await failAttempt(services, attempt.id, problem)
    return { ...result, kind: 'failed', problem }
  }
}

async function claimAttempt(services: Services, callback: CallbackRequest) {
  const { state, providerId, issuer, redirectUri } = callback
  const attempt = state ? await findAttemptByState(services, state) : undefined
  const provider = getProvider(providerId)
  if (attempt === undefined || attempt.provider !== provider?.id) throw invalidState()
  // Before the state is used up, and whatever else is wrong with it.
  await services.checkAccount(attempt.userId)
  if (attempt.expiresAt <= services.now()) throw invalidState()
  const expected = asOAuthProvider(provider)?.auth.issuer
  // RFC 9207 section 2.4: an answer from another issuer is not ours, and must not use the state up.
  if (issuer !== undefined && expected !== undefined && issuer !== expected) throw invalidState()
  // Single use, also for two callbacks at the same instant in two places.
  if (!(await swapStatus(services, attempt.id, 'pending', 'exchanging'))) throw invalidState()
  const flow = await takeFlowState(services, attempt).catch(async (error: unknown) => {
    await failAttempt(services, attempt.id, new Problem('internal'))
    throw error
  })
  // The vendor returns nobody to another of our addresses than the one it was asked to: each answers in its own way.
  if (flow?.redirectUri !== redirectUri) {
    await failAttempt(services, attempt.id, invalidState())
    throw invalidState()
  }
  return { attempt, flow }
}

const invalidState = () => new Problem('invalid_state')

async function connectAttempt(
  services: Services,
  attempt: Attempt,
  from: 'exchanging' | 'claiming',
  pending: PendingConnection,
): Promise<Connection> {
  const provider = findOAuthProvider(services, attempt.provider)
  await checkTarget(services, attempt.userId, pending.connectionId, pending.account.id)
  const connection = await saveConnection(services, {
    userId: attempt.userId,
    provider,
    account: pending.account,
    scopes: pending.scopes,
    credentials: pending.credentials,
    grantExpiresAt: pending.grantExpiresAt,
  }).catch((error: unknown) => {
    // There is no room for it: nobody will hold this grant.
    if (toProblem(error).options.isFinal === true) {
      const unwanted = { ...pending, userId: attempt.userId }
      services.background(revokeUnwanted(services, provider, unwanted))
    }
    throw error
  })
  await swapStatus(services, attempt.id, from, 'completed', {
    connectionId: connection.id,
    pendingEnc: null,
    claimHash: null,
  })
  return connection
}

/** A grant that could not be kept, as its user is being deleted meanwhile, ends at the vendor: nobody will find it here. */
function endRefused(
  services: Services,
  { provider, userId }: Attempt,
  pending: PendingConnection,
  error: unknown,
): void {
  const hasEnded = error instanceof Problem && error.code === 'invalid_state'
  if (!hasEnded && !isRefusedByDeletion(error)) return
  const work = revokeUnwanted(services, findOAuthProvider(services, provider), {
    ...pending,
    userId,
  })
  services.background(work)
}

/**
 * Stores credentials that waited, for the user who started the attempt and nobody else. The code is used up by the first who
 * presents it rightly.
 */
export async function complete(
  services: Services,
  userId: string,
  code: string,
): Promise<Connection> {
  const [id, secret] = code.split('.')
  const attempt = id && secret ? await findAttempt(services, id) : undefined
  if (!secret || attempt?.userId !== userId || attempt.status !== 'awaiting_claim') {
    throw new Problem('not_found', 'There is nothing to claim with this code.')
  }
  const valid = attempt.claimHash !== null && equalHashes(await sha256(secret), attempt.claimHash)
  if (!valid || attempt.expiresAt <= services.now()) {
    throw new Problem('not_found', 'There is nothing to claim with this code.')
  }
  if (!(await swapStatus(services, attempt.id, 'awaiting_claim', 'claiming'))) {
    throw new Problem('not_found', 'There is nothing to claim with this code.')
  }
  let pending: PendingConnection | undefined
  try {
    pending = await openPending(services, attempt)
    return await connectAttempt(services, attempt, 'claiming', pending)
  } catch (error) {
    if (pending !== undefined) endRefused(services, attempt, pending, error)
    await failAttempt(services, attempt.id, toProblem(error))
    throw error
  }
}
