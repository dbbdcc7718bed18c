// A Worker that dies after the last byte, before it has noted the end: what is there in full is kept, by whoever comes next.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rows, startSlipway, type Slipway } from '../harness.ts'
import { sha256 } from '../sha256.ts'
import { tusUser, type TusUser } from '../tus.ts'
import { expectStored, placeOf } from '../upload-places.ts'

let app: Slipway
let ann: TusUser
const drives = new Map<string, string>()
beforeAll(async () => {
  app = await startSlipway()
  ann = tusUser(app, 'ann')
  for (const provider of ['r2', 'onedrive']) {
    drives.set(provider, (await placeOf(provider).connect(app, 'ann')).id)
  }
})
afterAll(() => app.close())

const idOf = (path: string) => path.split('/').at(-1) ?? ''
interface Row {
  readonly state_enc: string
}

/** An upload that has arrived, whose row stands as it did before its end was noted. */
async function dieAtTheEnd(fields: Readonly<Record<string, string>>, bytes: Uint8Array) {
  const path = await ann.begin(bytes.length, fields)
  const sql = 'SELECT state_enc FROM uploads WHERE id = ?'
  const [before] = await rows<Row>(app, sql, idOf(path))
  expect((await ann.patch(path, 0, bytes)).status).toBe(204)
  await rows(
    app,
    `UPDATE uploads SET status = 'open', "offset" = 0, item = NULL, state_enc = ?, lease_id = 'dead', lease_until = 1
     WHERE id = ?`,
    before?.state_enc,
    idOf(path),
  )
  return path
}

/** As if it had begun two days ago. */
async function runLater(path: string): Promise<void> {
  const before = Date.now() - 24 * 3600_000
  const sql = 'UPDATE uploads SET expires_at = ?, sweep_at = ? WHERE id = ?'
  await rows(app, sql, before, before, idOf(path))
  await app.runCron()
}

const contentOf = async (id: string | null | undefined) => {
  const response = await ann.call(`/api/documents/${id}/content`)
  expect(response.status).toBe(200)
  return sha256(new Uint8Array(await response.arrayBuffer()))
}

describe.each(['r2', 'onedrive'])('at %s', (backend) => {
  it.each(['stored', 'pending'])('a document that is %s when its time is over', async (status) => {
    const bytes = randomBytes(1000)
    const path = await dieAtTheEnd({ filename: 'late.bin', target_backend: backend }, bytes)
    const { document_id: id } = await ann.show(path)
    await rows(app, 'UPDATE documents SET status = ? WHERE id = ?', status, id)
    await runLater(path)
    expect(await contentOf(id)).toBe(sha256(bytes))
    await runLater(path)
    expect(await rows(app, 'SELECT id FROM uploads WHERE id = ?', idOf(path))).toEqual([])
    expect(await contentOf(id)).toBe(sha256(bytes))
  })

  it.each(['clock', 'client'])('a file that the %s comes to end', async (who) => {
    const bytes = randomBytes(1000)
    const name = `ended by the ${who} ${backend}.bin`
    const connection_id = drives.get(backend) ?? ''
    const path = await dieAtTheEnd({ filename: name, connection_id }, bytes)
    if (who === 'clock') await runLater(path)
    else expect(await ann.end(path)).toBe(204)
    await expectStored(app, placeOf(backend), 'ann', name, bytes)
    expect((await ann.head(path)).status).toBe(404)
  })
})
