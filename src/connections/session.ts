// Turns a connection into a live session: the provider sees an authorised `http`, never where credentials come from.
import type { Services } from '../app-context.ts'
import { createPasswordAuth, type DigestCache } from '../net/http-auth.ts'
import { discard, readText } from '../net/body.ts'
import type { Outbound, TargetPolicy } from '../net/http.ts'
import { Problem } from '../problems/problem.ts'
import type { OAuth2, Provider, Session } from '../providers/contract.ts'
import { getProvider, providers } from '../providers/registry.ts'
import { findUser } from '../users/store.ts'
import type { Connection, Credentials } from './schema.ts'
import { openCredentials } from './credentials.ts'
import { noteUse, requireReauth } from './status.ts'
import { getConnection, rememberData } from './store.ts'
import { checkThrottle, noteThrottling } from './throttle.ts'
import { accessToken, reauthProblem, renewAccessToken, type AccessToken } from './tokens.ts'

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
  checkThrottle(services, connection)
  const send =
    provider.auth.kind === 'oauth2'
      ? bearerHttp(services, provider, provider.auth, connection)
      : await passwordHttp(services, provider, connection)
  const http = notingUse(services, connection, send)
  const remember = (data: Session['data']) => rememberData(services.db, connection, data)
  const session = createSession(services, provider, { ...connection, http, remember })
  return {
    provider: noteThrottling(services, connection, provider),
    session,
    connection,
    listingVersion: connection.listingVersion,
  }
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

/**
 * A session beside the stored connections: with credentials that are not stored yet, or no more; or with none at all, at a user's
 * own server.
 */
export function openUnsaved(
  services: Services,
  provider: Provider,
  fresh: {
    readonly userId: string
    readonly scopes: readonly string[]
    readonly serverUrl?: string | undefined
    readonly data?: Readonly<Record<string, string>>
    readonly credentials: Credentials | undefined
  },
): Session {
  const { credentials } = fresh
  return createSession(services, provider, {
    id: 'unsaved',
    userId: fresh.userId,
    scopes: fresh.scopes,
    data: fresh.data ?? {},
    serverUrl: fresh.serverUrl ?? null,
    username: credentials?.kind === 'password' ? credentials.username : undefined,
    http: unsavedHttp(services, provider, fresh.serverUrl ?? '', credentials),
  })
}

function unsavedHttp(
  services: Services,
  provider: Provider,
  serverUrl: string,
  credentials: Credentials | undefined,
): Session['http'] {
  if (credentials?.kind === 'password') {
    return passwordSender(services, credentials, serverUrl, undefined)
  }
  const policy: TargetPolicy =
    credentials === undefined ? { kind: 'server', base: serverUrl } : apiPolicy(provider)
  const signed = (request: Outbound) =>
    credentials === undefined
      ? request
      : withHeader(request, 'authorization', `Bearer ${credentials.accessToken}`)
  return (request) => services.transport.send(signed(request), policy)
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
    readonly remember?: Session['remember']
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
    remember: fields.remember ?? (() => Promise.resolve()),
    settings: services.settings.providerSettings(provider.id),
    bucket: provider.auth.kind === 'builtin' ? services.bucket : undefined,
    now: services.now,
  }
}

function apiPolicy(provider: Provider): TargetPolicy {
  if (provider.origins === 'server') throw new Error('a server provider has no API origins')
  return { kind: 'origins', origins: provider.origins }
}

/** Bearer (RFC 6750): refreshed before it ends, and once when the vendor says that it has ended all the same. */
function bearerHttp(
  services: Services,
  provider: Provider,
  { judgeRefusal }: OAuth2,
  connection: Connection,
) {
  const policy = apiPolicy(provider)
  let current: Promise<AccessToken> | undefined
  const send = async (request: Outbound, token: string) => {
    const signed = withHeader(request, 'authorization', `Bearer ${token}`)
    return judge(await services.transport.send(signed, policy), judgeRefusal)
  }

  return async (request: Outbound): Promise<Response> => {
    current ??= accessToken(services, connection)
    const used = await current
    const first = await send(request, used.token)
    if (!first.expired || (first.answer.status !== 401 && isRecent(services, connection))) {
      return first.answer
    }
    await discard(first.answer)
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
    if (second.expired && second.answer.status === 401)
      await requireReauth(services, { ...connection, tokenVersion: renewed.version })
    return second.answer
  }
}

/** How old a token must be to be blamed for a refusal that may have other reasons. */
const BLAMELESS_MS = 60_000

/** Whether the token was refreshed just now: then a 403 or 404 is about something else. */
function isRecent({ now }: Pick<Services, 'now'>, { grantedAt, refreshedAt }: Connection): boolean {
  return refreshedAt > grantedAt && now() - refreshedAt < BLAMELESS_MS
}

/** Whether a refusal is about the token. A body that has to be read for that is put back. */
async function judge(
  answer: Response,
  judgeRefusal: OAuth2['judgeRefusal'],
): Promise<{ readonly answer: Response; readonly expired: boolean }> {
  const { status } = answer
  if (judgeRefusal === undefined || ![401, 403, 404].includes(status)) {
    return { answer, expired: status === 401 }
  }
  const body = await readText(answer, { limit: 256 * 1024 }).catch(() => '')
  const again = new Response(body, { status, headers: answer.headers })
  return { answer: again, expired: judgeRefusal(status, body) === 'expired' }
}

async function passwordHttp(
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
    if (base.status !== 401) {
      await discard(base)
      if (base.status >= 500) {
        throw new Problem('provider_unavailable', 'The server could not check the password.')
      }
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
