// The right to work on an import: one slice has it at a time, and whatever a slice writes holds only as long as it has it.
import { and, eq, isNull, lt, or, sql, type SQL } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { randomId } from '../crypto/random.ts'
import { changes } from '../db/client.ts'
import { imports, type ImportRow } from './schema.ts'

/** Milliseconds that a lease lasts: several renewals long. */
const LEASE_MS = 30_000
/** Milliseconds between two renewals. */
const RENEW_MS = 5000

export interface Lease {
  readonly id: string
  /** As it was when the lease was taken. */
  readonly row: ImportRow
  /** Whether the slice before died: what it was at work on may have been why, and is done one by one. */
  readonly isAfterDeath: boolean
}

/** Somebody cancelled, paused or took over the import: nothing that this slice does counts any more. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost'
}

type LeaseServices = Pick<Services, 'db' | 'now' | 'background'>

/** Undefined when the import is not running, or somebody is at work on it. */
export async function takeLease(
  { db, now }: Pick<Services, 'db' | 'now'>,
  importId: string,
): Promise<Lease | undefined> {
  const id = randomId()
  const before = await db
    .select({ leaseId: imports.leaseId })
    .from(imports)
    .where(eq(imports.id, importId))
    .get()
  const [row] = await db
    .update(imports)
    .set({
      leaseId: id,
      leaseUntil: now() + LEASE_MS,
      dispatchedAt: now(),
      troubles: sql`${imports.troubles} + (${imports.leaseId} IS NOT NULL)`,
    })
    .where(
      and(
        eq(imports.id, importId),
        eq(imports.status, 'running'),
        or(isNull(imports.leaseId), lt(imports.leaseUntil, now())),
      ),
    )
    .returning()
  return row && { id, row, isAfterDeath: before !== undefined && before.leaseId !== null }
}

/** The condition under which a statement of this slice has an effect. */
export function fence({ id, row }: Lease): SQL {
  return sql`EXISTS (SELECT 1 FROM ${imports} WHERE id = ${row.id} AND lease_id = ${id})`
}

/** The first statement of each batch: raises the version that watchers look at. No row is changed once the lease is lost. */
export function touch({ db, now }: Pick<Services, 'db' | 'now'>, { id, row }: Lease) {
  return db
    .update(imports)
    .set({ version: sql`${imports.version} + 1`, updatedAt: now() })
    .where(and(eq(imports.id, row.id), eq(imports.leaseId, id)))
}

/** The version that {@link touch} has made in the same batch. */
export const touched = ({ row }: Lease): SQL<number> =>
  sql<number>`(SELECT version FROM ${imports} WHERE id = ${row.id})`

/** Throws {@link LeaseLost} unless the batch's first statement, the touch, had an effect. */
export function requireHeld(touch: D1Result | undefined): void {
  if (touch === undefined || changes(touch) === 0) throw new LeaseLost()
}

/** Ends a slice whose import goes on at once. */
export async function releaseLease(
  { db, now }: Pick<Services, 'db' | 'now'>,
  { id, row }: Lease,
): Promise<void> {
  await db
    .update(imports)
    .set({ leaseId: null, leaseUntil: null, dispatchedAt: now(), troubles: 0 })
    .where(and(eq(imports.id, row.id), eq(imports.leaseId, id)))
}

export interface Hold {
  /** Aborted when the lease is lost. */
  readonly signal: AbortSignal
  readonly end: () => void
}

/** Keeps a lease while its slice is at work. @param beat is run with each renewal. */
export function holdLease(
  services: LeaseServices,
  { id, row }: Lease,
  beat: () => Promise<void>,
): Hold {
  const { db, now } = services
  const controller = new AbortController()
  let heldUntil = now() + LEASE_MS
  let isAsking = false
  const renew = async () => {
    const asked = now()
    isAsking = true
    const renewed = await db
      .update(imports)
      .set({ leaseUntil: asked + LEASE_MS })
      .where(and(eq(imports.id, row.id), eq(imports.leaseId, id)))
      .finally(() => (isAsking = false))
    if (changes(renewed) === 0) return controller.abort(new LeaseLost())
    heldUntil = asked + LEASE_MS
    await beat()
  }
  // A database that stumbles is asked again: the lease outlasts several renewals. After that somebody else may have it.
  const timer = setInterval(() => {
    if (now() >= heldUntil) controller.abort(new LeaseLost())
    else if (!isAsking) services.background(renew())
  }, RENEW_MS)
  return { signal: controller.signal, end: () => clearInterval(timer) }
}
