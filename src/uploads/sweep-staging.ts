// Clears away staged pieces whose upload is over: those that were still arriving when it ended, or could not be deleted then.
import { and, eq, inArray } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { uploads } from './schema.ts'
import { STAGING } from './staging-area.ts'

/** Uploads of one page, which fit into one statement of D1, and pages of one run. */
const PAGE = 90
const PAGES = 10

/** Returns how many uploads had left something. */
export async function sweepStaging({ db, bucket }: Services): Promise<number> {
  let count = 0
  let cursor: string | undefined
  for (let page = 0; page < PAGES; page++) {
    const found = await bucket.list({
      prefix: STAGING,
      delimiter: '/',
      limit: PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    })
    const ids = found.delimitedPrefixes.map((prefix) => prefix.slice(STAGING.length, -1))
    // A row is there before the first piece, so that none of these is about to begin.
    const live = await db
      .select({ id: uploads.id })
      .from(uploads)
      .where(and(inArray(uploads.id, ids), eq(uploads.status, 'open')))
    const alive = new Set(live.map(({ id }) => id))
    for (const id of ids) {
      if (alive.has(id)) continue
      const { objects } = await bucket.list({ prefix: `${STAGING}${id}/`, limit: 1000 })
      await bucket.delete(objects.map(({ key }) => key))
      count += 1
    }
    if (!found.truncated) break
    cursor = found.cursor
  }
  return count
}
