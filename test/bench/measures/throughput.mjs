// How fast 1 GiB gets through, against the bare Worker fed with requests of the same sizes; and what CPU it takes of workerd.
import { compare } from '../compare.mjs'
import { note, report, round } from '../report.mjs'

const GIB = 1024 ** 3
const MIB = 1024 ** 2

/**
 * How each ratio is taken. The vendor hashes what arrives, as drives do, which keeps it busier than the Worker is. `spare` names the
 * same ratio with a vendor that has next to nothing to do, so that all of the Worker's work shows; `cpu` what it takes of workerd.
 */
const WAYS = {
  upload_fragments_ratio: {
    spare: 'upload_fragments_spare_ratio',
    cpu: 'upload_cpu_s_per_gib',
    ways: async ({ client, connection }) => {
      const id = await connection('onedrive')
      return { bare: () => client.passOn(GIB), ours: () => client.put(id, GIB) }
    },
  },
  form_upload_ratio: {
    cpu: 'form_upload_cpu_s_per_gib',
    ways: async ({ client, connection }) => {
      await connection('onedrive')
      return { bare: () => client.passOn(GIB), ours: () => client.postForm('onedrive', GIB) }
    },
  },
  tus_aligned_ratio: {
    spare: 'tus_aligned_spare_ratio',
    cpu: 'tus_aligned_cpu_s_per_gib',
    ways: (bench) => tus(bench, 'google_drive', 50 * MIB),
  },
  tus_aligned_10mib_ratio: {
    cpu: 'tus_aligned_10mib_cpu_s_per_gib',
    ways: (bench) => tus(bench, 'onedrive', 10 * MIB),
  },
  tus_unaligned_ratio: {
    spare: 'tus_unaligned_spare_ratio',
    cpu: 'tus_unaligned_cpu_s_per_gib',
    ways: (bench) => tus(bench, 'onedrive', 50 * MIB + 7),
  },
  download_ratio: {
    cpu: 'download_cpu_s_per_gib',
    ways: async ({ client, connection }) => {
      const item = `/api/cloud/connections/${await connection('onedrive')}/items/FILE`
      return {
        bare: () => client.fetchBare('/onedrive/download', GIB),
        ours: () => client.download(item, GIB),
      }
    },
  },
}

export const names = Object.entries(WAYS).flatMap(([ratio, { spare, cpu }]) =>
  [ratio, spare, cpu].filter((name) => name !== undefined),
)

export async function measure(bench) {
  for (const [ratio, { spare, cpu, ways }] of Object.entries(WAYS)) {
    if (bench.wants([ratio, cpu])) {
      const found = await compareWays(bench, ratio, await ways(bench))
      report(cpu, found.oursCpu, 's', found.bareCpu)
    }
    if (spare === undefined || !bench.wants([spare])) continue
    await bench.setThorough(false)
    await compareWays(bench, spare, await ways(bench))
    await bench.setThorough(true)
  }
}

async function compareWays(bench, name, ways) {
  const found = await compare(bench.workerd.process, ways)
  const speed = (seconds) => Math.round(1024 / seconds)
  const rounds = found.quotients.map(round).join(' ')
  note(`${name}: ${speed(found.oursSeconds)} of ${speed(found.bareSeconds)} MiB/s; ${rounds}`)
  report(name, found.ratio, 'ratio', 1)
  return found
}

async function tus({ client, connection }, vendor, piece) {
  const metadata = { connection_id: await connection(vendor) }
  return {
    bare: () => client.passOn(GIB, piece),
    ours: () => client.tus(metadata, GIB, piece),
  }
}
