// What every reader of files throws where it reads no text.
import type { UnreadableReason } from '../reasons.ts'

/** What every reader of files throws. Its message is the reason: nothing of the file gets into logs. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable'

  constructor(
    readonly reason: UnreadableReason,
    options?: ErrorOptions,
  ) {
    super(reason, options)
  }
}
