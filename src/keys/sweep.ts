// Goes on by itself with what is under older keys, so that a new key needs nothing but to be set.
import type { Services } from '../app-context.ts'
import { rotateBatch } from './rotate.ts'

/** Batches of one run, and the milliseconds after which it begins no other. */
const MAX_BATCHES = 20
const MAX_MS = 60_000

/** Returns how many rows were sealed anew. Where nothing is left to do, it reads a few rows. */
export async function sweepKeys(services: Services): Promise<number> {
  const end = services.now() + MAX_MS
  let count = 0
  for (let batches = 0; batches < MAX_BATCHES && services.now() < end; batches++) {
    const { seen, resealed } = await rotateBatch(services, 'system', false)
    if (seen === 0) break
    count += resealed
  }
  return count
}
