// How fast imports bring files in, against `rclone copy` from the same server in the same rounds; and what that takes of workerd.
import { compare } from '../compare.mjs'
import { digestsOf, LARGE, SMALL } from '../library.mjs'
import { findRclone, rcloneCopy } from '../rclone.mjs'
import { note, report, round } from '../report.mjs'

const MIB = 1024 ** 2
/** Milliseconds between two questions whether it is over. */
const ASK = 100

const small = {
  shelf: SMALL,
  speed: 'import_small_files_s',
  unit: 'files/s',
  amount: SMALL.paths.length,
  ratio: 'import_small_ratio',
  cpu: 'import_small_cpu_s',
  memory: 'import_small_memory_mib',
  rounds: 3,
  order: {},
}
const large = {
  shelf: LARGE,
  speed: 'import_large_mib_s',
  unit: 'MiB/s',
  amount: (LARGE.paths.length * LARGE.size) / MIB,
  ratio: 'import_large_ratio',
  cpu: 'import_large_cpu_s',
  memory: 'import_large_memory_mib',
  rounds: 3,
  order: { keep_original: true },
}
const WAYS = [small, large]

const namesOf = ({ speed, ratio, cpu, memory }) => [speed, ratio, cpu, memory]

export const names = WAYS.flatMap(namesOf)

export async function measure(bench) {
  const version = findRclone()
  if (version === undefined)
    return note('imports: rclone is not installed: nothing to compare with')
  note(`imports: against ${version}`)
  for (const way of WAYS) if (bench.wants(namesOf(way))) await measureWay(bench, way)
}

async function measureWay(bench, way) {
  const { workerd, vendorUrl, vendorProcess } = bench
  const { shelf, amount, unit } = way
  const count = shelf.paths.length
  const digests = digestsOf(shelf).sort()
  const rclone = []
  const ours = []
  let id
  let bytes
  const found = await compare(workerd.process, {
    bare: async () => {
      const expected = { count, size: shelf.size }
      rclone.push(await rcloneCopy(`${vendorUrl}/library/`, shelf.folder, expected))
    },
    ours: async () => {
      const served = vendorProcess.cpu()
      const before = await workerd.databaseSize()
      workerd.takeSlices()
      const grown = await workerd.process.growth(async () => {
        id = await importFolder(bench, shelf.folder, way.order)
      })
      // Later rounds find the pages that the first has left free.
      bytes ??= (await workerd.databaseSize()) - before
      ours.push({ grown, served: vendorProcess.cpu() - served, slices: workerd.takeSlices() })
    },
    // Every round begins with nothing, and none counts whose bytes are not right.
    clear: async () => {
      if (id !== undefined) await clear(bench, id, digests)
      id = undefined
    },
    rounds: way.rounds,
  })
  const each = (of) => ours.map((one) => round(of(one))).join(' ')
  const perFile = (name) => each(({ slices }) => sum(slices.map((slice) => slice[name])) / count)
  note(`${way.ratio}: quotients of the rounds ${found.quotients.map(round).join(' ')}`)
  note(`${way.cpu}: the server's own ${each(({ served }) => served)} s`)
  note(`${way.memory}: growth ${each(({ grown }) => grown)} MiB`)
  note(`${way.speed}: slices ${each(({ slices }) => slices.length)}`)
  note(`${way.speed}: statements for each file ${perFile('statements')}`)
  note(`${way.speed}: subrequests for each file ${perFile('subrequests')}`)
  note(`${way.speed}: bytes of D1 for each file ${round(bytes / count)}`)
  const most = (list, of) => Math.max(...list.slice(1).map(of))
  const baseline = {
    cpu: most(rclone, ({ cpu }) => cpu),
    memory: most(rclone, ({ resident }) => resident),
  }
  report(way.speed, amount / found.oursSeconds, unit, amount / found.bareSeconds)
  report(way.ratio, found.ratio, 'ratio', 1)
  report(way.cpu, found.oursCpu, 's', baseline.cpu)
  report(
    way.memory,
    most(ours, ({ grown }) => grown),
    'MiB',
    baseline.memory,
  )
}

const sum = (values) => values.reduce((total, value) => total + value, 0)

/** Orders an import of one folder and asks until it is over. Resolves to its id; fails unless every file was brought in. */
async function importFolder({ client, connection }, name, order) {
  const connectionId = await connection('library')
  const listing = await client.list(`/api/cloud/connections/${connectionId}/items`)
  const folder = JSON.parse(listing.text).items.find((item) => item.name === name)
  const ordered = await client.api({
    method: 'POST',
    path: '/api/imports',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ connection_id: connectionId, items: [{ id: folder.id }], ...order }),
  })
  const { import_id: id } = JSON.parse(ordered.text)
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, ASK))
    const { status, pause_reason: reason, counts } = await look(client, id)
    if (status === 'running') continue
    const isWhole = status === 'completed' && counts.imported === counts.total
    if (!isWhole) throw new Error(`${status} ${reason} ${JSON.stringify(counts)}`)
    return id
  }
}

/** workerd hangs up where its disk has kept it from a connection for long: then the question is asked again. */
async function look(client, id) {
  for (let tries = 1; ; tries++) {
    try {
      return JSON.parse((await client.list(`/api/imports/${id}`)).text)
    } catch (error) {
      if (error.code !== 'ECONNRESET' || tries === 5) throw error
    }
  }
}

/** Takes away what an import has brought in; fails unless these are the hashes of it. */
async function clear({ client, workerd }, id, digests) {
  const rows = await workerd.query(
    `SELECT d.id, d.content_hash AS hash, d.owns_object AS owned FROM import_items i JOIN documents d ON d.id = i.document_id
     WHERE i.import_id = ? ORDER BY hash`,
    id,
  )
  if (rows.map(({ hash }) => hash).join() !== digests.join()) {
    throw new Error('the documents do not have the bytes of the files')
  }
  for (const row of rows) if (row.owned === 1) await client.remove(`/api/documents/${row.id}`)
  const ids = JSON.stringify(rows.map((row) => row.id))
  const isOfIt = 'IN (SELECT value FROM json_each(?))'
  await workerd.query(`DELETE FROM chunks WHERE document_id ${isOfIt}`, ids)
  await workerd.query(`DELETE FROM documents WHERE id ${isOfIt}`, ids)
}
