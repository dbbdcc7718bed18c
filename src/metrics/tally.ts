// Counts what changes no row of its own, such as a vendor's failure: together, shortly after, and never in anybody's way.
import { sql } from 'drizzle-orm'
import type { Db } from '../db/client.ts'
import type { ProblemCode } from '../problems/problem.ts'
import { metricCounts } from './schema.ts'

/** Those that no trigger counts. */
export type TalliedName =
  | 'connects'
  | 'vendor_errors'
  | 'upload_bytes'
  | 'alerts_sent'
  | 'alerts_failed'
  | 'alerts_given_up'

export interface Counted {
  /** A provider's id. */
  readonly provider?: string
  /** Left out for a success. */
  readonly code?: ProblemCode
  /** 1 if left out. */
  readonly by?: number
}

export type Count = (name: TalliedName, counted?: Counted) => void

/** Milliseconds in which what happens is written at once: a vendor that fails does so many times. */
const GATHER = 250

/** A count for one invocation. What cannot be written is logged with the rest of the background. */
export function createCount(db: Db, background: (work: Promise<unknown>) => void): Count {
  const gathered = new Map<string, { row: typeof metricCounts.$inferInsert }>()
  const write = async () => {
    await new Promise((resolve) => setTimeout(resolve, GATHER))
    const rows = [...gathered.values()].map(({ row }) => row)
    gathered.clear()
    await db
      .insert(metricCounts)
      .values(rows)
      .onConflictDoUpdate({
        target: [metricCounts.name, metricCounts.provider, metricCounts.code],
        set: { value: sql`${metricCounts.value} + excluded.value` },
      })
  }
  return (name, { provider = '', code = '', by = 1 } = {}) => {
    const isFirst = gathered.size === 0
    const key = `${name} ${provider} ${code}`
    const value = (gathered.get(key)?.row.value ?? 0) + by
    gathered.set(key, { row: { name, provider, code, value } })
    if (isFirst) background(write())
  }
}
