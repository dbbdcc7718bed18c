// The client or the Worker cut at any byte: after a resume the file is whole, there is one of it, and nothing else is left.
import { describe, expect, it } from 'vitest'
import type { Slipway } from '../harness.ts'
import { holdUpload } from '../held-upload.ts'
import { finishUpload, patchHeaders, type TusUser } from '../tus.ts'
import { beginShaped, expectStored, UPLOAD_PLACES, type UploadPlace } from '../upload-places.ts'
import { stageUploads } from '../upload-stage.ts'

let app: Slipway
let ann: TusUser
const drives = stageUploads((stage) => ({ app, ann } = stage))

/** Bytes that have arrived when it happens. */
const POINTS = {
  'before the first byte': () => 0,
  'at the first byte': () => 1,
  'inside the first fragment': ({ fragment }: { fragment: number }) => fragment / 2 + 3,
  'at the border of a fragment': ({ fragment }: { fragment: number }) => fragment,
  'one byte behind the border': ({ fragment }: { fragment: number }) => fragment + 1,
  'in the last fragment': ({ size }: { size: number }) => size - 500,
  'before the last byte': ({ size }: { size: number }) => size - 1,
} as const
const points = Object.entries(POINTS)
const target = (place: UploadPlace, name: string) => ({
  filename: name,
  connection_id: drives.get(place.provider) ?? '',
})

/** Starts a PATCH of everything, of which only the first bytes go out, and waits until the vendor has seen something of it. */
async function sendSome(place: UploadPlace, path: string, rest: Uint8Array, sent: number) {
  const seen = app.emulators.trouble.add({ match: place.bytes, fault: { kind: 'slow', ms: 0 } })
  const headers = { 'tus-resumable': '1.0.0', ...patchHeaders(place.shape.first) }
  const held = await holdUpload(app, 'ann', path, rest, sent, { method: 'PATCH', headers })
  await held.started
  // A request without a byte need not have begun, and what goes to R2 is seen by nobody.
  if (sent > 0 && place.provider !== 'r2') await expect.poll(() => seen.hits).toBe(1)
  return held
}

describe.each(UPLOAD_PLACES.map((place) => [place.provider, place] as const))('%s', (_, place) => {
  const shape = place.shape

  it.each(points)('the client is cut %s', async (point, at) => {
    const name = `client ${point} ${place.provider}.bin`
    const { path, bytes, rest } = await beginShaped(ann, place, target(place, name))
    const held = await sendSome(place, path, rest, at(shape))
    held.leave()
    await finishUpload(ann, path, bytes)
    await expectStored(app, place, 'ann', name, bytes)
  })

  it('the client is cut after the last byte, before the answer', async () => {
    const name = `client at the end ${place.provider}.bin`
    const { path, bytes, rest } = await beginShaped(ann, place, target(place, name))
    const fault = { kind: 'slow', ms: 600 } as const
    const slow = app.emulators.trouble.add({ match: place.bytes, skip: shape.requests - 1, fault })
    const headers = { 'tus-resumable': '1.0.0', ...patchHeaders(place.shape.first) }
    const held = await holdUpload(app, 'ann', path, rest, 0, { method: 'PATCH', headers })
    const answer = held.resume().catch(() => undefined)
    if (place.provider !== 'r2') await expect.poll(() => slow.hits, { timeout: 20_000 }).toBe(1)
    held.leave()
    await answer
    await finishUpload(ann, path, bytes)
    await expectStored(app, place, 'ann', name, bytes)
  })

  it.each(points.filter((_point, index) => index % 2 === 1))(
    'the Worker dies %s',
    async (point, at) => {
      const name = `worker ${point} ${place.provider}.bin`
      const { path, bytes, rest } = await beginShaped(ann, place, target(place, name))
      const held = await sendSome(place, path, rest, at(shape))
      await app.restart()
      held.leave()
      // Its lease ends by itself; nobody wants to wait for that here.
      await endLeases()
      await finishUpload(ann, path, bytes)
      await expectStored(app, place, 'ann', name, bytes)
    },
  )
})

const endLeases = () =>
  app.db.prepare('UPDATE uploads SET lease_until = 1 WHERE lease_id IS NOT NULL').bind().run()
