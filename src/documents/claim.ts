// A claim on a pending document: one sender at a time brings its bytes, in the whole world, and nobody is in the way for long.
import { and, eq, isNull, lt, or } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { randomId } from '../crypto/random.ts'
import { Problem } from '../problems/problem.ts'
import { documents, type DocumentRow } from './schema.ts'

/** Milliseconds until a claim whose holder has died is free again. */
const LEASE_MS = 30_000
const RENEW_MS = 10_000
/** Milliseconds that one sender may take. */
const LONGEST_MS = 3600_000

type ClaimServices = Pick<Services, 'db' | 'now' | 'background'>

export interface Claim {
  readonly id: string
  /** Aborts when the claim has passed to somebody else, or its holder takes too long. */
  readonly signal: AbortSignal
  /** Whether it still holds; if so, for the whole lease. */
  readonly renew: () => Promise<boolean>
  /** Lets others try, where the document is still pending. @param cleared whether nothing is left at the place of the object. */
  readonly release: (cleared: boolean) => Promise<void>
  /** Ends the renewing; to be called in any case. */
  readonly stop: () => void
}

/**
 * Claims a pending document as it was read; undefined when somebody else holds it, or it has changed.
 * @param itemId where the object will be: noted before there can be one, so that one without an owner is found again.
 */
export async function takeClaim(
  services: ClaimServices,
  row: DocumentRow,
  itemId: string,
): Promise<Claim | undefined> {
  const { db, now } = services
  const id = randomId()
  const taken = await db
    .update(documents)
    .set({ claimId: id, claimUntil: now() + LEASE_MS, itemId })
    .where(
      and(
        eq(documents.id, row.id),
        eq(documents.status, 'pending'),
        row.claimId === null ? isNull(documents.claimId) : eq(documents.claimId, row.claimId),
        or(isNull(documents.claimUntil), lt(documents.claimUntil, now())),
      ),
    )
    .returning({ id: documents.id })
  if (taken.length === 0) return undefined
  return holdClaim(services, row.id, id)
}

function holdClaim(services: ClaimServices, documentId: string, id: string): Claim {
  const { db, now } = services
  const mine = and(
    eq(documents.id, documentId),
    eq(documents.status, 'pending'),
    eq(documents.claimId, id),
  )
  const ending = new AbortController()
  const renew = async () => {
    const held = await db
      .update(documents)
      .set({ claimUntil: now() + LEASE_MS })
      .where(mine)
      .returning({ id: documents.id })
    return held.length > 0
  }
  const renewOrEnd = async () => {
    if (!(await renew())) ending.abort(claimLost())
  }
  const end = now() + LONGEST_MS
  const timer = setInterval(() => {
    if (now() > end)
      ending.abort(new Problem('invalid_request', 'The body took too long to arrive.'))
    else services.background(renewOrEnd())
  }, RENEW_MS)
  return {
    id,
    signal: ending.signal,
    renew,
    release: async (cleared) => {
      await db
        .update(documents)
        .set({ claimUntil: null, ...(cleared ? { itemId: null } : {}) })
        .where(mine)
    },
    stop: () => clearInterval(timer),
  }
}

/** Another request has taken over, because this one was silent for too long. */
export const claimLost = () =>
  new Problem('upload_locked', 'Another request has taken this upload over.')
