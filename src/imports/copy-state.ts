// What is known of a copy in the default storage that no document names (yet, or any more): kept sealed with its file, and cleared away.
import { and, eq, gt, inArray, isNotNull, isNull, lt, notInArray, or, sql } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { openConnection } from '../connections/session.ts'
import { SealError } from '../crypto/seal.ts'
import { sealedKeyOf } from '../crypto/sealed-key.ts'
import { changes } from '../db/client.ts'
import { errorNames, writeLog } from '../log.ts'
import { hasRoom } from '../meter.ts'
import { toProblem } from '../problems/respond.ts'
import type { Hashes } from '../transfer/digest-set.ts'
import type { Receipt } from '../transfer/receipt.ts'
import { uploadOf } from '../transfer/sink.ts'
import type { Task } from '../users/erase/task.ts'
import { fence, LeaseLost, type Lease } from './lease.ts'
import { openKeptState, openState, sealState } from './sealed.ts'
import { importItems, imports, type ImportItem, type ImportRow } from './schema.ts'
import { spoolKey } from './spool-key.ts'
import { openStorage, type Storage } from './work.ts'

export type CopyState =
  /** Bytes are on their way. */
  (
    | {
        readonly stage: 'sending'
        /** Of this copy alone, and a part of its name. */
        readonly id: string
        /** What is copied. */
        readonly version: string | null
        readonly size: number
        readonly name: string
        /** Only what was kept can be gone on with: at 0 whoever comes next begins a copy of its own. */
        readonly offset: number
        /** The storage's own; null before it was told. */
        readonly state: unknown
      }
    /** All of it is there; the document that will name it is not. */
    | {
        readonly stage: 'kept'
        readonly version: string | null
        readonly size: number
        readonly itemId: string
        readonly fileName: string
        readonly hashes: Hashes
        readonly receipt: Receipt
      }
    /** An export of unknown length was put down, to find it out. */
    | { readonly stage: 'spooled'; readonly uploadId: string }
    /** The document names a newer one. */
    | { readonly stage: 'replaced'; readonly itemId: string }
  ) & {
    /** Whether it is being cleared away: nobody goes on with it, or gives it to a document. */
    readonly isLeft?: boolean
  }

export async function readCopy(
  services: Services,
  lease: Pick<Lease, 'row'>,
  item: ImportItem,
): Promise<CopyState | undefined> {
  const { id, copyEnc: sealed } = item
  if (sealed === null) return undefined
  return openKeptState<CopyState>(services, lease.row, id, sealed, (copyEnc) =>
    services.db
      .update(importItems)
      .set({ copyEnc })
      .where(and(eq(importItems.id, id), eq(importItems.copyEnc, sealed))),
  )
}

export function sealCopy(
  services: Services,
  lease: Pick<Lease, 'row'>,
  item: ImportItem,
  state: CopyState,
): Promise<string> {
  return sealState(services, lease.row, item.id, state)
}

/** Keeps how far it is, before anything is done that would not be found otherwise. */
export async function writeCopy(
  services: Services,
  lease: Lease,
  item: ImportItem,
  state: CopyState | null,
): Promise<void> {
  const copyEnc = state && (await sealCopy(services, lease, item, state))
  const [written] = await services.db
    .update(importItems)
    .set({ copyEnc })
    .where(and(eq(importItems.id, item.id), fence(lease)))
    .returning({ id: importItems.id })
  if (written === undefined) throw new LeaseLost()
}

/** Takes away what a copy has left in the storage. False where that could not be done now. */
export async function removeCopy(
  { bucket }: Pick<Services, 'bucket'>,
  storage: Storage,
  item: Pick<ImportItem, 'id'>,
  copy: CopyState,
): Promise<boolean> {
  const { provider, session } = storage.live
  const spooled = spoolKey(item.id)
  try {
    if (copy.stage === 'spooled') {
      // Either it was put together, or its parts are still loose.
      const upload = bucket.resumeMultipartUpload(spooled, copy.uploadId)
      await upload.abort().catch(() => undefined)
    }
    await bucket.delete(spooled)
    if (copy.stage === 'spooled') return true
    if (copy.stage !== 'sending') {
      await provider.remove?.(session, copy.itemId)
      return true
    }
    const isTold = await abortSending(storage, copy)
    // Its last request may have stored it without anybody having heard of it.
    const id = provider.foretellId?.(storage.folderId, copy.name)
    if (id !== undefined) await provider.remove?.(session, id)
    return isTold
  } catch (error) {
    if (toProblem(error).code === 'internal') throw error
    return false
  }
}

/** What was never noted is found by beginning the same again. */
async function abortSending(
  { live, folderId }: Storage,
  { id, name, size, state }: Extract<CopyState, { stage: 'sending' }>,
): Promise<boolean> {
  const { provider, session } = live
  const upload = uploadOf(provider)
  if (state !== null) return upload.abort(session, state)
  try {
    const target = {
      id,
      parentId: folderId,
      name,
      size,
      mimeType: '',
      conflict: 'replace' as const,
    }
    const begun = await upload.begin(session, target)
    return begun.done || (await upload.abort(session, begun.state))
  } catch (error) {
    // There is no room for it: so nothing was held for it.
    if (toProblem(error).code === 'quota_exceeded') return true
    throw error
  }
}

