// Import rows, always in the name of one user: another user's import is not there. Files come in the order in which they were found.
import { and, asc, desc, eq, getTableColumns, gt, lt, or, sql } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { reauthProblem } from '../connections/refresh.ts'
import { getConnection } from '../connections/store.ts'
import type { Db } from '../db/client.ts'
import { Problem } from '../problems/problem.ts'
import type { Provider } from '../providers/contract.ts'
import { getProvider } from '../providers/registry.ts'
import { dispatchImport, endPauses, isDue } from './dispatch.ts'
import {
  importFolders,
  importItems,
  imports,
  type ImportFolder,
  type ImportItem,
  type ImportRow,
  type ImportStatus,
  type ItemState,
} from './schema.ts'

/** Where an import reads. */
export interface Source {
  /** The connection's id, or the built-in provider's. */
  readonly connectionId: string
  readonly provider: Provider
}

/** The user's connection, which must be able to answer: 404 where there is none, 503 where its grant is dead. */
export async function getSource(db: Db, userId: string, id: string): Promise<Source> {
  const builtIn = getProvider(id)
  if (builtIn?.auth.kind === 'builtin') return { connectionId: builtIn.id, provider: builtIn }
  const connection = await getConnection(db, userId, id)
  const provider = getProvider(connection.provider)
  if (provider === undefined) {
    throw new Problem('not_supported', 'This provider is no longer offered.')
  }
  if (connection.status === 'REQUIRES_REAUTH') throw reauthProblem()
  return { connectionId: connection.id, provider }
}

export async function findImport(
  db: Db,
  userId: string,
  id: string,
): Promise<ImportRow | undefined> {
  return db.select().from(imports).where(its(userId, id)).get()
}

/** The user's import, or 404. */
export async function getImport(db: Db, userId: string, id: string): Promise<ImportRow> {
  const row = await findImport(db, userId, id)
  if (row === undefined) throw new Problem('not_found', 'There is no such import.')
  return row
}

export const its = (userId: string, id: string) =>
  and(eq(imports.id, id), eq(imports.userId, userId))

export const UNFINISHED: ImportStatus[] = ['running', 'paused']

/** Whether nothing more comes of it, unless what failed is tried again. */
export const isOver = ({ status }: ImportRow) => !UNFINISHED.includes(status)

/** A page of the user's imports, the newest first. */
export async function listImports(
  db: Db,
  userId: string,
  page: {
    readonly before: { readonly createdAt: number; readonly id: string } | undefined
    readonly limit: number
    readonly status?: ImportStatus | undefined
  },
): Promise<ImportRow[]> {
  const { before, status } = page
  return db
    .select()
    .from(imports)
    .where(
      and(
        eq(imports.userId, userId),
        status === undefined ? undefined : eq(imports.status, status),
        before &&
          or(
            lt(imports.createdAt, before.createdAt),
            and(eq(imports.createdAt, before.createdAt), lt(imports.id, before.id)),
          ),
      ),
    )
    .orderBy(desc(imports.createdAt), desc(imports.id))
    .limit(page.limit)
}

/** A file, and its place among those of its import. */
export type PlacedItem = ImportItem & { readonly row: number }

const row = sql<number>`rowid`
const placed = { ...getTableColumns(importItems), row }

/** Files in one state up to which they are all looked at and sorted; of more, the import's files are gone through in order. */
const FEW = 1000

/**
 * A page of an import's files behind the row `after`.
 * @param found the import as it was read: by what it has counted, the way is chosen that looks at the fewest rows
 */
export async function listItems(
  db: Db,
  found: ImportRow,
  page: { readonly after: number; readonly limit: number; readonly state?: ItemState | undefined },
): Promise<PlacedItem[]> {
  const { state } = page
  const few = state !== undefined && countOf(found, state) <= FEW
  // A plus keeps SQLite from the index that the column stands in (sqlite.org/optoverview.html).
  const inState =
    state === undefined
      ? undefined
      : few
        ? eq(importItems.state, state)
        : sql`+${importItems.state} = ${state}`
  const order = few ? sql`+rowid` : row
  return db
    .select(placed)
    .from(importItems)
    .where(and(eq(importItems.importId, found.id), inState, gt(order, page.after)))
    .orderBy(asc(order))
    .limit(page.limit)
}

/** Where a watcher is: it has seen what changed in earlier versions, and of `version` the rows up to `row`. */
export interface Seen {
  readonly version: number
  readonly row: number
}

/** The files that changed since, those first that changed first; at most `limit`. */
export async function listChanged(
  db: Db,
  importId: string,
  seen: Seen,
  limit: number,
): Promise<PlacedItem[]> {
  const own = eq(importItems.importId, importId)
  const changed = (condition: ReturnType<typeof and>, most: number) =>
    db
      .select(placed)
      .from(importItems)
      .where(and(own, condition))
      .orderBy(asc(importItems.changedAt), asc(row))
      .limit(most)
  // Two statements: SQLite searches an index by its rowid only where all before it is equal.
  const rest = Number.isFinite(seen.row)
    ? await changed(and(eq(importItems.changedAt, seen.version), gt(row, seen.row)), limit)
    : []
  if (rest.length === limit) return rest
  return [...rest, ...(await changed(gt(importItems.changedAt, seen.version), limit - rest.length))]
}

/** Folders that could not be listed, at most `limit`. */
export async function listFailedFolders(
  db: Db,
  found: ImportRow,
  limit: number,
): Promise<ImportFolder[]> {
  if (found.foldersFailed === 0) return []
  return db
    .select()
    .from(importFolders)
    .where(and(eq(importFolders.importId, found.id), eq(importFolders.state, 'failed')))
    .limit(limit)
}

export function countOf(found: ImportRow, state: ItemState): number {
  return {
    waiting: found.filesWaiting,
    downloading: found.filesDownloading,
    processing: found.filesProcessing,
    imported: found.filesImported,
    skipped: found.filesSkipped,
    failed: found.filesFailed,
  }[state]
}

/** Ends a pause whose time has come, now that somebody looks: the clock would, within a minute. */
export function wakeIfDue(services: Services, found: ImportRow): void {
  if (found.status !== 'paused' || (found.resumeAt ?? Infinity) > services.now()) return
  services.background(wake(services, found.id))
}

async function wake(services: Services, id: string): Promise<void> {
  const woken = await endPauses(services, and(eq(imports.id, id), isDue(services.now()))).returning(
    { id: imports.id },
  )
  if (woken.length > 0) await dispatchImport(services, id)
}
