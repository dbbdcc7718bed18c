// Turns a connection into a live session: the provider sees an authorised `http`, never where credentials come from.
import type { Services } from '../app-context.ts'
import { Problem } from '../problems/problem.ts'
import type { Provider, Session } from '../providers/contract.ts'
import { getProvider, providers } from '../providers/registry.ts'
import { openLedger } from '../storage/ledger.ts'
import { bearerHttp, fixedBearerHttp } from './bearer.ts'
import { passwordHttp, passwordSender } from './password.ts'
import { reauthProblem } from './refresh.ts'
import type { Connection, Credentials } from './schema.ts'
import { noteUse } from './status.ts'
import { getConnection, rememberData } from './store.ts'
import { checkThrottle, noteThrottling } from './throttle.ts'

export interface LiveConnection {
  readonly provider: Provider
  readonly session: Session
  /** The row; undefined for the built-in storage. */
  readonly connection: Connection | undefined
  /** Part of the key of cached listings. */
  readonly listingVersion: number
}

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
  if (credentials !== undefined) {
    return fixedBearerHttp(services, provider, credentials.accessToken)
  }
  return (request) => services.transport.send(request, { kind: 'server', base: serverUrl })
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
  const isBuiltIn = provider.auth.kind === 'builtin'
  let data = fields.data
  return {
    connectionId: fields.id,
    userId: fields.userId,
    http: fields.http,
    anonymous: (request) => services.transport.send(request, presigned),
    serverUrl: fields.serverUrl ?? undefined,
    username: fields.username,
    scopes: fields.scopes,
    get data() {
      return data
    },
    remember: async (changed) => {
      data = changed
      await fields.remember?.(changed)
    },
    settings: services.settings.providerSettings(provider.id),
    bucket: isBuiltIn ? services.bucket : undefined,
    ledger: isBuiltIn ? openLedger(services, fields.userId) : undefined,
    now: services.now,
  }
}