/** Milliseconds that a slice which has lost its import may still be writing. */
const GRACE_MS = 60_000
/** Copies of one run of the clock. */
const MAX_SWEPT = 50

/**
 * Clears away copies that no document will name: of imports that ended early, of files that failed, and what newer ones have replaced.
 * @param importId of this import alone, whose slice has ended just now. Returns how many there were.
 */
export async function sweepCopies(services: Services, importId?: string): Promise<number> {
  const { db, now } = services
  const isQuiet =
    importId === undefined
      ? and(
          lt(imports.updatedAt, now() - GRACE_MS),
          or(isNull(imports.leaseUntil), lt(imports.leaseUntil, now())),
        )
      : eq(imports.id, importId)
  // Those of a key that is missing would be in the way of all others.
  const keys = [services.keyring.currentId, ...services.keyring.oldIds]
  const rows = await db
    .select({ item: importItems, row: imports })
    .from(importItems)
    .innerJoin(imports, eq(imports.id, importItems.importId))
    .where(
      and(
        isNotNull(importItems.copyEnc),
        inArray(sql.raw(sealedKeyOf(importItems.copyEnc.name)), keys),
        notInArray(importItems.state, ['waiting', 'downloading', 'processing']),
        isQuiet,
      ),
    )
    .limit(MAX_SWEPT)
  for (const { item, row } of rows) {
    if (!hasRoom(services.meter)) break
    // One that cannot be opened, or taken away, must not keep the others from it.
    await clearCopy(services, row, item).catch((error: unknown) => {
      writeLog({ level: 'error', event: 'sweep_failure', errors: errorNames(error) })
    })
  }
  return rows.length
}

/** Makes the copy its own first: a file that is tried again meanwhile would give it to its document. */
async function clearCopy(services: Services, row: ImportRow, item: ImportItem): Promise<void> {
  if (item.copyEnc === null) return
  // It is sealed anew in the next line.
  const copy = await openState<CopyState>(services, row, item.id, item.copyEnc)
  const { db } = services
  const left = await sealCopy(services, { row }, item, { ...copy, isLeft: true })
  const taken = await db
    .update(importItems)
    .set({ copyEnc: left })
    .where(
      and(
        eq(importItems.id, item.id),
        sql`copy_enc = ${item.copyEnc}`,
        notInArray(importItems.state, ['waiting', 'downloading', 'processing']),
      ),
    )
  if (changes(taken) === 0) return
  const storage = await openStorage(services, row.userId)
  if (!(await removeCopy(services, storage, item, copy))) return
  await db
    .update(importItems)
    .set({ copyEnc: null })
    .where(and(eq(importItems.id, item.id), sql`copy_enc = ${left}`))
}

/**
 * Takes away loose parts of copies of a user who is being deleted; the objects go with all others of the user. One that does not open is
 * forgotten: R2 drops parts by itself after a week. @returns how many could not be taken away; `more` when the share is over
 */
export async function discardCopies(
  services: Services,
  userId: string,
  { isLast, isOver }: Pick<Task, 'isLast' | 'isOver'>,
): Promise<number | 'more'> {
  const { db } = services
  let left = 0
  for (let after = ''; ;) {
    const rows = await db
      .select({ item: importItems, row: imports })
      .from(importItems)
      .innerJoin(imports, eq(imports.id, importItems.importId))
      .where(
        and(eq(imports.userId, userId), isNotNull(importItems.copyEnc), gt(importItems.id, after)),
      )
      .orderBy(importItems.id)
      .limit(MAX_SWEPT)
    const last = rows.at(-1)
    if (last === undefined) return left
    for (const { item, row } of rows) {
      if (isOver()) return 'more'
      try {
        await discardParts(services, row, item)
      } catch (error) {
        writeLog({ level: 'error', event: 'deletion_failure', errors: errorNames(error) })
        left++
        if (!isLast) continue
      }
      await db.update(importItems).set({ copyEnc: null }).where(eq(importItems.id, item.id))
    }
    after = last.item.id
  }
}

async function discardParts(services: Services, row: ImportRow, item: ImportItem): Promise<void> {
  const { bucket } = services
  const copy = await readCopy(services, { row }, item).catch((error: unknown) => {
    if (!(error instanceof SealError)) throw error
    return undefined
  })
  if (copy?.stage === 'sending') {
    const { provider, session } = await openConnection(services, row.userId, 'r2')
    if (copy.state !== null) await uploadOf(provider).abort(session, copy.state)
    await session.ledger?.release(copy.id)
  }
  const spooled = spoolKey(item.id)
  if (copy?.stage === 'spooled') {
    const upload = bucket.resumeMultipartUpload(spooled, copy.uploadId)
    await upload.abort().catch(() => undefined)
  }
  await bucket.delete(spooled)
}
