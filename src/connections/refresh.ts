// Refreshes a grant by one request in the whole world at a time, and gives it up only on the vendor's word.
import { and, eq, isNull, lt, or, sql } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { recordAlert } from '../alerts/record.ts'
import { recordAuditIfChanged } from '../audit/record.ts'
import { randomToken } from '../crypto/random.ts'
import {
  asOAuthProvider,
  refreshTokens,
  TOKEN_DEADLINE_MS,
  TokenError,
  type OAuthProvider,
  type TokenSet,
} from '../oauth/client.ts'
import { outlive } from '../outlive.ts'
import { Problem } from '../problems/problem.ts'
import type { TokenFailure } from '../providers/sign-in.ts'
import { getProvider } from '../providers/registry.ts'
import type { User } from '../users/schema.ts'
import { findUser } from '../users/store.ts'
import { openCredentials, sealCredentials } from './credentials.ts'
import { connections, type Connection, type Credentials } from './schema.ts'
import { outcomeStatement, requireReauth } from './status.ts'
import { findConnection } from './store.ts'
import { writeThrottle } from './throttle.ts'

/** Longer than a refresh can take, so that a lease ends only when its holder is dead. */
const LEASE_MS = TOKEN_DEADLINE_MS + 15_000
/** How long a request waits for somebody else's refresh. */
const WAIT_MS = 25_000

