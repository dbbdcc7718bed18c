// The one way to D1: a drizzle client over the binding, made for each request.
import { drizzle, type DrizzleD1Database } from 'drizzle-orm/d1'

export type Db = DrizzleD1Database<Record<string, never>>

export function openDb(binding: D1Database): Db {
  return drizzle(binding)
}

/** Rows changed by a statement: what a compare-and-swap is judged by. */
export function changes(result: D1Result): number {
  return result.meta.changes
}
