// Listings of 1,000 items: workerd's CPU and the time they take, against a pass-through of the vendor's own answer.
import { median, timed } from '../compare.mjs'
import { report } from '../report.mjs'

const TIMES = 60

export const names = [
  'list_1000_cpu_ms',
  'list_uncached_ms',
  'list_cached_ms',
  'list_1000_webdav_cpu_ms',
]

export async function measure({ client, workerd, connection }) {
  const base = `/api/cloud/connections/${await connection('onedrive')}`
  const fresh = `${base}/items?limit=1000&fresh=1`
  const cached = `${base}/items?limit=1000`
  const run = async (one) => {
    const seconds = []
    const { cpu } = await timed(workerd.process, async () => {
      for (let index = 0; index < TIMES; index++) {
        seconds.push((await timed(workerd.process, one)).seconds)
      }
    })
    return { cpu: (cpu / TIMES) * 1000, ms: median(seconds) * 1000 }
  }
  await run(() => client.list(fresh))
  const bare = await run(() => client.fetchBare('/onedrive/v1.0/drives/b!bench/root/children'))
  const ours = await run(() => client.list(fresh))
  await client.list(cached)
  const kept = await run(() => client.list(cached))
  report('list_1000_cpu_ms', ours.cpu, 'ms', bare.cpu)
  report('list_uncached_ms', ours.ms, 'ms', bare.ms)
  report('list_cached_ms', kept.ms, 'ms', bare.ms)

  const server = `/api/cloud/connections/${await connection('webdav')}/items?limit=1000&fresh=1`
  await run(() => client.list(server))
  report('list_1000_webdav_cpu_ms', (await run(() => client.list(server))).cpu, 'ms', bare.cpu)
}