export interface AccessToken {
  readonly token: string
  /** Which set of credentials it is from: given back to `refresh` when the vendor refused it. */
  readonly version: number
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** How often new tokens are written where D1 fails; the lease lasts longer than that. */
const WRITE_TRIES = 4

/** What a vendor says when a grant is gone, and only a user or an administrator can give another. */
const ENDS_GRANT: readonly TokenFailure[] = ['dead', 'denied', 'consent']

type OAuthCredentials = Extract<Credentials, { kind: 'oauth2' }>

/** Outcome of a look at the row: a token to use, or a refresh that is due. */
export interface State {
  readonly connection: Connection
  readonly user: User
  readonly credentials: OAuthCredentials
}

export const tokenOf = ({ credentials, connection }: State): AccessToken => ({
  token: credentials.accessToken,
  version: connection.tokenVersion,
  expiresAt: credentials.expiresAt,
})

/** The answer for a grant that is dead. */
export const reauthProblem = () => new Problem('reauth_required')

/** `early`: the token at hand is still good for a while. */
type RefreshReason = 'early' | 'expired'

/** Single flight by compare-and-swap on the row: one request holds the lease and refreshes, the others wait and re-read. */
export async function refreshOnce(
  services: Services,
  first: State,
  reason: RefreshReason,
): Promise<AccessToken> {
  const deadline = services.now() + WAIT_MS
  let state = first
  for (let pause = 50; ; pause = Math.min(pause * 1.6, 500)) {
    const leaseId = await takeLease(services, state.connection)
    if (leaseId !== undefined) {
      // The caller may go away; the vendor may have rotated the token by then, so it must still be written.
      return outlive(services, refreshHolding(services, state, leaseId, reason))
    }
    // Somebody else refreshes; before its end the token at hand still serves.
    if (reason === 'early') return tokenOf(state)
    if (services.now() > deadline) throw new Problem('provider_timeout')
    await new Promise((resolve) => setTimeout(resolve, pause * (0.75 + Math.random() / 2)))
    const seen = state.connection.tokenVersion
    state = await reload(services, state.connection)
    if (state.connection.tokenVersion > seen) return tokenOf(state)
    // The holder gave up without new credentials: its failure is as good as ours would be.
    if (state.connection.leaseId === null) throw await lastFailure(services, state)
  }
}

async function lastFailure(services: Services, { connection }: State): Promise<Problem> {
  const now = await findConnection(services.db, connection.userId, connection.id)
  if (now?.status === 'REQUIRES_REAUTH') return reauthProblem()
  if (now?.lastErrorCode === 'provider_misconfigured') return new Problem('provider_misconfigured')
  return new Problem('provider_unavailable', 'The token could not be refreshed just now.', {
    retryAfter: 5,
  })
}

async function takeLease(services: Services, connection: Connection): Promise<string | undefined> {
  const leaseId = randomToken(12)
  const now = services.now()
  const taken = await services.db
    .update(connections)
    .set({ leaseId, leaseUntil: now + LEASE_MS })
    .where(
      and(
        eq(connections.id, connection.id),
        eq(connections.tokenVersion, connection.tokenVersion),
        or(isNull(connections.leaseId), lt(connections.leaseUntil, now)),
      ),
    )
    .returning({ id: connections.id })
  return taken.length > 0 ? leaseId : undefined
}

async function refreshHolding(
  services: Services,
  state: State,
  leaseId: string,
  reason: RefreshReason,
): Promise<AccessToken> {
  const { connection, credentials } = state
  const provider = oauthProviderOf(connection)
  const settings = services.settings.providerSettings(provider.id)
  let tokens: TokenSet
  try {
    tokens = await refreshTokens(services.transport, provider, settings, {
      refreshToken: credentials.refreshToken,
      scopes: connection.scopes,
    })
  } catch (error) {
    return settleFailure(services, state, { leaseId, reason, error })
  }
  // A vendor that rotates has used the old token up: this is the only copy of the new one.
  for (let tries = 1; ; tries++) {
    try {
      return await writeTokens(services, state, leaseId, tokens)
    } catch (error) {
      if (error instanceof Problem || tries === WRITE_TRIES) throw error
      await new Promise((resolve) => setTimeout(resolve, 200 * tries))
    }
  }
}

/** Writes only over the version that was read: a rotated token never gives way to an older one. */
async function writeTokens(
  services: Services,
  { connection, user, credentials }: State,
  leaseId: string,
  tokens: TokenSet,
): Promise<AccessToken> {
  const version = connection.tokenVersion + 1
  const now = services.now()
  const fresh: OAuthCredentials = {
    kind: 'oauth2',
    accessToken: tokens.accessToken,
    refreshToken: tokens.refreshToken ?? credentials.refreshToken,
    expiresAt: now + tokens.expiresIn * 1000,
  }
  const [rows] = await services.db.batch([
    services.db
      .update(connections)
      .set({
        credentialsEnc: await sealCredentials(services, user, connection.id, fresh),
        accessExpiresAt: fresh.expiresAt,
        refreshedAt: now,
        ...(tokens.refreshExpiresIn === undefined
          ? {}
          : { grantExpiresAt: now + tokens.refreshExpiresIn * 1000 }),
        tokenVersion: version,
        leaseId: null,
        leaseUntil: null,
        status: 'ACTIVE',
        lastErrorCode: null,
        updatedAt: now,
      })
      .where(holding(connection, leaseId))
      .returning({ id: connections.id }),
    recordAuditIfChanged(services, auditOf(connection, 'cloud.refreshed')),
  ])
  if (rows.length > 0) return { token: fresh.accessToken, version, expiresAt: fresh.expiresAt }
  // Reconnected or disconnected meanwhile: what stands there now is newer than ours.
  return tokenOf(await reload(services, connection))
}

async function settleFailure(
  services: Services,
  { connection }: State,
  { leaseId, reason, error }: { leaseId: string; reason: RefreshReason; error: unknown },
): Promise<AccessToken> {
  const failure = error instanceof TokenError ? error : undefined
  if (failure !== undefined && ENDS_GRANT.includes(failure.failure)) {
    // Re-read first: credentials that are newer than those that failed are not touched.
    const now = await reload(services, connection)
    if (now.connection.tokenVersion > connection.tokenVersion) return tokenOf(now)
    await requireReauth(services, now.connection)
    throw reauthProblem()
  }
  const problem = refreshProblem(failure, error)
  const { id: subjectId, userId, provider, tokenVersion } = connection
  const { code } = problem
  // A vendor that is busy has no trouble with the connection, which goes on with a token that is good for a while.
  const isTrouble = code !== 'rate_limited' && reason !== 'early'
  // Told once, with the change: not with each request that meets it.
  const isNew = sql`${isTrouble ? 1 : 0} AND EXISTS (SELECT 1 FROM ${connections}
    WHERE id = ${subjectId} AND token_version = ${tokenVersion} AND status = 'ACTIVE')`
  const alert = { type: 'connection.refresh_failed', userId, subjectId, provider, code } as const
  await services.db.batch([
    recordAlert(services, alert, isNew),
    services.db
      .update(connections)
      .set({ leaseId: null, leaseUntil: null })
      .where(holding(connection, leaseId)),
    // Of one who was deleted meanwhile nothing is written any more.
    recordAuditIfChanged(services, { ...auditOf(connection, 'cloud.refresh_failed'), code }),
    ...(isTrouble ? [outcomeStatement(services, connection, code)] : []),
  ])
  const { throttles, retryAfter = 0 } = problem.options
  if (throttles !== undefined && throttles !== 'item') {
    await writeThrottle(services, connection, throttles, services.now() + retryAfter * 1000)
  }
  throw problem
}

function refreshProblem(failure: TokenError | undefined, error: unknown): Problem {
  if (failure?.failure === 'operator') {
    return new Problem('provider_misconfigured', 'The provider refused the client id or secret.')
  }
  const isThrottled = failure?.code === 'rate_limited' && failure.retryAfter !== undefined
  return new Problem(
    failure?.code ?? 'provider_unavailable',
    'The token could not be refreshed just now.',
    {
      retryAfter: failure?.retryAfter ?? 5,
      throttles: isThrottled ? 'connection' : undefined,
      cause: error,
    },
  )
}

function holding(connection: Connection, leaseId: string) {
  return and(
    eq(connections.id, connection.id),
    eq(connections.leaseId, leaseId),
    eq(connections.tokenVersion, connection.tokenVersion),
  )
}

const auditOf = (connection: Connection, action: 'cloud.refreshed' | 'cloud.refresh_failed') => ({
  action,
  userId: connection.userId,
  actor: 'system',
  provider: connection.provider,
  subjectId: connection.id,
})

/** The same, of the row as it is now. */
export async function reload(services: Services, connection: Connection): Promise<State> {
  const now = await findConnection(services.db, connection.userId, connection.id)
  if (now === undefined) throw new Problem('not_found', 'The connection was removed meanwhile.')
  return readState(services, now)
}

/** Opens the row’s credentials. Throws `reauth_required` where the grant is known to be dead. */
export async function readState(services: Services, connection: Connection): Promise<State> {
  if (connection.status === 'REQUIRES_REAUTH') throw reauthProblem()
  const user = await findUser(services.db, connection.userId)
  if (user === undefined) throw new Problem('not_found', 'There is no such connection.')
  const credentials = await openCredentials(services, user, connection)
  if (credentials.kind !== 'oauth2') throw new Error('the connection holds no OAuth credentials')
  return { connection, user, credentials }
}

function oauthProviderOf(connection: Connection): OAuthProvider {
  const provider = getProvider(connection.provider)
  const oauth = provider && asOAuthProvider(provider)
  if (oauth === undefined) throw new Error('the connection’s provider has no OAuth description')
  return oauth
}
