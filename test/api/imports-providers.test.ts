// Imports from every provider by one suite: each file in the right state, found by its words, renewed when it changes, kept when asked for.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DOCX, officeFile, pdfFile, pngFile, PPTX, XLSX } from '../emulators/office-files.ts'
import { rows, startSlipway, type Slipway } from '../harness.ts'
import { objectsOf } from '../import-judge.ts'
import { openPlace, PROVIDERS, type ImportPlace } from '../import-places.ts'
import { showImport, startImport, untilStatus, type ImportOrder } from '../imports.ts'
import { search } from '../search.ts'
import { sha256 } from '../sha256.ts'

let app: Slipway
beforeAll(async () => {
  app = await startSlipway()
})
afterAll(() => app.close())

const ODD = 'odd #1 100% + & ü 🚢.txt'

interface File {
  readonly names: readonly string[]
  readonly bytes: string | Buffer
  /** The words that stand in it alone. */
  readonly says?: string
  readonly heading?: string
  readonly page?: number
}

/** `word` makes what this provider's files say its own. */
function filesOf(word: string): File[] {
  const lines = (kind: string) => ['# First', 'Nothing much.', '# Setup', `${word} ${kind} begins.`]
  const guide = officeFile(DOCX, lines('guide'))
  return [
    { names: ['guide.docx'], bytes: guide, says: `${word} guide begins`, heading: 'Setup' },
    { names: [ODD], bytes: `${word} oddity begins.\n`, says: `${word} oddity begins` },
    {
      names: ['Deep', 'readme.md'],
      bytes: `# Top\n\n## Below\n\n${word} readme begins.\n`,
      says: `${word} readme begins`,
      heading: 'Top › Below',
    },
    {
      names: ['Deep', 'slides.pptx'],
      bytes: officeFile(PPTX, lines('talk')),
      says: `${word} talk begins`,
      page: 2,
    },
    {
      names: ['Deep', 'Deeper', 'paper.pdf'],
      bytes: pdfFile(lines('paper')),
      says: `${word} paper begins`,
      page: 2,
    },
    {
      names: ['Deep', 'Deeper', 'table.xlsx'],
      bytes: officeFile(XLSX, lines('table')),
      says: `${word} table begins`,
      heading: 'Setup',
    },
    { names: ['photo.png'], bytes: pngFile() },
    { names: ['empty.txt'], bytes: '' },
    // Looked at last: folders are gone through from the top.
    { names: ['Deep', 'Deeper', 'zz copy of guide.docx'], bytes: guide },
  ]
}

interface FileView {
  readonly name: string
  readonly path: string
  readonly state: string
  readonly reason: string | null
  readonly document_id: string | null
  readonly item_id: string
}

async function filesIn(user: string, importId: string): Promise<Map<string, FileView>> {
  const response = await app.as(user)(`/api/imports/${importId}/items?limit=1000`)
  const { items } = (await response.json()) as { items: FileView[] }
  return new Map(items.map((item) => [item.name, item]))
}

interface DocumentView {
  readonly id: string
  readonly filename: string
  readonly size: number
  readonly storage_backend: string
  readonly verification: { readonly verdict: string } | null
  readonly source: Record<string, string | null> | null
  readonly text: { readonly status: string; readonly reason: string | null } | null
}

async function documentsOf(user: string): Promise<DocumentView[]> {
  const response = await app.as(user)('/api/documents?limit=200')
  return ((await response.json()) as { documents: DocumentView[] }).documents
}

