// How uploads are created: what the answer says, which metadata is refused, and what becomes of bytes that come along.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '../connect.ts'
import { rows, startSlipway, type Slipway } from '../harness.ts'
import { metadata, MIB, OCTETS, pathOf, tusUser, type TusUser } from '../tus.ts'
import { expectNothingLeft, expectStored, placeOf } from '../upload-places.ts'
import { problem, type ProblemBody } from '../vendor-drives.ts'

const DAY = 24 * 3600_000

let app: Slipway
let ann: TusUser
let drive: string
beforeAll(async () => {
  app = await startSlipway()
  ann = tusUser(app, 'ann')
  drive = (await connect(app, 'ann', 'onedrive')).id
})
afterAll(() => app.close())

const onedrive = placeOf('onedrive')
const fields = (name: string) => ({ filename: name, connection_id: drive })
const errors = (body: ProblemBody) =>
  (body as unknown as { errors?: { field: string }[] }).errors?.map(({ field }) => field)

describe('creation', () => {
  it('answers with an absolute address, the offset and the end of its life', async () => {
    const before = Date.now()
    const sent = metadata({ ...fields('Grüße.bin'), filetype: 'text/x', relativePath: 'null' })
    const response = await ann.create(1000, {}, { 'upload-metadata': `${sent},flag` })
    expect([response.status, await response.text()]).toEqual([201, ''])
    expect(response.headers.get('location')).toMatch(
      new RegExp(`^${app.url}/api/uploads/[A-Za-z0-9_-]+$`),
    )
    expect(response.headers.get('upload-offset')).toBe('0')
    expect(response.headers.get('content-location')).toBeNull()
    const expires = Date.parse(response.headers.get('upload-expires') ?? '')
    expect(expires - before).toBeGreaterThan(DAY - 5_000)
    expect(expires - before).toBeLessThan(DAY + 60_000)
    const head = await ann.head(pathOf(response))
    expect(head.status).toBe(200)
    expect(head.headers.get('upload-offset')).toBe('0')
    expect(head.headers.get('upload-length')).toBe('1000')
    expect(head.headers.get('upload-metadata')).toBe(`${sent},flag`)
    expect(head.headers.get('upload-expires')).toBe(response.headers.get('upload-expires'))
    expect(head.headers.get('cache-control')).toBe('no-store')
    expect(head.headers.get('tus-resumable')).toBe('1.0.0')
    expect(await ann.show(pathOf(response))).toMatchObject({
      status: 'open',
      offset: 0,
      size: 1000,
      filename: 'Grüße.bin',
    })
    expect(await ann.end(pathOf(response))).toBe(204)
  })

  it('keeps what the vendor gave sealed, and out of every answer and log', async () => {
    const path = await ann.begin(1000, fields('sealed.bin'))
    const [row] = await rows(app, 'SELECT * FROM uploads WHERE id = ?', path.split('/').at(-1))
    const text = JSON.stringify([row, await ann.show(path), app.logs])
    expect(text).not.toMatch(/uploadSession|tempauth|sharepoint/)
    expect(await ann.end(path)).toBe(204)
  })

  it.each([
    ['no length', { 'upload-length': undefined }, 422, 'header.Upload-Length'],
    ['a negative length', { 'upload-length': '-1' }, 422, 'header.Upload-Length'],
    ['a length in words', { 'upload-length': '10 bytes' }, 422, 'header.Upload-Length'],
    ['a fraction', { 'upload-length': '1.5' }, 422, 'header.Upload-Length'],
    ['a deferred length', { 'upload-defer-length': '1', 'upload-length': undefined }, 422, ''],
    ['no metadata', { 'upload-metadata': undefined }, 422, 'metadata.filename'],
    ['no name', { 'upload-metadata': 'filename ,connection_id eA==' }, 422, 'metadata.filename'],
    ['a value not in Base64', { 'upload-metadata': 'filename a.txt' }, 422, 'metadata.filename'],
    ['a value not in UTF-8', { 'upload-metadata': 'filename /w==' }, 422, 'metadata.filename'],
    ['a key twice', { 'upload-metadata': 'filename YQ==,filename YQ==' }, 422, 'metadata.filename'],
  ] as const)('with %s is refused', async (what, headers, status, field) => {
    const response = await ann.create(10, fields('bad.bin'), headers)
    const body = await problem(response)
    expect([response.status, body.code]).toEqual([status, 'invalid_request'])
    expect(response.headers.get('tus-resumable')).toBe('1.0.0')
    if (what === 'a deferred length') expect(errors(body)?.[0]).toMatch(/^header\.Upload-/)
    else expect(errors(body)).toContain(field)
    await expectNothingLeft(app, onedrive)
  })

  it.each([
    [{ conflict: 'merge' }, 'metadata.conflict'],
    [{ filename: '..' }, 'metadata.filename'],
    [{ filename: 'a/b' }, 'metadata.filename'],
    [{ filename: '' }, 'metadata.filename'],
  ])('names the key of %j', async (wrong, field) => {
    const body = await problem(await ann.create(10, { ...fields('bad.bin'), ...wrong }))
    expect([body.status, body.code, errors(body)]).toEqual([422, 'invalid_request', [field]])
  })

  it('of more than the most is 413', async () => {
    const options = await fetch(`${app.url}/api/uploads`, { method: 'OPTIONS' })
    const most = Number(options.headers.get('tus-max-size'))
    expect((await ann.create(most + 1, fields('huge.bin'))).status).toBe(413)
    const headers = { 'upload-length': '9'.repeat(20) }
    expect((await ann.create(0, fields('huge.bin'), headers)).status).toBe(413)
  })

  it('of a document in a backend that there is not names the key', async () => {
    const body = await problem(
      await ann.create(10, { filename: 'a.pdf', target_backend: 'floppy' }),
    )
    expect([body.status, errors(body)]).toEqual([422, ['metadata.target_backend']])
  })

  it('in a connection that is nobody’s, or somebody else’s, is 404', async () => {
    const other = (await connect(app, 'other', 'google_drive')).id
    for (const id of ['nothing', other]) {
      const response = await ann.create(10, { filename: 'a.bin', connection_id: id })
      expect(await problem(response)).toMatchObject({ status: 404, code: 'not_found' })
    }
    const response = await ann.create(10, { ...fields('a.bin'), parent_id: 'bm90aGluZw' })
    expect(response.status).toBe(404)
  })

  it('where nothing can be written is 501', async () => {
    const { id } = await connect(app, 'ann', 'confluence')
    const response = await ann.create(10, { filename: 'a.bin', connection_id: id })
    expect(await problem(response)).toMatchObject({ status: 501, code: 'not_supported' })
    expect(await rows(app, "SELECT id FROM uploads WHERE status = 'open'")).toEqual([])
  })

  it('of a name that is taken is 409 at once, unless it may be', async () => {
    await ann.create(0, fields('taken.bin'))
    expect(await problem(await ann.create(10, fields('taken.bin')))).toMatchObject({
      status: 409,
      code: 'name_conflict',
    })
    for (const conflict of ['rename', 'replace']) {
      const response = await ann.create(10, { ...fields('taken.bin'), conflict })
      expect([conflict, response.status]).toEqual([conflict, 201])
      expect(await ann.end(pathOf(response))).toBe(204)
    }
    await expectNothingLeft(app, onedrive)
  })
})

