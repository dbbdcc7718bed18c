// The queue's end: each message is one slice of a deletion, and brings about the next.
import type { Services } from '../../app-context.ts'
import { errorNames, stackOf, writeLog } from '../../log.ts'
import { dispatchDeletion, type DeletionMessage } from './dispatch.ts'
import { runSlice } from './slice.ts'

/** Seconds before a message that failed comes again; four times as long each time. */
const RETRY_SECONDS = 5

export async function consumeDeletions(
  services: Services,
  batch: MessageBatch<DeletionMessage>,
): Promise<void> {
  for (const message of batch.messages) {
    const { deletion_id: id } = message.body
    try {
      const at = await runSlice(services, id)
      if (at !== undefined) await dispatchDeletion(services, id, at)
      message.ack()
    } catch (error) {
      const at = stackOf(error) ?? ''
      writeLog({ level: 'error', event: 'deletion_failure', errors: errorNames(error), at })
      message.retry({ delaySeconds: RETRY_SECONDS * 4 ** (message.attempts - 1) })
    }
  }
}

/** A deletion is never given up: its row is there, and the clock sends it again. */
export function consumeDeadDeletions(batch: MessageBatch<DeletionMessage>): void {
  writeLog({ level: 'error', event: 'deletion_dead', count: batch.messages.length })
  batch.ackAll()
}
