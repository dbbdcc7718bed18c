// Every binding and setting of the Worker. Settings are parsed once; a bad one stops the Worker from serving, by name.
import { z } from 'zod'
import { webhookKey, type AlertSettings } from './alerts/webhook-key.ts'
import type { OpenLimits } from './limits/open-things.ts'
import { parseOriginMap, type OriginMap } from './net/origins.ts'
import type { ProviderSettings } from './providers/sign-in.ts'

/** What the platform binds. Settings are strings beside these. */
export interface Env {
  /** D1: users, connections (sealed), attempts, documents, audit. */
  readonly DB: D1Database
  /** KV: OAuth state, sealed, with expiry. */
  readonly STATE: KVNamespace
  /** R2: the default storage. */
  readonly FILES: R2Bucket
  /** A queue: one message for each slice of an import. */
  readonly IMPORTS: Queue
  /** The platform's count of requests by key. Missing, nobody is held back. */
  readonly RATE_LIMIT?: RateLimit
  /** A queue: one message for each slice of a user's deletion. */
  readonly JOBS: Queue
  readonly [setting: string]: unknown
}

export interface Settings {
  readonly environment: 'production' | 'development'
  /** The Worker's own base URL, without a trailing slash. Never taken from the Host header. */
  readonly publicUrl: string
  readonly frontendUrl: string
  /** Exact origins that may call the API from a browser and receive the popup's message; the Worker's own included. */
  readonly frontendOrigins: readonly string[]
  readonly auth: AuthSettings
  /** `id:base64`, newest first (CREDENTIALS_KEYS). */
  readonly credentialsKeys: readonly { readonly id: string; readonly key: Uint8Array }[]
  readonly originMap: OriginMap
  /** Loopback servers and plain http to them: development and tests. */
  readonly allowPrivateServers: boolean
  /** The DNS-over-HTTPS resolver (RFC 8484, JSON form). */
  readonly dohUrl: string
  /** Bytes that a user may keep in the default storage; 0 = any number. */
  readonly storageQuota: number
  /** What one user may have open at once (MAX_…_PER_USER). */
  readonly openLimits: OpenLimits
  /** Where failures are told, and the key that signs them; undefined: nowhere (ALERT_WEBHOOK_URL, ALERT_WEBHOOK_SECRET). */
  readonly alerts: AlertSettings | undefined
  readonly providerSettings: (providerId: string) => ProviderSettings
}

export interface AuthSettings {
  readonly jwksUrl?: string | undefined
  readonly jwtSecret?: string | undefined
  readonly issuer?: string | undefined
  readonly audience?: string | undefined
  readonly roleClaim: string
  readonly adminValue: string
  readonly cookie: string
}

/** A setting that is missing or wrong: names the setting, never its value. */
export class SettingError extends Error {
  override readonly name = 'SettingError'
  constructor(
    readonly setting: string,
    readonly reason: string,
  ) {
    super(`The setting ${setting} ${reason}.`)
  }
}

const flag = z
  .enum(['true', 'false', ''])
  .optional()
  .transform((value) => value === 'true')
