// Imports of what each vendor has of its own: documents that are exported, shortcuts that lead anywhere, pages, notebooks.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '../connect.ts'
import { researchFiles } from '../emulators/research-files.ts'
import { rows, startSlipway, type Slipway } from '../harness.ts'
import { startImport, untilStatus, type ImportOrder } from '../imports.ts'
import { search } from '../search.ts'
import { sha256 } from '../sha256.ts'
import { openDrive, VENDOR_DRIVES } from '../vendor-drives.ts'

let app: Slipway
beforeAll(async () => {
  app = await startSlipway()
})
afterAll(() => app.close())
afterEach(() => app.emulators.trouble.clear())

interface Outcome {
  readonly name: string
  readonly path: string
  readonly state: string
  readonly reason: string | null
  readonly document_id: string | null
}

/** Imports the folder `Research` of a vendor, as it is seeded. */
async function importResearch(
  provider: string,
  user: string,
  order: Partial<ImportOrder> = {},
): Promise<{ readonly id: string; readonly files: Map<string, Outcome> }> {
  const vendor = VENDOR_DRIVES.find((one) => one.provider === provider)
  if (vendor === undefined) throw new Error(`no ${provider}`)
  const drive = await openDrive(app, user, vendor)
  const items = [{ id: (await drive.find('Research', drive.home)).id }]
  const id = await startImport(app, user, { connection_id: drive.id, items, ...order })
  await untilStatus(app, id, 'completed', 60)
  const found = await rows<Outcome>(
    app,
    'SELECT name, path, state, reason, document_id FROM import_items WHERE import_id = ?',
    id,
  )
  return { id, files: new Map(found.map((file) => [file.name, file])) }
}

const outcome = (files: Map<string, Outcome>, name: string) => {
  const { state, reason } = files.get(name) ?? {}
  return `${state} ${reason}`
}

async function finds(user: string, phrase: string): Promise<string[]> {
  const { results } = await search(app, user, `"${phrase}"`)
  return results.map(({ document }) => document.filename)
}

it.each(VENDOR_DRIVES.map(({ provider }) => provider))(
  'reads each format that it knows: %s',
  async (provider) => {
    const user = `formats-${provider}`
    const { files } = await importResearch(provider, user)
    for (const { name, says } of researchFiles()) {
      const expected = says === undefined ? 'skipped unsupported_type' : 'imported null'
      expect([name, outcome(files, name)]).toEqual([name, expected])
      if (says !== undefined) expect(await finds(user, says)).toEqual([name])
    }
  },
)

