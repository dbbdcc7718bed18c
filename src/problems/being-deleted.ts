// How the database refuses to store anything for a user who is being deleted, and what a caller is told of it.
import { Problem } from './problem.ts'

/** As the triggers of the migrations say it. */
const REFUSAL = 'the account is being deleted'

export const beingDeleted = (cause?: unknown) =>
  new Problem('forbidden', 'This account is being deleted.', { cause })

/** Whether this is what work is told that began before the account's deletion was asked for. */
export function isRefusedByDeletion(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at.message.includes(REFUSAL)) return true
  }
  return false
}