describe.each(PROVIDERS)('an import from %s', (provider) => {
  const user = `imports-${provider}`
  const word = `q${provider.replace('_', '')}`
  const files = filesOf(word)
  let place: ImportPlace
  const run = async (order: Partial<ImportOrder> = {}, as = user, at = place) => {
    const items = [{ id: at.folderId }]
    const id = await startImport(app, as, { connection_id: at.connectionId, items, ...order })
    await untilStatus(app, id, 'completed', 60)
    return id
  }

  beforeAll(async () => {
    place = await openPlace(app, provider, user, `Import ${provider}`)
    for (const { names, bytes } of files) await place.put(names, bytes)
  })

  it('brings a tree in: every file in its state, with its source, found by its words', async () => {
    const id = await run()
    const found = await filesIn(user, id)
    const twins = ['guide.docx', 'zz copy of guide.docx'].map((name) => found.get(name)?.state)
    expect(twins.sort()).toEqual(['imported', 'skipped'])
    for (const { names, says } of files) {
      const name = names.at(-1) ?? ''
      if (name.endsWith('guide.docx')) continue
      const expected =
        name === 'photo.png'
          ? ['skipped', 'unsupported_type']
          : ['imported', says === undefined ? 'no_text' : null]
      const { state, reason } = found.get(name) ?? {}
      expect([name, state, reason]).toEqual([name, ...expected])
    }
    for (const page of place.pages) expect(found.get(page)?.state, page).toBe('imported')
    expect(found.size).toBe(files.length + place.pages.length)
    const { counts, folders } = await showImport(app, user, id)
    expect(counts).toMatchObject({ total: found.size, skipped: 2, failed: 0, waiting: 0 })
    expect(folders).toMatchObject({ open: 0, failed: 0 })
    const documents = await documentsOf(user)
    for (const { names, says, heading, page } of files) {
      if (says === undefined) continue
      const { results } = await search(app, user, `"${says}"`)
      expect(results).toHaveLength(1)
      const [result] = results
      const { filename } = result?.document ?? {}
      if (filename !== 'zz copy of guide.docx') expect(filename).toBe(names.at(-1))
      if (heading !== undefined) expect(result?.passage.heading).toBe(heading)
      if (page !== undefined) expect(result?.passage.page).toBe(page)
      const { source, size } = documents.find((one) => one.id === result?.document.id) ?? {}
      expect(source).toMatchObject({ provider, connection_id: place.connectionId })
      expect(source?.['version']).toMatch(/./)
      expect(source?.['path']?.endsWith(`/${filename}`)).toBe(true)
      expect(source?.['path']?.split('/').length).toBeGreaterThan(1)
      const hasPage = !['webdav', 'r2'].includes(provider)
      if (hasPage) expect(source?.['url']).toMatch(/^https?:\/\/\S+$/)
      expect(size).toBe(Buffer.byteLength(files.find((one) => one.says === says)?.bytes ?? ''))
    }
  })

  it('leaves alone what has not changed, and renews what has', async () => {
    const again = await filesIn(user, await run())
    const states = [...again.values()].map(({ state, reason }) => `${state} ${reason}`)
    expect(new Set(states)).toEqual(
      new Set(['skipped duplicate', 'skipped duplicate_content', 'skipped unsupported_type']),
    )
    const before = again.get('readme.md')?.document_id
    await place.put(['Deep', 'readme.md'], `# Top\n\n${word} manual ends.\n`)
    const changed = await filesIn(user, await run())
    expect(changed.get('readme.md')).toMatchObject({ state: 'imported', document_id: before })
    expect([...changed.values()].filter(({ state }) => state === 'imported')).toHaveLength(1)
    expect((await search(app, user, `"${word} readme begins"`)).results).toEqual([])
    const [now] = (await search(app, user, `"${word} manual ends"`)).results
    expect(now?.document.id).toBe(before)
  })

  it('renews everything, or brings everything in once more, if told to', async () => {
    const first = await documentsOf(user)
    const replaced = await filesIn(user, await run({ on_duplicate: 'replace' }))
    for (const name of ['guide.docx', ODD, 'slides.pptx']) {
      expect(replaced.get(name)?.state, name).toBe('imported')
    }
    // Of the guide and its copy one stands for both, whichever came last.
    const ids = (documents: readonly DocumentView[]) => documents.map(({ id }) => id).sort()
    expect(ids(await documentsOf(user))).toEqual(ids(first))
    const kept = await filesIn(user, await run({ on_duplicate: 'keep_both' }))
    const added = [...kept.values()].filter(({ state }) => state === 'imported')
    // The copy of the guide as well.
    expect(added).toHaveLength(first.length + 1)
    expect(await documentsOf(user)).toHaveLength(first.length + added.length)
    expect((await search(app, user, `"${word} talk begins"`)).results).toHaveLength(2)
  })

  it('knows the same bytes under another name', async () => {
    await place.put(['Later', 'renamed.txt'], `${word} oddity begins.\n`)
    const found = await filesIn(user, await run())
    expect(found.get('renamed.txt')).toMatchObject({
      state: 'skipped',
      reason: 'duplicate_content',
    })
  })

  it.runIf(provider !== 'r2')('keeps the originals, verified and charged', async () => {
    const other = `keeps-${provider}`
    const kept = await openPlace(app, provider, other, `Kept ${provider}`)
    for (const { names, bytes } of files) await kept.put(names, bytes)
    const found = await filesIn(other, await run({ keep_original: true }, other, kept))
    expect(found.get('photo.png')).toMatchObject({ state: 'imported' })
    const documents = await documentsOf(other)
    const hashes = new Map(
      files.map(({ names, bytes }) => [names.at(-1), sha256(Buffer.from(bytes))]),
    )
    const stored = await rows<{ id: string; content_hash: string; owns_object: number }>(
      app,
      'SELECT id, content_hash, owns_object FROM documents WHERE user_id = ?',
      other,
    )
    for (const { id, filename, storage_backend: backend, verification } of documents) {
      expect([filename, backend, verification?.verdict]).toEqual([filename, 'r2', 'verified'])
      const row = stored.find((one) => one.id === id)
      expect(row?.owns_object).toBe(1)
      const content = await app.as(other)(`/api/documents/${id}/content`)
      const bytes = Buffer.from(await content.arrayBuffer())
      const expected = hashes.get(filename) ?? row?.content_hash
      expect([filename, sha256(bytes)]).toEqual([filename, expected])
    }
    // Folders are objects without bytes.
    const objects = (await objectsOf(app, other)).filter(({ key }) => !key.endsWith('/'))
    expect(objects).toHaveLength(documents.length)
    const used = objects.reduce((sum, { size }) => sum + size, 0)
    const me = (await (await app.as(other)('/api/users/me')).json()) as {
      storage: { used: number; reserved: number }
    }
    expect(me.storage).toMatchObject({ used, reserved: 0 })
    expect(documents.reduce((sum, { size }) => sum + size, 0)).toBe(used)
  })
})
