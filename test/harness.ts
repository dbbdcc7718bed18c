// Runs the deployed bundle in workerd beside the emulators. Tests go in through HTTP; rows are read through the bindings.
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createHash, randomBytes } from 'node:crypto'
import { SignJWT } from 'jose'
import { Log, LogLevel, Miniflare, type MiniflareOptions, type WorkerOptions } from 'miniflare'
import '../scripts/idle-connections.mjs'
import { root } from './build-worker.ts'
import { checkAnswers, type Description } from './described.ts'
import { startEmulators, type Emulators } from './emulators/server.ts'
import type { Mortal } from './mortal.ts'

export interface SlipwayOptions {
  /** Settings beside the test's defaults; undefined takes one away. */
  readonly settings?: Readonly<Record<string, string | undefined>>
  /** How many isolates serve the same D1, KV and R2, as two places at the edge do. */
  readonly places?: 1 | 2
  /** Ends the consumer and the clock where the test says. */
  readonly mortal?: Mortal
  /** Requests of a kind that a user may send in a minute; null: there is no such binding. As a rule nobody is held up. */
  readonly rateLimit?: number | null
  /** Lets `inspector` be asked for. */
  readonly isInspected?: boolean
}

export interface Slipway {
  /** The base URL of the first place; `urls` has all of them. */
  readonly url: string
  readonly urls: readonly string[]
  readonly emulators: Emulators
  readonly settings: Readonly<Record<string, string>>
  readonly db: D1Like
  readonly state: {
    list: () => Promise<{ keys: { name: string }[] }>
    get: (key: string) => Promise<string | null>
  }
  readonly bucket: {
    list: (options?: {
      readonly prefix?: string
    }) => Promise<{ objects: { key: string; size: number }[] }>
    get: (key: string) => Promise<{ text: () => Promise<string> } | null>
    put: (key: string, value: string) => Promise<unknown>
    delete: (keys: string | string[]) => Promise<unknown>
    resumeMultipartUpload: (
      key: string,
      uploadId: string,
    ) => { uploadPart: (number: number, value: string) => Promise<unknown> }
  }
  /** Sends a message of the imports' queue. */
  readonly sendMessage: (message: unknown) => Promise<void>
  /** Delivers one past the queue, which has them one after the other. Ends with the consumer. */
  readonly deliver: (message: unknown, queue?: string) => Promise<void>
  /** SHA-256 (hex) of an object in the bucket. */
  readonly objectHash: (key: string) => Promise<string | undefined>
  /** Every log line of the Worker so far. */
  readonly logs: string[]
  /** Runs what the platform's clock starts: by default what it starts every quarter of an hour. */
  readonly runCron: (cron?: '* * * * *' | '*/15 * * * *') => Promise<void>
  /** Kills workerd as it stands and starts it again, at the same addresses and over the same D1, KV and R2. @param changed settings */
  readonly restart: (changed?: Readonly<Record<string, string>>) => Promise<void>
  /** Where the first place is inspected: a WebSocket. */
  readonly inspector: () => Promise<URL>
  /** Calls the API as a user. An answer that is not as `/openapi.json` says fails the test. */
  readonly as: (user: string, claims?: Record<string, unknown>) => Client
  readonly token: (user: string, claims?: Record<string, unknown>) => Promise<string>
  readonly close: () => Promise<void>
}

interface D1Like {
  prepare: (sql: string) => {
    bind: (...values: unknown[]) => {
      all: <T>() => Promise<{ results: T[] }>
      run: () => Promise<unknown>
    }
  }
}

export type Client = (
  path: string,
  init?: RequestInit & { place?: number; duplex?: 'half' },
) => Promise<Response>

export const JWT_SECRET = 'a-secret-of-the-tests-that-is-long-enough'

