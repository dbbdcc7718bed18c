// A user name and a password on every request to a user's own server, and what a refusal of them means.
import type { Services } from '../app-context.ts'
import { discard } from '../net/body.ts'
import { createPasswordAuth, type DigestCache } from '../net/http-auth.ts'
import type { Outbound, TargetPolicy } from '../net/http.ts'
import { retryAfter } from '../net/retry.ts'
import { Problem } from '../problems/problem.ts'
import type { Provider, Session } from '../providers/contract.ts'
import { rateLimited } from '../providers/rate-limited.ts'
import { findUser } from '../users/store.ts'
import { openCredentials } from './credentials.ts'
import type { Connection, Credentials } from './schema.ts'
import { requireReauth } from './status.ts'

/** A digest challenge outlives a request, so that not every one costs an extra round trip. Keyed by connection. */
const digestCaches = new Map<string, DigestCache>()
const KEPT_CACHES = 500

/** Sends as the owner of a stored connection. */
export async function passwordHttp(
  services: Services,
  provider: Provider,
  connection: Connection,
): Promise<Session['http']> {
  const user = await findUser(services.db, connection.userId)
  if (user === undefined) throw new Problem('not_found', 'There is no such connection.')
  const credentials = await openCredentials(services, user, connection)
  if (credentials.kind !== 'password') throw new Error('the connection holds no password')
  const send = passwordSender(
    services,
    credentials,
    connection.serverUrl ?? '',
    `${connection.id} ${connection.tokenVersion}`,
  )
  return async (request) => {
    const answer = await send(request)
    if (answer.status !== 401) return answer
    await discard(answer)
    // Some servers answer 401 for a folder that this user may not enter: the base tells whether it is the password.
    const base = await send(probeOf(provider, connection.serverUrl ?? ''))
    if (base.status === 429 || base.status >= 500) {
      const wait = retryAfter(base, services.now())
      await discard(base)
      throw base.status === 429
        ? rateLimited('The server asks to slow down.', wait)
        : new Problem('provider_unavailable', 'The server could not answer.', { retryAfter: wait })
    }
    if (base.status !== 401) {
      await discard(base)
      throw new Problem('access_denied', 'The server does not let this user do that.')
    }
    await requireReauth(services, connection)
    return base
  }
}

function probeOf({ auth }: Provider, serverUrl: string): Outbound {
  const own = auth.kind === 'password' ? auth.probe?.(serverUrl) : undefined
  return own ?? { url: serverUrl, method: 'PROPFIND', headers: { depth: '0' } }
}

/** `cacheKey`: under which a digest challenge is kept for the next request; undefined keeps none. */
export function passwordSender(
  services: Services,
  credentials: Extract<Credentials, { kind: 'password' }>,
  serverUrl: string,
  cacheKey: string | undefined,
): Session['http'] {
  const policy: TargetPolicy = { kind: 'server', base: serverUrl }
  const auth = createPasswordAuth({
    username: credentials.username,
    password: credentials.password,
    cache: digestCache(cacheKey),
    probeUrl: serverUrl,
  })
  return (request) => auth(request, (signed) => services.transport.send(signed, policy))
}

function digestCache(key: string | undefined): DigestCache {
  const known = key === undefined ? undefined : digestCaches.get(key)
  if (known !== undefined) return known
  const fresh: DigestCache = {}
  if (key !== undefined) {
    if (digestCaches.size >= KEPT_CACHES) digestCaches.clear()
    digestCaches.set(key, fresh)
  }
  return fresh
}
