// Gives out the files of an import one by one: claims them in groups, ahead of need, and finds more of them where none is at hand.
import { and, asc, eq, inArray, lte, sql } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import type { DocumentRow } from '../documents/schema.ts'
import { bySource, selectBySource } from './duplicates.ts'
import { fence, requireHeld, touch, touched, type Lease } from './lease.ts'
import { nextFolder, planStep } from './plan.ts'
import { importItems, imports, type ImportItem } from './schema.ts'
import type { Work } from './work.ts'

/** Files of one claim. */
const CLAIM = 24
/** Files left at which the next are claimed, for each that is fetched at once. */
const LOW = 2
/** Files fetched at once, unless the provider says otherwise. */
const PARALLEL = 4
/** How often a file's processing may have ended its consumer. */
const MAX_DEATHS = 3

/** How many files of a provider are fetched at once. */
export const parallelOf = ({ live, lease }: Pick<Work, 'live' | 'lease'>) =>
  lease.isAfterDeath ? 1 : (live.provider.parallelImports ?? PARALLEL)

export interface NextFile {
  readonly item: ImportItem
  /** What the file is already. */
  readonly document: DocumentRow | undefined
}

export interface FileQueue {
  /** Undefined at the end of the share, or of the work. */
  readonly next: () => Promise<NextFile | undefined>
  /** Resolves when nothing is being claimed or listed any more; throws what that came to. */
  readonly end: () => Promise<void>
}

export function openQueue(work: Work): FileQueue {
  const { services, lease, live } = work
  // After a death nothing is done beside a file: it could be taken for what was deadly.
  const low = lease.isAfterDeath ? -1 : LOW * parallelOf(work)
  const ready: NextFile[] = []
  let isEmpty = false
  let filling: Promise<undefined> | undefined

  const fill = async () => {
    while (!isEmpty && !work.isOver()) {
      const files = await claim(services, lease)
      ready.push(...files)
      if (files.length > 0) return
      const folder = await nextFolder(services, lease.row.id)
      if (folder === undefined) isEmpty = true
      else await planStep(services, lease, live, folder)
    }
  }
  /** One at a time, whoever asks. One that failed stays, and what is ready with it: the vendor is not asked again by this slice. */
  const refill = () =>
    (filling ??= fill().then(
      () => (filling = undefined),
      (error: unknown) => {
        ready.length = 0
        throw error
      },
    ))

  return {
    next: async () => {
      while (ready.length === 0 && !isEmpty && !work.isOver()) await refill()
      if (work.isOver()) return undefined
      const next = ready.shift()
      // Its failure is for whoever asks next.
      if (ready.length <= low && !isEmpty) refill().catch(() => undefined)
      return next
    },
    end: async () => {
      await filling
    },
  }
}

/** Claims what is due, and finds out what of it is a document already. */
async function claim(services: Services, lease: Lease): Promise<NextFile[]> {
  const { db, now } = services
  const ofImport = eq(importItems.importId, lease.row.id)
  const due = db
    .select({ id: importItems.id })
    .from(importItems)
    .where(and(ofImport, eq(importItems.state, 'waiting'), lte(importItems.notBefore, now())))
    .orderBy(asc(importItems.notBefore))
    .limit(CLAIM)
  const claimed = sql`SELECT item_id FROM ${importItems} WHERE ${ofImport} AND state = 'downloading'`
  const [first, items, rows] = await db.batch([
    touch(services, lease),
    db
      .update(importItems)
      .set({ state: 'downloading', changedAt: touched(lease) })
      .where(and(inArray(importItems.id, due), fence(lease)))
      .returning(),
    selectBySource(db, lease.row, claimed),
  ])
  requireHeld(first)
  const documents = bySource(rows)
  return items.map((item) => ({ item, document: documents.get(item.itemId) }))
}

/** What was begun waits again; what ended its consumer time and again has failed. */
export async function restoreOrphans(
  services: Services,
  lease: Lease,
  { afterDeath }: { readonly afterDeath: boolean },
): Promise<void> {
  const { db } = services
  const orphaned = and(
    eq(importItems.importId, lease.row.id),
    inArray(importItems.state, ['downloading', 'processing']),
    fence(lease),
  )
  const isDeadly = afterDeath
    ? sql`${importItems.state} = 'processing' AND ${importItems.attempts} >= ${MAX_DEATHS}`
    : sql`0`
  const [first, restored] = await db.batch([
    touch(services, lease),
    db
      .update(importItems)
      .set({
        state: sql`CASE WHEN ${isDeadly} THEN 'failed' ELSE 'waiting' END`,
        reason: sql`CASE WHEN ${isDeadly} THEN 'interrupted' END`,
        changedAt: touched(lease),
      })
      .where(orphaned)
      .returning({ state: importItems.state }),
  ])
  requireHeld(first)
  // One that was why is found: that is progress.
  if (restored.some(({ state }) => state === 'failed')) {
    await db
      .update(imports)
      .set({ troubles: 0 })
      .where(and(eq(imports.id, lease.row.id), fence(lease)))
  }
}
