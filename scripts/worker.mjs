// Runs the Worker in workerd for development: migrations first, then the server, without the inspector.
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { resolve } from 'node:path'
import './idle-connections.mjs'

export const root = fileURLToPath(new URL('..', import.meta.url))
const devVarsPath = resolve(root, '.dev.vars')

process.env.WRANGLER_SEND_METRICS = 'false'
process.env.CLOUDFLARE_CF_FETCH_ENABLED = 'false'
process.env.WRANGLER_HIDE_BANNER = 'true'

/** The folder of local D1, KV and R2 state. */
export const stateFolder = resolve(root, process.env.SLIPWAY_STATE ?? '.wrangler/state')

export const port = readPort('PORT', 8787)

export function readPort(name, fallback) {
  const value = process.env[name] ?? String(fallback)
  const number = Number(value)
  if (!Number.isInteger(number) || number < 0 || number > 65535) {
    console.error(`${name} must be a port number from 0 to 65535.`)
    process.exit(2)
  }
  return number
}

/** Makes random development secrets when there is no .dev.vars yet. */
export function ensureDevVars() {
  if (existsSync(devVarsPath)) return false
  const lines = [
    '# Development settings, made at random. Delete this file to get new ones.',
    'ENVIRONMENT=development',
    `AUTH_JWT_SECRET=${randomBytes(32).toString('hex')}`,
    `CREDENTIALS_KEYS=dev:${randomBytes(32).toString('base64')}`,
    'ALLOW_PRIVATE_SERVERS=true',
  ]
  writeFileSync(devVarsPath, `${lines.join('\n')}\n`, { mode: 0o600 })
  return true
}

/** The names that .dev.vars sets: what a person wrote there is not overridden. */
export function devVarNames() {
  if (!existsSync(devVarsPath)) return new Set()
  const names = readFileSync(devVarsPath, 'utf8').matchAll(/^\s*(?:export\s+)?([A-Z0-9_]+)\s*=/gm)
  return new Set([...names].map(([, name]) => name))
}

/** What .dev.vars says of one setting; undefined where it says nothing. */
export function readDevVar(name) {
  if (!existsSync(devVarsPath)) return undefined
  const line = new RegExp(`^\\s*(?:export\\s+)?${name}\\s*=\\s*(.*?)\\s*$`, 'm')
  const value = line.exec(readFileSync(devVarsPath, 'utf8'))?.[1]?.replace(/^(["'])(.*)\1$/, '$2')
  return value === '' ? undefined : value
}

export function applyMigrations() {
  const wrangler = resolve(root, 'node_modules/wrangler/bin/wrangler.js')
  const args = ['d1', 'migrations', 'apply', 'DB', '--local', '--persist-to', stateFolder]
  const { status, stdout, stderr } = spawnSync(process.execPath, [wrangler, ...args], {
    cwd: root,
    env: { ...process.env, CI: 'true' },
    encoding: 'utf8',
  })
  if (status !== 0) {
    console.error(`${stdout}\n${stderr}\nThe migrations could not be applied.`)
    process.exit(1)
  }
}

/** Starts the Worker on `port`; `vars` are plain settings beside .dev.vars. */
export async function startWorker(vars) {
  const { unstable_startWorker } = await import('wrangler')
  const known = devVarNames()
  const bindings = Object.entries(vars)
    .filter(([name]) => !known.has(name))
    .map(([name, value]) => [name, { type: 'plain_text', value }])
  const worker = await unstable_startWorker({
    config: resolve(root, 'wrangler.toml'),
    bindings: Object.fromEntries(bindings),
    dev: {
      // The inspector relays every fetched body into Node: slow, and out of memory for large ones.
      inspector: false,
      server: { hostname: '127.0.0.1', port },
      persist: stateFolder,
      logLevel: 'warn',
    },
  })
  await worker.ready
  const stopClock = startClock()
  return {
    dispose: async () => {
      stopClock()
      await worker.dispose()
    },
  }
}

/** The platform's clock, which does not tick in development: each cron of wrangler.toml, at its time. */
function startClock() {
  let minutes = 0
  const tick = (cron) =>
    fetch(`http://127.0.0.1:${port}/cdn-cgi/handler/scheduled?cron=${encodeURIComponent(cron)}`, {
      signal: AbortSignal.timeout(50_000),
    }).then(
      (response) => response.body?.cancel(),
      // The next minute comes.
      () => undefined,
    )
  const timer = setInterval(() => {
    minutes++
    void tick('* * * * *')
    if (minutes % 15 === 0) void tick('*/15 * * * *')
  }, 60_000)
  return () => clearInterval(timer)
}

/** Resolves at Ctrl-C or a termination signal, and when the npm that started us is gone without passing a signal on. */
export function untilStopped() {
  const parent = process.ppid
  return new Promise((stop) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, stop)
    const timer = setInterval(() => {
      if (process.ppid === parent) return
      clearInterval(timer)
      stop()
    }, 500)
  })
}
