// Gets an upload from whoever is at work on it: a sender that has lost its connection is often not known to be gone yet.
import type { Services } from '../app-context.ts'
import { locked } from './append.ts'
import type { UploadRow } from './schema.ts'
import { getUpload, takeLease, wantLease, type Lease } from './store.ts'

/** Milliseconds that a request waits for the lease, and between two looks. */
const PATIENCE = 8000
const LOOK = 250

export type Found = { readonly row: UploadRow } | { readonly row: UploadRow; readonly lease: Lease }

/**
 * The upload; with its lease where the vendor has to be asked how far it is. Throws `upload_locked` when the holder does not let go,
 * and `not_found`.
 */
export async function waitForLease(
  services: Services,
  userId: string,
  id: string,
  isNeeded: (row: UploadRow) => boolean = mustAsk,
): Promise<Found> {
  const end = services.now() + PATIENCE
  for (let looks = 0; ; looks++) {
    const row = await getUpload(services, userId, id)
    if (row.status !== 'open') return { row }
    const isHeld = row.leaseId !== null && (row.leaseUntil ?? 0) >= services.now()
    if (!isHeld && !isNeeded(row)) return { row }
    const lease = isHeld ? undefined : await takeLease(services, { userId, id })
    if (lease !== undefined) return { row: lease.row, lease }
    if (services.now() > end) throw locked()
    if (looks === 0) await wantLease(services, id)
    await new Promise((resolve) => setTimeout(resolve, LOOK))
  }
}

/** A holder that died leaves its lease, a request that failed the mark; and all bytes without a file want finishing. */
const mustAsk = (row: UploadRow) => row.leaseId !== null || row.isUnsure || row.offset === row.size
