// Work that is carried through although whoever asked for it may leave.
import type { Services } from './app-context.ts'

/**
 * Keeps work running when its caller leaves meanwhile, and returns it. What it rejects with is the caller's to answer: it is not logged as
 * a failure in the background.
 */
export function outlive<T>(
  { background }: Pick<Services, 'background'>,
  work: Promise<T>,
): Promise<T> {
  background(work.catch(() => undefined))
  return work
}
