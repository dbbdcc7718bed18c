// Connects a user's own server, whichever route asks: the address is checked, then the server, and only then is anything kept.
import { z } from 'zod'
import type { Services } from '../app-context.ts'
import type { Caller } from '../auth/roles.ts'
import { checkServerUrl } from '../net/guard.ts'
import { invalidField, Problem } from '../problems/problem.ts'
import { toProblem } from '../problems/respond.ts'
import type { Provider } from '../providers/contract.ts'
import { getProvider } from '../providers/registry.ts'
import { startLogin } from './login-flow.ts'
import { openUnsaved } from './session.ts'
import { saveConnection } from './save.ts'
import type { Connection } from './schema.ts'
import { checkTarget, getConnection } from './store.ts'

const serverUrl = z.string().trim().min(1).max(2000)
/** The connection to renew in place. */
const connectionId = z.string().min(1).max(64).optional()

export const passwordForm = z.strictObject({
  server_url: serverUrl,
  username: z
    .string()
    .min(1)
    .max(255)
    // RFC 7617 section 2: the colon separates the name from the password.
    .refine((value) => !value.includes(':'), 'must not contain a colon'),
  password: z.string().min(1).max(1024),
  label: z.string().trim().min(1).max(200).optional(),
  connection_id: connectionId,
})

export const loginForm = z.strictObject({ server_url: serverUrl, connection_id: connectionId })

/** The connection that the form makes, or renews. Throws `server_check_failed` where the server does not let this user in. */
export async function connectWithPassword(
  services: Services,
  userId: string,
  providerId: string,
  form: z.output<typeof passwordForm>,
): Promise<Connection> {
  const provider = getProvider(providerId)
  if (provider?.auth.kind !== 'password') {
    throw invalidField('body.provider', 'must be a provider that takes a user name and a password')
  }
  const counted = { provider: provider.id }
  try {
    const connection = await connectOwnServer(services, userId, provider, form)
    // No attempt is noted of it, which would be counted.
    services.count('connects', counted)
    return connection
  } catch (error) {
    services.count('connects', { ...counted, code: toProblem(error).code })
    throw error
  }
}

async function connectOwnServer(
  services: Services,
  userId: string,
  provider: Provider,
  form: z.output<typeof passwordForm>,
): Promise<Connection> {
  await checkReconnect(services, userId, provider.id, form.connection_id)
  const fresh = {
    userId,
    scopes: [],
    serverUrl: normalizeServerUrl(services, form.server_url),
    credentials: {
      kind: 'password' as const,
      username: form.username,
      password: form.password,
    },
  }
  const session = openUnsaved(services, provider, fresh)
  const account = await checkingServer(() => provider.identify(session))
  await checkTarget(services, userId, form.connection_id ?? null, account.id)
  return saveConnection(services, { ...fresh, provider, account, label: form.label })
}

/** Starts a sign-in at the server itself; whoever reads the attempt finishes it. */
export async function connectByLogin(
  services: Services,
  caller: Caller,
  provider: Provider,
  form: z.output<typeof loginForm>,
): ReturnType<typeof startLogin> {
  await checkReconnect(services, caller.userId, provider.id, form.connection_id)
  const target = normalizeServerUrl(services, form.server_url)
  return checkingServer(() =>
    startLogin(services, caller, provider, {
      serverUrl: target,
      connectionId: form.connection_id,
    }),
  )
}

/** A connection that is to be renewed is the caller's own, at the same provider. */
async function checkReconnect(
  services: Services,
  userId: string,
  provider: string,
  id: string | undefined,
): Promise<void> {
  if (id === undefined) return
  const connection = await getConnection(services.db, userId, id)
  if (connection.provider !== provider) {
    throw invalidField('body.connection_id', 'belongs to another provider')
  }
}

/**
 * Checked by the guard before anything is sent; kept with a trailing slash, so that names can be appended. Without a scheme it is
 * https.
 */
function normalizeServerUrl({ settings }: Services, typed: string): string {
  const raw = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(typed) ? typed : `https://${typed}`
  const url = checkServerUrl(raw, {
    allowPrivate: settings.allowPrivateServers,
    ownHost: new URL(settings.publicUrl).hostname,
  })
  url.search = ''
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  return url.href
}

/** The live check. Whatever the server does wrong is the form's error, not a failure of a connection that exists. */
async function checkingServer<T>(check: () => Promise<T>): Promise<T> {
  try {
    return await check()
  } catch (error) {
    const problem = toProblem(error)
    if (problem.code === 'reauth_required') {
      throw new Problem('server_check_failed', 'The server refused the user name or password.')
    }
    if (['provider_timeout', 'provider_unavailable', 'rate_limited'].includes(problem.code)) {
      throw new Problem('server_check_failed', `The server cannot be used: ${problem.message}`, {
        cause: error,
      })
    }
    throw error
  }
}