describe('Google Drive', () => {
  it('exports what has no bytes, follows shortcuts, and ends where they lead in circles', async () => {
    app.emulators.requests.length = 0
    const { files } = await importResearch('google_drive', 'gwen')
    const exported = {
      'Field notes': 'The documented heron wakes at dawn',
      Counts: 'counted heron',
      Talk: 'The presented heron wakes at dawn',
      'Long report': 'The lengthy heron wakes at dawn',
    }
    for (const [name, phrase] of Object.entries(exported)) {
      expect([name, outcome(files, name)]).toEqual([name, 'imported null'])
      expect(await finds('gwen', phrase)).toEqual([expect.stringContaining(name)])
    }
    expect(outcome(files, 'Map of the shore')).toBe('skipped unsupported_type')
    expect(outcome(files, 'Questions')).toBe('skipped not_downloadable')
    expect(outcome(files, 'To nowhere')).toBe('failed item_not_found')
    const twins = ['archive.md', 'To a file'].map((name) => outcome(files, name)).sort()
    expect(twins).toEqual(['imported null', 'skipped duplicate_content'])
    expect(await finds('gwen', 'The archived heron sleeps')).toHaveLength(1)
    // Folders are listed, never brought in, and each stands there once.
    expect(files.has('To a folder')).toBe(false)
    expect(files.size).toBe(9 + researchFiles().length)
    const hosts = app.emulators.requests.filter(({ host }) => host === 'docs.google.com')
    expect(hosts.map(({ method }) => method)).toEqual(['GET'])
    expect(app.emulators.requests.some(({ url }) => /\/files\/[^/]+\?.*alt=media/.test(url))).toBe(
      true,
    )
  })

  it('leaves a shortcut alone whose target has not changed, and renews it when it has', async () => {
    const { google } = app.emulators
    const ann = 'ann@example.com'
    const file = google.addFile(ann, 'root', 'elsewhere.txt', 'The distant heron waits.\n')
    const folder = google.addFolder(ann, 'root', 'Only links')
    google.addShortcut(ann, folder, 'link.txt', file)
    const { id: connection_id } = await connect(app, 'gus', 'google_drive')
    const run = async () => {
      const id = await startImport(app, 'gus', { connection_id, items: [{ id: folder }] })
      await untilStatus(app, id, 'completed')
      const found = await rows<Outcome>(app, 'SELECT * FROM import_items WHERE import_id = ?', id)
      return found.map(({ name, state, reason }) => `${name} ${state} ${reason}`)
    }
    expect(await run()).toEqual(['link.txt imported null'])
    app.emulators.requests.length = 0
    expect(await run()).toEqual(['link.txt skipped duplicate'])
    expect(app.emulators.requests.some(({ url }) => url.includes('alt=media'))).toBe(false)
    google.edit(file, 'The distant heron leaves.\n')
    expect(await run()).toEqual(['link.txt imported null'])
    expect(await finds('gus', 'distant heron waits')).toEqual([])
    expect(await finds('gus', 'distant heron leaves')).toEqual(['link.txt'])
  })

  it('keeps exports as they were given, the long one too', async () => {
    const { files } = await importResearch('google_drive', 'gina', { keep_original: true })
    const documents = await rows<{ id: string; filename: string; size: number; receipt: string }>(
      app,
      "SELECT id, filename, size, receipt FROM documents WHERE user_id = 'gina'",
    )
    for (const [name, fileName] of [
      ['Field notes', 'Field notes.docx'],
      ['Counts', 'Counts.xlsx'],
      ['Talk', 'Talk.pptx'],
      ['Map of the shore', 'Map of the shore.png'],
      ['Long report', 'Long report.docx'],
    ] as const) {
      expect(files.get(name)?.state, name).toBe('imported')
      const document = documents.find(({ filename }) => filename === fileName)
      expect(JSON.parse(document?.receipt ?? 'null'), name).toMatchObject({ verdict: 'verified' })
      const answer = await app.as('gina')(`/api/documents/${document?.id}/content`)
      const bytes = Buffer.from(await answer.arrayBuffer())
      expect(bytes.length).toBe(document?.size)
      const magic = name === 'Map of the shore' ? 'PNG' : 'PK'
      expect(bytes.subarray(0, 4).toString('latin1')).toContain(magic)
    }
    const long = documents.find(({ filename }) => filename === 'Long report.docx')
    expect(long?.size).toBe(11 * 2 ** 20)
  })

  it('gives up on one file alone that was downloaded too often', async () => {
    const ann = 'ann@example.com'
    const { google } = app.emulators
    const folder = google.addFolder(ann, 'root', 'Popular')
    const popular = google.addFile(ann, folder, 'popular.txt', 'Everybody wants it.\n')
    google.addFile(ann, folder, 'quiet.txt', 'Nobody wants the unseen heron.\n')
    const worm = google.addFile(ann, folder, 'worm.txt', 'wriggle')
    google.condemn(worm)
    const { id: connection_id } = await connect(app, 'gil', 'google_drive')
    const body = { error: { code: 403, errors: [{ reason: 'downloadQuotaExceeded' }] } }
    app.emulators.trouble.add({
      match: { host: 'www.googleapis.com', path: new RegExp(`/files/${popular}$`) },
      times: 20,
      fault: { kind: 'status', status: 403, body: JSON.stringify(body) },
    })
    const id = await startImport(app, 'gil', { connection_id, items: [{ id: folder }] })
    await untilStatus(app, id, 'completed')
    const found = await rows<Outcome>(app, 'SELECT * FROM import_items WHERE import_id = ?', id)
    expect(found.map(({ name, state }) => `${name} ${state}`).sort()).toEqual([
      'popular.txt failed',
      'quiet.txt imported',
      'worm.txt failed',
    ])
  })
})

it('OneDrive: shortcuts, notebooks, and a link that leads nowhere', async () => {
  const { files } = await importResearch('onedrive', 'otto')
  expect(outcome(files, 'Log book')).toBe('skipped not_downloadable')
  expect(outcome(files, 'To nowhere.txt')).toBe('failed item_not_found')
  const twins = ['archive.txt', 'To a file.txt'].map((name) => outcome(files, name)).sort()
  expect(twins).toEqual(['imported null', 'skipped duplicate_content'])
  expect(files.has('To where it lies')).toBe(false)
  expect(files.size).toBe(4 + researchFiles().length)
})

it('Dropbox: documents that are exported', async () => {
  const { files } = await importResearch('dropbox', 'dora')
  expect(outcome(files, 'Sightings.paper')).toBe('imported null')
  expect(outcome(files, 'Counts.gsheet')).toBe('imported null')
  expect(await finds('dora', 'Counts.gsheet as xlsx')).toEqual(['Counts.xlsx'])
  expect(await finds('dora', 'Set sail')).toEqual(['Sightings.html'])
})

it('Confluence: pages below pages as Markdown, with what is attached to each', async () => {
  const { files } = await importResearch('confluence', 'cora', { keep_original: true })
  for (const [name, phrase] of [
    ['Research', 'The storied heron wakes at dawn'],
    ['Older research', 'The archived heron sleeps'],
    ['Oldest research', 'The first heron nests'],
    ['enclosed.txt', 'The enclosed heron waits'],
  ] as const) {
    expect([name, outcome(files, name)]).toEqual([name, 'imported null'])
    expect(await finds('cora', phrase)).toEqual([expect.stringContaining(name)])
  }
  expect(files.get('Oldest research')?.path).toBe('Research/Older research/Oldest research')
  expect(files.has('Sketches')).toBe(false)
  const [page] = (await search(app, 'cora', '"The storied heron wakes at dawn"')).results
  expect(page?.passage.heading).toBe('Birds')
  const answer = await app.as('cora')(`/api/documents/${page?.document.id}/content`)
  const text = await answer.text()
  expect(text).toContain('# Birds\n\nThe storied heron wakes at dawn.')
  const [row] = await rows<{ content_hash: string }>(
    app,
    'SELECT content_hash FROM documents WHERE id = ?',
    page?.document.id ?? '',
  )
  expect(row?.content_hash).toBe(sha256(Buffer.from(text)))
})
