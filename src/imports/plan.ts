// Finds the files of an import: what was chosen, and every folder below it, page by page. Each page and its place are kept in one batch.
import { and, asc, eq, getTableColumns, inArray, lte, sql } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import type { LiveConnection } from '../connections/session.ts'
import { randomId } from '../crypto/random.ts'
import { cellsOf } from '../db/cells.ts'
import { Problem } from '../problems/problem.ts'
import type { Entry } from '../providers/contract.ts'
import { groupIds } from './id-groups.ts'
import { fence, requireHeld, touch, type Lease } from './lease.ts'
import { judgeFailure, retryAt } from './outcome.ts'
import { openKeptState, sealState } from './sealed.ts'
import { importFolders as folders, importItems, imports, type ImportFolder } from './schema.ts'
import { contentType, isDownloadable, sortEntry } from './walk.ts'

/** Levels below what was chosen. A server whose folders contain themselves under ever new names ends here. */
export const MAX_DEPTH = 64
/** Files of one import. */
export const MAX_FILES = 100_000
/** Folders of one import: a server that makes up ever new ones ends here. */
const MAX_FOLDERS = 100_000
/** Failures of one folder, all its pages together. */
const MAX_FAILURES = 8
/** Entries of a page: a wish. */
const PAGE = 500

/** @property isFull whether the import has found so much that no folder of it is listed any more. */
export type NextFolder = ImportFolder & { readonly isFull: number }

/** The next folder that is due, or undefined. */
export async function nextFolder(
  { db, now }: Pick<Services, 'db' | 'now'>,
  importId: string,
): Promise<NextFolder | undefined> {
  const isFull = sql<number>`(SELECT ${countFiles()} > ${MAX_FILES}
    OR folders_open + folders_listed + folders_failed > ${MAX_FOLDERS} FROM ${imports} WHERE id = ${importId})`
  return (
    db
      .select({ ...getTableColumns(folders), isFull })
      .from(folders)
      .where(
        and(
          eq(folders.importId, importId),
          inArray(folders.state, ['chosen', 'open']),
          lte(folders.notBefore, now()),
        ),
      )
      // Those that were chosen first, then the deepest: the list of open folders stays short.
      .orderBy(asc(folders.state), sql`${folders.depth} DESC`)
      .limit(1)
      .get()
  )
}

/**
 * Looks at what was chosen, or lists one page of a folder. A failure of this folder alone is noted on it; one that concerns the
 * whole import is thrown.
 */
export async function planStep(
  services: Services,
  lease: Lease,
  live: LiveConnection,
  folder: NextFolder,
): Promise<void> {
  if (folder.isFull) return closeFolders(services, lease)
  if (lease.isAfterDeath) {
    if (folder.attempts >= MAX_FAILURES) {
      const change = { state: 'failed' as const, reason: 'interrupted' as const }
      return settleFolder(services, lease, folder, change)
    }
    // Before the work: a folder that ends the Worker is not tried for ever.
    await settleFolder(services, lease, folder, { attempts: folder.attempts + 1 })
  }
  try {
    await (folder.state === 'chosen'
      ? lookAt(services, lease, live, folder)
      : listPage(services, lease, live, folder))
  } catch (error) {
    const outcome = judgeFailure(error)
    if (outcome.kind === 'stop') throw error
    const attempts = folder.attempts + 1
    const isOver = outcome.kind === 'failed' || attempts >= MAX_FAILURES
    const change = isOver
      ? { state: 'failed' as const, reason: outcome.reason }
      : {
          attempts,
          notBefore: retryAt(services.now(), folder.attempts),
          // A cursor that is refused will be refused again: what stands there already is passed over.
          ...(isRefused(error) && { cursorEnc: null }),
        }
    await settleFolder(services, lease, folder, change)
  }
}

/** Gives up all that is not listed yet. */
async function closeFolders(services: Services, lease: Lease): Promise<void> {
  const { db } = services
  const [first] = await db.batch([
    touch(services, lease),
    db
      .update(folders)
      .set({ state: 'failed', reason: 'too_many_files', cursorEnc: null })
      .where(
        and(
          eq(folders.importId, lease.row.id),
          inArray(folders.state, ['chosen', 'open']),
          fence(lease),
        ),
      ),
  ])
  requireHeld(first)
}

const isRefused = (error: unknown) => error instanceof Problem && error.code === 'invalid_request'

async function lookAt(
  services: Services,
  lease: Lease,
  { provider, session }: LiveConnection,
  folder: ImportFolder,
): Promise<void> {
  // The top of a drive is a folder, and not every vendor says so.
  const entry = folder.itemId === 'root' ? undefined : await provider.stat(session, folder.itemId)
  const asFile = entry !== undefined && sortEntry(entry).isFile ? [entry] : []
  const path = entry === undefined ? '' : `${entry.name}/`
  const change =
    entry === undefined || entry.isFolder
      ? { state: 'open' as const, depth: 1, path }
      : { state: 'listed' as const }
  await keep(services, lease, folder, change, { files: asFile, folders: [], path: '' })
}

async function listPage(
  services: Services,
  lease: Lease,
  { provider, session }: LiveConnection,
  folder: ImportFolder,
): Promise<void> {
  const cursor = await openCursor(services, lease, folder)
  const page = await provider.list(session, { folderId: folder.itemId, cursor, limit: PAGE })
  const cursorEnc =
    page.cursor === null ? null : await sealState(services, lease.row, folder.itemId, page.cursor)
  const change = cursorEnc === null ? { state: 'listed' as const, cursorEnc } : { cursorEnc }
  const found = {
    files: page.entries.filter((entry) => sortEntry(entry).isFile),
    folders: page.entries.filter(({ isFolder }) => isFolder),
    path: folder.path,
  }
  await keep(services, lease, folder, change, found)
}

