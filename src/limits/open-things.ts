// How many of a thing a user may have open at once. Each count is part of the statement that makes one more: many at once see each other.
import { sql, type SQL } from 'drizzle-orm'
import { connections } from '../connections/schema.ts'
import { documents } from '../documents/schema.ts'
import { imports } from '../imports/schema.ts'
import { attempts } from '../oauth/schema.ts'
import { Problem } from '../problems/problem.ts'
import { uploads } from '../uploads/schema.ts'

/** Of one user each. Zero is not offered: what nobody may have should not be offered at all. */
export interface OpenLimits {
  readonly connections: number
  /** tus uploads, and documents that were announced for a signed URL. */
  readonly uploads: number
  readonly imports: number
  /** Sign-ins under way. */
  readonly attempts: number
}

/** Milliseconds for which an announced document counts, unless its bytes arrive: as long as its URL is good. */
const ANNOUNCED_MS = 15 * 60_000

export const connectionsOf = (userId: string): SQL<number> =>
  sql`(SELECT count(*) FROM ${connections} WHERE user_id = ${userId})`

/** The states are written out, so that SQLite takes the indexes that have nothing else in them. */
export const openUploadsOf = (userId: string, now: number): SQL<number> => sql`(
  (SELECT count(*) FROM ${uploads} WHERE user_id = ${userId} AND status = 'open' AND expires_at > ${now})
  + (SELECT count(*) FROM ${documents} AS announced
    WHERE announced.user_id = ${userId} AND announced.status = 'pending'
      AND (announced.created_at > ${now - ANNOUNCED_MS} OR announced.claim_until > ${now})
      AND NOT EXISTS (SELECT 1 FROM ${uploads} AS own WHERE own.user_id = ${userId}
        AND own.status = 'open' AND own.document_id = announced.id)))`

export const unfinishedImportsOf = (userId: string): SQL<number> =>
  sql`(SELECT count(*) FROM ${imports} WHERE user_id = ${userId} AND status IN ('running', 'paused'))`

/** Sign-ins beyond the newest `most - 1`, of which nothing is being stored just now. */
export const superfluousAttempts = (userId: string, most: number, now: number): SQL =>
  sql`SELECT id FROM ${attempts} WHERE user_id = ${userId}
    AND status IN ('pending', 'awaiting_claim') AND expires_at > ${now}
    ORDER BY created_at DESC, id LIMIT -1 OFFSET ${most - 1}`

/** Nothing but the user's own doing makes room: waiting does not. */
export const tooManyConnections = (most: number) =>
  new Problem(
    'rate_limited',
    `There are ${most} connections, as many as one user may have. Remove one of them first.`,
    { isFinal: true },
  )

export const tooManyUploads = (most: number) =>
  new Problem(
    'rate_limited',
    `${most} uploads are open. Finish or cancel one of them, or wait until one ends.`,
    { retryAfter: 60 },
  )

export const tooManyImports = (most: number) =>
  new Problem(
    'rate_limited',
    `${most} imports have not ended yet. Wait for one of them, or cancel it.`,
    { retryAfter: 60 },
  )
