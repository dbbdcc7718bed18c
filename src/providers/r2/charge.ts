// Everything that changes a user's objects is charged or given back: the hold is there first, so that a death in the middle shows.
import { randomId } from '../../crypto/random.ts'
import type { Ledger, Session } from '../contract.ts'

export function ledgerOf(session: Session): Ledger {
  if (session.ledger === undefined) throw new Error('the built-in storage has a ledger')
  return session.ledger
}

/** Runs what replaces or deletes objects. `work` returns by how many bytes they have grown: negative for what is gone. */
export async function changing(session: Session, work: () => Promise<number>): Promise<void> {
  const ledger = ledgerOf(session)
  const id = randomId()
  await ledger.hold(id, 0, { kind: 'change' })
  let grown: number
  try {
    grown = await work()
  } catch (error) {
    // What was done and what not is found out by counting; if not even that can be noted, the hold ends by itself.
    await ledger.settle(id, 'unknown').catch(() => undefined)
    throw error
  }
  await ledger.settle(id, grown)
}
