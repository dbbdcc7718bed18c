// Upload rows. Whoever works on one holds its lease, and every change is made by the holder alone.
import { and, eq, gt, inArray, isNotNull, isNull, lt, or, sql } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { connections, type Connection } from '../connections/schema.ts'
import { randomId } from '../crypto/random.ts'
import { cellsOf } from '../db/cells.ts'
import { changes, type Db } from '../db/client.ts'
import { openUploadsOf, tooManyUploads } from '../limits/open-things.ts'
import { Problem } from '../problems/problem.ts'
import { users } from '../users/schema.ts'
import { rememberUser } from '../users/store.ts'
import { uploads, type UploadRow } from './schema.ts'

/** Milliseconds after its last byte that an upload can be continued. */
export const LIFETIME = 24 * 3600_000
/** Milliseconds that a lease lasts: longer than the time between two renewals, by far. */
export const LEASE = 30_000

type StoreServices = Pick<Services, 'db' | 'now'>
type CreateServices = Pick<Services, 'db' | 'now' | 'settings'>

/** What the holder of a lease may change. */
export type UploadChange = Partial<
  Pick<UploadRow, 'offset' | 'isUnsure' | 'isStaged' | 'stateEnc' | 'status' | 'errorCode' | 'item'>
>

export type NewUpload = Omit<
  UploadRow,
  'leaseId' | 'leaseUntil' | 'wantedAt' | 'createdAt' | 'expiresAt' | 'sweepAt'
>

/** Returns when it expires. Throws `rate_limited` where the user has as many open as may be. */
export async function insertUpload(services: CreateServices, row: NewUpload): Promise<number> {
  const { db, now, settings } = services
  const expiresAt = now() + LIFETIME
  const times = { createdAt: now(), expiresAt, sweepAt: expiresAt }
  const cells = cellsOf(uploads, { ...row, ...times })
  const most = settings.openLimits.uploads
  const open = openUploadsOf(row.userId, now())
  // Its own document is announced already, and is not counted beside it.
  const own = row.documentId === null ? sql`0` : sql`1`
  const inserted = await db
    .insert(uploads)
    .select(sql`SELECT ${cells} WHERE ${open} - ${own} < ${most}`)
  if (changes(inserted) === 0) throw tooManyUploads(most)
  return expiresAt
}

/** The same refusal before anything is asked of the vendor. It is no promise: others may be quicker. */
export async function checkRoom(services: CreateServices, userId: string): Promise<void> {
  const most = services.settings.openLimits.uploads
  const [row] = await services.db.all<{ isFull: number }>(
    sql`SELECT ${openUploadsOf(userId, services.now())} >= ${most} AS isFull`,
  )
  if (row?.isFull === 1) throw tooManyUploads(most)
}

export async function findUpload(
  db: Db,
  userId: string,
  id: string,
): Promise<UploadRow | undefined> {
  return db
    .select()
    .from(uploads)
    .where(and(eq(uploads.id, id), eq(uploads.userId, userId)))
    .get()
}

/** The user's upload that has not ended for good, or 404. */
export async function getUpload(
  { db, now }: StoreServices,
  userId: string,
  id: string,
): Promise<UploadRow> {
  const row = await findUpload(db, userId, id)
  if (row === undefined || row.status === 'failed' || row.expiresAt <= now()) throw noUpload()
  return row
}

export const noUpload = () =>
  new Problem('not_found', 'There is no such upload, or it has ended: start it again.')

/** An upload, and the right to work on it. */
export interface Lease {
  readonly id: string
  /** As it was when the lease was taken. `isUnsure` also when a holder before died. */
  readonly row: UploadRow
  /** Where it goes; undefined for the built-in storage, and when the connection is gone. */
  readonly connection: Connection | undefined
}

/**
 * Takes the lease of an open upload by compare-and-swap; a lease that was not given back in time counts as free. Undefined when
 * somebody holds it, or it is not open.
 */
