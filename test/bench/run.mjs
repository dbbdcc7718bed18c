// `npm run bench`: what the Worker's own work costs, against a bare pass-through in the same workerd and the same run.
// One JSON object a line on stdout: name, value, unit, baseline.
import { fork } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { request } from 'node:http'
import { fileURLToPath } from 'node:url'
import { digestOf, pour } from './pattern.mjs'
import { bundle, startWorkerd } from './workerd.mjs'

const GIB = 1024 ** 3
const MIB = 1024 ** 2
const ROUNDS = 5

bundle()
const vendor = fork(fileURLToPath(new URL('vendor.mjs', import.meta.url)))
const vendorPort = await new Promise((resolve) => vendor.once('message', resolve))
const vendorUrl = `http://127.0.0.1:${vendorPort}`
const workerd = await startWorkerd(vendorUrl)
try {
  const connection = await connect()
  const base = `/api/cloud/connections/${connection}`
  // Everything that is compiled or cached at the first use.
  await upload(base, 32 * MIB)
  await passUp(32 * MIB)
  await download(base, 32 * MIB)
  await list(`${base}/items?limit=1000&fresh=1`)
  await pause(1000)

  await measureMemory(base)
  await measureUploads(base)
  await measureDownloads(base)
  await measureListings(base)
} finally {
  await workerd.stop()
  vendor.disconnect()
}

function report(name, value, unit, baseline) {
  const round = (number) => Number(number.toPrecision(4))
  console.log(JSON.stringify({ name, value: round(value), unit, baseline: round(baseline) }))
}

async function measureMemory(base) {
  const growth = (work) => workerd.process.growth(work)
  // The baseline is what the same bytes cost the bare Worker.
  const bareOne = await growth(() => passUp(GIB))
  await pause(1000)
  report('upload_1gib_memory_mib', await growth(() => upload(base, GIB)), 'MiB', bareOne)
  const eight = (one) => () => Promise.all(Array.from({ length: 8 }, one))
  await pause(1000)
  const bareEight = await growth(eight(() => passUp(256 * MIB)))
  await pause(1000)
  const ours = await growth(eight(() => upload(base, 256 * MIB)))
  report('upload_8x256mib_memory_mib', ours, 'MiB', bareEight)
}

async function measureUploads(base) {
  const ours = []
  const bare = []
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(await timed(() => passUp(GIB)))
    ours.push(await timed(() => upload(base, GIB)))
  }
  report('upload_fragments_ratio', median(bare, 'seconds') / median(ours, 'seconds'), 'ratio', 1)
  report('upload_cpu_s_per_gib', median(ours, 'cpu'), 's', median(bare, 'cpu'))
}

async function measureDownloads(base) {
  const ours = []
  const bare = []
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(
      await timed(() => send(workerd.barePort, { headers: target('/download'), expect: GIB })),
    )
    ours.push(await timed(() => download(base, GIB)))
  }
  report('download_ratio', median(bare, 'seconds') / median(ours, 'seconds'), 'ratio', 1)
}

async function measureListings(base) {
  const fresh = `${base}/items?limit=1000&fresh=1`
  const cached = `${base}/items?limit=1000`
  const vendorList = '/v1.0/drives/b!bench/root/children'
  const bareList = () => send(workerd.barePort, { headers: target(vendorList) })
  const times = 60
  const run = async (one) => {
    const seconds = []
    const { cpu } = await timed(async () => {
      for (let index = 0; index < times; index++) seconds.push((await timed(one)).seconds)
    })
    seconds.sort((a, b) => a - b)
    return { cpu: (cpu / times) * 1000, ms: seconds[Math.floor(times / 2)] * 1000 }
  }
  await run(() => list(fresh))
  const bare = await run(bareList)
  const ours = await run(() => list(fresh))
  await list(cached)
  const kept = await run(() => list(cached))
  report('list_1000_cpu_ms', ours.cpu, 'ms', bare.cpu)
  report('list_uncached_ms', ours.ms, 'ms', bare.ms)
  report('list_cached_ms', kept.ms, 'ms', bare.ms)

  const server = `/api/cloud/connections/${await connectWebdav()}/items?limit=1000&fresh=1`
  await run(() => list(server))
  report('list_1000_webdav_cpu_ms', (await run(() => list(server))).cpu, 'ms', bare.cpu)
}

async function timed(work) {
  const cpu = workerd.process.cpu()
  const started = performance.now()
  await work()
  return { seconds: (performance.now() - started) / 1000, cpu: workerd.process.cpu() - cpu }
}

function median(rows, name) {
  const sorted = rows.map((row) => row[name]).sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

function target(path) {
  return { 'x-target': vendorUrl + path }
}

function passUp(size) {
  return send(workerd.barePort, { method: 'PUT', headers: target(`/bare/${randomUUID()}`), size })
}

function upload(base, size) {
  const path = `${base}/content?name=bench.bin&conflict=replace`
  return send(workerd.port, { method: 'PUT', path, headers: workerd.headers, size })
}

function download(base, size) {
  return send(workerd.port, {
    path: `${base}/items/FILE/content`,
    headers: workerd.headers,
    expect: size,
  })
}

function list(path) {
  return send(workerd.port, { path, headers: workerd.headers })
}

/** Sends `size` bytes, reads the answer to its end, checks it where `expect` says how long it is; fails for anything but a 2xx. */
function send(port, { method = 'GET', path = '/', headers, size, expect }) {
  return new Promise((resolve, reject) => {
    const length = size === undefined ? {} : { 'content-length': size }
    const outgoing = request(
      { host: '127.0.0.1', port, method, path, headers: { ...headers, ...length } },
      (response) => {
        const ok = response.statusCode >= 200 && response.statusCode < 300
        const hash = expect === undefined ? undefined : createHash('sha256')
        let text = ''
        response.on('data', (part) => {
          if (!ok) text += part
          hash?.update(part)
        })
        response.on('error', reject)
        response.on('end', () => {
          if (!ok) reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`))
          else if (hash !== undefined && hash.digest('hex') !== digestOf(expect)) {
            reject(new Error(`${method} ${path}: the bytes are not those that were sent`))
          } else resolve()
        })
      },
    )
    outgoing.on('error', reject)
    pour(outgoing, size ?? 0)
  })
}

/** Connects without a person: the vendor takes any code. */
async function connect() {
  const headers = { ...workerd.headers, accept: 'application/json' }
  const started = await fetch(`${workerd.url}/api/cloud/oauth/initiate/onedrive`, { headers })
  const { authorization_url: authorization, attempt_id: attempt } = await started.json()
  const cookie = started.headers.get('set-cookie').split(';')[0]
  const state = new URL(authorization).searchParams.get('state')
  const callback = `${workerd.url}/api/cloud/oauth/callback/onedrive?state=${state}&code=bench`
  await (await fetch(callback, { headers: { cookie }, redirect: 'manual' })).text()
  const answer = await fetch(`${workerd.url}/api/cloud/oauth/attempts/${attempt}`, { headers })
  const { connection } = await answer.json()
  if (connection === undefined) throw new Error('the connection was not made')
  return connection.id
}

async function connectWebdav() {
  const answer = await fetch(`${workerd.url}/api/cloud/connections/webdav`, {
    method: 'POST',
    headers: { ...workerd.headers, 'content-type': 'application/json' },
    body: JSON.stringify({
      provider: 'webdav',
      server_url: `${vendorUrl}/dav/`,
      username: 'bench',
      password: 'bench',
    }),
  })
  const { id } = await answer.json()
  if (id === undefined) throw new Error('the server was not connected')
  return id
}
