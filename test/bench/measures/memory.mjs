// By how much the workerd process grows at most over what it has when idle, while files of any size and number go through.
import { note, report, round } from '../report.mjs'

const GIB = 1024 ** 3
const MIB = 1024 ** 2

/** As many as a file of 5 GiB takes in fragments of 10 MiB. */
const REQUESTS = 512

const MEASURES = {
  upload_1gib_memory_mib: measureOne,
  upload_8x256mib_memory_mib: measureEight,
  tus_5gib_memory_mib: measureLarge,
  tus_50x20mib_memory_mib: measureMany,
}

export const names = Object.keys(MEASURES)

export async function measure(bench) {
  for (const [name, run] of Object.entries(MEASURES)) {
    if (!bench.wants([name])) continue
    const { ours, bare } = await run(bench)
    report(name, ours, 'MiB', bare)
  }
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Lets go of what is only kept for a moment: what counts is the growth from there. */
async function growth({ workerd }, work) {
  await pause(1000)
  return workerd.process.growth(work)
}

const times = (count, one) => () => Promise.all(Array.from({ length: count }, one))

async function measureOne(bench) {
  const { client, connection } = bench
  const id = await connection('onedrive')
  const bare = await growth(bench, () => client.passOn(GIB))
  return { bare, ours: await growth(bench, () => client.put(id, GIB)) }
}

async function measureEight(bench) {
  const { client, connection } = bench
  const id = await connection('onedrive')
  const size = 256 * MIB
  const bare = await growth(
    bench,
    times(8, () => client.passOn(size)),
  )
  return {
    bare,
    ours: await growth(
      bench,
      times(8, () => client.put(id, size)),
    ),
  }
}

/**
 * 5 GiB in PATCHes of 50 MiB to every kind of vendor, each file's SHA-256 checked where it arrives. The worst of all counts.
 *
 * Every request leaves something that the collector comes for much later, most of it in the isolates that stand for D1 here and run in
 * the same process: 6,000 requests without a body make it grow by 100 MiB. So idle is what it has after as many requests of hardly any
 * bytes, and what counts is what large bodies add to that.
 */
async function measureLarge(bench) {
  const { client, connection } = bench
  const size = 5 * GIB
  const piece = 50 * MIB
  const bare = await growth(bench, () => client.passOn(GIB, piece))
  const step = 320 * 1024
  const manySmall = { connection_id: await connection('onedrive') }
  const requests = await growth(bench, () => client.tus(manySmall, REQUESTS * step, step))
  note(`tus_5gib_memory_mib: ${REQUESTS} small PATCHes before that ${round(requests)} MiB`)
  // The bucket itself is part of the process that is measured: what the bare Worker costs that stores the same bytes there.
  const bucket = await growth(bench, async () =>
    client.removeBare(await client.putBare(size, 10 * MIB)),
  )
  note(`tus_5gib_memory_mib: the bucket itself ${round(bucket)} MiB`)
  let ours = 0
  for (const vendor of ['onedrive', 'google_drive', 'dropbox', 'nextcloud', 'r2']) {
    const id = vendor === 'r2' ? 'r2' : await connection(vendor)
    // What a first use compiles and caches is no file's bytes.
    const small = await client.tus({ connection_id: id }, 60 * MIB, piece)
    await client.remove(small.item)
    let item
    const started = performance.now()
    const grown = await growth(bench, async () => {
      item = (await client.tus({ connection_id: id }, size, piece)).item
    })
    const seconds = (performance.now() - started) / 1000
    const spent = vendor === 'r2' ? Math.max(0, grown - bucket) : grown
    note(`tus_5gib_memory_mib: ${vendor} ${round(grown)} MiB in ${seconds.toFixed(1)} s`)
    // The bucket has no eyes of its own.
    if (vendor === 'r2') await client.download(item, size)
    await client.remove(item)
    ours = Math.max(ours, spent)
  }
  return { bare, ours }
}

/** Fifty files of 20 MiB at once, in two PATCHes each and in one; none may fail. The worse of the two counts. */
async function measureMany(bench) {
  const { client, connection } = bench
  const metadata = { connection_id: await connection('onedrive') }
  const size = 20 * MIB
  await client.tus(metadata, size, size)
  const bare = await growth(
    bench,
    times(50, () => client.passOn(size)),
  )
  let ours = 0
  for (const piece of [10 * MIB, 20 * MIB]) {
    const grown = await growth(
      bench,
      times(50, () => client.tus(metadata, size, piece)),
    )
    note(`tus_50x20mib_memory_mib: ${round(grown)} MiB in PATCHes of ${piece / MIB} MiB`)
    ours = Math.max(ours, grown)
  }
  return { bare, ours }
}
