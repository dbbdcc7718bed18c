// Ends work that takes too long. In production the clock stands still while a Worker computes, and moves on at I/O or a timer: so
// every reader comes here between pieces of its work, and other requests of the isolate get their turn.
import { MAX_TIME } from './limits.ts'
import { Unreadable } from './unreadable.ts'

export class Clock {
  readonly #deadline: number

  /** @param limit in milliseconds */
  constructor(limit: number = MAX_TIME) {
    this.#deadline = Date.now() + limit
  }

  /** Throws `took_too_long` when the time is over. */
  async breathe(): Promise<void> {
    await new Promise<void>((resolve) => setTimeout(resolve, 0))
    if (Date.now() > this.#deadline) throw new Unreadable('took_too_long')
  }
}
