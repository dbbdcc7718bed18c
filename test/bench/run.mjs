// `npm run bench`: what the Worker's own work costs, against a bare Worker in the same workerd and the same run.
// One JSON object a line on stdout: name, value, unit, baseline. `-- --only=name,name` runs what yields these figures, or all of a kind.
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createClient } from './client.mjs'
import { connect } from './connect.mjs'
import * as imports from './measures/imports.mjs'
import * as listings from './measures/listings.mjs'
import * as memory from './measures/memory.mjs'
import * as search from './measures/search.mjs'
import * as storage from './measures/storage.mjs'
import * as throughput from './measures/throughput.mjs'
import { bundle, processOf, startWorkerd } from './workerd.mjs'

const MIB = 1024 ** 2
// Memory first: what throughput leaves behind would hide what a single upload adds.
const MEASURES = { memory, throughput, storage, listings, imports, search }

const only = readOnly(process.argv.slice(2))
bundle()
const vendor = fork(fileURLToPath(new URL('vendor.mjs', import.meta.url)))
const answered = () => new Promise((resolve) => vendor.once('message', resolve))
const vendorUrl = `http://127.0.0.1:${(await answered()).port}`
const workerd = await startWorkerd(vendorUrl)
try {
  const bench = createBench()
  await warmUp(bench)
  for (const measure of Object.values(MEASURES)) {
    if (bench.wants(measure.names)) await measure.measure(bench)
  }
} finally {
  await workerd.stop()
  vendor.disconnect()
}

function createBench() {
  const connections = new Map()
  return {
    workerd,
    vendorUrl,
    vendorProcess: processOf(vendor.pid),
    client: createClient(workerd, vendorUrl),
    /** The id of the one connection to a vendor. */
    connection: (name) => {
      if (!connections.has(name)) connections.set(name, connect(workerd, vendorUrl, name))
      return connections.get(name)
    },
    /** Whether one of these figures is to be taken. */
    wants: (names) => only === undefined || names.some((name) => only.has(name)),
    /** Whether the vendor hashes what arrives. */
    setThorough: (thorough) => {
      vendor.send({ thorough })
      return answered()
    },
  }
}

/** Everything that is compiled or cached at the first use. */
async function warmUp({ client, connection }) {
  const id = await connection('onedrive')
  await client.put(id, 32 * MIB)
  await client.passOn(32 * MIB)
  await client.list(`/api/cloud/connections/${id}/items?limit=1000&fresh=1`)
}

/** Figures by their names, or by the name of their kind. */
function readOnly(args) {
  const known = Object.values(MEASURES).flatMap(({ names }) => names)
  const asked = args.flatMap((arg) => /^--only=(.+)$/.exec(arg)?.[1].split(',') ?? [arg])
  const names = asked.flatMap((name) => MEASURES[name]?.names ?? [name])
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    const kinds = Object.keys(MEASURES).join(', ')
    console.error(`There is no figure ${unknown.join(', ')}. There are: ${known.join(', ')}.`)
    console.error(`All figures of a kind: ${kinds}.`)
    process.exit(1)
  }
  return names.length === 0 ? undefined : new Set(names)
}