describe.each(['onedrive', 'r2', 'document'] as const)('creation in %s', (where) => {
  const place = placeOf(where === 'onedrive' ? 'onedrive' : 'r2')
  const target = (name: string): Record<string, string> => {
    if (where === 'document') return { filename: name, category: 'Notes' }
    return { filename: name, connection_id: where === 'r2' ? 'r2' : drive }
  }
  const stored = async (path: string, name: string, bytes: Uint8Array) => {
    const view = await ann.show(path)
    expect(view).toMatchObject({ status: 'completed', offset: bytes.length, size: bytes.length })
    const id = view.document_id ?? ''
    const inPlace = where === 'document' ? `documents/${id}.bin` : name
    await expectStored(app, place, 'ann', inPlace, bytes)
    if (where !== 'document') return
    expect(await (await ann.call(`/api/documents/${id}`)).json()).toMatchObject({
      filename: name,
      size: bytes.length,
      category: 'Notes',
      status: 'stored',
      storage_backend: 'r2',
    })
  }

  it('of nothing is complete', async () => {
    const response = await ann.create(0, target('zero.bin'))
    expect([response.status, response.headers.get('upload-offset')]).toEqual([201, '0'])
    const path = pathOf(response)
    expect(await ann.offset(path)).toEqual([200, 0])
    await stored(path, 'zero.bin', new Uint8Array(0))
    expect((await ann.patch(path, 0, new Uint8Array(0))).status).toBe(204)
    await stored(path, 'zero.bin', new Uint8Array(0))
  })

  it('can carry all bytes', async () => {
    const bytes = randomBytes(100_001)
    const headers = { 'content-type': OCTETS }
    const response = await ann.create(bytes.length, target('with.bin'), headers, bytes)
    expect([response.status, response.headers.get('upload-offset')]).toEqual([201, '100001'])
    const at = response.headers.get('content-location') ?? ''
    expect(at.startsWith(`${app.url}/api/${where === 'document' ? 'documents' : 'cloud'}/`)).toBe(
      true,
    )
    expect((await ann.call(new URL(at).pathname)).status).toBe(200)
    await stored(pathOf(response), 'with.bin', bytes)
  })

  it('can carry the first bytes', async () => {
    const bytes = randomBytes(6 * MIB)
    const step = 5 * MIB
    const headers = { 'content-type': OCTETS }
    const first = await ann.create(bytes.length, target('f.bin'), headers, bytes.subarray(0, step))
    expect([first.status, first.headers.get('upload-offset')]).toEqual([201, String(step)])
    const path = pathOf(first)
    expect((await ann.patch(path, step, bytes.subarray(step))).status).toBe(204)
    await stored(path, 'f.bin', bytes)
  })

  it('refuses a body of another type', async () => {
    const headers = { 'content-type': 'application/octet-stream' }
    const response = await ann.create(10, target('type.bin'), headers, randomBytes(10))
    expect(response.status).toBe(415)
    await expectNothingLeft(app, place)
  })

  it('does not mind a type where there is no body', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const response = await ann.create(10, target('typed.bin'), headers, new Uint8Array(0))
    expect([response.status, response.headers.get('upload-offset')]).toEqual([201, '0'])
    expect(await ann.end(pathOf(response))).toBe(204)
    await expectNothingLeft(app, place)
  })

  it('refuses a body that is longer than the file', async () => {
    const headers = { 'content-type': OCTETS }
    const response = await ann.create(10, target('long.bin'), headers, randomBytes(11))
    expect(await problem(response)).toMatchObject({ status: 413, code: 'payload_too_large' })
  })
})
