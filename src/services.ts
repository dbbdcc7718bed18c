// Makes the services of one request: everything that reaches D1, KV, R2, the keys and the outside.
import type { AppContext, Services } from './app-context.ts'
import { createKeyring, type Keyring } from './crypto/keyring.ts'
import { randomId } from './crypto/random.ts'
import { createSigner, type Signer } from './crypto/sign.ts'
import { openDb } from './db/client.ts'
import { readSettings, type Env, type Settings } from './env.ts'
import { errorNames, writeLog } from './log.ts'
import { meterBucket, meterDatabase, type Meter } from './meter.ts'
import { createCount } from './metrics/tally.ts'
import { createTransport } from './net/http.ts'
import { createDohResolver } from './net/resolver.ts'
import { toProblem } from './problems/respond.ts'
import { checkAccount } from './users/refusal.ts'

/** Derived keys are kept by keyring and signer, so these live as long as the settings do. */
let kept: { settings: Settings; keyring: Keyring; signer: Signer } | undefined

function keysOf(settings: Settings): { readonly keyring: Keyring; readonly signer: Signer } {
  if (kept?.settings !== settings) {
    const { credentialsKeys } = settings
    kept = {
      settings,
      keyring: createKeyring(credentialsKeys),
      signer: createSigner(credentialsKeys),
    }
  }
  return kept
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
  const { keyring, signer } = keysOf(settings)
  const meter: Meter = { subrequests: 0, statements: 0 }
  const db = openDb(meterDatabase(env.DB, meter))
  const background = (work: Promise<unknown>) =>
    scope.waitUntil(
      work.catch((error: unknown) => {
        writeLog({
          level: 'warn',
          event: 'background_failure',
          request_id: scope.requestId,
          code: toProblem(error).code,
          errors: errorNames(error),
        })
      }),
    )
  return {
    settings,
    db,
    state: env.STATE,
    bucket: meterBucket(env.FILES, meter),
    importQueue: env.IMPORTS,
    jobQueue: env.JOBS,
    checkAccount: (userId) => checkAccount(db, userId),
    meter,
    keyring,
    signer,
    transport: createTransport({
      originMap: settings.originMap,
      allowPrivate: settings.allowPrivateServers,
      ownHost: new URL(settings.publicUrl).hostname,
      resolve: createDohResolver(settings.dohUrl),
      meter,
    }),
    now: Date.now,
    background,
    count: createCount(db, background),
    requestId: scope.requestId,
    country: scope.country,
  }
}