export async function takeLease(
  { db, now }: StoreServices,
  own: { readonly userId?: string; readonly id: string },
): Promise<Lease | undefined> {
  const leaseId = randomId()
  const its = (column: 'userId' | 'connectionId') =>
    db.select({ value: uploads[column] }).from(uploads).where(eq(uploads.id, own.id))
  const taking = db
    .update(uploads)
    .set({
      leaseId,
      leaseUntil: now() + LEASE,
      wantedAt: null,
      isUnsure: sql`CASE WHEN ${uploads.leaseId} IS NULL THEN ${uploads.isUnsure} ELSE 1 END`,
    })
    .where(
      and(
        eq(uploads.id, own.id),
        own.userId === undefined ? undefined : eq(uploads.userId, own.userId),
        // What has expired is the clock's, which comes without a user.
        own.userId === undefined ? undefined : gt(uploads.expiresAt, now()),
        eq(uploads.status, 'open'),
        or(isNull(uploads.leaseId), lt(uploads.leaseUntil, now())),
      ),
    )
    .returning()
  // Everything that the work on it needs, in one round trip.
  const [taken, owners, targets] = await db.batch([
    taking,
    db
      .select()
      .from(users)
      .where(inArray(users.id, its('userId'))),
    db
      .select()
      .from(connections)
      .where(inArray(connections.id, its('connectionId'))),
  ])
  const [row] = taken
  if (row === undefined) return undefined
  for (const owner of owners) rememberUser(db, owner)
  const connection = targets.find(({ userId }) => userId === row.userId)
  return { id: leaseId, row, connection }
}

/** Keeps a lease, with what has been reached so far. Returns whether somebody wants it; throws when it is lost. */
export async function renewLease(
  { db, now }: StoreServices,
  lease: Lease,
  change: UploadChange = {},
): Promise<boolean> {
  const [row] = await db
    .update(uploads)
    .set({ ...change, leaseUntil: now() + LEASE })
    .where(held(lease))
    .returning({ wantedAt: uploads.wantedAt })
  if (row === undefined) throw lost()
  return row.wantedAt !== null
}

/** Gives a lease back, with what was reached. Returns when the upload expires; throws when the lease was lost. */
export async function releaseLease(
  { db, now }: StoreServices,
  lease: Lease,
  change: UploadChange,
): Promise<number> {
  // Where nothing came, nothing is prolonged.
  const moved = change.offset !== undefined && change.offset !== lease.row.offset
  const expiresAt = moved ? now() + LIFETIME : lease.row.expiresAt
  const [row] = await db
    .update(uploads)
    .set({ ...change, leaseId: null, leaseUntil: null, expiresAt, sweepAt: expiresAt })
    .where(held(lease))
    .returning({ id: uploads.id })
  if (row === undefined) throw lost()
  return expiresAt
}

/** The statement that ends an upload, for the batch that makes what it became known. */
export function endUpload({ db }: StoreServices, lease: Lease, change: UploadChange) {
  return db
    .update(uploads)
    .set({ ...change, stateEnc: null, leaseId: null, leaseUntil: null, isUnsure: false })
    .where(held(lease))
}

export async function removeUpload({ db }: StoreServices, lease: Lease): Promise<void> {
  await db.delete(uploads).where(held(lease))
}

/** Takes back a row that nobody was told of. */
export async function dropUpload(db: Db, id: string): Promise<void> {
  await db.delete(uploads).where(eq(uploads.id, id))
}

/** Asks whoever holds the lease to let go of it. */
export async function wantLease({ db, now }: StoreServices, id: string): Promise<void> {
  await db.update(uploads).set({ wantedAt: now() }).where(eq(uploads.id, id))
}

/** The same for everybody who sends to a connection. */
export async function wantLeases({ db, now }: StoreServices, connectionId: string): Promise<void> {
  await db
    .update(uploads)
    .set({ wantedAt: now() })
    .where(and(eq(uploads.connectionId, connectionId), isNotNull(uploads.leaseId)))
}

const held = (lease: Lease) => and(eq(uploads.id, lease.row.id), eq(uploads.leaseId, lease.id))

const lost = () => new Problem('upload_locked', 'Another request has taken over this upload.')