/** Starts one or two places over fresh, migrated state. */
export async function startSlipway(options: SlipwayOptions = {}): Promise<Slipway> {
  const record = process.env['SLIPWAY_RECORD']
  const emulators = await startEmulators({
    port: 0,
    ...(record
      ? { recordTo: join(record, `${process.pid}-${randomBytes(4).toString('hex')}.jsonl`) }
      : {}),
  })
  const logs: string[] = []
  const { urls, settings, miniflare, optionsOf } = await startPlaces(emulators, options, logs)
  let bindings = await getBindings(miniflare)
  await applyMigrations(bindings.db)

  const checkAnswer = checkAnswers(async () => {
    const answer = await fetch(`${urls[0]}/openapi.json`, { headers: { connection: 'close' } })
    // A Worker that lacks its settings describes nothing.
    return answer.ok ? ((await answer.json()) as Description) : undefined
  })
  const token = (user: string, claims: Record<string, unknown> = {}) =>
    new SignJWT({ email: `${user}@local.test`, ...claims })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(user)
      .setExpirationTime('2h')
      .sign(new TextEncoder().encode(JWT_SECRET))

  return {
    url: urls[0] ?? '',
    urls,
    emulators,
    settings,
    // Asked for at each use: they do not outlive a restart.
    get db() {
      return bindings.db
    },
    get state() {
      return bindings.state as never
    },
    get bucket() {
      return bindings.bucket as never
    },
    sendMessage: async (message) => {
      const queue = await miniflare.getQueueProducer('IMPORTS', 'place-0')
      await queue.send(message)
    },
    deliver: async (body, queue = 'slipway-imports') => {
      const worker = await miniflare.getWorker('place-0')
      const message = { id: randomBytes(16).toString('hex'), timestamp: new Date(), attempts: 1 }
      await worker.queue(queue, [{ ...message, body }])
    },
    objectHash: async (key) => {
      const object = await bindings.bucket.get(key)
      if (object === null) return undefined
      return createHash('sha256')
        .update(new Uint8Array(await object.arrayBuffer()))
        .digest('hex')
    },
    logs,
    runCron: async (cron = '*/15 * * * *') => {
      const worker = await miniflare.getWorker('place-0')
      await worker.scheduled({ cron })
    },
    restart: async (changed = {}) => {
      options.mortal?.forget()
      Object.assign(settings, changed)
      await miniflare.setOptions(optionsOf())
      bindings = await getBindings(miniflare)
    },
    inspector: async () => new URL('/core:user:place-0', await miniflare.getInspectorURL()),
    token,
    as: (user, claims) => async (path, init) => {
      const headers = new Headers(init?.headers)
      headers.set('authorization', `Bearer ${await token(user, claims)}`)
      // workerd closes a connection whose body it did not read to the end; the next request must not be sent on it.
      headers.set('connection', 'close')
      const url = `${urls[init?.place ?? 0]}${path}`
      const answer = await fetch(url, { redirect: 'manual', ...init, headers })
      await checkAnswer(init?.method ?? 'GET', path, answer)
      return answer
    },
    close: async () => {
      await miniflare.dispose()
      await emulators.close()
    },
  }
}

async function getBindings(miniflare: Miniflare) {
  return {
    db: openRows(await miniflare.unsafeGetDirectURL('rows')),
    state: await miniflare.getKVNamespace('STATE', 'place-0'),
    bucket: await miniflare.getR2Bucket('FILES', 'place-0'),
  }
}

/** Runs statements for the tests. Miniflare's own way to a binding answers in lockstep, and falls out of step on a busy machine. */
const ROWS: WorkerOptions = {
  name: 'rows',
  modules: true,
  script: `export default {
    async fetch(request, { DB }) {
      const { sql, values } = await request.json()
      try {
        return Response.json(await DB.prepare(sql).bind(...values).all())
      } catch (error) {
        return new Response(String(error), { status: 500 })
      }
    }
  }`,
  compatibilityDate: '2026-04-20',
  d1Databases: { DB: 'slipway' },
  unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
}

function openRows(url: URL): D1Like {
  const ask = async (sql: string, values: readonly unknown[]) => {
    // A connection that rested for five seconds is closed by workerd, perhaps just now.
    const headers = { connection: 'close' }
    const body = JSON.stringify({ sql, values })
    const response = await fetch(url, { method: 'POST', headers, body })
    if (!response.ok) throw new Error(`${sql}: ${await response.text()}`)
    return (await response.json()) as { results: never[] }
  }
  return {
    prepare: (sql) => ({
      bind: (...values) => ({ all: () => ask(sql, values), run: () => ask(sql, values) }),
    }),
  }
}

/** How often other ports are tried: one that was free may be somebody else's by the time it is opened. */
const PORT_TRIES = 5

