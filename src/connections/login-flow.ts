// Signing in at a user's own server: an attempt that is asked after each time it is read, until the server hands out a password.
import type { Services } from '../app-context.ts'
import type { Caller } from '../auth/roles.ts'
import { randomId, randomToken, sha256 } from '../crypto/random.ts'
import { open, seal } from '../crypto/seal.ts'
import { failAttempt, swapStatus } from '../oauth/attempts.ts'
import { attempts, type Attempt } from '../oauth/schema.ts'
import { Problem } from '../problems/problem.ts'
import { toProblem } from '../problems/respond.ts'
import type { LoginFlow, Provider } from '../providers/contract.ts'
import { getProvider } from '../providers/registry.ts'
import { ensureUser } from '../users/store.ts'
import { openUnsaved } from './session.ts'
import { checkTarget, storeConnection } from './store.ts'

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
  await services.db.insert(attempts).values({
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

/** Whether the attempt is one of these, and may still come to something. */
export function isOpenLogin(attempt: Attempt, now: number): boolean {
  const { auth } = getProvider(attempt.provider) ?? {}
  const isFlow = auth?.kind === 'password' && auth.loginFlow !== undefined
  const isOpen = attempt.status === 'pending' || attempt.status === 'exchanging'
  return isFlow && isOpen && attempt.pendingEnc !== null && attempt.expiresAt > now
}

/**
 * Asks the server once, and connects when the user has granted access. A server that fails leaves the attempt as it is: the next
 * look asks again. The password is given out once, so it is stored (sealed) before anything is done with it.
 */
export async function advanceLogin(services: Services, attempt: Attempt): Promise<void> {
  const provider = getProvider(attempt.provider)
  if (provider === undefined || attempt.pendingEnc === null) return
  const user = await ensureUser(services.db, attempt.userId, services.now())
  const context = contextOf(user, attempt.id)
  let { value: waiting } = await open<Waiting>(services.keyring, context, attempt.pendingEnc)
  if (waiting.granted === undefined) {
    const session = anonymousSession(services, provider, attempt.userId, waiting.serverUrl)
    const polled = loginFlowOf(provider).poll(session, waiting.ticket, waiting.client)
    const granted = await polled.catch((error: unknown) => settle(services, attempt, error))
    if (granted === undefined) return
    const { serverUrl, username, password } = granted
    waiting = { ...waiting, serverUrl, granted: { username, password } }
    const pendingEnc = await seal(services.keyring, context, waiting)
    if (!(await swapStatus(services, attempt.id, 'pending', 'exchanging', { pendingEnc }))) return
  }
  await connectGranted(services, provider, attempt, waiting).catch((error: unknown) =>
    settle(services, attempt, error),
  )
}

async function connectGranted(
  services: Services,
  provider: Provider,
  attempt: Attempt,
  { serverUrl, granted }: Waiting,
): Promise<void> {
  if (granted === undefined) return
  const credentials = { kind: 'password' as const, ...granted }
  const { userId } = attempt
  const session = openUnsaved(services, provider, { userId, scopes: [], serverUrl, credentials })
  try {
    const account = await provider.identify(session)
    await checkTarget(services, userId, attempt.connectionId, account.id)
    const connection = await storeConnection(services, {
      userId,
      provider,
      account,
      scopes: [],
      serverUrl,
      credentials,
    })
    await swapStatus(services, attempt.id, 'exchanging', 'completed', {
      connectionId: connection.id,
      pendingEnc: null,
    })
  } catch (error) {
    // Nobody will use it: it must not stay behind at the server.
    if (isFinal(error)) await provider.revocation?.revoke(session, '').catch(() => undefined)
    throw error
  }
}

/** A failure of the server's is waited out; any other ends the attempt. */
async function settle(services: Services, attempt: Attempt, error: unknown): Promise<undefined> {
  if (!isFinal(error)) return undefined
  const { code } = toProblem(error)
  // A look at it that failed may still be a pending one.
  await swapStatus(services, attempt.id, 'pending', 'exchanging')
  await failAttempt(services, attempt.id, code)
  return undefined
}

function isFinal(error: unknown): boolean {
  const { code, options } = toProblem(error)
  if (options.retryAfter !== undefined) return false
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
