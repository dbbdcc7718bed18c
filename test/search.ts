// Searching as an application does it, and the import of a few files that are to be found.
import { expect } from 'vitest'
import { connectWebdav } from './connect.ts'
import type { Slipway } from './harness.ts'
import { rows } from './harness.ts'
import { findItem, itemsOf, startImport, untilStatus, type ImportOrder } from './imports.ts'

export interface Result {
  readonly document: {
    readonly id: string
    readonly filename: string
    readonly category: string | null
    readonly reachable: boolean
    readonly text: { readonly status: string; readonly passages: number } | null
    readonly imported_at: string | null
  }
  readonly passage: {
    readonly text: string
    readonly html: string
    readonly highlights: readonly { readonly start: number; readonly end: number }[]
    readonly page: number | null
    readonly page_end: number | null
    readonly heading: string | null
    readonly ordinal: number
  }
  readonly source: {
    readonly provider: string
    readonly connection_id: string
    readonly item_id: string
    readonly path: string
    readonly url: string | null
    readonly name: string
  } | null
  readonly score: number
}

export interface Page {
  readonly results: readonly Result[]
  readonly next_cursor: string | null
}

/** GET /api/documents/search, which must succeed. */
export async function search(
  app: Slipway,
  user: string,
  q: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Page> {
  const response = await app.as(user)(
    `/api/documents/search?${new URLSearchParams({ q, ...more })}`,
  )
  const text = await response.text()
  expect(`${response.status} ${text}`).toMatch(/^200/)
  return JSON.parse(text) as Page
}

/** The names of the documents that are found. */
export const found = async (...args: Parameters<typeof search>) =>
  (await search(...args)).results.map(({ document }) => document.filename).sort()

/** What is marked in each result, as text. */
export const marked = ({ results }: Page) =>
  results.map(({ passage: { text, highlights } }) =>
    highlights.map(({ start, end }) => text.slice(start, end)),
  )

/** Puts files into a folder of a WebDAV server and imports it for a user. Returns the connection. */
export async function importFiles(
  app: Slipway,
  user: string,
  files: Readonly<Record<string, string>>,
  order: Partial<ImportOrder> & { readonly folder?: string } = {},
): Promise<{ readonly connectionId: string; readonly importId: string }> {
  const { folder = `of-${user}`, ...rest } = order
  for (const [name, text] of Object.entries(files)) {
    app.emulators.dav.addFile('mia', `/${folder}/${name}`, text)
  }
  const { id } = await connectWebdav(app, user)
  const items = [{ id: await findItem(app, user, id, folder) }]
  const importId = await startImport(app, user, { connection_id: id, items, ...rest })
  await untilStatus(app, importId, 'completed')
  for (const { name, state, reason } of (await itemsOf(app, importId)).values()) {
    expect(`${name} ${state} ${reason}`).toMatch(/ (?:imported null|skipped duplicate)$/)
  }
  return { connectionId: id, importId }
}

/** Fails where the index is not true to the passages. */
export async function checkIndex(app: Slipway): Promise<void> {
  await rows(app, "INSERT INTO chunks_fts (chunks_fts, rank) VALUES ('integrity-check', 1)")
}
