// Makes the services of one request: everything that reaches D1, KV, R2, the keys and the outside.
import type { AppContext, Services } from './app-context.ts'
import { createKeyring, type Keyring } from './crypto/keyring.ts'
import { randomId } from './crypto/random.ts'
import { openDb } from './db/client.ts'
import { readSettings, type Env, type Settings } from './env.ts'
import { errorNames, writeLog } from './log.ts'
import { createTransport } from './net/http.ts'
import { createDohResolver } from './net/resolver.ts'

/** Derived keys are kept by the keyring, so it lives as long as the settings do. */
let kept: { settings: Settings; keyring: Keyring } | undefined

function keyringOf(settings: Settings): Keyring {
  if (kept?.settings !== settings) {
    kept = { settings, keyring: createKeyring(settings.credentialsKeys) }
  }
  return kept.keyring
}

export function createServices(c: AppContext): Services {
  const country = c.req.raw.cf?.country
  return buildServices(c.env, {
    waitUntil: (work) => c.executionCtx.waitUntil(work),
    // An id from a caller is taken only if it cannot break a log line or a header.
    requestId: /^[A-Za-z0-9._-]{8,64}$/.exec(c.req.header('X-Request-Id') ?? '')?.[0] ?? randomId(),
    country: typeof country === 'string' ? country : null,
  })
}

/** The same for work that no request asked for (cron, queues). */
export function buildServices(
  env: Env,
  scope: {
    readonly waitUntil: (work: Promise<unknown>) => void
    readonly requestId: string
    readonly country: string | null
  },
): Services {
  const settings = readSettings(env)
  return {
    settings,
    db: openDb(env.DB),
    state: env.STATE,
    bucket: env.FILES,
    keyring: keyringOf(settings),
    transport: createTransport({
      originMap: settings.originMap,
      allowPrivate: settings.allowPrivateServers,
      ownHost: new URL(settings.publicUrl).hostname,
      resolve: createDohResolver(settings.dohUrl),
    }),
    now: Date.now,
    background: (work) =>
      scope.waitUntil(
        work.catch((error: unknown) => {
          writeLog({
            level: 'warn',
            event: 'background_failure',
            request_id: scope.requestId,
            errors: errorNames(error),
          })
        }),
      ),
    requestId: scope.requestId,
    country: scope.country,
  }
}
