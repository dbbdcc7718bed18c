// Ends work that takes too long. In production the clock stands still while a Worker computes, and moves on at I/O or a timer: so
// every reader comes here between pieces of its work, and other requests of the isolate get their turn.
import { MAX_TIME } from './limits.ts'
import { Unreadable } from './unreadable.ts'

/** Bytes or characters of work between two rests: some milliseconds. */
const ENOUGH = 256 * 1024

export class Clock {
  readonly #deadline: number
  #work = 0

  /** @param limit in milliseconds */
  constructor(limit: number = MAX_TIME) {
    this.#deadline = Date.now() + limit
  }

  /**
   * Rests when enough was done. Throws `took_too_long` when the time is over.
   * @param work bytes or characters since the last call; without it, there is a rest in any case
   */
  async breathe(work: number = ENOUGH): Promise<void> {
    this.#work += work
    if (this.#work < ENOUGH) return
    this.#work = 0
    await new Promise<void>((resolve) => setTimeout(resolve, 0))
    if (Date.now() > this.#deadline) throw new Unreadable('took_too_long')
  }

  /** The promise's value, if there is one before the time is over; otherwise `took_too_long`. */
  within<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const end = () => reject(new Unreadable('took_too_long'))
      const timer = setTimeout(end, Math.max(this.#deadline - Date.now(), 0))
      void promise.then(resolve, reject).finally(() => clearTimeout(timer))
    })
  }
}