async function startPlaces(emulators: Emulators, options: SlipwayOptions, logs: string[]) {
  for (let tries = 1; ; tries++) {
    const ports = await Promise.all(Array.from({ length: options.places ?? 1 }, freePort))
    const urls = ports.map((port) => `http://localhost:${port}`)
    const settings = compact({
      ENVIRONMENT: 'development',
      PUBLIC_URL: urls[0],
      FRONTEND_ORIGINS: 'http://app.localhost:3000',
      AUTH_JWT_SECRET: JWT_SECRET,
      CREDENTIALS_KEYS: `k1:${randomBytes(32).toString('base64')}`,
      PROVIDER_ORIGINS: JSON.stringify(emulators.origins),
      ALLOW_PRIVATE_SERVERS: 'true',
      ...emulators.clients,
      ...options.settings,
    })
    const optionsOf = (): MiniflareOptions => ({
      log: new Log(LogLevel.ERROR),
      ...(options.isInspected && { inspectorPort: 0 }),
      handleRuntimeStdio: (stdout: NodeJS.ReadableStream, stderr: NodeJS.ReadableStream) => {
        for (const stream of [stdout, stderr]) {
          stream.on('data', (data: Buffer) => logs.push(data.toString()))
        }
      },
      workers: [...ports.map((port, place) => workerOptions(port, place, settings, options)), ROWS],
    })
    const miniflare = new Miniflare(optionsOf())
    try {
      await miniflare.ready
      return { urls, settings, miniflare, optionsOf }
    } catch (error) {
      await miniflare.dispose().catch(() => undefined)
      const isTaken = error instanceof Error && /address (?:already )?in use/i.test(error.message)
      if (!isTaken || tries === PORT_TRIES) throw error
    }
  }
}

/** As in wrangler.toml. */
const QUEUE_CONSUMERS = {
  'slipway-imports': {
    maxBatchSize: 1,
    maxBatchTimeout: 0,
    maxRetries: 5,
    deadLetterQueue: 'slipway-imports-dead',
  },
  'slipway-imports-dead': { maxBatchSize: 10, maxBatchTimeout: 1 },
  'slipway-jobs': {
    maxBatchSize: 1,
    maxBatchTimeout: 0,
    maxRetries: 5,
    deadLetterQueue: 'slipway-jobs-dead',
  },
  'slipway-jobs-dead': { maxBatchSize: 10, maxBatchTimeout: 1 },
}

function workerOptions(
  port: number,
  place: number,
  settings: Readonly<Record<string, string>>,
  { mortal, rateLimit = 100_000 }: SlipwayOptions,
): WorkerOptions {
  const text = readdirSync(join(root, 'build/worker')).filter((name) =>
    /\.(txt|css|md)$/.test(name),
  )
  const contents = mortal && readFileSync(join(root, 'test/mortal-worker.mjs'), 'utf8')
  return {
    name: `place-${place}`,
    modules: [
      ...(contents === undefined
        ? []
        : [{ type: 'ESModule' as const, path: join(root, 'build/worker/mortal.js'), contents }]),
      { type: 'ESModule', path: join(root, 'build/worker/index.js') },
      ...text.map((name) => ({ type: 'Text' as const, path: join(root, 'build/worker', name) })),
    ],
    modulesRoot: join(root, 'build/worker'),
    compatibilityDate: '2026-04-20',
    compatibilityFlags: ['global_fetch_strictly_public', ...(mortal ? ['nodejs_als'] : [])],
    ...(mortal && { serviceBindings: { MORTAL: mortal.answer } }),
    bindings: settings,
    d1Databases: { DB: 'slipway' },
    kvNamespaces: { STATE: 'state' },
    r2Buckets: { FILES: 'files' },
    ...(rateLimit !== null && {
      ratelimits: { RATE_LIMIT: { simple: { limit: rateLimit, period: 60 } } },
    }),
    queueProducers: { IMPORTS: 'slipway-imports', JOBS: 'slipway-jobs' },
    // A queue has one consumer: the first place.
    ...(place === 0 && { queueConsumers: QUEUE_CONSUMERS }),
    unsafeDirectSockets: [{ host: '127.0.0.1', port }],
  } as WorkerOptions
}

async function applyMigrations(db: D1Like) {
  const folder = join(root, 'migrations')
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort()) {
    for (const sql of readFileSync(join(folder, file), 'utf8').split('--> statement-breakpoint')) {
      await db.prepare(sql).bind().run()
    }
  }
}

function compact(settings: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

/** The rows of a query. */
export async function rows<T = Record<string, unknown>>(
  app: Slipway,
  sql: string,
  ...values: unknown[]
): Promise<T[]> {
  return (
    await app.db
      .prepare(sql)
      .bind(...values)
      .all<T>()
  ).results
}

/** As if the time that a vendor asked to wait had passed. */
export async function endThrottling(app: Slipway): Promise<void> {
  await rows(app, 'UPDATE connections SET throttled_until = NULL')
}
