// Seals anew what is still under older keys, one bounded batch at a time: rows, how far it is and the audit entry in one D1 batch.
import { sql } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { recordAudit } from '../audit/record.ts'
import { open, seal } from '../crypto/seal.ts'
import { changes } from '../db/client.ts'
import { keyPasses, type KeyPass } from './schema.ts'
import { placeOf, SEALED_COLUMNS, type SealedColumn } from './sealed-columns.ts'
import { readSealed, replaceSealed, type Replacement, type SealedRow } from './sealed-rows.ts'

export type RotateServices = Pick<Services, 'db' | 'keyring' | 'now' | 'requestId' | 'country'>

/** Rows of a batch. */
const BATCH = 500
/** After this a pass that has ended begins again: a Worker of the deployment before may have written behind it. */
const AGAIN_MS = 24 * 3600_000

export interface Rotated {
  /** Rows that were looked at. */
  readonly seen: number
  /** Rows that are under the newest key now. */
  readonly resealed: number
}

/** What of one column and key a batch looks at. */
interface Share {
  readonly column: SealedColumn
  readonly keyId: string
  /** How far it was; undefined where it begins. */
  readonly before: KeyPass | undefined
  readonly isAgain: boolean
  readonly rows: readonly SealedRow[]
  readonly isLast: boolean
}

/**
 * One batch. Two at once look at the same rows, and the second one changes nothing. A row that does not open is counted and passed over
 * until the next pass.
 * @param actor whose name stands in the audit log
 * @param isAsked whether passes that have ended begin again when there is nothing else to do
 */
export async function rotateBatch(
  services: RotateServices,
  actor: string,
  isAsked: boolean,
): Promise<Rotated> {
  const { db, keyring } = services
  const shares = await findShares(services, isAsked)
  const seen = shares.reduce((sum, { rows }) => sum + rows.length, 0)
  if (shares.length === 0 && !isAsked) return { seen, resealed: 0 }
  const updates = []
  const passes = []
  for (const share of shares) {
    const fresh = await sealAnew(services, share)
    updates.push(...replaceSealed(services, share.column, fresh))
    passes.push(notePass(services, share, share.rows.length - fresh.length))
  }
  const entry = {
    action: 'keys.rotated',
    userId: actor,
    actor,
    subjectId: keyring.currentId,
  } as const
  const audit = isAsked || seen > 0 ? [recordAudit(services, entry)] : []
  const [first, ...others] = [...updates, ...passes, ...audit]
  if (first === undefined) return { seen, resealed: 0 }
  const results = await db.batch([first, ...others])
  const resealed = results
    .slice(0, updates.length)
    .reduce((sum, result) => sum + changes(result), 0)
  return { seen, resealed }
}

async function findShares(services: RotateServices, isAsked: boolean): Promise<Share[]> {
  const { db, keyring, now } = services
  if (keyring.oldIds.length === 0) return []
  const known = await db.select().from(keyPasses)
  const passes = SEALED_COLUMNS.flatMap((column) =>
    keyring.oldIds.map((keyId) => {
      const before = known.find((pass) => pass.place === placeOf(column) && pass.keyId === keyId)
      const isCurrent = before?.target === keyring.currentId
      const isEnded = isCurrent && before.endedAt !== null
      const isDue = !isEnded || (before.endedAt ?? 0) < now() - AGAIN_MS
      return { column, keyId, before, isAgain: !isCurrent || isEnded, isDue }
    }),
  )
  const due = passes.filter(({ isDue }) => isDue)
  const shares: Share[] = []
  let room = BATCH
  for (const { column, keyId, before, isAgain } of due.length === 0 && isAsked ? passes : due) {
    if (room === 0) break
    const after = isAgain ? 0 : (before?.after ?? 0)
    const rows = await readSealed(services, column, { keyId, after, limit: room })
    shares.push({ column, keyId, before, isAgain, rows, isLast: rows.length < room })
    room -= rows.length
  }
  return shares
}

/** Rows that do not open are left out. */
async function sealAnew(
  { keyring }: RotateServices,
  { column, rows }: Share,
): Promise<Replacement[]> {
  const fresh = await Promise.all(
    rows.map(async ({ row, sealed, record, userId, salt }): Promise<Replacement[]> => {
      if (userId === null || salt === null) return []
      const context = { userId, salt, record, field: column.field }
      try {
        const { value } = await open(keyring, context, sealed)
        return [[row, sealed, await seal(keyring, context, value)]]
      } catch {
        return []
      }
    }),
  )
  return fresh.flat()
}

/** Moves the pass on, unless somebody else has: what failed is counted once. */
function notePass({ db, keyring, now }: RotateServices, share: Share, failed: number) {
  const { column, keyId, before, isAgain, rows, isLast } = share
  const start = isAgain || before === undefined ? { after: 0, failed: 0 } : before
  const pass = {
    target: keyring.currentId,
    after: rows.at(-1)?.row ?? start.after,
    failed: start.failed + failed,
    endedAt: isLast ? now() : null,
  }
  const insert = db.insert(keyPasses).values({ place: placeOf(column), keyId, ...pass })
  const target = [keyPasses.place, keyPasses.keyId]
  if (before === undefined) return insert.onConflictDoNothing({ target })
  const asSeen = sql`${keyPasses.target} = ${before.target} AND ${keyPasses.after} = ${before.after}
    AND ${keyPasses.endedAt} IS ${before.endedAt}`
  return insert.onConflictDoUpdate({ target, set: pass, setWhere: asSeen })
}
