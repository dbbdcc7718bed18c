// Turns a connection into a live session: the provider sees an authorised `http`, never where credentials come from.
import type { Services } from '../app-context.ts'
import { createPasswordAuth, type DigestCache } from '../net/http-auth.ts'
import { discard } from '../net/body.ts'
import type { Outbound, TargetPolicy } from '../net/http.ts'
import { Problem } from '../problems/problem.ts'
import type { Provider, Session } from '../providers/contract.ts'
import { getProvider, providers } from '../providers/registry.ts'
import { findUser } from '../users/store.ts'
import type { Connection, Credentials } from './schema.ts'
import { openCredentials } from './credentials.ts'
import { noteUse, requireReauth } from './status.ts'
import { getConnection } from './store.ts'
import { accessToken, reauthProblem, renewAccessToken } from './tokens.ts'

export interface LiveConnection {
  readonly provider: Provider
  readonly session: Session
  /** The row; undefined for the built-in storage. */
  readonly connection: Connection | undefined
  /** Part of the key of cached listings. */
  readonly listingVersion: number
}

/** A digest challenge outlives a request, so that not every one costs an extra round trip. Keyed by connection. */
const digestCaches = new Map<string, DigestCache>()
const KEPT_CACHES = 500

/** The user's connection `id`, ready for calls; a built-in provider's id stands for itself. Throws `not_found`. */
export async function openConnection(
  services: Services,
  userId: string,
  id: string,
): Promise<LiveConnection> {
  const builtIn = providers.find(
    (provider) => provider.auth.kind === 'builtin' && matches(provider, id),
  )
  if (builtIn !== undefined) return openBuiltIn(services, builtIn, userId)
  return openSession(services, await getConnection(services.db, userId, id))
}

const matches = (provider: Provider, id: string) =>
  provider.id === id || provider.aliases?.includes(id) === true

/** The session of a row that was read for its owner. */
export async function openSession(
  services: Services,
  connection: Connection,
): Promise<LiveConnection> {
  const provider = getProvider(connection.provider)
  if (provider === undefined)
    throw new Problem('not_supported', 'This provider is no longer offered.')
  if (connection.status === 'REQUIRES_REAUTH') throw reauthProblem()
  const send =
    provider.auth.kind === 'oauth2'
      ? bearerHttp(services, provider, connection)
      : await passwordHttp(services, connection)
  const http = notingUse(services, connection, send)
  const session = createSession(services, provider, { ...connection, http })
  return { provider, session, connection, listingVersion: connection.listingVersion }
}

/** How exactly `last_used_at` is kept: a write for every request would be dear. */
const USE_PRECISION_MS = 60_000

/** The first answer notes that the connection is in use, and ends an ERROR that has passed. */
function notingUse(
  services: Services,
  connection: Connection,
  send: Session['http'],
): Session['http'] {
  const age = services.now() - (connection.lastUsedAt ?? 0)
  let due = age > USE_PRECISION_MS || connection.status === 'ERROR'
  return async (request) => {
    const answer = await send(request)
    if (due && answer.status < 400) {
      due = false
      services.background(noteUse(services, connection))
    }
    return answer
  }
}

function openBuiltIn(services: Services, provider: Provider, userId: string): LiveConnection {
  const http = () => Promise.reject(new Error('the built-in storage has no network'))
  const fields = { id: provider.id, userId, scopes: [], data: {}, serverUrl: null, http }
  const session = createSession(services, provider, fields)
  return { provider, session, connection: undefined, listingVersion: 0 }
}

/** A session with credentials that are not stored yet: to identify the account behind them. */
export function openUnsaved(
  services: Services,
  provider: Provider,
  fresh: {
    readonly userId: string
    readonly scopes: readonly string[]
    readonly serverUrl?: string | undefined
    readonly credentials: Credentials
  },
): Session {
  const { credentials } = fresh
  const http =
    credentials.kind === 'oauth2'
      ? (request: Outbound) =>
          services.transport.send(
            withHeader(request, 'authorization', `Bearer ${credentials.accessToken}`),
            apiPolicy(provider),
          )
      : passwordSender(services, credentials, fresh.serverUrl ?? '', undefined)
  return createSession(services, provider, {
    id: 'unsaved',
    userId: fresh.userId,
    scopes: fresh.scopes,
    data: {},
    serverUrl: fresh.serverUrl ?? null,
    username: credentials.kind === 'password' ? credentials.username : undefined,
    http,
  })
}

function createSession(
  services: Services,
  provider: Provider,
  fields: {
    readonly id: string
    readonly userId: string
    readonly scopes: readonly string[]
    readonly data: Readonly<Record<string, string>>
    readonly serverUrl: string | null
    readonly username?: string | undefined
    readonly http: Session['http']
  },
): Session {
  const presigned = { kind: 'presigned', suffixes: provider.presignedHosts ?? [] } as const
  return {
    connectionId: fields.id,
    userId: fields.userId,
    http: fields.http,
    anonymous: (request) => services.transport.send(request, presigned),
    serverUrl: fields.serverUrl ?? undefined,
    username: fields.username,
    scopes: fields.scopes,
    data: fields.data,
    settings: services.settings.providerSettings(provider.id),
    bucket: provider.auth.kind === 'builtin' ? services.bucket : undefined,
    now: services.now,
  }
}

function apiPolicy(provider: Provider): TargetPolicy {
  if (provider.origins === 'server') throw new Error('a server provider has no API origins')
  return { kind: 'origins', origins: provider.origins }
}

/** Bearer (RFC 6750): refreshed before it ends, and once when the vendor says 401 all the same. */
function bearerHttp(services: Services, provider: Provider, connection: Connection) {
  const policy = apiPolicy(provider)
  let current: Promise<{ token: string; version: number }> | undefined
  const send = (request: Outbound, token: string) =>
    services.transport.send(withHeader(request, 'authorization', `Bearer ${token}`), policy)

  return async (request: Outbound): Promise<Response> => {
    current ??= accessToken(services, connection)
    const used = await current
    const answer = await send(request, used.token)
    if (answer.status !== 401) return answer
    await discard(answer)
    // Requests of one session that fail together share the refresh.
    if ((await current).version === used.version) {
      current = renewAccessToken(services, connection, used.version)
    }
    const renewed = await current
    if (request.body instanceof ReadableStream) {
      throw new Problem('provider_unavailable', 'The token had ended; send the bytes again.', {
        retryAfter: 1,
      })
    }
    const second = await send(request, renewed.token)
    // A token that is seconds old and refused all the same: the vendor has ended the grant.
    if (second.status === 401)
      await requireReauth(services, { ...connection, tokenVersion: renewed.version })
    return second
  }
}

async function passwordHttp(services: Services, connection: Connection): Promise<Session['http']> {
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
    const probe = { url: connection.serverUrl ?? '', method: 'PROPFIND', headers: { depth: '0' } }
    const base = await send(probe)
    if (base.status !== 401) {
      await discard(base)
      throw new Problem('access_denied', 'The server does not let this user do that.')
    }
    await requireReauth(services, connection)
    return base
  }
}

function passwordSender(
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

function withHeader(request: Outbound, name: string, value: string): Outbound {
  return { ...request, headers: { ...request.headers, [name]: value } }
}
