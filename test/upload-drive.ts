// A connected drive as resumable uploads see it: what is begun in it, and which bytes lie there afterwards.
import { driveOf } from './drive.ts'
import type { Slipway } from './harness.ts'
import { tusOf, type TusUpload } from './resumed-upload.ts'
import { sha256 } from './sha256.ts'

/** `place` is asked at each call: the connection is made only when the tests begin. */
export function uploadDrive(
  user: string,
  place: () => { readonly app: Slipway; readonly id: string },
) {
  const drive = driveOf(user, place)
  return {
    ...drive,
    begin: (name: string, size: number, conflict = 'fail', parent = 'root'): Promise<TusUpload> => {
      const { app, id } = place()
      const target = { filename: name, connection_id: id, parent_id: parent, conflict }
      return tusOf(app, user).create(size, target)
    },
    /** SHA-256 of each file of this name. */
    hashes: async (name: string, parent = 'root') => {
      const items = (await drive.listAll(parent)).filter((item) => item.name === name)
      return Promise.all(
        items.map(async (item) => {
          const content = await drive.call(`/items/${item.id}/content`)
          return sha256(new Uint8Array(await content.arrayBuffer()))
        }),
      )
    },
  }
}

/** The status and the code of a refusal. */
export const refusal = async (answer: Response) => ({
  status: answer.status,
  code: ((await answer.json()) as { code: string }).code,
})
