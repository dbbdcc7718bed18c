// Signing in at a user's own server: an attempt that is asked after each time it is read, until the server hands out a password.
import type { Services } from '../app-context.ts'
import type { Caller } from '../auth/roles.ts'
import { randomId, randomToken, sha256 } from '../crypto/random.ts'
import { open, seal } from '../crypto/seal.ts'
import { insertAttempt, swapStatus } from '../oauth/attempts.ts'
import type { Attempt } from '../oauth/schema.ts'
import { Problem } from '../problems/problem.ts'
import { toProblem } from '../problems/respond.ts'
import type { Provider, Session } from '../providers/contract.ts'
import type { LoginFlow } from '../providers/sign-in.ts'
import { getProvider } from '../providers/registry.ts'
import { ensureUser } from '../users/store.ts'
import { openUnsaved } from './session.ts'
import { saveConnection } from './save.ts'
import { checkTarget } from './store.ts'

/** What waits, sealed, with the attempt: first the ticket, then what was granted for it. */
interface Waiting {
  readonly serverUrl: string
  readonly client: string
  readonly ticket: string
  readonly granted?: { readonly username: string; readonly password: string }
}

export interface StartedFlow {
  readonly attemptId: string
  readonly loginUrl: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** Asks the server for a page on which the user grants access. */
export async function startLogin(
  services: Services,
  caller: Caller,
  provider: Provider,
  request: { readonly serverUrl: string; readonly connectionId: string | undefined },
): Promise<StartedFlow> {
  const flow = loginFlowOf(provider)
  const client = clientName(caller.email)
  const session = anonymousSession(services, provider, caller.userId, request.serverUrl)
  const { loginUrl, serverUrl, ticket } = await flow.begin(session, client)
  const now = services.now()
  const user = await ensureUser(services.db, caller.userId, now)
  const id = randomId()
  const waiting: Waiting = { serverUrl, client, ticket }
  const expiresAt = now + flow.lifetime
  await insertAttempt(services, {
    id,
    userId: caller.userId,
    provider: provider.id,
    status: 'pending',
    // No callback belongs to it: nobody knows a state or a cookie that would fit.
    stateHash: await sha256(randomToken()),
    bindingHash: await sha256(randomToken()),
    pendingEnc: await seal(services.keyring, contextOf(user, id), waiting),
    connectionId: request.connectionId ?? null,
    createdAt: now,
    expiresAt,
  })
  return { attemptId: id, loginUrl, expiresAt }
}

/** Whether the attempt is one of these. */
export function isLogin({ provider }: Attempt): boolean {
  const { auth } = getProvider(provider) ?? {}
  return auth?.kind === 'password' && auth.loginFlow !== undefined
}

/** Whether it may still come to something. */
export function isOpenLogin(attempt: Attempt, now: number): boolean {
  const isOpen = attempt.status === 'pending' || attempt.status === 'exchanging'
  return isLogin(attempt) && isOpen && attempt.pendingEnc !== null && attempt.expiresAt > now
}

/** Gives back what was granted for an attempt that came to nothing. Throws where it does not open, or the server cannot be told. */
export async function discardLogin(services: Services, attempt: Attempt): Promise<void> {
  const provider = getProvider(attempt.provider)
  if (provider === undefined || attempt.pendingEnc === null) return
  const user = await ensureUser(services.db, attempt.userId, services.now())
  const context = contextOf(user, attempt.id)
  const { value } = await open<Waiting>(services.keyring, context, attempt.pendingEnc)
  if (value.granted !== undefined) {
    await discardGranted(services, provider, attempt.userId, value)
  }
}

/**
 * Asks the server once, and connects when the user has granted access. A server that fails leaves the attempt as it is: the next
 * look asks again. The password is given out once, so it is stored (sealed) before anything is done with it; and of several looks at
 * once only one goes on.
 */
export async function advanceLogin(services: Services, attempt: Attempt): Promise<void> {
  const provider = getProvider(attempt.provider)
  if (provider === undefined || attempt.pendingEnc === null) return
  const user = await ensureUser(services.db, attempt.userId, services.now())
  const context = contextOf(user, attempt.id)
  const { value } = await open<Waiting>(services.keyring, context, attempt.pendingEnc)
  if (value.granted !== undefined) return connectGranted(services, provider, attempt, value)
  const session = anonymousSession(services, provider, attempt.userId, value.serverUrl)
  const granted = await loginFlowOf(provider)
    .poll(session, value.ticket, value.client)
    .catch(async (error: unknown) => {
      if (isFinal(error)) await endAttempt(services, attempt, 'pending', error)
      return undefined
    })
  if (granted === undefined) return
  const { serverUrl, username, password } = granted
  const waiting: Waiting = { ...value, serverUrl, granted: { username, password } }
  const pendingEnc = await seal(services.keyring, context, waiting)
  if (await swapStatus(services, attempt.id, 'pending', 'exchanging', { pendingEnc })) {
    return connectGranted(services, provider, attempt, waiting)
  }
  // The attempt has ended meanwhile: nobody will use what was granted.
  await discardGranted(services, provider, attempt.userId, waiting).catch(() => undefined)
}

async function connectGranted(
  services: Services,
  provider: Provider,
  attempt: Attempt,
  waiting: Waiting,
): Promise<void> {
  if (!(await swapStatus(services, attempt.id, 'exchanging', 'claiming'))) return
  const { userId } = attempt
  try {
    const session = grantedSession(services, provider, userId, waiting)
    const account = await provider.identify(session)
    await checkTarget(services, userId, attempt.connectionId, account.id)
    const connection = await saveConnection(services, {
      userId,
      provider,
      account,
      scopes: [],
      serverUrl: waiting.serverUrl,
      credentials: credentialsOf(waiting),
    })
    await swapStatus(services, attempt.id, 'claiming', 'completed', {
      connectionId: connection.id,
      pendingEnc: null,
    })
  } catch (error) {
    if (!isFinal(error)) {
      await swapStatus(services, attempt.id, 'claiming', 'exchanging')
    } else if (await endAttempt(services, attempt, 'claiming', error)) {
      await discardGranted(services, provider, userId, waiting).catch(() => undefined)
    }
  }
}

/** False when it had ended already. */
function endAttempt(
  services: Services,
  attempt: Attempt,
  from: Attempt['status'],
  error: unknown,
): Promise<boolean> {
  const { code: errorCode, message: errorDetail } = toProblem(error)
  const ended = { errorCode, errorDetail, pendingEnc: null }
  return swapStatus(services, attempt.id, from, 'failed', ended)
}

/** What nobody will use must not stay behind at the server. Throws where the server cannot be told. */
async function discardGranted(
  services: Services,
  provider: Provider,
  userId: string,
  waiting: Waiting,
): Promise<void> {
  const session = grantedSession(services, provider, userId, waiting)
  const { password } = credentialsOf(waiting)
  await provider.revocation?.revoke(session, password)
}

function grantedSession(
  services: Services,
  provider: Provider,
  userId: string,
  waiting: Waiting,
): Session {
  const { serverUrl } = waiting
  const credentials = credentialsOf(waiting)
  return openUnsaved(services, provider, { userId, scopes: [], serverUrl, credentials })
}

function credentialsOf({ granted }: Waiting) {
  if (granted === undefined) throw new Error('nothing was granted yet')
  return { kind: 'password' as const, ...granted }
}

/** A failure of the server's is waited out; any other ends the attempt. */
function isFinal(error: unknown): boolean {
  const { code, options } = toProblem(error)
  if (options.isFinal === true) return true
  return !['provider_unavailable', 'provider_timeout', 'rate_limited', 'internal'].includes(code)
}

function loginFlowOf({ auth }: Provider): LoginFlow {
  if (auth.kind === 'password' && auth.loginFlow !== undefined) return auth.loginFlow
  throw new Problem('not_supported', 'This provider has no sign-in in the browser of its own.')
}

function anonymousSession(
  services: Services,
  provider: Provider,
  userId: string,
  serverUrl: string,
) {
  return openUnsaved(services, provider, { userId, scopes: [], serverUrl, credentials: undefined })
}

const contextOf = (user: { id: string; salt: string }, id: string) => ({
  userId: user.id,
  salt: user.salt,
  record: id,
  field: 'pending',
})

/** What the server shows its user, now and in the list of app passwords: who asks, and for whom. */
function clientName(email: string | undefined): string {
  const readable = email !== undefined && /^[\x21-\x7e]{3,254}$/.test(email)
  return readable ? `Slipway (${email})` : 'Slipway'
}
