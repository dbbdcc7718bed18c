// What a preview says of a selection, and that an import then does it.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { connect, connectWebdav } from '../connect.ts'
import { rows, startSlipway, type Slipway } from '../harness.ts'
import { findItem, showImport, startImport, untilStatus, type ImportOrder } from '../imports.ts'

const ANN = 'ann@example.com'
const MIB = 2 ** 20

let app: Slipway
beforeAll(async () => {
  app = await startSlipway()
})
afterAll(() => app.close())
afterEach(() => app.emulators.trouble.clear())

interface Preview {
  readonly files: number
  readonly folders: number
  readonly bytes: number
  readonly duplicates: { readonly files: number }
  readonly existing_changed: number
  readonly failures: readonly unknown[]
  readonly is_complete: boolean
}

async function ask(user: string, order: ImportOrder) {
  const response = await app.as(user)('/api/imports/preview', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(order),
  })
  return { status: response.status, body: (await response.json()) as Preview }
}
async function preview(user: string, order: ImportOrder): Promise<Preview> {
  const { status, body } = await ask(user, order)
  expect([status, status === 200 ? undefined : body]).toEqual([200, undefined])
  return body
}

describe('a preview', () => {
  it('counts what the import then finds, through shortcuts and cycles', async () => {
    const { google } = app.emulators
    const top = google.addFolder(ANN, 'root', 'Peek')
    const below = google.addFolder(ANN, top, 'Below')
    const texts = ['one', 'two'].map((name) =>
      google.addFile(ANN, top, `${name}.txt`, `All about ${name}`),
    )
    google.addFile(ANN, below, 'deep.md', '# Deep\n\nDown here.')
    google.addFile(ANN, below, 'large.txt', 26 * MIB)
    google.addFile(ANN, below, 'photo.jpg', 5000)
    google.addDocument(ANN, top, 'Minutes', 'document', ['# Minutes', 'We met.'])
    google.addDocument(ANN, top, 'Sketch', 'drawing')
    google.addDocument(ANN, top, 'Survey', 'form')
    google.addShortcut(ANN, below, 'Up again', top)
    const { id: connection_id } = await connect(app, 'peek', 'google_drive')
    const chosen = await findItem(app, 'peek', connection_id, 'Peek')
    // What lies within what was chosen besides is found once.
    const order = { connection_id, items: [{ id: chosen }, { id: texts[0] ?? '' }] }
    const first = await preview('peek', order)
    const docx = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'
    const types = expect.arrayContaining([
      { type: 'text/plain', files: 3, bytes: 26 * MIB + 26 },
      { type: 'text/markdown', files: 1, bytes: 18 },
      { type: docx, files: 1, bytes: 0 },
      { type: 'image/png', files: 1, bytes: 0 },
      { type: 'image/jpeg', files: 1, bytes: 5000 },
    ]) as unknown
    expect(first).toEqual({
      files: 8,
      folders: 3,
      bytes: 26 * MIB + 26 + 18 + 5000,
      unknown_sizes: 3,
      by_type: types,
      unsupported: [
        { type: 'application/vnd.google-apps.form', files: 1, bytes: 0 },
        { type: 'image/jpeg', files: 1, bytes: 5000 },
        { type: 'image/png', files: 1, bytes: 0 },
      ],
      too_large: 1,
      duplicates: { files: 0 },
      existing_changed: 0,
      exports: 2,
      failures: [],
      is_complete: true,
    })
    const id = await startImport(app, 'peek', order)
    await untilStatus(app, id, 'completed')
    const done = await showImport(app, 'peek', id)
    const { imported = 0, failed = 0, skipped, total } = done.counts
    expect([total, skipped, imported + failed]).toEqual([first.files, 3, 5])
    expect(done.folders).toEqual({ listed: first.folders, open: 0, failed: 0 })
    // The large one is a document that says why there is no text in it: it is tried again.
    expect(failed).toBeGreaterThanOrEqual(1)
    const now = async () => {
      const { duplicates, existing_changed } = await preview('peek', order)
      return [duplicates.files, existing_changed]
    }
    expect(await now()).toEqual([imported, failed])
    google.edit(texts[1] ?? '', 'All about something else')
    expect(await now()).toEqual([imported - 1, failed + 1])
    // Nothing was kept of it.
    const before = await rows(app, "SELECT id FROM imports WHERE user_id = 'peek'")
    expect(before).toHaveLength(1)
  })

  it('takes a page of a wiki for a folder and a file', async () => {
    const { confluence } = app.emulators
    const space = confluence.spaceId('ann@acme.example', 'DOCS')
    const parent = confluence.addPage(space, undefined, 'Outer', '<p>Outer text</p>')
    confluence.addPage(space, parent, 'Inner', '<p>Inner text</p>')
    const { id: connection_id } = await connect(app, 'wiki', 'confluence')
    const drive = async (folder: string) => {
      const path = `/api/cloud/connections/${connection_id}/items?folder_id=${folder}`
      const { items } = (await (await app.as('wiki')(path)).json()) as {
        items: { id: string; name: string }[]
      }
      return items
    }
    let outer: string | undefined
    const open = ['root']
    for (let folders = 0; folders < 50 && outer === undefined; folders++) {
      const items = await drive(open.shift() ?? 'root')
      outer = items.find(({ name }) => name === 'Outer')?.id
      open.push(...items.map(({ id }) => id))
    }
    const order = { connection_id, items: [{ id: outer ?? '' }] }
    expect(await preview('wiki', order)).toMatchObject({
      files: 2,
      by_type: [{ type: 'text/markdown', files: 2 }],
      exports: 2,
      unsupported: [],
      is_complete: true,
    })
  })

  it('stops at its limits, and says so', async () => {
    const { dav } = app.emulators
    for (let at = 0; at < 400; at++) dav.addFile('mia', `/Wide/${at}/note.txt`, 'x')
    const { id: connection_id } = await connectWebdav(app, 'wide')
    const order = {
      connection_id,
      items: [{ id: await findItem(app, 'wide', connection_id, 'Wide') }],
    }
    const before = dav.requests.length
    const seen = await preview('wide', order)
    expect(seen).toMatchObject({ is_complete: false, folders: 401 })
    expect(seen.files).toBeGreaterThan(100)
    expect(seen.files).toBeLessThan(400)
    expect(dav.requests.length - before).toBeLessThanOrEqual(310)
  })

  it('tells what cannot be looked at, and counts the rest', async () => {
    const { google, trouble } = app.emulators
    const top = google.addFolder(ANN, 'root', 'Partly')
    const closed = google.addFolder(ANN, top, 'Closed')
    google.addFile(ANN, top, 'seen.txt', 'seen')
    google.addFile(ANN, closed, 'unseen.txt', 'unseen')
    const { id: connection_id } = await connect(app, 'part', 'google_drive')
    const items = [{ id: await findItem(app, 'part', connection_id, 'Partly') }, { id: '1nowhere' }]
    const order = { connection_id, items }
    const missing = { item_id: '1nowhere', path: '', reason: 'item_not_found' }
    expect(await preview('part', order)).toMatchObject({
      files: 2,
      failures: [missing],
      is_complete: true,
    })
    // The second listing fails, as often as it is asked for.
    const host = 'www.googleapis.com'
    trouble.add({
      match: { host, method: 'GET', path: /\/files$/ },
      skip: 1,
      times: 100,
      fault: { kind: 'status', status: 500 },
    })
    expect(await preview('part', order)).toMatchObject({
      files: 1,
      failures: [missing, { item_id: closed, path: 'Partly/Closed/', reason: 'provider_error' }],
      is_complete: false,
    })
    trouble.clear()
    // A vendor that wants no more requests gets none.
    const throttling = trouble.add({
      match: { host, method: 'GET', path: /\/files$/ },
      skip: 1,
      times: 100,
      fault: { kind: 'status', status: 429, headers: { 'retry-after': '60' } },
    })
    expect(await preview('part', order)).toMatchObject({
      files: 1,
      failures: [missing],
      is_complete: false,
    })
    expect(throttling.hits).toBe(1)
    expect(await ask('part', order)).toMatchObject({ status: 429, body: { code: 'rate_limited' } })
  })

  it('is of the user’s own connections, while they are alive', async () => {
    const { id: connection_id } = await connectWebdav(app, 'own')
    const order = { connection_id, items: [{ id: 'root' }] }
    expect((await ask('own', order)).status).toBe(200)
    expect(await ask('eve', order)).toMatchObject({ status: 404, body: { code: 'not_found' } })
    await rows(app, "UPDATE connections SET status = 'REQUIRES_REAUTH' WHERE id = ?", connection_id)
    expect(await ask('own', order)).toMatchObject({
      status: 503,
      body: { code: 'reauth_required' },
    })
    const builtIn = { connection_id: 'minio', items: [{ id: 'root' }] }
    expect(await preview('own', builtIn)).toMatchObject({ files: 0, is_complete: true })
  })
})
