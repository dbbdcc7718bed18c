// What goes through the bucket: tus into the default storage, and tus to a server whose files cannot be continued.
import { compare } from '../compare.mjs'
import { note, report, round } from '../report.mjs'

const MIB = 1024 ** 2
const SIZE = 500 * MIB
const PIECE = 50 * MIB

export const names = ['r2_multipart_mib_s', 'webdav_staging_mib_s']

export async function measure(bench) {
  const { client, connection } = bench
  if (bench.wants(['r2_multipart_mib_s'])) await compareSpeed(bench, 'r2_multipart_mib_s', 'r2')
  if (bench.wants(['webdav_staging_mib_s'])) {
    await compareSpeed(bench, 'webdav_staging_mib_s', await connection('webdav'))
  }

  async function compareSpeed({ workerd }, name, connectionId) {
    const onwards = connectionId !== 'r2'
    const found = await compare(workerd.process, {
      bare: async () => client.removeBare(await client.putBare(SIZE, PIECE, onwards)),
      ours: async () => {
        const { item } = await client.tus({ connection_id: connectionId }, SIZE, PIECE)
        await client.remove(item)
      },
      rounds: 5,
      warmUps: 1,
    })
    const speed = (seconds) => SIZE / MIB / seconds
    note(`${name}: quotients of the rounds ${found.quotients.map(round).join(' ')}`)
    report(name, speed(found.oursSeconds), 'MiB/s', speed(found.bareSeconds))
  }
}