const origin = z.string().refine(isOrigin, 'must be an origin such as https://app.example')
const baseUrl = z
  .string()
  .refine((value) => /^https?:\/\//.test(value) && URL.canParse(value), 'must be an http(s) URL')
  .transform((value) => value.replace(/\/+$/, ''))
/** To be used as it is: a slash at its end may mean something. */
const httpUrl = z
  .string()
  .refine((value) => /^https?:\/\//.test(value) && URL.canParse(value), 'must be an http(s) URL')
  .refine((value) => !new URL(value).username, 'must not name a user')
const text = z.string().min(1, 'must not be empty')
const bytes = z
  .string()
  .regex(/^\d{1,15}$/, 'must be a number of bytes')
  .transform(Number)

/** Of things that one user may have at once. */
const most = (standard: number) =>
  z
    .string()
    .regex(/^[1-9]\d{0,5}$/, 'must be a number from 1 to 999999')
    .transform(Number)
    .default(standard)

const schema = z.object({
  ENVIRONMENT: z.enum(['production', 'development']).default('production'),
  PUBLIC_URL: baseUrl,
  FRONTEND_URL: baseUrl.optional(),
  FRONTEND_ORIGINS: z
    .string()
    .default('')
    .transform((value) => value.split(',').map((part) => part.trim()))
    .transform((parts) => parts.filter((part) => part !== ''))
    .pipe(z.array(origin)),
  AUTH_JWKS_URL: baseUrl.optional(),
  AUTH_JWT_SECRET: z.string().min(32, 'must have at least 32 characters').optional(),
  AUTH_ISSUER: text.optional(),
  AUTH_AUDIENCE: text.optional(),
  AUTH_ROLE_CLAIM: text.default('role'),
  AUTH_ADMIN_VALUE: text.default('admin'),
  AUTH_COOKIE: z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/, 'must be a cookie name')
    .default('slipway_session'),
  CREDENTIALS_KEYS: z.string(),
  PROVIDER_ORIGINS: z.string().optional(),
  ALLOW_PRIVATE_SERVERS: flag,
  DOH_URL: baseUrl.default('https://cloudflare-dns.com/dns-query'),
  STORAGE_QUOTA_BYTES: bytes.default(10 * 2 ** 30),
  MAX_CONNECTIONS_PER_USER: most(100),
  MAX_OPEN_UPLOADS_PER_USER: most(200),
  MAX_UNFINISHED_IMPORTS_PER_USER: most(20),
  MAX_OPEN_ATTEMPTS_PER_USER: most(50),
  ALERT_WEBHOOK_URL: httpUrl.optional(),
  ALERT_WEBHOOK_SECRET: z
    .string()
    .transform(webhookKey)
    .refine((key) => key !== undefined, 'must be whsec_ and the Base64 of 24 to 64 bytes')
    .optional(),
  MICROSOFT_TENANT: z
    .string()
    .regex(/^[A-Za-z0-9.-]+$/, 'must be common, organizations, consumers, a GUID or a domain')
    .default('common'),
})

let parsed: { env: Env; settings: Settings } | undefined

/** The settings of this isolate. Throws {@link SettingError} for the first one that is wrong. */
export function readSettings(env: Env): Settings {
  if (parsed?.env !== env) parsed = { env, settings: parseSettings(env) }
  return parsed.settings
}

function parseSettings(env: Env): Settings {
  const result = schema.safeParse(withoutEmpty(env))
  if (!result.success) {
    const issue = result.error.issues[0]
    const missing = issue?.code === 'invalid_type' && issue.input === undefined
    throw new SettingError(String(issue?.path[0]), missing ? 'is missing' : describe(issue))
  }
  const raw = result.data
  const production = raw.ENVIRONMENT === 'production'
  const frontendUrl = raw.FRONTEND_URL ?? raw.PUBLIC_URL
  checkAuth(raw, production)
  if (production && raw.ALLOW_PRIVATE_SERVERS) {
    throw new SettingError('ALLOW_PRIVATE_SERVERS', 'must not be true in production')
  }
  if (production && !raw.PUBLIC_URL.startsWith('https:')) {
    throw new SettingError('PUBLIC_URL', 'must be https in production')
  }
  return {
    environment: raw.ENVIRONMENT,
    publicUrl: raw.PUBLIC_URL,
    frontendUrl,
    frontendOrigins: [
      ...new Set([...raw.FRONTEND_ORIGINS, new URL(raw.PUBLIC_URL).origin, ...defaultOrigin(raw)]),
    ],
    auth: {
      jwksUrl: raw.AUTH_JWKS_URL,
      jwtSecret: raw.AUTH_JWT_SECRET,
      issuer: raw.AUTH_ISSUER,
      audience: raw.AUTH_AUDIENCE,
      roleClaim: raw.AUTH_ROLE_CLAIM,
      adminValue: raw.AUTH_ADMIN_VALUE,
      cookie: raw.AUTH_COOKIE,
    },
    credentialsKeys: parseKeys(raw.CREDENTIALS_KEYS),
    originMap: parseOrigins(raw.PROVIDER_ORIGINS, production),
    allowPrivateServers: raw.ALLOW_PRIVATE_SERVERS,
    dohUrl: raw.DOH_URL,
    storageQuota: raw.STORAGE_QUOTA_BYTES,
    openLimits: {
      connections: raw.MAX_CONNECTIONS_PER_USER,
      uploads: raw.MAX_OPEN_UPLOADS_PER_USER,
      imports: raw.MAX_UNFINISHED_IMPORTS_PER_USER,
      attempts: raw.MAX_OPEN_ATTEMPTS_PER_USER,
    },
    alerts: readAlerts(raw.ALERT_WEBHOOK_URL, raw.ALERT_WEBHOOK_SECRET, production),
    providerSettings: (id) => readProviderSettings(env, id, raw.MICROSOFT_TENANT, raw.PUBLIC_URL),
  }
}

/** FRONTEND_URL's own origin is allowed when FRONTEND_ORIGINS names none. */
function defaultOrigin(raw: { FRONTEND_URL?: string | undefined; FRONTEND_ORIGINS: string[] }) {
  if (raw.FRONTEND_URL === undefined || raw.FRONTEND_ORIGINS.length > 0) return []
  return [new URL(raw.FRONTEND_URL).origin]
}

function checkAuth(
  raw: {
    AUTH_JWKS_URL?: string | undefined
    AUTH_JWT_SECRET?: string | undefined
    AUTH_ISSUER?: string | undefined
    AUTH_AUDIENCE?: string | undefined
  },
  production: boolean,
): void {
  if ((raw.AUTH_JWKS_URL === undefined) === (raw.AUTH_JWT_SECRET === undefined)) {
    throw new SettingError(
      'AUTH_JWKS_URL or AUTH_JWT_SECRET',
      'must be set, and only one of the two',
    )
  }
  if (production && raw.AUTH_JWKS_URL !== undefined && !raw.AUTH_JWKS_URL.startsWith('https:')) {
    throw new SettingError('AUTH_JWKS_URL', 'must be https in production')
  }
  for (const name of ['AUTH_ISSUER', 'AUTH_AUDIENCE'] as const) {
    if (production && raw[name] === undefined) {
      throw new SettingError(name, 'must be set in production')
    }
  }
}

function readAlerts(
  url: string | undefined,
  key: Uint8Array | undefined,
  production: boolean,
): AlertSettings | undefined {
  if (url === undefined && key === undefined) return undefined
  if (url === undefined) {
    throw new SettingError('ALERT_WEBHOOK_URL', 'is missing beside ALERT_WEBHOOK_SECRET')
  }
  if (key === undefined) {
    throw new SettingError('ALERT_WEBHOOK_SECRET', 'is missing beside ALERT_WEBHOOK_URL')
  }
  if (production && !url.startsWith('https:')) {
    throw new SettingError('ALERT_WEBHOOK_URL', 'must be https in production')
  }
  return { url, key }
}

function parseKeys(value: string): Settings['credentialsKeys'] {
  const keys = value.split(',').map((part) => {
    const match = /^([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/_-]+=*)$/.exec(part.trim())
    const key = match?.[2] === undefined ? undefined : decodeBase64(match[2])
    if (match?.[1] === undefined || key?.length !== 32) {
      throw new SettingError('CREDENTIALS_KEYS', 'must be "id:base64 of 32 bytes", comma-separated')
    }
    return { id: match[1], key }
  })
  if (new Set(keys.map(({ id }) => id)).size !== keys.length) {
    throw new SettingError('CREDENTIALS_KEYS', 'must not use one key id twice')
  }
  return keys
}

function parseOrigins(value: string | undefined, production: boolean): OriginMap {
  try {
    return parseOriginMap(value ?? '{}', { allowHttp: !production })
  } catch (error) {
    throw new SettingError('PROVIDER_ORIGINS', error instanceof Error ? error.message : 'is wrong')
  }
}

function readProviderSettings(
  env: Env,
  providerId: string,
  microsoftTenant: string,
  publicUrl: string,
): ProviderSettings {
  const prefix = providerId.toUpperCase()
  const read = (name: string) => {
    const value = env[`${prefix}_${name}`]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const clientId = read('CLIENT_ID')
  const clientSecret = read('CLIENT_SECRET')
  if (clientId !== undefined && clientSecret === undefined) {
    throw new SettingError(`${prefix}_CLIENT_SECRET`, `is missing beside ${prefix}_CLIENT_ID`)
  }
  const scopes = read('SCOPES')
    ?.split(/[\s,]+/)
    .filter((scope) => scope !== '')
  return { clientId, clientSecret, scopes, microsoftTenant, publicUrl }
}

function withoutEmpty(env: Env): Record<string, unknown> {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
}

function describe(issue: z.core.$ZodIssue | undefined): string {
  if (issue === undefined) return 'is wrong'
  return issue.code === 'invalid_value'
    ? `must be one of ${issue.values.join(', ')}`
    : issue.message
}

function isOrigin(value: string): boolean {
  return (
    !value.includes('*') &&
    URL.canParse(value) &&
    new URL(value).origin === value &&
    /^https?:/.test(value)
  )
}

function decodeBase64(value: string): Uint8Array | undefined {
  try {
    const binary = atob(value.replace(/-/g, '+').replace(/_/g, '/'))
    return Uint8Array.from(binary, (char) => char.charCodeAt(0))
  } catch {
    return undefined
  }
}
