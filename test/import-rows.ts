// Imports as rows, in whatever state a test needs, under the lease of somebody at work: nothing happens to them by itself.
import { randomBytes } from 'node:crypto'
import { rows, type Slipway } from './harness.ts'

export interface FileRow {
  readonly name: string
  readonly state: string
  readonly reason?: string
  readonly size?: number | null
  readonly bytes_done?: number
  readonly chunks?: number
  readonly attempts?: number
  readonly copy_enc?: string
}

export interface FolderRow {
  readonly item_id: string
  readonly state: string
  readonly path?: string
  readonly depth?: number
  readonly reason?: string
}

/** Column values of an import beside the defaults: running, over the default storage. */
export type ImportColumns = Readonly<Record<string, string | number | null>>

/** Returns the import's id. */
export async function insertImport(
  app: Slipway,
  user: string,
  columns: ImportColumns = {},
  files: readonly FileRow[] = [],
  folders: readonly FolderRow[] = [],
): Promise<string> {
  const id = randomBytes(16).toString('base64url')
  // Nobody who is unknown has an import.
  const known = 'INSERT OR IGNORE INTO users (id, salt, created_at) VALUES (?, ?, ?)'
  await rows(app, known, user, randomBytes(32).toString('base64url'), Date.now())
  await insert(app, 'imports', [
    {
      id,
      user_id: user,
      connection_id: 'r2',
      provider: 'r2',
      on_duplicate: 'skip',
      keep_original: 0,
      status: 'running',
      lease_id: 'somebody',
      lease_until: Date.now() + 3_600_000,
      created_at: Date.now(),
      updated_at: Date.now(),
      ...columns,
    },
  ])
  await insertFiles(app, id, files)
  await insert(
    app,
    'import_folders',
    folders.map((folder) => ({ import_id: id, path: '', depth: 0, ...folder })),
  )
  return id
}

/** Adds files, each of which has changed in the version `changedAt` of the import. */
export async function insertFiles(
  app: Slipway,
  importId: string,
  files: readonly FileRow[],
  changedAt = 1,
): Promise<void> {
  const made = files.map((file) => ({
    id: randomBytes(12).toString('base64url'),
    import_id: importId,
    item_id: `item-${file.name}`,
    path: 'Folder/',
    size: 100,
    mime_type: 'text/plain',
    changed_at: changedAt,
    ...file,
  }))
  for (let at = 0; at < made.length; at += 500) {
    await insert(app, 'import_items', made.slice(at, at + 500))
  }
}

/** Rows that all have columns of the first one, or fewer. */
async function insert(
  app: Slipway,
  table: string,
  made: readonly Readonly<Record<string, unknown>>[],
): Promise<void> {
  const names = [...new Set(made.flatMap((row) => Object.keys(row)))]
  if (names.length === 0) return
  // What is left out is the column's default, which a NULL would not be.
  const defaults: Record<string, unknown> = { bytes_done: 0, chunks: 0, attempts: 0 }
  const whole = made.map((row) => names.map((name) => row[name] ?? defaults[name] ?? null))
  const values = names.map((_, at) => `json_extract(value, '$[${at}]')`).join(', ')
  await rows(
    app,
    `INSERT INTO ${table} (${names.join(', ')}) SELECT ${values} FROM json_each(?)`,
    JSON.stringify(whole),
  )
}
