// Gives out the files of an import, those that are due, and finds more of them where none is at hand.
import { and, asc, eq, inArray, lte, sql } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import type { DocumentRow } from '../documents/schema.ts'
import { findBySource } from './duplicates.ts'
import { fence, requireHeld, touch, touched, type Lease } from './lease.ts'
import { nextFolder, planStep } from './plan.ts'
import { importItems, imports, type ImportItem } from './schema.ts'
import { createTurns } from './turns.ts'
import type { Work } from './work.ts'

/** Files of one claim, for each one that is worked on at once. */
const CLAIM = 3
/** Files fetched at once, unless the provider says otherwise. */
const PARALLEL = 4
/** How often a file's processing may have ended its consumer. */
const MAX_DEATHS = 3

/** How many files of a provider are worked on at once. */
export const parallelOf = ({ live, lease }: Pick<Work, 'live' | 'lease'>) =>
  lease.isAfterDeath ? 1 : (live.provider.parallelImports ?? PARALLEL)

export interface NextFile {
  readonly item: ImportItem
  readonly document: DocumentRow | undefined
}

/** Gives out one file after the other; lists folders when no file is at hand. Undefined at the end of the share, or of the work. */
export function createFiles(work: Work): () => Promise<NextFile | undefined> {
  const { services, lease, live } = work
  const turns = createTurns()
  const ready: NextFile[] = []
  const fill = async () => {
    while (ready.length === 0 && !work.isOver()) {
      const items = await claim(services, lease, parallelOf(work) * CLAIM)
      if (items.length > 0) {
        const documents = await findBySource(services, lease.row, items)
        ready.push(...items.map((item) => ({ item, document: documents.get(item.itemId) })))
        return
      }
      const folder = await nextFolder(services, lease.row.id)
      if (folder === undefined) return
      await planStep(services, lease, live, folder)
    }
  }
  return () =>
    turns.take('', async () => {
      if (ready.length === 0) await fill()
      return work.isOver() ? undefined : ready.shift()
    })
}

async function claim(services: Services, lease: Lease, limit: number): Promise<ImportItem[]> {
  const { db, now } = services
  const due = db
    .select({ id: importItems.id })
    .from(importItems)
    .where(
      and(
        eq(importItems.importId, lease.row.id),
        eq(importItems.state, 'waiting'),
        lte(importItems.notBefore, now()),
      ),
    )
    .orderBy(asc(importItems.notBefore))
    .limit(limit)
  const [first, items] = await db.batch([
    touch(services, lease),
    db
      .update(importItems)
      .set({ state: 'downloading', changedAt: touched(lease) })
      .where(and(inArray(importItems.id, due), fence(lease)))
      .returning(),
  ])
  requireHeld(first)
  return items
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