async function openCursor(
  services: Services,
  { row }: Lease,
  { importId, itemId, cursorEnc: sealed }: ImportFolder,
): Promise<string | null> {
  if (sealed === null) return null
  return openKeptState<string>(services, row, itemId, sealed, (cursorEnc) =>
    services.db
      .update(folders)
      .set({ cursorEnc })
      .where(
        and(
          eq(folders.importId, importId),
          eq(folders.itemId, itemId),
          eq(folders.cursorEnc, sealed),
        ),
      ),
  )
}

type FolderChange = Partial<
  Pick<ImportFolder, 'state' | 'depth' | 'path' | 'cursorEnc' | 'attempts' | 'notBefore' | 'reason'>
>

interface Found {
  readonly files: readonly Entry[]
  readonly folders: readonly Entry[]
  /** Of what holds them. */
  readonly path: string
}

function settleFolder(
  services: Services,
  lease: Lease,
  folder: ImportFolder,
  change: FolderChange,
): Promise<void> {
  return keep(services, lease, folder, change, { files: [], folders: [], path: '' })
}

/** Keeps what was found and how far the folder is. What stands there already, by whatever way it was found, stays as it is. */
async function keep(
  services: Services,
  lease: Lease,
  folder: ImportFolder,
  change: FolderChange,
  found: Found,
): Promise<void> {
  const { db } = services
  const importId = lease.row.id
  const held = fence(lease)
  const files = portionsOf(found.files.map((entry) => itemOf(entry, found.path)))
  const below = portionsOf(
    found.folders.map(({ id, name }) => ({ item_id: id, path: `${found.path}${name}/` })),
  )
  const isTooDeep = folder.depth >= MAX_DEPTH
  const [first] = await db.batch([
    touch(services, lease),
    ...files.map((rows) =>
      db
        .insert(importItems)
        .select(
          sql`SELECT ${cellsOf(importItems, cellsOfItem(importId))}
            FROM json_each(${rows}), ${imports} WHERE ${imports.id} = ${importId} AND ${held}`,
        )
        .onConflictDoNothing(),
    ),
    ...below.map((rows) =>
      db
        .insert(folders)
        .select(
          sql`SELECT ${cellsOf(folders, {
            importId,
            itemId: sql`value ->> 'item_id'`,
            state: isTooDeep ? 'failed' : 'open',
            path: sql`value ->> 'path'`,
            depth: folder.depth + 1,
            reason: isTooDeep ? 'too_deep' : null,
          })} FROM json_each(${rows}) WHERE ${held}`,
        )
        .onConflictDoNothing(),
    ),
    db
      .update(folders)
      .set(change)
      .where(and(eq(folders.importId, importId), eq(folders.itemId, folder.itemId), held)),
  ])
  requireHeld(first)
}

/** JSON arrays of rows: a page of a deep folder, with its path in each row, may be more than one value holds. */
const portionsOf = (rows: readonly object[]) =>
  groupIds(rows.map((row) => JSON.stringify(row))).map((group) => `[${group.join()}]`)

/** How many files the import has found. */
function countFiles() {
  const { filesWaiting, filesDownloading, filesProcessing } = imports
  const { filesImported, filesSkipped, filesFailed } = imports
  const open = [filesWaiting, filesDownloading, filesProcessing]
  return sql.join([...open, filesImported, filesSkipped, filesFailed], sql` + `)
}

/** The row of a file that was found, from the JSON of {@link itemOf}. What has a reason from the beginning is not to be fetched. */
function cellsOfItem(importId: string) {
  const isOver = sql`${countFiles()} >= ${MAX_FILES}`
  const reason = sql`value ->> 'reason'`
  return {
    id: sql`value ->> 'id'`,
    importId,
    itemId: sql`value ->> 'item_id'`,
    name: sql`value ->> 'name'`,
    path: sql`value ->> 'path'`,
    size: sql`value ->> 'size'`,
    mimeType: sql`value ->> 'mime_type'`,
    isExport: sql`value ->> 'is_export'`,
    version: sql`value ->> 'version'`,
    hash: sql`value ->> 'hash'`,
    webUrl: sql`value ->> 'web_url'`,
    state: sql`CASE WHEN ${reason} IS NOT NULL THEN 'skipped' WHEN ${isOver} THEN 'failed' ELSE 'waiting' END`,
    reason: sql`CASE WHEN ${reason} IS NOT NULL THEN ${reason} WHEN ${isOver} THEN 'too_many_files' END`,
    changedAt: sql`${imports.version}`,
  }
}

function itemOf(entry: Entry, path: string) {
  return {
    id: randomId(),
    item_id: entry.id,
    name: entry.name,
    path: `${path}${entry.name}`,
    size: entry.size,
    mime_type: contentType(entry),
    is_export: entry.exportableAs === undefined ? 0 : 1,
    version: entry.etag,
    hash: entry.hash === undefined ? null : JSON.stringify(entry.hash),
    web_url: entry.webUrl ?? null,
    reason: isDownloadable(entry) ? null : 'not_downloadable',
  }
}

/** Whether every folder has been listed, or given up; notes it when it is so for the first time. */
export async function notePlanned(services: Services, lease: Lease): Promise<void> {
  if (lease.row.isPlanned) return
  const { db } = services
  const left = sql`EXISTS (SELECT 1 FROM ${folders}
    WHERE import_id = ${lease.row.id} AND state IN ('chosen', 'open'))`
  await db
    .update(imports)
    .set({ isPlanned: true, version: sql`${imports.version} + 1` })
    .where(and(eq(imports.id, lease.row.id), eq(imports.leaseId, lease.id), sql`NOT ${left}`))
}
