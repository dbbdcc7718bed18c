// Runs the bundled Worker and the pass-through in one workerd, and reads what that process uses from /proc.
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { SignJWT } from 'jose'
import { Log, LogLevel, Miniflare } from 'miniflare'
import '../../scripts/idle-connections.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const SECRET = 'a-secret-of-the-benchmark-that-is-long-enough'

/** Bundles the Worker as `wrangler deploy` would. */
export function bundle() {
  const wrangler = join(root, 'node_modules/wrangler/bin/wrangler.js')
  const args = [wrangler, 'deploy', '--dry-run', '--outdir', 'build/worker']
  const env = { ...process.env, WRANGLER_SEND_METRICS: 'false', WRANGLER_HIDE_BANNER: 'true' }
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`The Worker could not be bundled.\n${stderr}`)
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
}

export async function startWorkerd(vendorUrl) {
  const [port, barePort] = await Promise.all([freePort(), freePort()])
  const url = `http://localhost:${port}`
  const folder = join(root, 'build/worker')
  const texts = readdirSync(folder).filter((name) => /\.(txt|css|md)$/.test(name))
  const slices = []
  const miniflare = new Miniflare({
    log: new Log(LogLevel.ERROR),
    handleRuntimeStdio: (stdout, stderr) => {
      createInterface(stdout).on('line', (line) => {
        if (line.includes('"import_slice"')) slices.push(JSON.parse(line))
      })
      stderr.resume()
    },
    workers: [
      {
        name: 'slipway',
        modules: [
          { type: 'ESModule', path: join(folder, 'index.js') },
          ...texts.map((name) => ({ type: 'Text', path: join(folder, name) })),
        ],
        modulesRoot: folder,
        compatibilityDate: '2026-04-20',
        compatibilityFlags: ['global_fetch_strictly_public'],
        bindings: {
          ENVIRONMENT: 'development',
          ALLOW_PRIVATE_SERVERS: 'true',
          PUBLIC_URL: url,
          AUTH_JWT_SECRET: SECRET,
          CREDENTIALS_KEYS: `k1:${randomBytes(32).toString('base64')}`,
          ...Object.fromEntries(
            ['ONEDRIVE', 'GOOGLE_DRIVE', 'DROPBOX'].flatMap((name) => [
              [`${name}_CLIENT_ID`, 'bench'],
              [`${name}_CLIENT_SECRET`, 'bench'],
            ]),
          ),
          PROVIDER_ORIGINS: JSON.stringify(originsOf(vendorUrl)),
        },
        d1Databases: { DB: 'slipway' },
        kvNamespaces: { STATE: 'state' },
        r2Buckets: { FILES: 'files' },
        queueProducers: { IMPORTS: 'slipway-imports', JOBS: 'slipway-jobs' },
        queueConsumers: QUEUE_CONSUMERS,
        unsafeDirectSockets: [{ host: '127.0.0.1', port }],
      },
      {
        name: 'bare',
        modules: [{ type: 'ESModule', path: join(root, 'test/bench/pass-through.mjs') }],
        modulesRoot: join(root, 'test/bench'),
        compatibilityDate: '2026-04-20',
        r2Buckets: { FILES: 'bare' },
        unsafeDirectSockets: [{ host: '127.0.0.1', port: barePort }],
      },
    ],
  })
  await miniflare.ready
  const db = await miniflare.getD1Database('DB', 'slipway')
  await migrate(db)
  const pid = findWorkerd()
  if (pid === undefined) throw new Error('workerd was not found in /proc')
  const headersOf = async (user) => ({ authorization: `Bearer ${await tokenOf(user)}` })
  return {
    port,
    barePort,
    url,
    headers: await headersOf('bench'),
    headersOf,
    process: processOf(pid),
    /** What the slices of imports have said of themselves since this was last asked. */
    takeSlices: () => slices.splice(0),
    query: async (sql, ...values) =>
      (
        await db
          .prepare(sql)
          .bind(...values)
          .all()
      ).results,
    /** Bytes of the database's pages, those that are free included. */
    databaseSize: async () => (await db.prepare('SELECT 1').all()).meta.size_after,
    stop: () => miniflare.dispose(),
  }
}

const tokenOf = (user) =>
  new SignJWT({})
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setExpirationTime('2h')
    .sign(new TextEncoder().encode(SECRET))

/** Where each real origin's requests go instead. */
const originsOf = (vendorUrl) => ({
  'https://login.microsoftonline.com': `${vendorUrl}/onedrive`,
  'https://graph.microsoft.com': `${vendorUrl}/onedrive`,
  'https://oauth2.googleapis.com': `${vendorUrl}/google`,
  'https://openidconnect.googleapis.com': `${vendorUrl}/google`,
  'https://www.googleapis.com': `${vendorUrl}/google`,
  'https://api.dropboxapi.com': `${vendorUrl}/dropbox`,
  'https://content.dropboxapi.com': `${vendorUrl}/dropbox`,
})

async function migrate(db) {
  const folder = join(root, 'migrations')
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort()) {
    for (const sql of readFileSync(join(folder, file), 'utf8').split('--> statement-breakpoint')) {
      await db.prepare(sql).run()
    }
  }
}

/** The one workerd that this process has started: others may run on the machine. */
function findWorkerd() {
  const isOurs = (pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]
      return stat.includes('(workerd)') && Number(parent) === process.pid
    } catch {
      // It has ended meanwhile.
      return false
    }
  }
  return readdirSync('/proc').find((name) => /^\d+$/.test(name) && isOurs(name))
}

/** CPU in seconds (of 100 ticks each), and resident memory in MiB: the most there has been, and by how much it grows. */
export function processOf(pid) {
  const cpu = () => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) / 100
  }
  const read = (field) => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1024
  }
  /** The most that memory grows over what it is now, while `work` runs. The kernel keeps the peak, once it was told to forget the old. */
  const growth = async (work) => {
    writeFileSync(`/proc/${pid}/clear_refs`, '5')
    const idle = read('VmRSS')
    await work()
    return Math.max(0, read('VmHWM') - idle)
  }
  return { cpu, growth, peak: () => read('VmHWM') }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}
