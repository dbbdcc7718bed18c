// What the picker waits for: one thing at a time, so that an answer to anything older is never shown.
import type { Frame } from './frame.ts'

const LOADING = 'Loading…'

export interface Work {
  /** Ends what was under way and does this instead; what fails is told, unless it has been ended meanwhile. */
  readonly run: (
    work: (signal: AbortSignal) => Promise<void>,
    onError: (error: unknown) => void,
  ) => Promise<void>
  /** Ends what was under way; returns how to know that something else has begun. */
  readonly stop: () => AbortSignal
  readonly isBusy: () => boolean
}

export function createWork(frame: Frame): Work {
  let turn = new AbortController()
  let isBusy = false
  const stop = () => {
    turn.abort()
    turn = new AbortController()
    isBusy = false
    return turn.signal
  }
  return {
    stop,
    isBusy: () => isBusy,
    run: async (work, onError) => {
      const signal = stop()
      isBusy = true
      frame.say(LOADING)
      try {
        await work(signal)
        if (!signal.aborted && frame.says(LOADING)) frame.say('')
      } catch (error) {
        if (!signal.aborted) onError(error)
      } finally {
        if (!signal.aborted) isBusy = false
      }
    },
  }
}
